// A key that only signs: that of a root, which is not a node.
import { sign } from 'node:crypto'
import { privateKeyObject, rawPublicKey } from './der.ts'
import type { Identity } from './types.ts'

/** From a 32-byte Ed25519 seed, which the caller may wipe afterwards. */
export function signerFrom(seed: Uint8Array): Pick<Identity, 'publicKey' | 'sign'> {
  const key = privateKeyObject('ed25519', seed)
  return {
    publicKey: rawPublicKey(key),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  }
}
