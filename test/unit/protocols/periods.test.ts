// Periods: every moment is in one hour, one day and one week from Monday; names and periods are each other's inverse.

import { expect, test } from 'vitest'
import { GRANULARITIES, isPeriod, periodOf, periodOfSlot, slotOf } from '../../../protocols/periods.ts'
import fc, { forAll } from '../../support/run/properties.ts'

const HOUR = 3_600_000
const LENGTH = { hour: HOUR, day: 24 * HOUR, week: 168 * HOUR } as const
const time = fc.integer({ min: 0, max: Date.parse('2200-01-01T00:00:00Z') })

test('a period holds its moment, is whole, and its name leads back to it', () => {
  forAll(time, fc.constantFrom(...GRANULARITIES), (at, granularity) => {
    const period = periodOf(granularity, at)
    expect(period.start).toBeLessThanOrEqual(at)
    expect(period.end).toBeGreaterThan(at)
    expect(period.end - period.start).toBe(LENGTH[granularity])
    const start = new Date(period.start)
    expect([start.getUTCMinutes(), start.getUTCSeconds(), start.getUTCMilliseconds()]).toEqual([0, 0, 0])
    if (granularity !== 'hour') expect(start.getUTCHours()).toBe(0)
    if (granularity === 'week') expect(start.getUTCDay()).toBe(1)
    expect(isPeriod(period)).toBe(true)
    expect(isPeriod({ ...period, start: period.start + 1, end: period.end + 1 })).toBe(false)
    expect(isPeriod({ ...period, end: period.end + HOUR })).toBe(false)
    expect(periodOfSlot(slotOf(period))).toEqual(period)
  })
})

test.each([
  '',
  'hour',
  'hour:',
  'hour:-1',
  'hour:01',
  'month:1',
  'hour:1.5',
  'hour:1e3',
  ' hour:1',
  'hour:9999999999999999',
])('%j names no period', (slot) => {
  expect(periodOfSlot(slot)).toBeUndefined()
})
