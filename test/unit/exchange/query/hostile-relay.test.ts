// Neighbours on the way that alter, drop, double, inject, replay or loop: nothing they do is counted, and nothing hangs.
import { describe, expect, it } from 'vitest'
import { encodeAnswer } from '../../../../protocols/answer.ts'
import { bodyOf, decodeFrame, encodeFrame, type Frame, messageTable } from '../../../../protocols/frame.ts'
import {
  DirectAnswer,
  MeshQuery,
  QUERY_HOPS,
  QueryDone,
  QueryHop,
  Response,
} from '../../../../protocols/messages/query.ts'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { type Clock, systemClock, systemRandom } from '../../../../src/base/clock.ts'
import { NEIGHBOUR_QUOTA } from '../../../../src/exchange/query/state/intake.ts'
import type { PeerRef } from '../../../../src/mesh/index.ts'
import { type Identity, sealTo, verifySignature } from '../../../../src/trust/identity/index.ts'
import { Endpoint, newIdentity, person, questionBy, soon, TestNode, turns, uses, Wire } from './network.ts'

const questionOf = (frame: Frame) =>
  decodeFrame(bodyOf(frame, QueryHop).document, {
    messages: messageTable([MeshQuery]),
    verify: verifySignature,
  })

/** What the one in the middle does with a frame; `pass` hands it to the other side as an honest node would. */
type Does = (frame: Frame, from: PeerRef, relay: Relay) => void

interface Relay {
  readonly me: Endpoint
  readonly to: (node: NodeId, bytes: Uint8Array) => boolean
  readonly asker: NodeId
  readonly owner: NodeId
  /** As an honest node: questions on, answers and endings back. */
  readonly pass: (frame: Frame) => void
}

/** asker – the one in the middle – owner, who all know each other. */
function across(does: Does) {
  const wire = new Wire()
  const asker = new TestNode(wire, { name: 'asker' })
  const owner = new TestNode(wire, { name: 'owner', people: person(uses('git', 3)) })
  const me = new Endpoint(newIdentity(), wire)
  owner.trusts(asker, 'peer')
  for (const member of [owner, me]) asker.members.add(member)
  wire.connect(asker.id, me.ref.nodeId)
  wire.connect(me.ref.nodeId, owner.id)
  const to = (node: NodeId, bytes: Uint8Array) => wire.send(me.ref.nodeId, node, bytes)
  const pass = (frame: Frame): void => {
    if (frame.message === QueryHop) {
      const body = bodyOf(frame, QueryHop)
      if (body.hops === QUERY_HOPS) {
        const { query_id } = body
        const author = questionOf(frame).envelope.sender
        to(asker.id, me.hopFrame(QueryDone, { query_id, author, answered: 0, lost: 0 }))
        return
      }
      to(owner.id, me.hopFrame(QueryHop, { ...body, hops: body.hops + 1 }))
    } else if (frame.message === QueryDone) {
      to(asker.id, me.hopFrame(QueryDone, bodyOf(frame, QueryDone)))
    } else {
      to(asker.id, frame.bytes)
    }
  }
  const relay: Relay = { me, to, asker: asker.id, owner: owner.id, pass }
  me.handler = { frame: (from, frame) => does(frame, from, relay) }
  return { wire, asker, owner, me, relay }
}

/** An answer of anybody to the question in that hop. */
function answerOf(hop: Frame, signer: Identity, count: number): Uint8Array {
  const question = questionOf(hop)
  const { query_id, audience_key } = bodyOf(question, MeshQuery)
  const author = question.envelope.sender
  const plain = encodeAnswer({
    responder: signer.publicKey,
    query_id,
    level: 1,
    as_of: Date.now(),
    status: 'success',
    data: { query_type: 'ToolUsage', tools: [uses('evil', count)] },
  })
  const sealed = sealTo(audience_key, plain, Buffer.concat([query_id, author, signer.publicKey]))
  return encodeFrame(
    Response,
    { sender: signer.publicKey, ts: Date.now(), nonce: systemRandom.bytes(16), seq: 0 },
    { query_id, author, sealed },
    signer.sign,
  )
}

const honest = { tools: [{ tool: 'git', uses: 3, nodes: 1 }] }

