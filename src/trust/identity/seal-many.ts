// Boxes for several: bytes sealed once, under a content key that is wrapped for each recipient's long-lived key.
//
// sealed = ChaCha20-Poly1305 (RFC 8439) under a fresh random content key, nonce zero: a key serves one box.
// For each recipient: key 32 ‖ nonce 12 = HKDF-SHA256(ikm = X25519(ephemeral, recipient), salt = epk ‖ rpk,
// info = "karo-seal-many-v1"); wrapped = ChaCha20-Poly1305 of the content key. Both with the same additional data.
// One ephemeral key for all: what each derives differs by its own key (as in age and HPKE's single-shot sealing).
import { createCipheriv, createDecipheriv, diffieHellman, hkdfSync } from 'node:crypto'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import type { Agree } from './agree.ts'
import { privateKeyObject, publicKeyObject, rawPublicKey } from './der.ts'

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const CIPHER = 'chacha20-poly1305'
const INFO = 'karo-seal-many-v1'
const ZERO_NONCE = new Uint8Array(NONCE_BYTES)

export interface BoxForMany {
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
    const wrapping = deriveKey(shareWith(ephemeral, rpk), epk, rpk)
    return encrypt(wrapping.key, wrapping.nonce, contentKey, aad)
  })
  const sealed = encrypt(contentKey, ZERO_NONCE, plaintext, aad)
  contentKey.fill(0)
  return { epk, keys, sealed }
}

/** One recipient's part of a box. */
export interface OwnPart {
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
  const wrapping = deriveKey(shared, epk, own)
  const contentKey = decrypt(wrapping.key, wrapping.nonce, key, aad)
  if (contentKey?.length !== KEY_BYTES) return undefined
  return decrypt(contentKey, ZERO_NONCE, sealed, aad)
}

function shareWith(own: ReturnType<typeof privateKeyObject>, rpk: Uint8Array): Uint8Array {
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
function deriveKey(shared: Uint8Array, epk: Uint8Array, rpk: Uint8Array): { key: Buffer; nonce: Buffer } {
  const okm = Buffer.from(
    hkdfSync('sha256', shared, Buffer.concat([epk, rpk]), INFO, KEY_BYTES + NONCE_BYTES),
  )
  shared.fill(0)
  return { key: okm.subarray(0, KEY_BYTES), nonce: okm.subarray(KEY_BYTES) }
}

/** ChaCha20-Poly1305; the tag stands behind the ciphertext. */
export function encrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  aad: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(aad, { plaintextLength: plaintext.length })
  return new Uint8Array(Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]))
}

/** Undefined for what was altered, or is too short. */
export function decrypt(
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
