// Sealed boxes: pinned bytes, whoever alters a bit gets nothing, hostile keys are refused.

import { describe, expect, test } from 'vitest'
import type { Random } from '../../../../src/base/clock.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { eraseSealingKey, newSealingKey, openSealed, sealTo } from '../../../../src/trust/identity/index.ts'
import { code } from '../../../support/run/code.ts'
import fc, { forAll, forAllIn } from '../../../support/run/properties.ts'

const fixed = (byte: number): Random => ({ bytes: (n) => new Uint8Array(n).fill(byte), float: () => 0 })
const recipient = newSealingKey(fixed(1))
const text = new TextEncoder().encode('git 12, docker 3')
const aad = new TextEncoder().encode('query-1')
/** From an independent implementation: x25519, hkdf and chacha20poly1305 of the @noble packages. */
const GOLDEN =
  '01ce8d3ad1ccb633ec7b70c17814a5c76ecd029685050d344745ba05870e587d593a925eb595251a1c94d2456e1ed96ffba1d6e2a7409010f974c6ab03ff5b2b3a'

const bytes = (max: number) => fc.uint8Array({ maxLength: max })

describe('sealed boxes', () => {
  test('have exactly the documented bytes', () => {
    expect(Buffer.from(sealTo(recipient.publicKey, text, aad, fixed(2))).toString('hex')).toBe(GOLDEN)
    expect(openSealed(recipient.privateKey, Buffer.from(GOLDEN, 'hex'), aad)).toEqual(text)
  })

  test('open for their recipient, whatever is in them, and are 49 bytes longer', () => {
    forAllIn({ numRuns: 50 }, bytes(2000), bytes(200), (plaintext, data) => {
      const key = newSealingKey(systemRandom)
      const box = sealTo(key.publicKey, plaintext, data, systemRandom)
      expect(box.length).toBe(plaintext.length + 49)
      expect(openSealed(key.privateKey, box, data)).toEqual(plaintext)
    })
  })

  test('a key that was erased opens nothing more, also where it has opened something before', () => {
    const key = newSealingKey(systemRandom)
    const box = sealTo(key.publicKey, text, aad, systemRandom)
    expect(openSealed(key.privateKey, box, aad)).toEqual(text)
    eraseSealingKey(key)
    expect(openSealed(key.privateKey, box, aad)).toBeUndefined()
  })

  test('two boxes with the same content have nothing but the version in common', () => {
    const box = () => sealTo(recipient.publicKey, text, aad, systemRandom)
    const [a, b] = [box(), box()]
    expect(Buffer.from(a).subarray(1, 33)).not.toEqual(Buffer.from(b).subarray(1, 33))
    expect(Buffer.from(a).subarray(33)).not.toEqual(Buffer.from(b).subarray(33))
  })

  test('open for nobody else, and not under other additional data', () => {
    const box = sealTo(recipient.publicKey, text, aad, systemRandom)
    expect(openSealed(newSealingKey(systemRandom).privateKey, box, aad)).toBeUndefined()
    expect(openSealed(recipient.privateKey, box, new TextEncoder().encode('query-2'))).toBeUndefined()
    expect(openSealed(recipient.privateKey, box, new Uint8Array())).toBeUndefined()
  })

  test('do not open when any single bit is changed', () => {
    const box = sealTo(recipient.publicKey, text, aad, fixed(2))
    for (let bit = 0; bit < box.length * 8; bit++) {
      const altered = Uint8Array.from(box)
      altered[bit >> 3]! ^= 1 << (bit & 7)
      expect(openSealed(recipient.privateKey, altered, aad), `bit ${bit}`).toBeUndefined()
    }
  })

  test('cut or random bytes are no box, and no exception', () => {
    const box = sealTo(recipient.publicKey, text, aad, systemRandom)
    for (let n = 0; n < box.length; n++) {
      expect(openSealed(recipient.privateKey, box.subarray(0, n), aad)).toBeUndefined()
    }
    forAll(bytes(300), bytes(40), (garbage, key) => {
      expect(openSealed(recipient.privateKey, garbage, aad)).toBeUndefined()
      expect(openSealed(key, box, aad)).toBeUndefined()
    })
  })

  // RFC 7748, section 6.1; the points of small order on Curve25519 (also their non-canonical encodings).
  const lowOrder = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ]

  test.each(lowOrder)('refuse the low-order key %s', (hex) => {
    const key = Buffer.from(hex, 'hex')
    expect(() => sealTo(key, text, aad, systemRandom)).toThrow(code('bad_request'))
    const box = Uint8Array.from(sealTo(recipient.publicKey, text, aad, systemRandom))
    box.set(key, 1)
    expect(openSealed(recipient.privateKey, box, aad)).toBeUndefined()
  })

  test('refuse keys of another length', () => {
    for (const n of [0, 31, 33, 64]) {
      expect(() => sealTo(new Uint8Array(n).fill(9), text, aad, systemRandom)).toThrow(code('bad_request'))
    }
  })
})
