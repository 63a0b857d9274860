// The words of a fingerprint: as many different ones as there are fingerprints, and the same in every release.

import { expect, test } from 'vitest'
import { fingerprintWords } from '../../../src/base/words/fingerprint-words.ts'
import fc, { forAll } from '../../support/run/properties.ts'

const fingerprint = fc
  .uint8Array({ minLength: 8, maxLength: 8 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))

test('a fingerprint has eight words, and no two fingerprints have the same', () => {
  forAll(fingerprint, fingerprint, (one, other) => {
    const words = fingerprintWords(one)
    expect(words).toMatch(/^([a-z]{3,8} ){7}[a-z]{3,8}$/)
    expect(fingerprintWords(other) === words).toBe(one === other)
  })
})

test('each byte has a word of its own', () => {
  const all = Array.from({ length: 32 }, (_, row) =>
    fingerprintWords(Buffer.from(Array.from({ length: 8 }, (_, at) => row * 8 + at)).toString('hex')),
  )
  expect(new Set(all.flatMap((words) => words.split(' '))).size).toBe(256)
})

test('the words of a fingerprint stay what they are', () => {
  expect(fingerprintWords('0001fe80ff7f10a5')).toMatchInlineSnapshot(
    `"acid acorn zebra jewel zipper jelly attic novel"`,
  )
})
