// Formats for people: units, rounding at their edges, and foreign text that cannot touch the terminal.

import { describe, expect, test } from 'vitest'
import { ago, bytes, duration, formatFingerprint, printable } from '../../../src/base/format.ts'
import fc, { anyText } from '../../support/run/properties.ts'

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

describe('printable', () => {
  test('leaves words of any language alone', () => {
    for (const text of ['bob', 'Größe 3', '日本語', 'שלום', '👩‍💻'.replace('\u200d', '')]) {
      expect(printable(text)).toBe(text)
    }
  })

  test('shows what could act', () => {
    expect(printable('a\x1b[31mred\x07')).toBe('a\\x1b[31mred\\x07')
    expect(printable('two\nlines\tand\r')).toBe('two\\nlines\\tand\\x0d')
    expect(printable('user\u202egpj.exe')).toBe('user\\u{202e}gpj.exe')
    expect(printable('\x9b31m')).toBe('\\x9b31m')
  })

  test('never lets a control character or a reordering mark through', () => {
    fc.assert(
      fc.property(anyText(), (text) => {
        expect(printable(text)).not.toMatch(
          /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff]/u,
        )
      }),
    )
  })
})

test('people read a fingerprint in groups of four', () => {
  expect(formatFingerprint('0871f3aabc26e458')).toBe('0871 f3aa bc26 e458')
})
