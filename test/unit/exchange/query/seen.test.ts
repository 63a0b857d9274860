// Questions taken up, bounded in entries and in bytes, the right ones forgotten first; and which node counts as asking often.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import type { Question } from '../../../../src/exchange/query/document.ts'
import { createOften } from '../../../../src/exchange/query/state/often.ts'
import {
  ANSWER_BYTES_MAX,
  createSeen,
  NEIGHBOUR_QUESTIONS_MAX,
  QUESTIONS_MAX,
} from '../../../../src/exchange/query/state/owner.ts'
import { newIdentity } from './network.ts'

const me = newIdentity()

function question(expires_at: number, author = me.publicKey): Question {
  const body = { query_id: systemRandom.bytes(16), expires_at }
  return { author, authorId: me.nodeId, body: body as Question['body'], trace: undefined }
}

test('takes up to its bound of living questions, and more when some have expired', () => {
  const seen = createSeen()
  const neighbours = Array.from(
    { length: QUESTIONS_MAX / NEIGHBOUR_QUESTIONS_MAX },
    () => newIdentity().nodeId,
  )
  for (let i = 1; i < QUESTIONS_MAX; i++)
    expect(seen.add(question(20_000), neighbours[i % neighbours.length]!, 10_000)).toBeDefined()
  const early = question(15_000)
  expect(seen.add(early, neighbours[0]!, 10_000)).toBeDefined()
  expect(seen.add(question(20_000), me.nodeId, 12_000)).toBeUndefined()
  expect(seen.get(early)).toBeDefined()
  expect(seen.add(question(20_000), me.nodeId, 15_000)).toBeDefined()
  expect(seen.get(early)).toBeUndefined()
})

test('one neighbour has a share of the table, and has it again when its questions have expired', () => {
  const seen = createSeen()
  const other = newIdentity().nodeId
  for (let i = 0; i < NEIGHBOUR_QUESTIONS_MAX; i++)
    expect(seen.add(question(20_000), me.nodeId, 10_000)).toBeDefined()
  expect(seen.add(question(20_000), me.nodeId, 12_000)).toBeUndefined()
  expect(seen.add(question(30_000), other, 12_000)).toBeDefined()
  for (let i = 0; i < NEIGHBOUR_QUESTIONS_MAX; i++)
    expect(seen.add(question(30_000), me.nodeId, 20_000)).toBeDefined()
  expect(seen.add(question(30_000), me.nodeId, 22_000)).toBeUndefined()
})

const answerOf = (size: number) => {
  const plain = new Uint8Array(size)
  return { plain, sealed: () => plain, revision: 0 }
}

test('what has expired goes, its answer too, when others are asked', () => {
  const seen = createSeen()
  const answer = answerOf(8)
  const [early, late] = [question(15_000), question(50_000)]
  const entry = seen.add(early, me.nodeId, 10_000)!
  seen.keep(entry, answer)
  const slow = seen.add(question(15_000), me.nodeId, 10_000)!
  seen.keep(seen.add(late, me.nodeId, 10_000)!, answer)
  seen.add(question(50_000), me.nodeId, 14_999 + 30_000)
  expect(seen.get(early)).toBeUndefined()
  expect(entry.answer).toBeUndefined()
  expect(seen.get(late)?.answer).toBe(answer)
  // Answered after it had gone: it goes the next time.
  seen.keep(slow, answer)
  seen.add(question(90_000), me.nodeId, 80_000)
  expect(slow.answer).toBeUndefined()
  expect(seen.get(late)).toBeUndefined()
})

test('keeps answers up to its bytes, the newest ones, and never forgets that a question was there', () => {
  const seen = createSeen()
  // Each may have to be sealed once, and is kept both ways then.
  const size = ANSWER_BYTES_MAX / 8 - 512
  const questions = Array.from({ length: 6 }, () => question(2_000))
  for (const one of questions) {
    const entry = seen.add(one, me.nodeId, 1_000)!
    seen.keep(entry, answerOf(size))
  }
  const kept = questions.map((one) => seen.get(one)?.answer !== undefined)
  expect(kept).toEqual([false, false, true, true, true, true])
  expect(questions.every((one) => seen.get(one) !== undefined)).toBe(true)
})

test('knows what was taken up before a restart, of questions only', () => {
  const [one, nonce] = [question(2_000), question(2_000)]
  const markOf = ({ author, body: { query_id: id, expires_at } }: Question) => ({ author, id, expires_at })
  const seen = createSeen()
  seen.load([
    { kind: 'document', ...markOf(one) },
    { kind: 'nonce', ...markOf(nonce) },
  ])
  expect(seen.get(one)).toMatchObject({ state: 'answered' })
  expect(seen.get(nonce)).toBeUndefined()
})

const MINUTE = 60_000
const idOf = (n: number): NodeId => `karo:test:${n}` as NodeId
const toAll = { members: { size: 99 }, known: 99 }

function made() {
  const time = { now: 0 }
  const clock = { now: () => time.now, monotonic: () => time.now }
  return Object.assign(time, { often: createOften(clock, 64) })
}

test('three questions within ten minutes are often, and each one after them too', () => {
  const it = made()
  expect(it.often.asks(toAll)).toBeUndefined()
  it.now += 9 * MINUTE
  expect(it.often.asks(toAll)).toBeUndefined()
  // The first was ten minutes ago.
  it.now += MINUTE
  expect(it.often.asks(toAll)).toBeUndefined()
  it.now += MINUTE
  expect(it.often.asks(toAll)).toBe(10 * MINUTE)
  it.now += 5 * MINUTE
  expect(it.often.asks(toAll)).toBe(10 * MINUTE)
  it.now += 30 * MINUTE
  expect(it.often.asks(toAll)).toBeUndefined()
})

test('questions to few of the members, and those of a mesh with links to all, do not count', () => {
  const it = made()
  for (let n = 0; n < 5; n++) {
    expect(it.often.asks({ members: { size: 49 }, known: 99 })).toBeUndefined()
    expect(it.often.asks({ members: { size: 64 }, known: 64 })).toBeUndefined()
  }
  expect(it.often.asks(toAll)).toBeUndefined()
})

test('the links of the sixteen neighbours that asked last are kept, for twenty minutes', () => {
  const it = made()
  expect(it.often.keeps(idOf(0))).toBe(false)
  for (let n = 0; n < 17; n++) it.often.asked(idOf(n))
  expect(it.often.keeps(idOf(0))).toBe(false)
  expect(Array.from({ length: 16 }, (_, n) => it.often.keeps(idOf(n + 1)))).toEqual(Array(16).fill(true))
  it.now += 15 * MINUTE
  it.often.asked(idOf(3))
  it.now += 5 * MINUTE
  expect(it.often.keeps(idOf(2))).toBe(false)
  expect(it.often.keeps(idOf(3))).toBe(true)
})
