// Times as people type them, on days on which clocks change: also where they change at midnight, and a day begins at 01:00.
import { afterEach, expect, test, vi } from 'vitest'
import { parseSince, parseUntil } from '../../../src/cli/input/time.ts'

afterEach(() => {
  vi.unstubAllEnvs()
})

const iso = (time: number): string => new Date(time).toISOString().slice(0, 16)

test.each([
  // 29 March 2026: from 2:00 to 3:00; 25 October 2026: from 3:00 back to 2:00.
  ['Europe/Berlin', '2026-03-29T10:00Z', 'today', '2026-03-28T23:00', '2026-03-29T10:00'],
  ['Europe/Berlin', '2026-03-30T10:00Z', 'yesterday', '2026-03-28T23:00', '2026-03-29T22:00'],
  ['Europe/Berlin', '2026-10-26T10:00Z', 'yesterday', '2026-10-24T22:00', '2026-10-25T23:00'],
  ['America/New_York', '2026-03-09T10:00Z', 'yesterday', '2026-03-08T05:00', '2026-03-09T04:00'],
  ['America/New_York', '2026-11-02T10:00Z', 'sunday', '2026-11-01T04:00', '2026-11-02T05:00'],
  // 6 September 2026: from 0:00 to 1:00.
  ['America/Santiago', '2026-09-06T15:00Z', 'today', '2026-09-06T04:00', '2026-09-06T15:00'],
  ['America/Santiago', '2026-09-06T15:00Z', 'yesterday', '2026-09-05T04:00', '2026-09-06T04:00'],
  ['America/Santiago', '2026-09-06T15:00Z', 'last sunday', '2026-08-30T04:00', '2026-08-31T04:00'],
  ['America/Santiago', '2026-09-07T15:00Z', '2026-09-06', '2026-09-06T04:00', '2026-09-07T03:00'],
  // 1 November 2026: from 1:00 back to 0:00.
  ['America/Havana', '2026-11-02T15:00Z', 'yesterday', '2026-11-01T04:00', '2026-11-02T05:00'],
])('in %s at %s, %s is the whole day', (zone, at, words, from, to) => {
  vi.stubEnv('TZ', zone)
  const now = Date.parse(at)
  expect([iso(parseSince(words, now)), iso(parseUntil(words, now))]).toEqual([from, to])
})