/** With what the asker makes of the one in the middle itself. */
const WAYS: readonly (readonly [what: string, does: Does, itself: string])[] = [
  ['passes everything on and gives no answer itself', (frame, _from, { pass }) => pass(frame), 'unreachable'],
  [
    'keeps answers to itself',
    (frame, _from, { pass }) => {
      if (frame.message !== Response) pass(frame)
    },
    'unreachable',
  ],
  [
    'says at once that nothing will come',
    (frame, _from, { me, to, asker }) => {
      if (frame.message !== QueryHop) return
      const { query_id } = bodyOf(frame, QueryHop)
      const author = questionOf(frame).envelope.sender
      to(asker, me.hopFrame(QueryDone, { query_id, author, answered: 0xffff_ffff, lost: 0xffff_ffff }))
    },
    'unreachable',
  ],
  [
    'signs the answer of another as its own',
    (frame, _from, { me, pass, to, asker }) => {
      if (frame.message !== Response) return pass(frame)
      const envelope = { ...frame.envelope, sender: me.identity.publicKey }
      to(asker, encodeFrame(Response, envelope, bodyOf(frame, Response), me.identity.sign))
    },
    'bad_signature',
  ],
  [
    'brings answers of nodes that it made up',
    (frame, _from, { pass, to, asker }) => {
      if (frame.message === QueryHop)
        for (let i = 0; i < 20; i++) to(asker, answerOf(frame, newIdentity(), 1_000))
      pass(frame)
    },
    'unreachable',
  ],
]

