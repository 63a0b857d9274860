// Answering: what the owner lets out, to whom, once, and never after consent was withdrawn.
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { bodyOf, encodeFrame, type Frame } from '../../../../protocols/frame.ts'
import {
  DirectAnswer,
  MeshQuery,
  type MeshQueryBody,
  QUERY_LIFE_MS,
  QueryDone,
  QueryHop,
  Response,
  type SealedAnswer,
} from '../../../../protocols/messages/query.ts'
import { type Clock, systemClock, systemRandom } from '../../../../src/base/clock.ts'
import { toHex } from '../../../../src/base/hex.ts'
import type { TrustLevel } from '../../../../src/base/words/trust-levels.ts'
import {
  type OwnQuestion,
  openAnswer,
  readAnswer,
  writeQuestion,
} from '../../../../src/exchange/query/document.ts'
import { AUTHOR_QUOTA, NEIGHBOUR_QUOTA, READ_QUOTA } from '../../../../src/exchange/query/state/owner.ts'
import type { Identity } from '../../../../src/trust/identity/index.ts'
import { pacedClock } from '../../../support/run/paced-time.ts'
import { VirtualTime } from '../../../support/run/virtual-time.ts'
import {
  type Endpoint,
  type NodeOptions,
  newIdentity,
  person,
  questionBy,
  soon,
  TestNode,
  turns,
  uses,
  Wire,
} from './network.ts'

/** A type that only a newer release knows. */
const NEWER = 'TypeOfANewerRelease'

/** A bare neighbour that sends what it likes, and an owner that trusts it. */
function neighbour(options: NodeOptions = { people: person(uses('git', 7)) }, level: TrustLevel = 'peer') {
  const wire = new Wire()
  const owner = new TestNode(wire, options)
  const asker = wire.end(owner)
  const answers = asker.heard
  owner.trusts(asker, level)
  const author = { identity: asker.identity, clock: systemClock, random: systemRandom }
  const write = (query_type = 'ToolUsage', level?: 1 | 2, clock: Clock = systemClock): OwnQuestion =>
    writeQuestion(
      { ...author, clock },
      { query_type, level, time_range: { start: 0, end: 3_600_000 } },
      systemRandom.bytes(16),
    )
  const send = (question: OwnQuestion) => asker.sendQuestion(owner.id, question.body.query_id, question.bytes)
  const open = (question: OwnQuestion, at = 0) => openAny(question, owner, answers[at]!)
  /** Sends, and resolves with the owner's next answer opened. */
  async function ask(question = write()) {
    const before = answers.length
    send(question)
    await soon(() => answers.length > before)
    return open(question, before)
  }
  /** Another neighbour, to which the owner seals its answers to the asker. */
  function carrier() {
    const end = wire.end(owner)
    const hand = ({ body, bytes }: OwnQuestion) => end.sendQuestion(owner.id, body.query_id, bytes)
    return { heard: end.heard, send: hand }
  }
  return { wire, owner, asker, answers, write, send, open, ask, carrier }
}

/** Somebody whom the owner trusts is answered, whatever others do. */
async function expectAnswered(wire: Wire, owner: TestNode): Promise<void> {
  const other = new TestNode(wire, {})
  other.members.add(owner)
  owner.trusts(other, 'peer')
  wire.connect(owner.id, other.id)
  expect((await other.ask()).coverage.complete).toBe(true)
}

/** Over its owner's own link as it is, or sealed. */
function openAny(question: OwnQuestion, { identity }: TestNode, answer: Frame): SealedAnswer {
  if (answer.message === DirectAnswer)
    return readAnswer(question, identity.publicKey, bodyOf(answer, DirectAnswer).plain)
  const { author, sealed } = bodyOf(answer, Response)
  return openAnswer(question, author, identity.publicKey, sealed)
}

