// Which buckets a range has, and who may have released them, where the organisation named other aggregators meanwhile.
import { expect, test } from 'vitest'
import { type Bucket, bucketOf, slotOfBucket } from '../../../../protocols/buckets.ts'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { pairOf } from '../../../../src/exchange/aggregates/index.ts'
import {
  authorsUnder,
  bucketAt,
  bucketsUnder,
  closedBuckets,
  isDrawn,
} from '../../../../src/exchange/totals/plan.ts'
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

/** Of a year, at each full hour and a quarter: when a mesh may have begun. */
const BEGINNINGS = Array.from({ length: 48 }, (_, at) => CHANGED + at * HOUR + HOUR / 4)

/** They are in their order. */
const areApart = (buckets: readonly Bucket[]): boolean =>
  buckets.every(({ start }, at) => start >= (buckets[at - 1]?.end ?? 0))

test('totals begin with the quarter of a day around three hours after the beginning, in place of that day', () => {
  for (const began of BEGINNINGS) {
    const calendar = { length: 'day' as const, began }
    const range = { start: CHANGED - 3 * DAY, end: CHANGED + 9 * DAY }
    const buckets = bucketsUnder(calendar, range, range.end)
    const quarters = buckets.filter(({ length }) => length === '6h')
    expect(quarters).toHaveLength(1)
    const [first] = quarters as [(typeof quarters)[0]]
    expect(first.end - began).toBeGreaterThan(3 * HOUR)
    expect(first.end - began).toBeLessThanOrEqual(9 * HOUR)
    // Each other day is whole, and no two have time in common.
    expect(buckets).toHaveLength(11)
    expect(areApart(buckets)).toBe(true)
    expect(closedBuckets(calendar, first.end).at(-1)).toEqual(first)
    expect(closedBuckets(calendar, first.end - 1)).not.toContainEqual(first)
    // What is open now, or comes next where the rest of the first day is in none.
    expect(bucketAt(calendar, began).end).toBeGreaterThan(began)
    expect(bucketAt(calendar, first.start)).toEqual(first)
    expect(bucketAt(calendar, first.end)).toEqual(bucketOf('day', bucketOf('day', first.start).end))
  }
})

test('a mesh of hours or quarters begins with the one that it began in, and one that never said so with none', () => {
  const began = CHANGED + HOUR / 4
  const range = { start: CHANGED - DAY, end: CHANGED + 2 * DAY }
  for (const length of ['hour', '6h'] as const)
    expect(bucketsUnder({ length, began }, range, range.end)).toEqual(
      bucketsUnder({ length }, range, range.end),
    )
  expect(bucketsUnder({ length: 'day' }, range, range.end).every(({ length }) => length === 'day')).toBe(true)
})

test('of a first day whose length of buckets was changed nothing is there twice', () => {
  for (const began of BEGINNINGS) {
    for (const [earlier, later] of [
      ['day', 'hour'],
      ['hour', 'day'],
      ['6h', 'day'],
      ['day', '6h'],
    ] as const) {
      for (let hours = 1; hours < 30; hours++) {
        const until = began + hours * HOUR
        const changed = { length: later, began, former: [{ until, length: earlier, aggregators: first }] }
        const buckets = bucketsUnder(changed, { start: began - DAY, end: began + 4 * DAY }, began + 9 * DAY)
        expect(areApart(buckets)).toBe(true)
      }
    }
  }
})

test('everybody who ever computed is looked at, those of now first, each once', () => {
  const nodes = named(3, 1, 2).map(({ key }) => formatNodeId(key))
  expect(authorsUnder({ aggregators: named(3, 1), former })).toEqual(nodes)
})