describe('one in the middle', () => {
  it.each(WAYS)('who %s adds and hides nothing: the owner is heard, once', async (_, does, itself) => {
    const { asker, owner, wire } = across(does)
    wire.reachable.add(owner.id)
    const result = await asker.ask()
    expect(asker.outcomes(result)).toEqual({ owner: 'answered', raw: itself })
    expect(result).toMatchObject({ ended_by: 'all_done', data: honest })
    expect(owner.audits.filter(({ type }) => type === 'query_received')).toHaveLength(1)
  })

  it('who alters one byte of an answer ends its own link, and nothing of it is counted', async () => {
    for (const at of [30, 120, -100, -1]) {
      const { asker, owner, wire, me } = across((frame, _from, { pass, to, asker: back }) => {
        if (frame.message !== Response) return pass(frame)
        const altered = Uint8Array.from(frame.bytes)
        altered[(at + altered.length) % altered.length]! ^= 1
        to(back, altered)
      })
      wire.reachable.add(owner.id)
      const result = await asker.ask()
      expect(wire.linked(asker.id, me.ref.nodeId)).toBe(false)
      expect(asker.outcomes(result)).toEqual({ owner: 'answered', raw: 'unreachable' })
      expect(result.data).toMatchObject(honest)
    }
  })

  it('who says everything three times is counted once', async () => {
    const { asker } = across((frame, _from, { me, pass, to, asker: back }) => {
      for (let i = 0; i < 3; i++) {
        pass(frame)
        if (frame.message === QueryHop) to(back, answerOf(frame, me.identity, i + 1))
      }
    })
    const result = await asker.ask()
    expect(result.coverage).toMatchObject({ known: 2, answered: 2, complete: true })
    expect(result.data).toMatchObject({
      tools: [
        { tool: 'git', uses: 3 },
        { tool: 'evil', uses: 1 },
      ],
    })
  })

  it('who brings answers to an earlier question adds nothing', async () => {
    const kept: Uint8Array[] = []
    const { asker, owner } = across((frame, _from, { pass, to, asker: back }) => {
      if (frame.message === Response) kept.push(frame.bytes)
      if (frame.message === QueryHop) for (const bytes of kept) to(back, bytes)
      pass(frame)
    })
    await asker.ask()
    await owner.sharing.off(1000)
    const result = await asker.ask()
    expect(asker.outcomes(result)).toEqual({ owner: 'denied', raw: 'unreachable' })
    expect(result.data).toEqual({ tools: [] })
  })

  it('who hands the question back, in a circle, or again and again gets endings and no second answer', async () => {
    let sent = 0
    const heard: string[] = []
    const { asker, owner, wire } = across((frame, from, { me, pass, to, asker: back, owner: there }) => {
      heard.push(`${from.nodeId === back ? 'asker' : 'owner'} ${frame.message.name}`)
      pass(frame)
      if (frame.message !== QueryHop || sent > 0) return
      const body = bodyOf(frame, QueryHop)
      for (let hops = 0; hops < QUERY_HOPS; hops++) {
        sent++
        to(back, me.hopFrame(QueryHop, { ...body, hops }))
        to(there, me.hopFrame(QueryHop, { ...body, hops }))
      }
    })
    wire.reachable.add(owner.id)
    const result = await asker.ask()
    expect(asker.outcomes(result)).toEqual({ owner: 'answered', raw: 'unreachable' })
    expect(result.data).toMatchObject(honest)
    await turns(10)
    expect(owner.audits.filter(({ type }) => type === 'query_received')).toHaveLength(1)
    expect(heard.filter((what) => what === 'owner Response')).toHaveLength(1)
  })

  it('who calls off a question that somebody else handed on is not listened to', async () => {
    const { asker, owner, wire } = across((frame, _from, { pass }) => pass(frame))
    const other = new Endpoint(newIdentity(), wire)
    wire.connect(owner.id, other.ref.nodeId)
    other.handler = {
      frame(_peer, frame) {
        if (frame.message !== QueryHop) return
        const { query_id } = bodyOf(frame, QueryHop)
        const author = questionOf(frame).envelope.sender
        for (let i = 0; i < 3; i++) {
          const done = other.hopFrame(QueryDone, { query_id, author, answered: 0, lost: 9 })
          wire.send(other.ref.nodeId, owner.id, done)
        }
      },
    }
    const result = await asker.ask()
    expect(asker.outcomes(result)).toEqual({ owner: 'answered', raw: 'unreachable' })
  })

  it('who asks a question of its own under the same id disturbs nobody', async () => {
    const { asker, owner, me } = across((frame, _from, { me: evil, pass, to, asker: back, owner: there }) => {
      if (frame.message === QueryHop) {
        const question = bodyOf(questionOf(frame), MeshQuery)
        const document = encodeFrame(
          MeshQuery,
          { sender: evil.identity.publicKey, ts: Date.now(), nonce: systemRandom.bytes(16), seq: 0 },
          question,
          evil.identity.sign,
        )
        const body = { query_id: question.query_id, remaining_ms: 4_000, hops: 3, document }
        for (const node of [back, there]) to(node, evil.hopFrame(QueryHop, body))
      }
      const { author } =
        frame.message === QueryHop ? { author: undefined } : (frame.body as { author: Uint8Array })
      if (author === undefined || !Buffer.from(author).equals(evil.identity.publicKey)) pass(frame)
    })
    owner.trusts(me, 'peer')
    const result = await asker.ask()
    expect(asker.outcomes(result)).toEqual({ owner: 'answered', raw: 'unreachable' })
    expect(result.data).toMatchObject(honest)
  })
})

