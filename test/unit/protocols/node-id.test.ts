// Node ids: one canonical text per key, and nothing else is accepted.

import { describe, expect, it } from 'vitest'
import { formatNodeId, isNodeId, parseNodeId } from '../../../protocols/node-id.ts'
import fc, { anyText, forAll } from '../../support/run/properties.ts'

const publicKey = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => new Uint8Array(bytes))

describe('a node id', () => {
  it('is the key, and the key is it', () => {
    forAll(publicKey, (key) => {
      const id = formatNodeId(key)
      expect(id).toMatch(/^karo:ed25519:[A-Za-z0-9_-]{43}$/)
      expect(parseNodeId(id)).toEqual(key)
    })
  })

  it('has one form only', () => {
    forAll(publicKey, fc.nat(), anyText({ minLength: 1, maxLength: 1 }), (key, at, letter) => {
      const id = formatNodeId(key)
      const index = at % id.length
      const changed = id.slice(0, index) + letter + id.slice(index + 1)
      const parsed = parseNodeId(changed)
      if (parsed !== undefined) expect(formatNodeId(parsed)).toBe(changed)
    })
  })

  it.each([
    '',
    'karo:ed25519:',
    `karo:ed25519:${'A'.repeat(42)}`,
    `karo:ed25519:${'A'.repeat(44)}`,
    `karo:ed25519:${'A'.repeat(43)}=`,
    // The last letter carries two bits that no key sets.
    `karo:ed25519:${'A'.repeat(42)}B`,
    `karo:ed25519:${'A'.repeat(42)}+`,
    `KARO:ed25519:${'A'.repeat(43)}`,
    ` karo:ed25519:${'A'.repeat(43)}`,
    `karo:ed25519:${'A'.repeat(100_000)}`,
  ])('is not %j', (text) => {
    expect(isNodeId(text)).toBe(false)
  })

  it('is made of 32 bytes', () => {
    expect(() => formatNodeId(new Uint8Array(31))).toThrow(RangeError)
  })
})
