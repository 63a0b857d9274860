// A 32-byte seed under a passphrase (argon2id, AES-256-GCM), as it stands in a file: of a root, or of an operator.
import * as crypto from 'node:crypto'
import type { Random } from '../../base/clock.ts'
import { passphraseKey, SALT_BYTES } from '../identity/index.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Each text is base64url. */
export interface SealedSeed {
  readonly kdf: 'argon2id'
  readonly salt: string
  readonly nonce: string
  readonly sealed: string
}

/** `bound`: what stands beside it in the file and may not be changed. KaroError `unavailable` where Node.js has no argon2id. */
export function sealSeed(
  seed: Uint8Array,
  passphrase: Uint8Array,
  bound: string,
  random: Random,
): SealedSeed {
  const salt = random.bytes(SALT_BYTES)
  const nonce = random.bytes(NONCE_BYTES)
  const cipher = crypto.createCipheriv('aes-256-gcm', derive(passphrase, salt), nonce)
  cipher.setAAD(Buffer.from(bound))
  const sealed = Buffer.concat([cipher.update(seed), cipher.final(), cipher.getAuthTag()])
  return { kdf: 'argon2id', salt: base64(salt), nonce: base64(nonce), sealed: base64(sealed) }
}

/** The seed, which the caller wipes; undefined for another passphrase, or when `bound` or the box was changed. */
export function openSeed(box: SealedSeed, passphrase: Uint8Array, bound: string): Buffer | undefined {
  const sealed = Buffer.from(box.sealed, 'base64url')
  const key = derive(passphrase, Buffer.from(box.salt, 'base64url'))
  try {
    const decipher = crypto.createDecipheriv('aes-256-gcm', key, Buffer.from(box.nonce, 'base64url'))
    decipher.setAAD(Buffer.from(bound))
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
    return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    return undefined
  }
}

const derive = (passphrase: Uint8Array, salt: Uint8Array): Buffer =>
  passphraseKey(passphrase, salt, 'keys of roots and operators')

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
