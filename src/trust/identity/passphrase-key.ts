// Derives the 32-byte key from a passphrase by argon2id, for everything that is sealed with a passphrase here.
import * as crypto from 'node:crypto'
import { KaroError } from '../../base/errors.ts'

/** RFC 9106, the second recommended setting: 64 MiB and three passes, a quarter of a second on one core. */
const ARGON2 = { memory: 65_536, passes: 3, parallelism: 1, tagLength: 32 } as const
export const SALT_BYTES = 16

/** The caller wipes it. Throws KaroError `unavailable` where Node.js has no argon2id. `what`: that which is protected by it. */
export function passphraseKey(passphrase: Uint8Array, salt: Uint8Array, what: string): Buffer {
  if (typeof crypto.argon2Sync !== 'function') throw noArgon2(what)
  return crypto.argon2Sync('argon2id', { ...ARGON2, message: passphrase, nonce: salt })
}

/** The same beside everything else that this process does, for the daemon. */
export function passphraseKeyLater(passphrase: Uint8Array, salt: Uint8Array, what: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    if (typeof crypto.argon2 !== 'function') return reject(noArgon2(what))
    crypto.argon2('argon2id', { ...ARGON2, message: passphrase, nonce: salt }, (error, key) => {
      if (error === null) resolve(key)
      else reject(error)
    })
  })
}

const noArgon2 = (what: string): KaroError =>
  new KaroError('unavailable', `this Node.js has no argon2id, which protects ${what}`, {
    hint: 'Use Node.js 24.7 or newer for this.',
  })
