// Days begin where a calendar says, whatever their length; weeks begin on Monday.

import { afterEach, expect, test, vi } from 'vitest'
import { DAY_MS, localDay, startOfLocalDay, weekdayOf } from '../../../src/base/calendar.ts'
import fc, { forAll } from '../../support/run/properties.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const time = fc.integer({ min: 0, max: Date.parse('2100-01-01T00:00:00Z') })

test.each(['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'America/Santiago', 'Pacific/Apia'])(
  'in %s a local day begins at its own start and the one before ends there',
  (zone) => {
    vi.stubEnv('TZ', zone)
    forAll(time, (now) => {
      const day = localDay(now)
      const start = startOfLocalDay(day)
      expect(start).toBeLessThanOrEqual(now)
      expect(startOfLocalDay(day + 1)).toBeGreaterThan(now)
      expect(localDay(start)).toBe(day)
      expect(localDay(start - 1)).toBeLessThan(day)
    })
  },
)

test('weekdays are those of the calendar, Monday first', () => {
  forAll(fc.integer({ min: -1e5, max: 1e5 }), (day) => {
    expect(weekdayOf(day)).toBe((new Date(day * DAY_MS).getUTCDay() + 6) % 7)
  })
})
