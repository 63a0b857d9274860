// The beginning of a JSON text: what is whole in it is read, what may go on is not, and nothing throws.

import { expect, test } from 'vitest'
import { readBeginning } from '../../../../src/cli/adapters/call.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

test.each([
  ['{"a":1,"b":{"c":"x","d":"y', { a: 1, b: { c: 'x' } }],
  ['{"a":12', {}],
  ['{"a":[1,2', { a: [1] }],
  ['{"a":"\\"},', {}],
  ['{"a":"\\\\","b":1}', { a: '\\', b: 1 }],
  ['{"a":1} {"b":', { a: 1 }],
  ['{"a":1]', {}],
  ['{a:1,', undefined],
  ['', undefined],
  ['"text"', undefined],
])('%s', (text, value) => expect(readBeginning(text)).toEqual(value))

/** Everything in `part` is in `whole`, lists from their first element on. */
function isPart(part: unknown, whole: unknown): boolean {
  if (typeof part !== 'object' || part === null) return Object.is(part, whole)
  return Object.entries(part).every(
    ([key, value]) => Object.hasOwn(whole as object, key) && isPart(value, (whole as never)[key]),
  )
}

test('of any document, broken off anywhere, only what was in it; and all of it where it is whole', () => {
  forAll(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(), (document, at) => {
    const text = JSON.stringify(document)
    const whole = JSON.parse(text) as object
    expect(readBeginning(text)).toEqual(whole)
    const part = readBeginning(text.slice(0, at % text.length))
    expect(part === undefined || isPart(part, whole)).toBe(true)
  })
})

test('any text is read or not, and depth costs no more than length', () => {
  forAll(fc.string(), (text) => void readBeginning(text))
  readBeginning('[{"a":'.repeat(100_000))
})
