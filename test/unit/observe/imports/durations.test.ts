// What a foreign history says about durations is believed only where it is possible.
import { expect, test } from 'vitest'
import { possibleDuration } from '../../../../src/observe/imports/entry.ts'

const NOW = 1_795_000_000_000_000
const HOUR = 3_600_000_000
const YEAR = 366 * 24 * HOUR

test.each<[string, number | null, number | null, number | null]>([
  ['unknown', null, NOW - HOUR, null],
  ['none at all', 0, NOW - HOUR, 0],
  ['as long as until now', HOUR, NOW - HOUR, HOUR],
  ['a second longer, by rounding', HOUR + 1_000_000, NOW - HOUR, HOUR + 1_000_000],
  ['longer than until now', HOUR + 3_000_000, NOW - HOUR, null],
  ['a whole year', YEAR, NOW - 2 * YEAR, YEAR],
  ['more than a year', YEAR + 1, NOW - 2 * YEAR, null],
  ['negative', -1, NOW - HOUR, null],
  ['no whole number', 0.5, NOW - HOUR, null],
  ['no safe integer', 998_299_999_999_000_000, NOW - HOUR, null],
  ['of a command without a time', HOUR, null, HOUR],
  ['too long for any command without a time', YEAR + 1, null, null],
])('%s', (_what, duration_us, start_us, possible) => {
  expect(possibleDuration(duration_us, start_us, NOW)).toBe(possible)
})
