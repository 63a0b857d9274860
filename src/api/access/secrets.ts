// Makes and hashes secrets that are shown once and stored only as hashes.
import { blake3 } from '../../base/hash.ts'

/** 256 bits: too many to guess, so a plain hash without salt is safe to store. */
const SECRET_BYTES = 32

/** A new secret: 43 characters of base64url (RFC 4648). */
export function makeSecret(random: { bytes(length: number): Uint8Array }): string {
  return Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url')
}

export const hashSecret = (secret: string): Uint8Array => blake3([secret])
