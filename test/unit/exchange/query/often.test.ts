// Which node counts as asking often, and which neighbours' links are kept because they ask.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { createOften } from '../../../../src/exchange/query/state/often.ts'

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