describe('consent', () => {
  it('is needed: without it the asker hears access_denied and nothing more', async () => {
    const { owner, ask } = neighbour({ allow: [], people: person(uses('git', 7)) })
    const answer = await ask()
    expect(Object.keys(answer).toSorted()).toEqual(['as_of', 'level', 'query_id', 'responder', 'status'])
    expect(answer.status).toBe('access_denied')
    expect(owner.gathered).toEqual([])
    await soon(() => owner.audits.length === 2)
    expect(owner.audits[1]).toMatchObject({
      type: 'query_responded',
      success: false,
      details: { status: 'access_denied', decision: 'deny', rule: 'consent.none' },
    })
  })

  it('is decided about once for all who agreed to the same: a policy of files takes its time for each', async () => {
    const uids = Array.from({ length: 40 }, (_, at) => 2_000 + at)
    const { owner, ask } = neighbour({ people: new Map(uids.map((uid) => [uid, [uses('git', 1)]])) })
    expect((await ask()).status).toBe('success')
    expect(owner.gathered[0]!.uids).toEqual(uids)
    expect(owner.decisions).toBeLessThan(4)
  })

  it('refuses nodes that are not trusted, and those that are denied, with the same words, also of a type that is unknown', async () => {
    for (const [level, more] of [
      ['untrusted', {}],
      ['share_to', {}],
      ['peer', { denied: true }],
      ['peer', { revoked: true }],
    ] as const) {
      const { owner, asker, ask, write } = neighbour()
      owner.trusts(asker, level, more)
      expect((await ask()).status).toBe('access_denied')
      // Who is trusted to be shared with may learn which types there are.
      expect((await ask(write(NEWER))).status).toBe(level === 'share_to' ? 'not_supported' : 'access_denied')
      expect(owner.gathered).toEqual([])
    }
  })

  it('withdrawn by share stop refuses the next question, and allowed again answers it', async () => {
    const { owner, asker, ask } = neighbour()
    expect((await ask()).status).toBe('success')
    await owner.sharing.stop(1000, asker.id)
    expect((await ask()).status).toBe('access_denied')
    await owner.sharing.allow(1000, asker.id)
    expect((await ask()).status).toBe('success')
    await owner.sharing.off(1000)
    expect((await ask()).status).toBe('access_denied')
    await owner.sharing.on(1000)
    expect((await ask()).status).toBe('success')
    const changes = owner.audits.filter((entry) => entry.type === 'consent_change')
    expect(changes.map((entry) => entry.details.change)).toEqual(['stop', 'allow', 'off', 'on'])
    expect(changes[0]).toMatchObject({ peer: asker.id, details: { uid: 1000, who: asker.id } })
  })

  it('withdrawn while the numbers are gathered holds them back', async () => {
    const { owner, asker, answers, write, send, open } = neighbour()
    const letGo = owner.hold()
    const question = write()
    send(question)
    await soon(() => owner.gathered.length === 1)
    await owner.sharing.stop(1000, asker.id)
    letGo()
    await soon(() => answers.length === 1)
    expect(open(question).status).toBe('access_denied')
  })

  it('withdrawn after an answer is not undone by asking the same again', async () => {
    const { owner, asker, answers, write, ask, open, send } = neighbour()
    const question = write()
    expect((await ask(question)).status).toBe('success')
    owner.trusts(asker, 'untrusted')
    send(question)
    await soon(() => answers.length === 2)
    expect(open(question, 1).status).toBe('access_denied')
  })

  it('is each person’s own: only the numbers of those who consent leave', async () => {
    const people = new Map([
      [1000, [uses('git', 5)]],
      [1001, [uses('git', 70), uses('npm', 30)]],
    ])
    const { owner, asker, ask } = neighbour({ people, allow: [] })
    await owner.sharing.allow(1000, asker.id)
    const answer = await ask()
    expect(answer).toMatchObject({ status: 'success', data: { tools: [uses('git', 5)] } })
    expect(owner.gathered.map((call) => call.uids)).toEqual([[1000]])
    await owner.sharing.stop(1000, asker.id)
    await owner.sharing.allow(1001, asker.id)
    expect(await ask()).toMatchObject({ data: { tools: [uses('git', 70), uses('npm', 30)] } })
  })

  it('on a node where nobody typed anything yet is its own user’s', async () => {
    const { owner, asker, ask } = neighbour({ uid: 42, allow: [] })
    expect((await ask()).status).toBe('access_denied')
    await owner.sharing.allow(42, asker.id)
    expect((await ask()).status).toBe('no_data')
  })

  it('that cannot be read lets nothing out', async () => {
    const { owner, ask } = neighbour()
    owner.storeFailure = new Error('the store is closed')
    expect((await ask()).status).toBe('error')
    expect(owner.gathered).toEqual([])
  })
})