describe('one beside the way', () => {
  /** asker – relay – honest – owner, and the hostile between relay and owner, which has the question there first. */
  it('who gets the owner to say busy, having used up its own quota there, silences it for nobody', async () => {
    const wire = new Wire()
    const [asker, relay, honestNode, owner] = ['asker', 'relay', 'honest', 'owner'].map(
      (name) =>
        new TestNode(
          wire,
          // Its time stands still, so that quotas give nothing back however long this takes.
          name === 'owner'
            ? { name, people: person(uses('git', 3)), clock: { ...systemClock, monotonic: () => 0 } }
            : { name },
        ),
    ) as [TestNode, TestNode, TestNode, TestNode]
    const evil = new Endpoint(newIdentity(), wire)
    owner.trusts(asker, 'peer')
    asker.members.add(owner)
    asker.members.add(relay)
    wire.connect(asker.id, relay.id)
    for (const node of [honestNode.id, evil.ref.nodeId]) {
      wire.connect(relay.id, node)
      wire.connect(node, owner.id)
    }
    const refused = () => owner.audits.some(({ details }) => details.reason === 'busy')
    while (!refused()) {
      const { body, bytes } = questionBy(newIdentity())
      evil.sendQuestion(owner.id, body.query_id, bytes)
      await turns(2)
    }
    // The honest way is slow: all that the hostile got is at the asker before it.
    const slow: (() => void)[] = []
    let brought = 0
    wire.carry = (arrive, from, to) => {
      if (from === honestNode.id && to === owner.id) slow.push(arrive)
      else setImmediate(arrive)
    }
    let asked = 0
    evil.handler = {
      frame(from, frame) {
        const body = frame.body as { author?: Uint8Array; query_id: Uint8Array }
        if (frame.message === QueryHop && from.nodeId === relay.id) {
          const { document, query_id } = bodyOf(frame, QueryHop)
          for (; asked < 5; asked++) evil.sendQuestion(owner.id, query_id, document)
        } else if (frame.message === Response && Buffer.from(body.author!).equals(asker.identity.publicKey)) {
          wire.send(evil.ref.nodeId, relay.id, frame.bytes)
          if (++brought < asked) return
          const { query_id } = body
          const ending = { query_id, author: asker.identity.publicKey, answered: 1, lost: 0 }
          wire.send(evil.ref.nodeId, relay.id, evil.hopFrame(QueryDone, ending))
        }
      },
    }
    const told: number[] = []
    const asking = asker.ask({}, undefined, ({ failed }) => told.push(failed))
    // That far it is so: the owner is shown as busy.
    await soon(() => told.includes(1))
    await turns(10)
    wire.carry = (arrive) => void setImmediate(arrive)
    for (const arrive of slow) arrive()
    const result = await asking
    expect(brought).toBe(5)
    expect(asker.outcomes(result)).toEqual({ owner: 'answered', relay: 'denied' })
    expect(result).toMatchObject({ ended_by: 'all_done', data: honest })
  })
})

