// The text of a key file as keys: the PEM of the key, perhaps under a passphrase, and the lineage behind it.
import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { formatNodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { agreement } from './agree.ts'
import { privateKeyObject, rawPublicKey, rawSeed } from './der.ts'
import { encryptedPem } from './encrypted.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type Keyring, keysOf, openSeeds } from './keyring.ts'
import { damaged } from './private-file.ts'
import { isSame } from './statement.ts'
import type { FormerKey, Identity, PendingRotation } from './types.ts'

/** In front of an encrypted key, so that who this node is can be told without the passphrase. */
const NODE_LINE = /^Node: (\S+)$/m
export const ENCRYPTED = '-----BEGIN ENCRYPTED PRIVATE KEY-----'

interface Lineage {
  readonly former: readonly FormerKey[]
  readonly rotations: readonly Uint8Array[]
  readonly pending: PendingRotation | undefined
}
const ALONE: Lineage = { former: [], rotations: [], pending: undefined }

export function identityOf(key: KeyObject, lineage: Lineage = ALONE): Identity {
  const publicKey = rawPublicKey(key)
  const fingerprint = fingerprintOf(publicKey)
  const [first] = lineage.former
  return Object.freeze({
    nodeId: formatNodeId(publicKey),
    publicKey,
    fingerprint,
    // The first key of a lineage names it.
    memberId: first === undefined ? fingerprint : fingerprintOf(first.publicKey),
    ...lineage,
    sign: (message: Uint8Array) => new Uint8Array(sign(null, message, key)),
    agree: agreement(() => rawSeed(key)),
    seed: () => rawSeed(key),
  })
}

export const pemOf = (key: KeyObject, passphrase: Uint8Array | undefined, random: Random): string =>
  passphrase === undefined
    ? key.export({ format: 'pem', type: 'pkcs8' }).toString()
    : `Node: ${formatNodeId(rawPublicKey(key))}\n${encryptedPem(key, passphrase, random)}`

export const formerOf = (key: KeyObject): FormerKey => {
  const publicKey = rawPublicKey(key)
  return Object.freeze({
    nodeId: formatNodeId(publicKey),
    publicKey,
    agree: agreement(() => rawSeed(key)),
  })
}

export interface Opened {
  readonly former: readonly KeyObject[]
  readonly rotations: readonly Uint8Array[]
  readonly pending: PendingRotation | undefined
}

/** The keys before `key`, and the one that is to follow it. Throws KaroError bad_file when they do not fit together. */
export function lineageOf(key: KeyObject, keyring: Keyring | undefined, path: string): Opened {
  if (keyring === undefined) throw damagedKeyring(path)
  const { rotations, next } = keyring
  const self = identityOf(key)
  const seeds = keyring.former === null ? [] : openSeeds(self, keyring.former)
  const former = (seeds ?? []).map((seed) => privateKeyObject('ed25519', seed))
  const chain = [...former, key].map(rawPublicKey)
  const fits = (frame: Uint8Array, at: number): boolean => {
    const keys = keysOf(frame)
    return keys !== undefined && isSame(keys.old, chain[at]) && isSame(keys.next, chain[at + 1])
  }
  if (former.length !== rotations.length || !rotations.every(fits)) throw damagedKeyring(path)
  if (next === null) return { former, rotations, pending: undefined }
  const [seed] = openSeeds(self, next.seed) ?? []
  const nextKey = seed && privateKeyObject('ed25519', seed)
  const named = keysOf(next.frame)
  const isNext =
    nextKey !== undefined && isSame(self.publicKey, named?.old) && isSame(rawPublicKey(nextKey), named?.next)
  if (!isNext) throw damagedKeyring(path)
  const lineage = {
    former: [...former, key].map(formerOf),
    rotations: [...rotations, next.frame],
    pending: undefined,
  }
  return { former, rotations, pending: { identity: identityOf(nextKey, lineage), frame: next.frame } }
}

export function damagedKeyring(path: string): KaroError {
  return new KaroError('bad_file', 'the earlier keys of this node in the key file are damaged', {
    where: path,
    hint: 'Restore it from a backup that was made after the last rotation.',
  })
}

export const namedKey = (pem: string): Uint8Array | undefined => parseNodeId(NODE_LINE.exec(pem)?.[1] ?? '')

export function decode(pem: string, path: string, passphrase?: Uint8Array): KeyObject {
  const isEncrypted = pem.includes(ENCRYPTED)
  if (isEncrypted && passphrase === undefined) {
    throw new KaroError('unauthorized', 'the key has a passphrase, and none was given', {
      where: path,
      hint: 'Run karo up in a terminal, set identity.passphrase_file, or give the service the credential karo-key-passphrase.',
    })
  }
  let key: KeyObject
  try {
    key = createPrivateKey({
      key: pem,
      format: 'pem',
      ...(isEncrypted && passphrase !== undefined ? { passphrase: Buffer.from(passphrase) } : {}),
    })
  } catch {
    // OpenSSL's own error is not kept as cause: it says nothing more, and could quote the input.
    throw isEncrypted ? wrongPassphrase(path) : damaged(path)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw damaged(path)
  // Nothing in the encryption notices a changed byte: the key itself has to be the one that the file names.
  const named = isEncrypted ? namedKey(pem) : undefined
  if (named !== undefined && !isSame(rawPublicKey(key), named)) throw damaged(path)
  return key
}

/** A damaged file cannot be told from it. */
function wrongPassphrase(path: string): KaroError {
  return new KaroError('unauthorized', 'the passphrase does not open the key', {
    where: path,
    hint: 'Type it again. If it is right, the file is damaged: restore it from a backup.',
  })
}
