// Ed25519 signatures (RFC 8032) of others: strict about keys, never an exception for what the network sent.
import { type KeyObject, verify } from 'node:crypto'
import { createRecent } from '../../base/recent.ts'
import { publicKeyObject } from './der.ts'

const KEY_BYTES = 32
const SIGNATURE_BYTES = 64
/** Imported keys kept: importing one costs about as much as half a verification. Beyond any mesh's members. */
const CACHED_KEYS = 1024

/**
 * y coordinates of the points whose order divides 8, sign bit cleared, with the encodings ≥ 2^255 - 19 of two of
 * them. For such a key anybody can make "signatures". Node.js refuses them itself since 2026, 22.12 does not.
 */
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

/** True for a 32-byte key that proves nothing, because everybody can sign for it. */
export function hasSmallOrder(publicKey: Uint8Array): boolean {
  const y = Buffer.from(publicKey)
  y[31]! &= 0x7f
  return SMALL_ORDER.has(y.toString('hex'))
}

const keys = createRecent<string, KeyObject>(CACHED_KEYS)

function keyObjectOf(publicKey: Uint8Array): KeyObject | undefined {
  const id = Buffer.from(publicKey.buffer, publicKey.byteOffset, KEY_BYTES).toString('latin1')
  const known = keys.get(id)
  if (known !== undefined) return known
  if (hasSmallOrder(publicKey)) return undefined
  const key = publicKeyObject('ed25519', publicKey)
  keys.set(id, key)
  return key
}

/**
 * True when `signature` (64 bytes) over `bytes` was made by the holder of `publicKey` (32 bytes). Wrong lengths,
 * keys that are no point or of small order, and malleable signatures (S ≥ L, which OpenSSL refuses) are false.
 * Never throws.
 */
export function verifySignature(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (publicKey.length !== KEY_BYTES || signature.length !== SIGNATURE_BYTES) return false
  try {
    const key = keyObjectOf(publicKey)
    return key !== undefined && verify(null, bytes, key, signature)
  } catch {
    return false
  }
}
