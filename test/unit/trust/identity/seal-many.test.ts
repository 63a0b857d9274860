// Boxes for several: made byte for byte as an independent script makes them, and opened by nobody they are not for.
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Random } from '../../../../src/base/clock.ts'
import { agreement } from '../../../../src/trust/identity/agree.ts'
import { privateKeyObject, rawPublicKey } from '../../../../src/trust/identity/der.ts'
import { createHints, openForMany, sealingKeyOf, sealToMany } from '../../../../src/trust/identity/index.ts'
import fc, { forAll, forAllIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'))
const read = JSON.parse(readFileSync(new URL('../../../vectors/sealing.json', import.meta.url), 'utf8')) as {
  [key in
    | 'author_seed'
    | 'ephemeral'
    | 'content_key'
    | 'slot'
    | 'aad'
    | 'plaintext'
    | 'epk'
    | 'sealed']: string
} & { version: number; recipients: { seed: string; x25519: string; key: string; hint: string }[] }

const AAD = bytes(read.aad)
const PLAINTEXT = bytes(read.plaintext)

function keyOf(seed: Uint8Array) {
  return { publicKey: rawPublicKey(privateKeyObject('ed25519', seed)), agree: agreement(() => seed.slice()) }
}
const author = keyOf(bytes(read.author_seed))
const recipients = read.recipients.map((one) => ({ ...one, ...keyOf(bytes(one.seed)) }))
const x25519 = recipients.map((one) => bytes(one.x25519))

/** Gives out what the script took, in the order in which it is asked for. */
const asGiven = (): Random => {
  const left = [bytes(read.ephemeral), bytes(read.content_key)]
  return { bytes: () => left.shift()!, float: () => 0 }
}
const box = () => sealToMany(x25519, PLAINTEXT, AAD, asGiven())

describe('as the script does it', () => {
  test('an Ed25519 key is converted', () => {
    expect(recipients.map((one) => sealingKeyOf(one.publicKey))).toEqual(x25519)
  })

  test('a box is sealed', () => {
    const { epk, keys, sealed } = box()
    expect(Buffer.from(epk).toString('hex')).toBe(read.epk)
    expect(Buffer.from(sealed).toString('hex')).toBe(read.sealed)
    expect(keys.map((key) => Buffer.from(key).toString('hex'))).toEqual(recipients.map(({ key }) => key))
  })

  test('author and recipient come to the same hint', () => {
    const context = { author: author.publicKey, slot: read.slot, version: read.version }
    for (const one of recipients) {
      expect(createHints(author.agree)(one.publicKey, context)).toEqual(bytes(one.hint))
      expect(createHints(one.agree)(author.publicKey, context)).toEqual(bytes(one.hint))
    }
  })
})

function part(at: number, of = box()) {
  return { epk: of.epk, key: of.keys[at]!, sealed: of.sealed }
}

test('every recipient opens its own part, and nobody another’s', () => {
  const of = box()
  for (const [at, one] of recipients.entries()) {
    for (const [other, key] of x25519.entries()) {
      const opened = openForMany(one.agree, x25519[at]!, part(other, of), AAD)
      expect(opened).toEqual(other === at ? PLAINTEXT : undefined)
      // Nor by saying to be the one it is for.
      if (other !== at) expect(openForMany(one.agree, key, part(other, of), AAD)).toBeUndefined()
    }
    expect(openForMany(author.agree, x25519[at]!, part(at, of), AAD)).toBeUndefined()
  }
})

test('an altered byte anywhere, or other additional data, does not open', () => {
  const whole = part(0)
  const where = fc.oneof(
    fc.tuple(fc.constant('epk' as const), fc.nat(31)),
    fc.tuple(fc.constant('key' as const), fc.nat(47)),
    fc.tuple(fc.constant('sealed' as const), fc.nat(whole.sealed.length - 1)),
    fc.tuple(fc.constant('aad' as const), fc.nat(AAD.length - 1)),
  )
  forAllIn({ numRuns: times(200, 1_000) }, where, fc.integer({ min: 1, max: 255 }), ([field, at], mask) => {
    // X25519 ignores the highest bit of a public key (RFC 7748, section 5), the salt does not.
    const altered = { ...whole, aad: AAD }
    altered[field] = altered[field].slice()
    altered[field][at]! ^= mask
    expect(openForMany(recipients[0]!.agree, x25519[0]!, altered, altered.aad)).toBeUndefined()
  })
})

test('parts of other lengths are no boxes', () => {
  forAll(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ maxLength: 80 }), (key, sealed) => {
    const { epk } = box()
    expect(openForMany(recipients[0]!.agree, x25519[0]!, { epk, key, sealed }, AAD)).toBeUndefined()
    const short = { ...part(0), epk: key.subarray(0, 31) }
    expect(openForMany(recipients[0]!.agree, x25519[0]!, short, AAD)).toBeUndefined()
  })
})

const LOW_ORDER = [
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
]

test('keys that everybody could open with are refused', () => {
  for (const hex of LOW_ORDER) {
    expect(() => sealToMany([x25519[0]!, bytes(hex)], PLAINTEXT, AAD, asGiven())).toThrow('low order')
    expect(author.agree(bytes(hex))).toBeUndefined()
    expect(
      openForMany(recipients[0]!.agree, x25519[0]!, { ...part(0), epk: bytes(hex) }, AAD),
    ).toBeUndefined()
  }
  expect(() => sealToMany([x25519[0]!.subarray(1)], PLAINTEXT, AAD, asGiven())).toThrow('32 bytes')
  expect(author.agree(x25519[0]!.subarray(1))).toBeUndefined()
  // As Ed25519 keys: the neutral point, those of order 2 and 4, and what is no point at all.
  for (const hex of [...LOW_ORDER.slice(0, 3), `02${'00'.repeat(31)}`, '00']) {
    expect(sealingKeyOf(bytes(hex))).toBeUndefined()
    expect(sealingKeyOf(bytes(hex))).toBeUndefined()
  }
})

test('two boxes of the same have nothing in common', () => {
  let n = 0
  const counting: Random = { bytes: (length) => new Uint8Array(length).fill(++n), float: () => 0 }
  const a = sealToMany(x25519, PLAINTEXT, AAD, counting)
  const b = sealToMany(x25519, PLAINTEXT, AAD, counting)
  const all = [a, b].flatMap(({ epk, keys, sealed }) => [epk, sealed, ...keys])
  expect(new Set(all.map((one) => Buffer.from(one).toString('hex'))).size).toBe(all.length)
})
