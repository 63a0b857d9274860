// Signatures: RFC 8032 vectors, tampering, and the keys and signatures that lenient verifiers let through.
import { sign as nodeSign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { privateKeyObject, rawPublicKey } from '../../../../src/trust/identity/der.ts'
import { verifySignature } from '../../../../src/trust/identity/index.ts'
import { hasSmallOrder } from '../../../../src/trust/identity/signature.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const bigint = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`)
const littleEndian = (n: bigint): Uint8Array => hex(n.toString(16).padStart(64, '0')).reverse()

const key = privateKeyObject('ed25519', new Uint8Array(32).fill(7))
const publicKey = rawPublicKey(key)
const message = new TextEncoder().encode('karo')
const signature = new Uint8Array(nodeSign(null, message, key))
/** Order of the base point (RFC 8032, section 5.1). */
const L = 2n ** 252n + 27742317777372353535851937790883648493n
const P = 2n ** 255n - 19n

describe('verifySignature', () => {
  // RFC 8032, section 7.1, tests 1 to 3.
  test.each([
    [
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
  ])('accepts the RFC 8032 signature by %s', (pub, msg, sig) => {
    expect(verifySignature(hex(pub), hex(msg), hex(sig))).toBe(true)
  })

  test('refuses any changed bit of message, signature or key', () => {
    expect(verifySignature(publicKey, message, signature)).toBe(true)
    const flipped = (bytes: Uint8Array, bit: number): Uint8Array => {
      const copy = Uint8Array.from(bytes)
      copy[bit >> 3]! ^= 1 << (bit & 7)
      return copy
    }
    for (let bit = 0; bit < 512; bit++) {
      expect(verifySignature(publicKey, message, flipped(signature, bit))).toBe(false)
      if (bit < 256) expect(verifySignature(flipped(publicKey, bit), message, signature)).toBe(false)
      if (bit < 32) expect(verifySignature(publicKey, flipped(message, bit), signature)).toBe(false)
    }
  })

  test('is false, never an exception, for garbage of any length', () => {
    const any = fc.uint8Array({ maxLength: 130 })
    const exact = (n: number) => fc.uint8Array({ minLength: n, maxLength: n })
    forAll(fc.oneof(any, exact(32)), any, fc.oneof(any, exact(64)), (k, m, s) => {
      expect(verifySignature(k, m, s)).toBe(false)
    })
  })

  test('refuses the second form of a signature, S + L (malleability)', () => {
    const s = bigint(signature.subarray(32))
    const forged = Uint8Array.from(signature)
    forged.set(littleEndian(s + L), 32)
    expect(verifySignature(publicKey, message, forged)).toBe(false)
  })

  // With such a key R = identity and S = 0 verifies for every message a lenient verifier is shown.
  test.each([
    ['identity', littleEndian(1n)],
    ['identity with sign bit', littleEndian(1n + 2n ** 255n)],
    ['order 2', littleEndian(P - 1n)],
    ['order 4', littleEndian(0n)],
    ['order 4, negative', littleEndian(2n ** 255n)],
    ['order 8', hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')],
    ['order 8, second', hex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa')],
    ['identity, not canonical', littleEndian(P + 1n)],
    ['order 4, not canonical', littleEndian(P)],
  ])('refuses the small-order key: %s', (_, weak) => {
    // Asserted by itself too: newer versions of Node.js would refuse the signatures even without it.
    expect(hasSmallOrder(weak)).toBe(true)
    const forged = new Uint8Array(64)
    for (const r of [littleEndian(1n), littleEndian(0n), littleEndian(P - 1n), weak]) {
      forged.set(r, 0)
      for (let i = 0; i < 16; i++) {
        expect(verifySignature(weak, new TextEncoder().encode(`message ${i}`), forged)).toBe(false)
      }
    }
  })

  test('takes ordinary keys for ordinary', () => {
    expect(hasSmallOrder(publicKey)).toBe(false)
  })

  test('still verifies after more keys than it remembers', () => {
    for (let i = 0; i < 1100; i++) {
      const other = Buffer.alloc(32)
      other.writeUInt32BE(i + 1, 28)
      verifySignature(other, message, signature)
    }
    expect(verifySignature(publicKey, message, signature)).toBe(true)
  })
})
