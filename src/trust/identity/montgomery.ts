// The X25519 key of somebody known by an Ed25519 key: the same secret, on the curve's other form (RFC 7748, section 4.1).
import { ed25519 } from '@noble/curves/ed25519.js'
import { createRecent } from '../../base/recent.ts'
import { hasSmallOrder } from './signature.ts'

const KEY_BYTES = 32
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
