// Every secret of the corpus leaves its line and nothing else does; of the look-alikes every byte stays.
import { expect, test } from 'vitest'
import { REDACTED, redact } from '../../../src/observe/redact/redact.ts'
import { corpus } from '../../support/data/corpus.ts'

const SECRET = /«[^»]*»/g

interface Miss {
  readonly line: string
  readonly expected: string
  readonly got: string
}

/** What is not as expected, one filling for each line. */
function misses(name: string, expectation: (filled: string) => string): Miss[] {
  return corpus(name).flatMap(({ template, filled }) => {
    for (const each of filled) {
      const got = redact(each.replace(/[«»]/g, ''))
      const expected = expectation(each)
      if (got !== expected) return [{ line: template, expected, got }]
    }
    return []
  })
}

test('secrets leave, whatever their characters, and nothing else does', () => {
  expect(misses('secrets', (line) => line.replace(SECRET, REDACTED))).toEqual([])
})

test('each line of the corpus of secrets says what must go', () => {
  expect(corpus('secrets').filter(({ template }) => template.match(SECRET) === null)).toEqual([])
})

test('look-alikes stay as they are', () => {
  expect(misses('look-alikes', (line) => line)).toEqual([])
})
