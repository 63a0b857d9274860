// Ranges only ever grow, by less than an hour at each end; the hour of a clock tells the date it had.

import { afterEach, expect, test, vi } from 'vitest'
import { DAY_MS, dayOfLocalHour, HOUR_MS, localDay, startOfLocalDay } from '../../../../src/base/calendar.ts'
import { timing } from '../../../../src/insight/anomalies/kinds/timing.ts'
import { floorToHour, widenToHours } from '../../../../src/insight/statistics/time.ts'
import { NO_ROLLUP } from '../../../../src/store/rollups/rollups.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const time = fc.integer({ min: 0, max: Date.parse('2100-01-01T00:00:00Z') })

test('a widened range holds the range, is whole hours, and stays when widened again', () => {
  forAll(time, fc.nat(1e9), (start, length) => {
    const wide = widenToHours({ start, end: start + length })
    expect(wide.start % HOUR_MS).toBe(0)
    expect(wide.end % HOUR_MS).toBe(0)
    expect(start - wide.start).toBeGreaterThanOrEqual(0)
    expect(start - wide.start).toBeLessThan(HOUR_MS)
    expect(wide.end - start - length).toBeGreaterThanOrEqual(0)
    expect(wide.end - start - length).toBeLessThan(HOUR_MS)
    expect(widenToHours(wide)).toEqual(wide)
    expect(wide.start).toBe(floorToHour(start))
  })
})

test.each([
  'UTC',
  'Europe/Berlin',
  'America/St_Johns',
  'Asia/Kathmandu',
  'Pacific/Marquesas',
  'Pacific/Apia',
  'Pacific/Kiritimati',
  'Pacific/Pago_Pago',
  'Etc/GMT+12',
])('in %s the hour of UTC and the hour of the clock tell the date', (zone) => {
  vi.stubEnv('TZ', zone)
  forAll(time, (now) => {
    expect(dayOfLocalHour(Math.floor(now / HOUR_MS), new Date(now).getHours())).toBe(localDay(now))
  })
})

test('the date is that of the zone in which something ran, after a journey too', () => {
  const now = Date.parse('2026-11-20T20:00:00Z')
  vi.stubEnv('TZ', 'Asia/Tokyo')
  const [hour, day] = [new Date(now).getHours(), localDay(now)]
  for (const zone of ['America/Los_Angeles', 'Europe/Berlin', 'Pacific/Auckland']) {
    vi.stubEnv('TZ', zone)
    expect(dayOfLocalHour(now / HOUR_MS, hour)).toBe(day)
  }
})

test.each(['2026-03-29', '2026-10-25'])(
  'work at a strange hour is told at the hours that clocks showed, also on %s, when summer time begins or ends',
  (date) => {
    vi.stubEnv('TZ', 'Europe/Berlin')
    const day = Date.parse(date) / DAY_MS
    const hoursWith = (hour: number, count: number) =>
      Array.from({ length: 24 }, (_, at) => (at === hour ? count : 0))
    const [found] = timing({
      day,
      span: { start: startOfLocalDay(day), end: startOfLocalDay(day + 1) },
      rollup: { ...NO_ROLLUP, count: 40, hourly: hoursWith(20, 40) },
      hours: [],
      baseline: { days: [], hours: hoursWith(9, 20), weekdays: [4, 4, 4, 4, 4, 4, 4], weeks: 8, risky: [] },
      silent: [],
    })
    const { start, end } = found!.window
    expect([new Date(start).getHours(), new Date(end).getHours()]).toEqual([20, 21])
  },
)
