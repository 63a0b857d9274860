// Fingerprints: a short form of a key for people to compare; authority is never given to one.
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'

const FINGERPRINT_BYTES = 8

/** First 8 bytes of BLAKE3(public key) as 16 lower-case hex digits. */
export function fingerprintOf(publicKey: Uint8Array): string {
  return toHex(blake3([publicKey]).subarray(0, FINGERPRINT_BYTES))
}
