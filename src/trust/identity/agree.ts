// X25519 with this node's own long-lived key, converted from its Ed25519 seed (RFC 7748; RFC 8032, section 5.1.5).
import { createHash, diffieHellman } from 'node:crypto'
import { privateKeyObject, publicKeyObject } from './der.ts'

const KEY_BYTES = 32

/**
 * The secret this key shares with an X25519 public key, 32 bytes: to be put through HKDF, never used or shown as it
 * is. Undefined when the key has not 32 bytes, or is of low order, so that the secret would be all zero (RFC 7748,
 * section 6.1).
 */
export type Agree = (publicKey: Uint8Array) => Uint8Array | undefined

/** `seed`: 32 bytes, Ed25519; asked for once, at the first use. */
export function agreement(seed: () => Uint8Array): Agree {
  let own: ReturnType<typeof privateKeyObject> | undefined
  return (publicKey) => {
    if (publicKey.length !== KEY_BYTES) return undefined
    own ??= privateKeyOf(seed())
    try {
      return new Uint8Array(
        diffieHellman({ privateKey: own, publicKey: publicKeyObject('x25519', publicKey) }),
      )
    } catch {
      return undefined
    }
  }
}

/** The scalar that Ed25519 signs with; X25519 sets and clears the same bits of it. */
function privateKeyOf(seed: Uint8Array): ReturnType<typeof privateKeyObject> {
  const digest = createHash('sha512').update(seed).digest()
  try {
    return privateKeyObject('x25519', digest.subarray(0, KEY_BYTES))
  } finally {
    digest.fill(0)
    seed.fill(0)
  }
}