describe('levels', () => {
  it('withholds totals from a supervisor with the reason, and never gives them level 1', async () => {
    const { owner, ask, write } = neighbour({ people: person(uses('git', 7)) }, 'supervisor')
    const unsaid = await ask()
    expect(unsaid).toMatchObject({ status: 'withheld', level: 2 })
    expect('reason' in unsaid && unsaid.reason).toMatch(/two aggregators/)
    expect(await ask(write('ToolUsage', 2))).toMatchObject({ status: 'withheld', level: 2 })
    expect(await ask(write('ToolUsage', 1))).toMatchObject({ status: 'access_denied', level: 1 })
    expect(owner.gathered).toEqual([])
  })

  it('gives a peer level 1 unless it asks for totals', async () => {
    const { ask, write } = neighbour()
    expect(await ask()).toMatchObject({ status: 'success', level: 1 })
    expect(await ask(write('ToolUsage', 2))).toMatchObject({ status: 'withheld', level: 2 })
  })

  it('gives health to anybody admitted, whatever they consented to', async () => {
    for (const level of ['share_to', 'query_from', 'peer', 'supervisor'] as const) {
      const { ask, write } = neighbour({ allow: [], maxLevel: 0 }, level)
      expect(await ask(write('NodeHealth'))).toMatchObject({ status: 'success', level: 1 })
    }
    const { ask, write } = neighbour({ allow: [] }, 'untrusted')
    expect((await ask(write('NodeHealth'))).status).toBe('access_denied')
  })

  it('says what this release does not answer, whatever people consented to and whichever level is asked for', async () => {
    for (const options of [{}, { allow: [], maxLevel: 0 } as const]) {
      const { wire, owner, asker, ask, write } = neighbour(options)
      for (const level of [undefined, 1, 2] as const) {
        const answer = await ask(write(NEWER, level))
        expect(answer).toMatchObject({ status: 'not_supported', level: level ?? 1 })
      }
      expect(owner.gathered).toEqual([])
      // The ledger has one word for all unknown types, because authors choose their names.
      expect(new Set(owner.audits.map(({ details }) => details.query_type))).toEqual(new Set(['unknown']))
      // Newer nodes behind it may have an answer.
      const { heard } = wire.end(owner)
      const { body, bytes } = write(NEWER)
      asker.sendQuestion(owner.id, body.query_id, bytes, 5_000, 0)
      await soon(() => heard.length === 1)
      expect(bodyOf(heard[0]!, QueryHop).document).toEqual(bytes)
      // One that has no hop left goes no further.
      await ask(write(NEWER))
      await turns(5)
      expect(heard).toHaveLength(1)
    }
  })

  it('cuts off a neighbour whose question has no proper name of a type', async () => {
    for (const name of ['', 'lower', 'With space', `A${'b'.repeat(32)}`, 'Line\n', 'Ünknown']) {
      const { wire, owner, asker, write } = neighbour()
      const question = signed(asker, { ...write().body, query_type: name })
      asker.sendQuestion(owner.id, question.body.query_id, question.bytes)
      await soon(() => !wire.linked(owner.id, asker.id))
      expect(owner.audits).toEqual([])
    }
  })
})

/** A document whose body no schema has judged, as only a hostile author makes it. */
function signed(endpoint: Endpoint, body: MeshQueryBody): OwnQuestion {
  const { sign, publicKey: sender } = endpoint.identity
  const envelope = { sender, ts: Date.now(), nonce: systemRandom.bytes(16), seq: 0 }
  const bytes = encodeFrame({ ...MeshQuery, body: z.any() }, envelope, body, sign)
  return { body, key: { publicKey: body.audience_key, privateKey: new Uint8Array(32) }, bytes }
}

