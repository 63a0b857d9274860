// How far an import is, in one line that fits, however wide the terminal and however odd the numbers.

import { expect, test } from 'vitest'
import { createProgress, progressLine } from '../../../src/cli/import/session.ts'
import fc, { forAllIn } from '../../support/run/properties.ts'

test('a bar, the share, the rate, and what is left', () => {
  const of = { share: 0.5, commands: 40_000, elapsed_ms: 2_000, columns: 80 }
  expect(progressLine(of)).toBe(
    `[${'#'.repeat(15)}${' '.repeat(15)}] 50 % 40000 commands, 20000/s, 2.0 s left`,
  )
  expect(progressLine({ ...of, columns: 50 })).toBe('50 % 40000 commands, 20000/s, 2.0 s left')
  // Too early to say.
  expect(progressLine({ ...of, elapsed_ms: 500 })).not.toContain('left')
})

test('it fits, whatever there is to say', () => {
  forAllIn(
    { examples: [[{ share: 1, commands: 100_100, elapsed_ms: 1_001, columns: 60 }]] },
    fc.record({
      share: fc.oneof(fc.double(), fc.constantFrom(0, 1, Number.NaN)),
      commands: fc.integer({ min: 0, max: 9_999_999 }),
      elapsed_ms: fc.integer({ min: 0, max: 100_000_000 }),
      columns: fc.integer({ min: 60, max: 300 }),
    }),
    (of) => {
      const line = progressLine(of)
      expect(line).toMatch(/^(\[#* *\] )?\d{1,3} % \d+ commands, \d+\/s/)
      expect(line.length).toBeLessThan(of.columns)
    },
  )
})

test('a person can follow: not more often than ten times a second', () => {
  let now = 0
  const shown: string[] = []
  const progress = createProgress({ show: (text) => shown.push(text) }, { columns: 80 }, () => now)
  for (; now < 1_000; now += 10) progress.show({ share: now / 1_000, commands: now })
  expect(shown).toHaveLength(10)
})
