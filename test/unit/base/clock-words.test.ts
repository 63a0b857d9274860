// How far a clock is off, in words: the largest unit of which there are two or more.
import { expect, test } from 'vitest'
import { clockWords } from '../../../src/base/words/clock-words.ts'

test.each([
  [0, '0 s ahead'],
  [90_000, '90 s ahead'],
  [-90_000, '90 s behind'],
  [119_600, '2 min ahead'],
  [600_000, '10 min ahead'],
  [-7_199_000, '120 min behind'],
  [7_200_000, '2 h ahead'],
  [172_800_000, '2 days ahead'],
])('%i ms', (ms, said) => {
  expect(clockWords(ms)).toBe(said)
})
