// Which buckets a range has, and who may have released them, where the organisation named other aggregators meanwhile.
import { expect, test } from 'vitest'
import { bucketOf, slotOfBucket } from '../../../../protocols/buckets.ts'
import { pairOf } from '../../../../src/exchange/aggregates/index.ts'
import { authorsUnder, bucketsUnder, isDrawn } from '../../../../src/exchange/totals/plan.ts'
import { HOUR } from '../documents/network.ts'

const DAY = 24 * HOUR
const MESH = new Uint8Array(32).fill(1)
const named = (...keys: readonly number[]) =>
  keys.map((key) => ({ key: new Uint8Array(32).fill(key), operator: `op-${key}` }))
/** Noon of a day. */
const CHANGED = Date.UTC(2026, 10, 18, 12)
const [first, second] = [named(1, 2), named(3, 4)]
const former = [{ until: CHANGED, length: 'day' as const, aggregators: first }]
const plan = { mesh: MESH, aggregators: second, former, length: 'hour' as const }

test('the pair of an earlier list counts for buckets that were over while it held, and for no later one', () => {
  const before = bucketOf('day', CHANGED - DAY)
  const after = bucketOf('day', CHANGED)
  expect(isDrawn(plan, before, pairOf(MESH, before, first)!)).toBe(true)
  expect(isDrawn(plan, after, pairOf(MESH, after, first)!)).toBe(false)
  // Who computes now may have added up who was late then.
  for (const bucket of [before, after])
    expect(isDrawn(plan, bucket, pairOf(MESH, bucket, second)!)).toBe(true)
  expect(isDrawn({ ...plan, former: [] }, before, pairOf(MESH, before, first)!)).toBe(false)
  const strangers = pairOf(MESH, before, named(5, 6))!
  expect(isDrawn(plan, before, strangers)).toBe(false)
})

test('a range has the days of the time of days, and hours after them, none twice', () => {
  const range = { start: CHANGED - 36 * HOUR - DAY, end: CHANGED + 3 * HOUR }
  const slots = bucketsUnder(plan, range, CHANGED + 10 * DAY).map(slotOfBucket)
  expect(slots.filter((slot) => slot.startsWith('day'))).toHaveLength(2)
  // From the end of the last day on.
  expect(slots.filter((slot) => slot.startsWith('hour'))).toHaveLength(15)
  expect(new Set(slots).size).toBe(slots.length)
  expect(bucketsUnder(plan, range, CHANGED - 12 * HOUR).map(slotOfBucket)).toEqual(slots.slice(0, 2))
})

test('everybody who ever computed is looked at, those of now first, each once', () => {
  const keys = authorsUnder({ aggregators: named(3, 1), former }).map(([byte]) => byte)
  expect(keys).toEqual([3, 1, 2])
})
