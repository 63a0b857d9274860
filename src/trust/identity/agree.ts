// X25519 with this node's own long-lived key, converted from its Ed25519 seed (RFC 7748; RFC 8032, section 5.1.5).

import { createHash, diffieHellman } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { createRecent } from '../../base/recent.ts'
import { privateKeyObject, publicKeyObject } from './der.ts'
import { hasSmallOrder } from './signature.ts'

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

// The X25519 key of somebody known by an Ed25519 key: the same secret, on the curve's other form (RFC 7748, section 4.1).

/** A conversion costs about 100 µs. Beyond any mesh's members. */
const CACHED = 2048

// The empty array stands for a key that is refused.
const cache = createRecent<string, Uint8Array>(CACHED)

/**
 * 32 bytes; undefined for a value that is not a point of the curve, or has low order, because anybody could open a box
 * sealed to it.
 */
export function sealingKeyOf(publicKey: Uint8Array): Uint8Array | undefined {
  if (publicKey.length !== KEY_BYTES) return undefined
  const id = Buffer.from(publicKey).toString('latin1')
  const known = cache.get(id) ?? convert(publicKey)
  cache.set(id, known)
  return known.length === 0 ? undefined : known
}

function convert(publicKey: Uint8Array): Uint8Array {
  if (hasSmallOrder(publicKey)) return new Uint8Array(0)
  try {
    return ed25519.utils.toMontgomery(publicKey)
  } catch {
    return new Uint8Array(0)
  }
}