describe('a node that hands on', () => {
  /** A neighbour of its own invention, a node, and what the node’s other neighbour hears. */
  function between(clock: Clock = systemClock) {
    const wire = new Wire()
    const node = new TestNode(wire, { people: person(uses('git', 1)), clock })
    const [left, right] = [new Endpoint(newIdentity(), wire), new Endpoint(newIdentity(), wire)]
    const heard = new Map<Endpoint, Frame[]>([
      [left, []],
      [right, []],
    ])
    for (const end of [left, right]) {
      wire.connect(node.id, end.ref.nodeId)
      end.handler = { frame: (_peer, frame) => heard.get(end)!.push(frame) }
    }
    const write = (identity = left.identity) => questionBy(identity)
    const hears = (end: Endpoint, message: Frame['message']) =>
      heard.get(end)!.filter((frame) => frame.message === message)
    return { wire, node, left, right, write, hears }
  }

  it('passes up only what a neighbour says that it handed the question to, until that neighbour is done', async () => {
    const { wire, node, left, right, write, hears } = between()
    const { body, bytes } = write()
    const late = new Endpoint(newIdentity(), wire)
    left.sendQuestion(node.id, body.query_id, bytes, 5_000, 0)
    await soon(() => hears(right, QueryHop).length === 1 && hears(left, DirectAnswer).length === 1)
    const hop = hears(right, QueryHop)[0]!
    wire.connect(node.id, late.ref.nodeId)
    // From a neighbour that was never handed the question.
    wire.send(late.ref.nodeId, node.id, answerOf(hop, newIdentity(), 1))
    // From the one that handed it on.
    wire.send(left.ref.nodeId, node.id, answerOf(hop, newIdentity(), 1))
    // In the node’s own name nobody can sign; an answer of its neighbour’s goes up, once.
    const answer = answerOf(hop, right.identity, 1)
    for (const copy of [answer, answer]) wire.send(right.ref.nodeId, node.id, copy)
    await soon(() => hears(left, Response).length === 1)
    const { query_id } = body
    const author = left.identity.publicKey
    const done = right.hopFrame(QueryDone, { query_id, author, answered: 1, lost: 0 })
    wire.send(right.ref.nodeId, node.id, done)
    wire.send(right.ref.nodeId, node.id, answerOf(hop, newIdentity(), 1))
    await soon(() => hears(left, QueryDone).length === 1)
    await turns(5)
    const owners = hears(left, Response).map((frame) => formatNodeId(frame.envelope.sender))
    expect(owners).toEqual([right.ref.nodeId])
    expect(bodyOf(hears(left, QueryDone)[0]!, QueryDone)).toMatchObject({ answered: 2, lost: 0 })
  })

  it('forgets the question when the one that handed it on wants no more, and says so to the others', async () => {
    const { wire, node, left, right, write, hears } = between()
    const { body, bytes } = write()
    const held = Promise.withResolvers<void>()
    node.gate = () => held.promise
    node.trusts(left, 'peer')
    left.sendQuestion(node.id, body.query_id, bytes, 5_000, 0)
    await soon(() => hears(right, QueryHop).length === 1 && node.gathered.length > 0)
    const author = left.identity.publicKey
    const off = left.hopFrame(QueryDone, { query_id: body.query_id, author, answered: 0, lost: 0 })
    wire.send(left.ref.nodeId, node.id, off)
    await soon(() => hears(right, QueryDone).length === 1)
    wire.send(right.ref.nodeId, node.id, answerOf(hears(right, QueryHop)[0]!, right.identity, 1))
    held.resolve()
    await soon(() => node.audits.length === 2)
    await turns(5)
    expect([DirectAnswer, Response, QueryDone].flatMap((message) => hears(left, message))).toEqual([])
  })

  it('hands on what a neighbour brings within its quota, and answers the rest itself with busy', async () => {
    // No time passes, so the quota gives nothing back while the test runs.
    const { wire, node, left, right, write, hears } = between({ ...systemClock, monotonic: () => 0 })
    const flood = NEIGHBOUR_QUOTA.frames + 20
    // Every question is over at once, so that no other bound is met.
    const listen = right.handler!.frame
    right.handler = {
      frame(from, frame) {
        listen(from, frame)
        if (frame.message !== QueryHop) return
        const { query_id } = bodyOf(frame, QueryHop)
        const author = questionOf(frame).envelope.sender
        wire.send(
          right.ref.nodeId,
          node.id,
          right.hopFrame(QueryDone, { query_id, author, answered: 0, lost: 0 }),
        )
      },
    }
    for (let i = 1; i <= flood; i++) {
      const { body, bytes } = write(newIdentity())
      left.sendQuestion(node.id, body.query_id, bytes, 60_000, 0)
      await soon(() => hears(left, Response).length === i)
    }
    await soon(() => hears(left, QueryDone).length === flood)
    expect(hears(right, QueryHop)).toHaveLength(NEIGHBOUR_QUOTA.frames)
  })

  it('gets its own question back with an ending, whoever hands it on', async () => {
    const wire = new Wire()
    const [asker, member] = [new TestNode(wire), new TestNode(wire)]
    const late = new Endpoint(newIdentity(), wire)
    asker.members.add(member)
    wire.connect(asker.id, member.id)
    member.gate = () => new Promise(() => {})
    const heard: Frame[] = []
    late.handler = { frame: (_peer, frame) => heard.push(frame) }
    let hop: Frame | undefined
    wire.tap = (bytes, from) => {
      if (from === asker.id && hop === undefined) {
        hop = decodeFrame(bytes, { messages: messageTable([QueryHop]), verify: () => true })
      }
      return [bytes]
    }
    const cancel = new AbortController()
    const asking = asker.ask({}, cancel.signal)
    const { query_id, document } = bodyOf(hop!, QueryHop)
    wire.connect(asker.id, late.ref.nodeId)
    for (const hops of [3, QUERY_HOPS]) late.sendQuestion(asker.id, query_id, document, 5_000, hops)
    await soon(() => heard.length === 2)
    expect(heard.map(({ message }) => message)).toEqual([QueryDone, QueryDone])
    cancel.abort()
    await asking
  })

  it('says at once that nothing will come this way when it had the question from somebody else', async () => {
    const { wire, node, left, write, hears } = between()
    const { body, bytes } = write()
    left.sendQuestion(node.id, body.query_id, bytes, 5_000, 0)
    await soon(() => hears(left, DirectAnswer).length === 1)
    // A link that came up after the question was handed on.
    const late = new Endpoint(newIdentity(), wire)
    const heard: Frame[] = []
    late.handler = { frame: (_peer, frame) => heard.push(frame) }
    wire.connect(node.id, late.ref.nodeId)
    late.sendQuestion(node.id, body.query_id, bytes, 5_000, 4)
    await soon(() => heard.length === 1)
    expect(heard[0]!.message).toBe(QueryDone)
  })
})
