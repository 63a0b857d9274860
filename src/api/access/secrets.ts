// Secrets that are shown once and kept only as hashes: made, hashed and compared.
import { timingSafeEqual } from 'node:crypto'
import { blake3 } from '../../base/hash.ts'

/** 256 bits: nobody guesses it, so a plain hash of it tells nothing. */
const SECRET_BYTES = 32

/** 43 characters of base64url (RFC 4648). */
export function makeSecret(random: { bytes(length: number): Uint8Array }): string {
  return Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')
}

export const hashSecret = (secret: string): Uint8Array => blake3([secret])

/** In a time that does not depend on where they differ. */
export const sameHash = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && timingSafeEqual(a, b)