describe('a question', () => {
  it('handed on twice is worked on once and answered with the same bytes', async () => {
    const { owner, write, carrier } = neighbour()
    const { heard, send } = carrier()
    const letGo = owner.hold()
    const question = write()
    send(question)
    send(question)
    await soon(() => owner.gathered.length === 1)
    await turns(3)
    letGo()
    await soon(() => heard.length === 1)
    send(question)
    await soon(() => heard.length === 2)
    await turns(3)
    expect(heard).toHaveLength(2)
    expect(heard[1]!.bytes).toEqual(heard[0]!.bytes)
    expect(owner.gathered).toHaveLength(1)
    expect(owner.marks).toMatchObject([{ kind: 'document', id: new Uint8Array(question.body.query_id) }])
  })

  it('is answered to each neighbour until its own deadline', async () => {
    const { wire, owner, asker, answers, write } = neighbour()
    const patient = wire.end(owner)
    const letGo = owner.hold()
    const question = write()
    asker.sendQuestion(owner.id, question.body.query_id, question.bytes, 1)
    await soon(() => owner.gathered.length === 1)
    patient.sendQuestion(owner.id, question.body.query_id, question.bytes, 60_000)
    const sentAt = pacedClock.monotonic()
    await soon(() => pacedClock.monotonic() - sentAt > 5)
    letGo()
    await soon(() => patient.heard.length === 1)
    await turns(3)
    expect(answers).toEqual([])
  })

  it('that came before a restart is not answered a second time', async () => {
    const first = neighbour()
    const question = first.write()
    await first.ask(question)
    const identity = newIdentity()
    const owner = new TestNode(first.wire, {
      identity,
      marks: first.owner.marks,
      people: person(uses('git', 7)),
    })
    await owner.query.start()
    owner.trusts(first.asker, 'peer')
    first.wire.connect(owner.id, first.asker.id)
    first.asker.sendQuestion(owner.id, question.body.query_id, question.bytes)
    await soon(() => first.answers.length === 2)
    expect(openAny(question, owner, first.answers[1]!).status).toBe('error')
    expect(owner.gathered).toEqual([])
  })

  it('is judged by its author, not by the neighbour that hands it on', async () => {
    const { owner, asker, wire } = neighbour()
    const stranger = wire.end()
    const question = questionBy(stranger.identity)
    asker.sendQuestion(owner.id, question.body.query_id, question.bytes)
    await soon(() => owner.audits.length === 1)
    // It is counted for the neighbour: keys of authors cost nothing.
    expect(owner.audits[0]).toMatchObject({
      type: 'query_received',
      success: false,
      peer: asker.id,
      details: { reason: 'author_not_admitted', author: stranger.id, times: 1 },
    })
    expect(owner.gathered).toEqual([])
  })

  it('is met with silence when it expired or is from the future: clocks differ', async () => {
    const { owner, asker, answers, write, wire } = neighbour()
    const good = write()
    const now = Date.now()
    const times = [
      { created_at: now - QUERY_LIFE_MS - 1, expires_at: now - 1 },
      { created_at: now - 1_000, expires_at: now },
      { created_at: now + 6 * 60_000, expires_at: now + 7 * 60_000 },
    ]
    for (const question of times.map((time) => signed(asker, { ...good.body, ...time }))) {
      asker.sendQuestion(owner.id, question.body.query_id, question.bytes)
    }
    await turns(5)
    expect(wire.linked(owner.id, asker.id)).toBe(true)
    expect([answers, owner.audits, owner.gathered, owner.marks]).toEqual([[], [], [], []])
    asker.sendQuestion(owner.id, good.body.query_id, good.bytes)
    await soon(() => answers.length === 1)
  })

  it('that was answered is dead once it expired, whoever plays it again and however often', async () => {
    let ahead = 0
    const clock = { ...pacedClock, now: () => pacedClock.now() + ahead }
    const { owner, answers, write, send, ask } = neighbour({ people: person(uses('git', 7)), clock })
    const old = [write(), write(), write()]
    for (const question of old) await ask(question)
    ahead = 2 * QUERY_LIFE_MS
    // Makes the owner forget what expired.
    await ask(write('ToolUsage', undefined, clock))
    for (const question of [...old, ...old]) send(question)
    await ask(write('ToolUsage', undefined, clock))
    expect(answers).toHaveLength(5)
    expect(owner.gathered).toHaveLength(5)
    expect(owner.audits.filter(({ type }) => type === 'query_received')).toHaveLength(5)
  })

  it('that is forged, or another than the hop says, ends the link of the neighbour that handed it on', async () => {
    const forge = (bytes: Uint8Array) => bytes.map((byte, i) => (i === 60 ? byte ^ 1 : byte))
    for (const kind of ['forged', 'another'] as const) {
      const { owner, asker, answers, write, wire } = neighbour()
      const { bytes, body } = write()
      if (kind === 'forged') asker.sendQuestion(owner.id, body.query_id, forge(bytes))
      else asker.sendQuestion(owner.id, systemRandom.bytes(16), bytes)
      await soon(() => !wire.linked(owner.id, asker.id))
      expect([answers, owner.audits, owner.gathered, owner.marks]).toEqual([[], [], [], []])
    }
  })

  it('with an audience key that nobody can seal to gets no answer and does no harm', async () => {
    const { owner, asker, write, ask, carrier } = neighbour()
    const { heard, send } = carrier()
    send(signed(asker, { ...write().body, audience_key: new Uint8Array(32) }))
    await soon(() => owner.audits.length > 0)
    await turns(3)
    expect(heard).toEqual([])
    expect((await ask()).status).toBe('success')
  })

  it('with such a key, after whose time only others listen, is in the ledger as answered to nobody', async () => {
    const time = new VirtualTime(Date.now())
    const { wire, owner, write } = neighbour({ clock: time.clock, timers: time })
    const [direct, other] = [wire.end(owner), wire.end(owner)]
    owner.trusts(direct, 'peer')
    const { body, bytes } = signed(direct, { ...write().body, audience_key: new Uint8Array(32) })
    const letGo = owner.hold()
    // To the asker itself the answer needs no seal; to the other one it does, which is found out on the way only.
    direct.sendQuestion(owner.id, body.query_id, bytes, 1_000)
    other.sendQuestion(owner.id, body.query_id, bytes, 5_000)
    await soon(() => owner.gathered.length > 0)
    await turns(3)
    time.advance(2_000)
    letGo()
    const responded = () => owner.audits.find(({ type }) => type === 'query_responded')
    await soon(() => responded() !== undefined)
    expect(responded()?.details).toMatchObject({ sent: false })
  })

  it('with a filter this node cannot apply, or about more than a year, is not answered with something else', async () => {
    const { asker, owner, answers, write } = neighbour()
    // Compared with merged rows: one owner has none.
    const filter = { field: 'uses', operator: 'GreaterThan', value: '5' } as const
    const one = write()
    const other = write()
    const long = { start: 0, end: 400 * 86_400_000 }
    const questions = [
      signed(asker, { ...one.body, filters: [filter] }),
      signed(asker, { ...other.body, time_range: long }),
    ]
    for (const { body, bytes } of questions) asker.sendQuestion(owner.id, body.query_id, bytes)
    await soon(() => answers.length === 2)
    for (const answer of answers) {
      const opened = [one, other].map((question) => {
        try {
          return openAny(question, owner, answer).status
        } catch {
          return undefined
        }
      })
      expect(opened).toContain('not_supported')
    }
    expect(owner.gathered).toEqual([])
  })

  it('about the end of time is in the ledger, with a date, as every other', async () => {
    const { owner, asker, write, send } = neighbour()
    const last = 8_640_000_000_000_000
    send(signed(asker, { ...write().body, time_range: { start: last - 1, end: last } }))
    await soon(() => owner.audits.length === 2)
    const dates = { range_start: '9999-12-31T23:59:59.999Z', range_end: '9999-12-31T23:59:59.999Z' }
    expect(owner.audits).toMatchObject([
      { type: 'query_received', details: dates },
      { type: 'query_responded', details: dates },
    ])
  })
})

