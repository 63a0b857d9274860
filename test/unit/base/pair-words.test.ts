// The words that two screens show: the same on both, other ones for any other key, and never others in a later release.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pairWords } from '../../../src/base/words/pair-words.ts'

const key = fc.uint8Array({ minLength: 32, maxLength: 32 })

test('both ends see the same six words, and a third key sees others', () => {
  fc.assert(
    fc.property(key, key, key, (a, b, c) => {
      const words = pairWords(a, b)
      expect(words).toHaveLength(6)
      expect(words.every((word) => /^[a-z]{3,8}$/.test(word))).toBe(true)
      expect(pairWords(b, a)).toEqual(words)
      if (Buffer.compare(b, c) !== 0) expect(pairWords(a, c)).not.toEqual(words)
    }),
  )
})

test('they are as they always were', () => {
  const of = (byte: number) => new Uint8Array(32).fill(byte)
  expect(pairWords(of(1), of(2)).join(' ')).toMatchInlineSnapshot(`"honey kitchen lion crayon hazel lemon"`)
})
