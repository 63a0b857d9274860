// Formats for people: units, rounding at their edges, and foreign text that cannot touch the terminal.

import { expect, test } from 'vitest'
import { ago, bytes, duration, formatFingerprint, percent } from '../../../src/base/format.ts'

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1000, '1.0 s'],
  [2449, '2.4 s'],
  [59_940, '59.9 s'],
  [59_960, '1m 00s'],
  [185_000, '3m 05s'],
  [3_599_999, '59m 59s'],
  [7_800_000, '2h 10m'],
  [86_399_999, '23h 59m'],
  [97 * 3_600_000, '4d 1h'],
  [-1, '–'],
  [Number.NaN, '–'],
])('duration of %d ms is %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

test.each([
  [-500, 'just now'],
  [4999, 'just now'],
  [40_000, '40 s ago'],
  [200_000, '3 min ago'],
  [7_200_000, '2 h ago'],
  [40 * 3_600_000, '40 h ago'],
  [5 * 86_400_000, '5 d ago'],
  [Number.POSITIVE_INFINITY, 'never'],
])('an age of %d ms is %s', (ms, text) => {
  expect(ago(ms)).toBe(text)
})

test.each([
  [0, '0 %'],
  [0.0004, '<0.1 %'],
  [0.001, '0.1 %'],
  [0.033, '3.3 %'],
  [103 / 2744, '3.7 %'],
  [0.0999, '9.9 %'],
  [0.1, '10 %'],
  [0.29, '29 %'],
  [0.57, '57 %'],
  [2 / 3, '66 %'],
  [999 / 1000, '99 %'],
  [1, '100 %'],
  [2.204, '220 %'],
])('a share of %d is at least %s, and 100 %% is all', (share, text) => {
  expect(percent(share)).toBe(text)
})

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1536, '1.5 KiB'],
  [10 * 1024, '10 KiB'],
  [1024 * 1024 - 1, '1.0 MiB'],
  [20 * 1024 * 1024, '20 MiB'],
  [3 * 1024 ** 4, '3.0 TiB'],
])('%d bytes are %s', (n, text) => {
  expect(bytes(n)).toBe(text)
})

test('people read a fingerprint in groups of four', () => {
  expect(formatFingerprint('0871f3aabc26e458')).toBe('0871 f3aa bc26 e458')
})
