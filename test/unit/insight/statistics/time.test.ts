// Ranges only ever grow, by less than an hour at each end; the hour of a clock tells the date it had.

import { afterEach, expect, test, vi } from 'vitest'
import { dayOfLocalHour, HOUR_MS, localDay } from '../../../../src/base/calendar.ts'
import { floorToHour, widenToHours } from '../../../../src/insight/statistics/time.ts'
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
