// Canonical MessagePack: what is accepted has exactly one form, and nothing hostile gets past the scan.

import { describe, expect, it } from 'vitest'
import type { WireValue } from '../../../protocols/define.ts'
import { decodeValue, encodeValue } from '../../../protocols/messagepack.ts'
import { FrameError } from '../../../protocols/reject.ts'
import { MAX_DEPTH, MAX_ITEMS, scan } from '../../../protocols/scan.ts'
import fc, { forAll, forAllIn } from '../../support/run/properties.ts'
import { times } from '../../support/run/thorough.ts'

const key = fc.stringMatching(/^[\x20-\x7e]{1,64}$/).filter((text) => text !== '__proto__')
const text = fc.string({ unit: 'grapheme', maxLength: 300 }).filter((value) => !value.startsWith('\ufeff'))
const { value: wireValue } = fc.letrec<{ value: WireValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 8 },
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger().map((n) => n + 0),
    fc.integer({ min: -40, max: 300 }).map((n) => n + 0),
    text,
    fc.uint8Array({ maxLength: 300 }).map((bytes) => new Uint8Array(bytes)),
    fc.array(tie('value'), { maxLength: 20 }),
    fc
      .dictionary(key, tie('value'), { maxKeys: 20, noNullPrototype: true })
      .map((members) => members as WireValue),
  ),
}))

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'))
const concat = (...parts: Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

/** The code and nothing else: any other exception fails the test. */
function refusal(act: () => unknown): string | undefined {
  try {
    act()
    return undefined
  } catch (error) {
    if (error instanceof FrameError) return error.code
    throw error
  }
}

describe('encode and decode', () => {
  it('give back every value', () => {
    forAll(wireValue, (value) => {
      expect(decodeValue(encodeValue(value))).toEqual(value)
    })
  })

  it('accept one form only: what decodes encodes to the same bytes, however it was tampered with', () => {
    forAllIn(
      { numRuns: times(300, 2_000) },
      wireValue,
      fc.nat(),
      fc.integer({ min: 0, max: 255 }),
      (value, at, byte) => {
        const bytes = encodeValue(value)
        bytes[at % bytes.length] = byte
        let decoded: WireValue
        try {
          decoded = decodeValue(bytes)
        } catch (error) {
          expect((error as FrameError).code).toBe('malformed')
          return
        }
        expect(encodeValue(decoded)).toEqual(bytes)
      },
    )
  })

  it('refuse or round-trip arbitrary bytes', () => {
    forAllIn({ numRuns: times(500, 5_000) }, fc.uint8Array({ maxLength: 64 }), (bytes) => {
      const code = refusal(() => expect(encodeValue(decodeValue(bytes))).toEqual(new Uint8Array(bytes)))
      expect([undefined, 'malformed']).toContain(code)
    })
  })

  it('refuse every truncation', () => {
    forAll(wireValue, fc.nat(), (value, cut) => {
      const bytes = encodeValue(value)
      expect(refusal(() => decodeValue(bytes.subarray(0, cut % bytes.length)))).toBe('malformed')
    })
  })

  it('do not keep the input alive or change it', () => {
    const bytes = encodeValue({ bin: new Uint8Array([1, 2, 3]) })
    const before = Uint8Array.from(bytes)
    const decoded = decodeValue(bytes) as { bin: Uint8Array }
    bytes.fill(0)
    expect(decoded.bin).toEqual(new Uint8Array([1, 2, 3]))
    expect(decoded.bin.buffer).not.toBe(bytes.buffer)
    expect(Object.keys(bytes)).toEqual(Object.keys(before))
  })
})

describe('the encoder', () => {
  class Point {
    x = 1
  }
  const refused: [string, unknown][] = [
    ['a float', 1.5],
    ['NaN', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['an integer beyond 53 bits', 2 ** 53],
    ['a BigInt', 1n],
    ['undefined in a list', [undefined]],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['a Set', new Set([1])],
    ['a Map', new Map()],
    ['a Date', new Date(0)],
    ['an Error', new Error('x')],
    ['a RegExp', /x/],
    ['a class instance', new Point()],
    ['another typed array', new Uint16Array(2)],
    ['half a surrogate pair', 'a\ud800'],
    ['a leading byte order mark', '\ufeffa'],
    ['an empty key', { '': 1 }],
    ['a key that is not ASCII', { ä: 1 }],
    ['a key of 65 bytes', { ['k'.repeat(65)]: 1 }],
    ['an own __proto__ key', JSON.parse('{"__proto__": 1}')],
    ['nesting too deep', nested(MAX_DEPTH + 1)],
    ['too many values', new Array(MAX_ITEMS).fill(0)],
  ]
  it.each(refused)('refuses %s', (_, value) => {
    expect(refusal(() => encodeValue(value as WireValue))).toBe('malformed')
  })

  it('drops undefined members, makes 0 of -0, sorts keys, takes a Buffer for bytes', () => {
    expect(encodeValue({ b: -0, a: undefined, B: Buffer.from([7]) })).toEqual(hex('82 a142 c40107 a162 00'))
  })

  it('goes as deep as the scan', () => {
    const deepest = nested(MAX_DEPTH)
    expect(decodeValue(encodeValue(deepest))).toEqual(deepest)
  })

  it('makes as many values as the scan lets in', () => {
    const most = new Array(MAX_ITEMS - 1).fill(0)
    expect(decodeValue(encodeValue(most))).toEqual(most)
  })
})

/** `depth` lists in each other. */
function nested(depth: number): WireValue {
  let value: WireValue = []
  for (let level = 1; level < depth; level++) value = [value]
  return value
}

describe('the scan', () => {
  const hostile: [string, Uint8Array][] = [
    ['nothing', hex('')],
    ['two values', hex('01 01')],
    ['the never-used token', hex('c1')],
    ['float 32', hex('ca 3f800000')],
    ['float 64', hex('cb 3ff0000000000000')],
    ['NaN', hex('cb 7ff8000000000000')],
    ...['c7', 'c8', 'c9', 'd4', 'd5', 'd6', 'd7', 'd8'].map((token): [string, Uint8Array] => [
      `extension ${token}`,
      concat(hex(token), new Uint8Array(32)),
    ]),
    ['a record definition of msgpackr', hex('d4 72 40 91 a161 01')],
    ['a clone reference of msgpackr', hex('92 d6 70 00000001 90 d6 70 00000001')],
    ['uint 8 below 128', hex('cc 7f')],
    ['uint 16 below 256', hex('cd 00ff')],
    ['uint 32 below 65536', hex('ce 0000ffff')],
    ['uint 64 below 2^32', hex('cf 00000000ffffffff')],
    ['uint 64 above 2^53 - 1', hex('cf 0020000000000000')],
    ['int 8 that fits the token', hex('d0 e0')],
    ['a positive int 8', hex('d0 7f')],
    ['int 16 that fits 8 bits', hex('d1 ff80')],
    ['int 32 that fits 16 bits', hex('d2 ffff8000')],
    ['int 64 that fits 32 bits', hex('d3 ffffffff80000000')],
    ['a positive int 64', hex('d3 0000000100000000')],
    ['int 64 below -(2^53 - 1)', hex('d3 ffe0000000000000')],
    ['str 8 that fits the token', hex('d9 01 61')],
    ['str 16 that fits 8 bits', hex('da 0001 61')],
    ['str 32 that fits 16 bits', hex('db 00000001 61')],
    ['bin 16 that fits 8 bits', hex('c5 0001 61')],
    ['bin 32 that fits 16 bits', hex('c6 00000001 61')],
    ['list 16 that fits the token', hex('dc 0001 01')],
    ['map 16 that fits the token', hex('de 0001 a161 01')],
    ['unsorted keys', hex('82 a162 01 a161 01')],
    ['duplicate keys', hex('82 a161 01 a161 01')],
    ['a key after its own prefix’s successor', hex('82 a26161 01 a161 01')],
    ['a key that is a number', hex('81 01 01')],
    ['a key that is bytes', hex('81 c40161 01')],
    ['an empty key', hex('81 a0 01')],
    ['a key with a control character', hex('81 a10a 01')],
    ['a key of 65 bytes', concat(hex('81 d941'), new Uint8Array(65).fill(0x61), hex('01'))],
    ['__proto__', concat(hex('81 a9'), Buffer.from('__proto__'), hex('80'))],
    ['text that is not UTF-8', hex('a2 c328')],
    ['an overlong UTF-8 form', hex('a2 c0af')],
    ['a UTF-8 surrogate', hex('a3 eda080')],
    ['text with a byte order mark', hex('a3 efbbbf')],
    ['nesting of 10 000', new Uint8Array(10_000).fill(0x91)],
    ['nesting one too deep', concat(new Uint8Array(MAX_DEPTH).fill(0x91), hex('90'))],
    ['a list of 4 billion', hex('dd ffffffff')],
    ['a map of 4 billion', hex('df ffffffff')],
    ['a text of 4 GiB', hex('db ffffffff 61')],
    ['bytes of 4 GiB', hex('c6 ffffffff 61')],
    ['ten million empty maps', concat(hex('dd 00989680'), new Uint8Array(10_000_000).fill(0x80))],
    ['as many in nested lists', manySmallLists()],
    ['a map whose count overflows 32 bits', hex('df 80000000')],
    [
      'too many values, none of the lists too long',
      concat(hex('dc 3fff dc 3ffe'), new Uint8Array(2 * 0x3fff)),
    ],
  ]
  it.each(hostile)('refuses %s', (_, bytes) => {
    expect(refusal(() => scan(bytes))).toBe('malformed')
    expect(refusal(() => decodeValue(bytes))).toBe('malformed')
  })

  it('takes keys of objects’ own methods for what they are', () => {
    const value = { constructor: 1, hasOwnProperty: 2, toString: 3 } as unknown as WireValue
    const decoded = decodeValue(encodeValue(value))
    expect(decoded).toEqual(value)
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype)
  })
})

/** 1 000 lists of 1 000 empty maps: each header is modest, the sum is not. */
function manySmallLists(): Uint8Array {
  const inner = concat(hex('dc 03e8'), new Uint8Array(1_000).fill(0x80))
  return concat(hex('dc 03e8'), ...new Array<Uint8Array>(1_000).fill(inner))
}
