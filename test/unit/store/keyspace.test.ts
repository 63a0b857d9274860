// Keys sort as their parts do, ranges hold exactly what starts with their prefix, and values refuse what they are not.

import { expect, test } from 'vitest'
import { text } from '../../../src/store/level/is.ts'
import { afterPrefix, KEYSPACES, keyRange, makeKey, OF_PEOPLE } from '../../../src/store/level/keyspace.ts'
import { definePeoplesTable } from '../../../src/store/level/table.ts'
import { decodeValue, encodeValue } from '../../../src/store/level/value.ts'
import fc, { forAll, forAllIn } from '../../support/run/properties.ts'

test('keyspace numbers are never reused or renumbered: databases in the field have them', () => {
  expect(Object.keys(KEYSPACES)).toEqual(
    Object.entries(KEYSPACES)
      .sort((a, b) => a[1] - b[1])
      .map(([name]) => name),
  )
  expect(KEYSPACES).toMatchObject({
    meta: 1,
    events: 2,
    documents: 6,
    members: 7,
    consent: 8,
    replay: 9,
    audit: 10,
  })
  expect(new Set(Object.values(KEYSPACES)).size).toBe(Object.keys(KEYSPACES).length)
})

const u32 = fc.nat({ max: 0xffffffff })
const u64 = fc.nat({ max: Number.MAX_SAFE_INTEGER })

test('byte order is the order of the parts', () => {
  forAll(u32, u64, u32, u64, (a, b, c, d) => {
    const order = Buffer.compare(
      makeKey('events', { u32: a }, { u64: b }),
      makeKey('events', { u32: c }, { u64: d }),
    )
    expect(order).toBe(Math.sign(a - c) || Math.sign(b - d))
  })
})

test('a range holds the keys with its prefix and no other', () => {
  const bytes = fc.uint8Array({ maxLength: 6 })
  forAllIn(
    { examples: [[Uint8Array.of(1, 0xff, 0xff), Uint8Array.of(2)]] },
    bytes,
    bytes,
    (prefix, other) => {
      const { gte, lt } = keyRange('members', { bytes: prefix })
      const key = makeKey('members', { bytes: other })
      const inside = Buffer.compare(key, gte) >= 0 && Buffer.compare(key, lt) < 0
      expect(inside).toBe(Buffer.compare(Buffer.from(other).subarray(0, prefix.length), prefix) === 0)
    },
  )
  expect(() => afterPrefix(Uint8Array.of(0xff, 0xff))).toThrow(RangeError)
})

test('numbers out of range are refused, not wrapped', () => {
  for (const bad of [-1, 1.5, 2 ** 53, Number.NaN])
    expect(() => makeKey('audit', { u64: bad })).toThrow(RangeError)
  for (const bad of [-1, 2 ** 32]) expect(() => makeKey('audit', { u32: bad })).toThrow(RangeError)
})

test('a value comes back as it was; damage and other versions throw', () => {
  const value = {
    at: 1_763_626_500_000,
    list: ['a'],
    none: null,
    bytes: Buffer.of(1, 2),
    big: 2 ** 40,
    negative: -1.5,
  }
  expect(decodeValue(encodeValue(value, 3), 3)).toEqual(value)
  expect(() => decodeValue(encodeValue(value, 3), 2)).toThrow('version 3')
  expect(() => decodeValue(encodeValue(value, 3).subarray(0, -1), 3)).toThrow()
  expect(() => decodeValue(Buffer.of(), 3)).toThrow()
})

test('rows of a person stand only where they go with that person', () => {
  expect(OF_PEOPLE).not.toContain('fleet')
  // @ts-expect-error: what is kept there stays when its person is removed.
  definePeoplesTable({ keyspace: 'fleet', value: text })
})
