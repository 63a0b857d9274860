// Neighbours on the way that alter, drop, double, inject, replay or loop: nothing they do is counted, and nothing hangs.
import { describe, expect, it } from 'vitest'
import { bodyOf, encodeFrame, type Frame } from '../../../../protocols/frame.ts'
import {
  DirectAnswer,
  MeshQuery,
  QUERY_HOPS,
  QueryDone,
  QueryHop,
  Response,
} from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import type { PeerRef } from '../../../../src/mesh/index.ts'
import { forge, readHop } from './forged.ts'
import {
  across,
  Endpoint,
  newIdentity,
  person,
  questionBy,
  soon,
  TestNode,
  turns,
  uses,
  Wire,
} from './network.ts'

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

/** The one in the middle of `across`, which does with each frame what it likes. */
function between(does: Does) {
  const { wire, asker, owner, middle: me } = across()
  const to = (node: NodeId, bytes: Uint8Array) => wire.send(me.id, node, bytes)
  const pass = (frame: Frame): void => {
    if (frame.message === QueryHop) {
      const body = bodyOf(frame, QueryHop)
      if (body.hops === QUERY_HOPS) {
        const { query_id } = body
        const author = readHop(frame).author
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
      const author = readHop(frame).author
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
        for (let i = 0; i < 20; i++) to(asker, forge(readHop(frame), newIdentity()))
      pass(frame)
    },
    'unreachable',
  ],
]

describe('one in the middle', () => {
  it.each(WAYS)('who %s adds and hides nothing: the owner is heard, once', async (_, does, itself) => {
    const { asker, owner, wire } = between(does)
    wire.reachable.add(owner.id)
    const result = await asker.ask()
    expect(asker.outcomes(result)).toEqual({ owner: 'answered', raw: itself })
    expect(result).toMatchObject({ ended_by: 'all_done', data: honest })
    expect(owner.audits.filter(({ type }) => type === 'query_received')).toHaveLength(1)
  })

  it('who alters one byte of an answer ends its own link, and nothing of it is counted', async () => {
    for (const at of [30, 120, -100, -1]) {
      const { asker, owner, wire, me } = between((frame, _from, { pass, to, asker: back }) => {
        if (frame.message !== Response) return pass(frame)
        const altered = Uint8Array.from(frame.bytes)
        altered[(at + altered.length) % altered.length]! ^= 1
        to(back, altered)
      })
      wire.reachable.add(owner.id)
      const result = await asker.ask()
      expect(wire.linked(asker.id, me.id)).toBe(false)
      expect(asker.outcomes(result)).toEqual({ owner: 'answered', raw: 'unreachable' })
      expect(result.data).toMatchObject(honest)
    }
  })

  it('who brings a busy silences nobody: it may have used up its own quota there, and numbers may follow', async () => {
    const behind = newIdentity()
    const { asker, wire } = between((frame, _from, { pass, to, asker: back }) => {
      if (frame.message === QueryHop)
        for (const said of [{ status: 'busy' }, {}] as const)
          to(back, forge(readHop(frame), behind, { answer: said }))
      pass(frame)
    })
    asker.members.add(new Endpoint(behind, wire))
    expect((await asker.ask()).coverage).toMatchObject({ answered: 2, failed: 0, unreachable: 1 })
  })

  it('who hands the question back, in a circle, or again and again gets endings and no second answer', async () => {
    let sent = 0
    const heard: string[] = []
    const { asker, owner, wire } = between((frame, from, { me, pass, to, asker: back, owner: there }) => {
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
    expect(heard.filter((what) => what === 'asker QueryDone').length).toBeGreaterThan(1)
  })

  it('who calls off a question that somebody else handed on is not listened to', async () => {
    const { asker, owner, wire } = between((frame, _from, { pass }) => pass(frame))
    const other = wire.end(owner)
    other.handler = {
      frame(_peer, frame) {
        if (frame.message !== QueryHop) return
        const { query_id } = bodyOf(frame, QueryHop)
        const author = readHop(frame).author
        for (let i = 0; i < 3; i++)
          other.send(owner.id, QueryDone, { query_id, author, answered: 0, lost: 9 })
      },
    }
    const result = await asker.ask()
    expect(asker.outcomes(result)).toEqual({ owner: 'answered', raw: 'unreachable' })
  })

  it('who asks a question of its own under the same id disturbs nobody', async () => {
    const { asker, owner, me } = between(
      (frame, _from, { me: evil, pass, to, asker: back, owner: there }) => {
        if (frame.message === QueryHop) {
          const question = readHop(frame).body
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
      },
    )
    owner.trusts(me, 'peer')
    const result = await asker.ask()
    expect(asker.outcomes(result)).toEqual({ owner: 'answered', raw: 'unreachable' })
    expect(result.data).toMatchObject(honest)
  })
})

it('a node that hands on says at once that nothing will come this way when it had the question from somebody else', async () => {
  const wire = new Wire()
  const node = new TestNode(wire, { people: person(uses('git', 1)) })
  const [left, right] = [wire.end(node), wire.end(node)]
  const { body, bytes } = questionBy(left.identity)
  left.sendQuestion(node.id, body.query_id, bytes, 5_000, 0)
  await soon(() => left.heard.some(({ message }) => message === DirectAnswer))
  await soon(() => right.heard.some(({ message }) => message === QueryHop))
  // A link that came up after the question was handed on.
  const late = wire.end(node)
  late.sendQuestion(node.id, body.query_id, bytes, 5_000, 4)
  await soon(() => late.heard.length === 1)
  expect(late.heard[0]!.message).toBe(QueryDone)
})
