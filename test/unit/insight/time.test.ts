// Hours and local days: ranges only ever grow, by less than an hour at each end, and days begin where a calendar says.
import fc from 'fast-check'
import { afterEach, expect, test, vi } from 'vitest'
import { floorToHour, HOUR_MS, localDay, startOfLocalDay, widenToHours } from '../../../src/insight/time.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const time = fc.integer({ min: 0, max: Date.parse('2100-01-01T00:00:00Z') })

test('a widened range holds the range, is whole hours, and stays when widened again', () => {
  fc.assert(
    fc.property(time, fc.nat(1e9), (start, length) => {
      const wide = widenToHours({ start, end: start + length })
      expect(wide.start % HOUR_MS).toBe(0)
      expect(wide.end % HOUR_MS).toBe(0)
      expect(start - wide.start).toBeGreaterThanOrEqual(0)
      expect(start - wide.start).toBeLessThan(HOUR_MS)
      expect(wide.end - start - length).toBeGreaterThanOrEqual(0)
      expect(wide.end - start - length).toBeLessThan(HOUR_MS)
      expect(widenToHours(wide)).toEqual(wide)
      expect(wide.start).toBe(floorToHour(start))
    }),
  )
})

test.each(['UTC', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'America/Santiago', 'Pacific/Apia'])(
  'in %s a local day begins at its own start and the one before ends there',
  (zone) => {
    vi.stubEnv('TZ', zone)
    fc.assert(
      fc.property(time, (now) => {
        const day = localDay(now)
        const start = startOfLocalDay(day)
        expect(start).toBeLessThanOrEqual(now)
        expect(startOfLocalDay(day + 1)).toBeGreaterThan(now)
        expect(localDay(start)).toBe(day)
        expect(localDay(start - 1)).toBeLessThan(day)
      }),
    )
  },
)
