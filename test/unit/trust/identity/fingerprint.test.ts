// Fingerprints: pinned against an independent BLAKE3 (@noble/hashes).
import { expect, test } from 'vitest'
import { fingerprintOf } from '../../../../src/trust/identity/index.ts'

test('the first 8 bytes of BLAKE3 of the public key, in hex', () => {
  const publicKey = Buffer.from('ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c', 'hex')
  expect(fingerprintOf(publicKey)).toBe('0871f3aabc26e458')
})
