// A set of numbers is what was put in, whatever the order, and after encoding.

import { expect, test } from 'vitest'
import { createNumberSet } from '../../../../src/store/level/number-set.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

const numbers = fc.array(fc.oneof(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 300_000 })))

test('holds each number once and survives encoding and union', () => {
  forAll(numbers, numbers, (left, right) => {
    const a = createNumberSet()
    const b = createNumberSet()
    const fresh = left.map((n) => a.add(n))
    expect(fresh.filter(Boolean).length).toBe(new Set(left).size)
    for (const n of right) b.add(n)
    b.addEncoded(a.encode())
    expect(b.size()).toBe(new Set([...left, ...right]).size)
    const again = createNumberSet()
    again.addEncoded(b.encode())
    expect([...again.encode()]).toEqual([...b.encode()])
  })
})

test('a thousand neighbours take a byte each', () => {
  const set = createNumberSet()
  for (let n = 1; n <= 1000; n++) set.add(n)
  expect(set.encode().length).toBe(1000)
})

test.each([[[0]], [[0x80]], [[0x80, 0x80, 0x80, 0x80, 0x80, 0x01]], [[1, 0]]])(
  'bytes %j are refused',
  (bytes) => {
    expect(() => createNumberSet().addEncoded(Uint8Array.from(bytes))).toThrow(RangeError)
  },
)
