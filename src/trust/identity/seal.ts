// Sealed boxes: bytes that only the holder of one X25519 key, or of one of several, can open, and that show nobody who sealed them.
//
// For one: version 1 byte (1) ‖ ephemeral public key 32 ‖ ciphertext n ‖ tag 16.
// key 32 ‖ nonce 12 = HKDF-SHA256(ikm = X25519(ephemeral, recipient), salt = epk ‖ rpk, info = "karo-seal-v1");
// ChaCha20-Poly1305 (RFC 8439) with additional data = version ‖ aad. A key serves one box, so the nonce may be derived.
//
// For several: the bytes are sealed once, under a content key that is wrapped for each recipient's long-lived key.
// sealed = ChaCha20-Poly1305 under a fresh random content key, nonce zero: a key serves one box.
// For each recipient, key and nonce are derived as above, with info = "karo-seal-many-v1"; wrapped = ChaCha20-Poly1305 of the content key.
// Both with the same additional data. One ephemeral key for all: what each derives differs by its own key (as in age and HPKE's
// single-shot sealing).
import { createCipheriv, createDecipheriv, diffieHellman, hkdfSync, type KeyObject } from 'node:crypto'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import type { Agree } from './agree.ts'
import { privateKeyObject, publicKeyObject, rawPublicKey } from './der.ts'

const VERSION = 1
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + KEY_BYTES
const CIPHER = 'chacha20-poly1305'
const FOR_ONE = 'karo-seal-v1'
const FOR_MANY = 'karo-seal-many-v1'
const ZERO_NONCE = new Uint8Array(NONCE_BYTES)

export interface SealingKey {
  /** X25519, 32 bytes each (RFC 7748). */
  readonly publicKey: Uint8Array
  readonly privateKey: Uint8Array
}

/** A key pair for one audience, e.g. for the answers to one query; `eraseSealingKey` ends it, and nobody can open them any more. */
export function newSealingKey(random: Random): SealingKey {
  const privateKey = new Uint8Array(random.bytes(KEY_BYTES))
  return { publicKey: rawPublicKey(privateKeyObject('x25519', privateKey)), privateKey }
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
  random: Random,
): Uint8Array {
  const ephemeral = privateKeyObject('x25519', random.bytes(KEY_BYTES))
  const epk = rawPublicKey(ephemeral)
  const { key, nonce } = deriveKey(shareWith(ephemeral, recipient), epk, recipient, FOR_ONE)
  const sealed = encrypt(key, nonce, plaintext, additionalData(aad))
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
    const { key, nonce } = deriveKey(shareWith(own, epk), epk, rpk, FOR_ONE)
    return decrypt(key, nonce, box.subarray(HEADER_BYTES), additionalData(aad))
  } catch {
    return undefined
  }
}

interface BoxForMany {
  /** X25519, 32 bytes, fresh. */
  readonly epk: Uint8Array
  /** The content key for each recipient, in their order, 48 bytes each. */
  readonly keys: readonly Uint8Array[]
  /** Ciphertext and tag, 16 bytes longer than the plaintext. */
  readonly sealed: Uint8Array
}

/**
 * Seals `plaintext` to X25519 public keys. `aad` is not in the box: the reader has to know it. Throws KaroError
 * bad_request if a key does not have 32 bytes or has low order.
 */
export function sealToMany(
  recipients: readonly Uint8Array[],
  plaintext: Uint8Array,
  aad: Uint8Array,
  random: Random,
): BoxForMany {
  const ephemeral = privateKeyObject('x25519', random.bytes(KEY_BYTES))
  const epk = rawPublicKey(ephemeral)
  const contentKey = random.bytes(KEY_BYTES)
  const keys = recipients.map((rpk) => {
    const wrapping = deriveKey(shareWith(ephemeral, rpk), epk, rpk, FOR_MANY)
    return encrypt(wrapping.key, wrapping.nonce, contentKey, aad)
  })
  const sealed = encrypt(contentKey, ZERO_NONCE, plaintext, aad)
  contentKey.fill(0)
  return { epk, keys, sealed }
}

/** One recipient's part of a box. */
interface OwnPart {
  readonly epk: Uint8Array
  readonly key: Uint8Array
  readonly sealed: Uint8Array
}

/**
 * The plaintext, or undefined if the part is not for this key and `aad`, was altered, or is not a box. Never throws.
 * `own` is the X25519 public key that belongs to `agree`.
 */
export function openForMany(
  agree: Agree,
  own: Uint8Array,
  { epk, key, sealed }: OwnPart,
  aad: Uint8Array,
): Uint8Array | undefined {
  const shared = agree(epk)
  if (shared === undefined) return undefined
  const wrapping = deriveKey(shared, epk, own, FOR_MANY)
  const contentKey = decrypt(wrapping.key, wrapping.nonce, key, aad)
  if (contentKey?.length !== KEY_BYTES) return undefined
  return decrypt(contentKey, ZERO_NONCE, sealed, aad)
}

/** Throws KaroError bad_request for a key that has not 32 bytes, or is of low order, so that the secret would be all zero (RFC 7748, section 6.1). */
function shareWith(own: KeyObject, rpk: Uint8Array): Uint8Array {
  if (rpk.length !== KEY_BYTES) {
    throw new KaroError('bad_request', `a sealing key has ${KEY_BYTES} bytes, this has ${rpk.length}`)
  }
  try {
    return diffieHellman({ privateKey: own, publicKey: publicKeyObject('x25519', rpk) })
  } catch (cause) {
    throw new KaroError('bad_request', 'a sealing key of low order is refused', { cause })
  }
}

/** `shared` is cleared. */
function deriveKey(shared: Uint8Array, epk: Uint8Array, rpk: Uint8Array, info: string) {
  const okm = Buffer.from(
    hkdfSync('sha256', shared, Buffer.concat([epk, rpk]), info, KEY_BYTES + NONCE_BYTES),
  )
  shared.fill(0)
  return { key: okm.subarray(0, KEY_BYTES), nonce: okm.subarray(KEY_BYTES) }
}

/** ChaCha20-Poly1305; the tag stands behind the ciphertext. */
function encrypt(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(aad, { plaintextLength: plaintext.length })
  return new Uint8Array(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]))
}

/** Undefined for what was altered, or is too short. */
function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  box: Uint8Array,
  aad: Uint8Array,
): Uint8Array | undefined {
  const length = box.length - TAG_BYTES
  if (length < 0) return undefined
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
    decipher.setAAD(aad, { plaintextLength: length })
    decipher.setAuthTag(box.subarray(length))
    return new Uint8Array(Buffer.concat([decipher.update(box.subarray(0, length)), decipher.final()]))
  } catch {
    return undefined
  }
}
