// Suggestions: near words are found, far ones are not offered.

import { expect, test } from 'vitest'
import { closest } from '../../../src/base/suggest.ts'
import fc, { forAll } from '../../support/run/properties.ts'

const WORDS = ['status', 'history', 'stats', 'peers', 'query', 'up']

test.each([
  ['stast', 'stats'],
  ['statuss', 'status'],
  ['STATUS', 'status'],
  ['pers', 'peers'],
  ['histroy', 'history'],
  ['qurey', 'query'],
  ['pu', 'up'],
  ['frobnicate', undefined],
  ['', undefined],
  ['x'.repeat(1000), undefined],
])('%s is probably %s', (word, meant) => {
  expect(closest(word, WORDS)).toBe(meant)
})

test('of one letter nothing is near: another number is not what was meant', () => {
  expect(closest('5', ['0', '1', '2'])).toBeUndefined()
})

test('a word that is there is itself, and one swapped, lost or doubled letter is forgiven', () => {
  forAll(fc.constantFrom('history', 'identity', 'discovery'), fc.nat({ max: 6 }), (word, at) => {
    expect(closest(word, [...WORDS, word])).toBe(word)
    expect(closest(word.slice(0, at) + word.slice(at + 1), [word])).toBe(word)
    expect(closest(word.slice(0, at) + word[at] + word.slice(at), [word])).toBe(word)
    expect(closest(word.slice(0, at) + (word[at + 1] ?? '') + word[at] + word.slice(at + 2), [word])).toBe(
      word,
    )
  })
})
