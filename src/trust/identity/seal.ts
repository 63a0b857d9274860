// Sealed boxes: bytes that only the holder of one X25519 key can open, and that show nobody who sealed them.
//
// Layout: version 1 byte (1) ‖ ephemeral public key 32 ‖ ciphertext n ‖ tag 16.
// key 32 ‖ nonce 12 = HKDF-SHA256(ikm = X25519(ephemeral, recipient), salt = epk ‖ rpk, info = "karo-seal-v1");
// ChaCha20-Poly1305 (RFC 8439) with additional data = version ‖ aad. A key serves one box, so the nonce may be derived.
import { diffieHellman, hkdfSync, type KeyObject } from 'node:crypto'
import { type Random, systemRandom } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { privateKeyObject, publicKeyObject, rawPublicKey } from './der.ts'
import { decrypt, encrypt } from './seal-many.ts'

const VERSION = 1
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + KEY_BYTES
const INFO = 'karo-seal-v1'

export interface SealingKey {
  /** X25519, 32 bytes each (RFC 7748). */
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
}

/** A key pair for one audience, e.g. for the answers to one query; `eraseSealingKey` ends it, and nobody can open them any more. */
export function newSealingKey(random: Random = systemRandom): SealingKey {
  const privateKey = new Uint8Array(random.bytes(KEY_BYTES))
  return { publicKey: rawPublicKey(privateKeyObject('x25519', privateKey)), privateKey }
}

/** Throws when the shared secret is all zero, as it is for every low-order public key (RFC 7748, section 6.1). */
function deriveKey(
  own: KeyObject,
  other: Uint8Array,
  epk: Uint8Array,
  rpk: Uint8Array,
): { key: Buffer; nonce: Buffer } {
  const shared = diffieHellman({ privateKey: own, publicKey: publicKeyObject('x25519', other) })
  const salt = Buffer.concat([epk, rpk])
  const okm = Buffer.from(hkdfSync('sha256', shared, salt, INFO, KEY_BYTES + NONCE_BYTES))
  shared.fill(0)
  return { key: okm.subarray(0, KEY_BYTES), nonce: okm.subarray(KEY_BYTES) }
}

const additionalData = (aad: Uint8Array): Buffer => Buffer.concat([Buffer.of(VERSION), aad])

/**
 * Seals `plaintext` to an X25519 public key; the box is 49 bytes longer. `aad` is not in the box: the reader has to
 * know it. Throws KaroError bad_request if the key does not have 32 bytes or has low order.
 */
export function sealTo(
  recipient: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
  random: Random = systemRandom,
): Uint8Array {
  if (recipient.length !== KEY_BYTES) {
    throw new KaroError('bad_request', `a sealing key has ${KEY_BYTES} bytes, this has ${recipient.length}`)
  }
  const ephemeral = privateKeyObject('x25519', random.bytes(KEY_BYTES))
  const epk = rawPublicKey(ephemeral)
  let derived: { key: Buffer; nonce: Buffer }
  try {
    derived = deriveKey(ephemeral, recipient, epk, recipient)
  } catch (cause) {
    throw new KaroError('bad_request', 'a sealing key of low order is refused', { cause })
  }
  const sealed = encrypt(derived.key, derived.nonce, plaintext, additionalData(aad))
  return new Uint8Array(Buffer.concat([Buffer.of(VERSION), epk, sealed]))
}

interface Opener {
  readonly own: KeyObject
  readonly rpk: Uint8Array
}

/** Made once for each key: all answers to a question are sealed to one. Goes with the key, when nobody holds that any more. */
const openers = new WeakMap<Uint8Array, Opener>()

function openerOf(privateKey: Uint8Array): Opener {
  const known = openers.get(privateKey)
  if (known !== undefined) return known
  const own = privateKeyObject('x25519', privateKey)
  const opener = { own, rpk: rawPublicKey(own) }
  openers.set(privateKey, opener)
  return opener
}

/** Erases the private key and everything derived from it; boxes sealed to it can no longer be opened. */
export function eraseSealingKey({ privateKey }: SealingKey): void {
  privateKey.fill(0)
  openers.delete(privateKey)
}

/** The plaintext, or undefined if the box is not for this key and `aad`, was altered, or is not a box. Never throws. */
export function openSealed(privateKey: Uint8Array, box: Uint8Array, aad: Uint8Array): Uint8Array | undefined {
  if (box.length < HEADER_BYTES + TAG_BYTES || box[0] !== VERSION) return undefined
  try {
    const { own, rpk } = openerOf(privateKey)
    const epk = box.subarray(1, HEADER_BYTES)
    const { key, nonce } = deriveKey(own, epk, epk, rpk)
    return decrypt(key, nonce, box.subarray(HEADER_BYTES), additionalData(aad))
  } catch {
    return undefined
  }
}