/** Time stands still for its quotas, which give nothing back however long the test takes. */
const WITHIN_ONE_MOMENT: NodeOptions = {
  people: person(uses('git', 7)),
  clock: { ...systemClock, monotonic: () => 0 },
}

describe('too many questions', () => {
  it('of one author are told busy, whoever hands them on; others are not', async () => {
    const { owner, ask, write, wire } = neighbour(WITHIN_ONE_MOMENT)
    for (let i = 0; i < AUTHOR_QUOTA.frames; i++) expect((await ask()).status).toBe('success')
    expect((await ask()).status).toBe('busy')
    const carrier = wire.end(owner)
    const entries = owner.audits.length
    const question = write()
    carrier.sendQuestion(owner.id, question.body.query_id, question.bytes)
    await soon(() => carrier.heard.length === 1)
    expect(owner.audits.slice(entries)).toMatchObject([
      {
        type: 'query_received',
        success: false,
        peer: carrier.id,
        details: { reason: 'busy', times: 1 },
      },
    ])
    await expectAnswered(wire, owner)
  })

  it('of invented authors use up the quota of the neighbour that hands them on, and little of the ledger', async () => {
    const { wire, owner, asker, answers } = neighbour(WITHIN_ONE_MOMENT)
    const behind = wire.end(owner)
    const flood = 2 * NEIGHBOUR_QUOTA.frames
    const answered = () => answers.filter(({ message }) => message === Response).length
    for (let i = 1; i <= flood; i++) {
      const author = newIdentity()
      const { body, bytes } = questionBy(author)
      asker.sendQuestion(owner.id, body.query_id, bytes, 60_000, 0)
      await soon(() => answered() === i)
      // It is over behind the owner at once, so that no other bound is met.
      const done = { query_id: body.query_id, author: author.publicKey, answered: 0, lost: 0 }
      behind.send(owner.id, QueryDone, done)
    }
    // What is beyond the quota is answered with busy, and handed on to nobody.
    expect(behind.heard.filter(({ message }) => message === QueryHop)).toHaveLength(NEIGHBOUR_QUOTA.frames)
    await owner.query.stop()
    const refusals = owner.audits.filter(({ details }) => details.reason === 'busy')
    const refused = refusals.reduce((sum, { details }) => sum + Number(details.times), 0)
    // What the quota gives back while the test runs is taken up too.
    expect(owner.marks.length).toBeGreaterThanOrEqual(NEIGHBOUR_QUOTA.frames)
    expect(owner.marks.length).toBeLessThan(flood)
    expect(owner.marks.length + refused).toBe(flood)
    expect(refusals.length).toBe(2)
    expect(refusals.every(({ peer, success }) => peer === asker.id && !success)).toBe(true)
    // A question that is refused to one neighbour is taken up when another one brings it.
    const trusted = newIdentity()
    owner.trusts({ identity: trusted }, 'peer')
    const { body, bytes } = questionBy(trusted)
    for (const end of [asker, behind]) {
      end.sendQuestion(owner.id, body.query_id, bytes)
      await turns(20)
    }
    await soon(() => owner.gathered.length === 1)
    await expectAnswered(wire, owner)
  })

  it('of a flood are not opened beyond what a neighbour may hand on; the rest hear at once that nothing comes', async () => {
    const wire = new Wire()
    const owner = new TestNode(wire, WITHIN_ONE_MOMENT)
    const asker = wire.end(owner)
    const { heard } = asker
    const flood = READ_QUOTA.frames + 100
    const ids: string[] = []
    for (let i = 0; i < flood; i++) {
      const { body, bytes } = questionBy(newIdentity())
      ids.push(toHex(body.query_id))
      asker.sendQuestion(owner.id, body.query_id, bytes)
    }
    await soon(() => heard.length >= flood)
    await owner.query.stop()
    const endings = heard.flatMap((frame) => (frame.message === QueryDone ? bodyOf(frame, QueryDone) : []))
    expect(endings.map(({ query_id }) => toHex(query_id))).toEqual(ids.slice(READ_QUOTA.frames))
    expect(new Set(endings.map(({ answered, lost }) => `${answered} ${lost}`))).toEqual(new Set(['0 1']))
    expect(heard).toHaveLength(flood)
    const refused = owner.audits
      .filter(({ details }) => details.reason === 'busy')
      .reduce((sum, { details }) => sum + Number(details.times), 0)
    expect(owner.marks.length + refused).toBe(flood)
  })

  it('that share an id are told apart by what they say: neither passes for, nor displaces, the other', async () => {
    const { wire, owner, asker, answers } = neighbour()
    const query_id = systemRandom.bytes(16)
    /** Ids are random; this author chooses its own. */
    const bytes = (length: number) => (length === 16 ? query_id : systemRandom.bytes(length))
    const question = (identity: Identity) => questionBy(identity, 'NodeHealth', { ...systemRandom, bytes })
    const honest = question(asker.identity)
    const stranger = newIdentity()
    const other = question(stranger)
    const forged = Uint8Array.from(honest.bytes)
    forged[forged.length - 1]! ^= 1
    for (const { bytes } of [honest, other, honest, other]) asker.sendQuestion(owner.id, query_id, bytes)
    await soon(() => answers.length === 4)
    expect(answers.map(({ body }) => toHex((body as { author: Uint8Array }).author)).toSorted()).toEqual(
      [toHex(asker.identity.publicKey), toHex(stranger.publicKey)]
        .flatMap((author) => [author, author])
        .toSorted(),
    )
    asker.sendQuestion(owner.id, query_id, forged)
    await soon(() => !wire.linked(owner.id, asker.id))
    expect(answers).toHaveLength(4)
  })
})
