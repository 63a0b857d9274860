// The text of a key file as keys: the PEM of the key, perhaps under a passphrase, and the lineage behind it.
import { createCipheriv, createPrivateKey, type KeyObject, scryptSync, sign } from 'node:crypto'
import { formatNodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { agreement } from './agree.ts'
import { privateKeyObject, rawPublicKey, rawSeed } from './der.ts'
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
      hint: 'Run karo up in a terminal (not --background), set identity.passphrase_file, or give the service the credential karo-key-passphrase.',
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

// A private key under a passphrase: PKCS8 EncryptedPrivateKeyInfo (RFC 5958), PBES2 with scrypt and AES-256-CBC.

/**
 * scrypt (RFC 7914): N = 2^14, r = 8 is 16 MiB, the most that OpenSSL's reader takes (32 MiB at all); p = 5 makes up
 * for it in time (OWASP's table of equal settings). 0.2 to 0.4 s on two busy cores.
 */
const COST = { N: 16_384, r: 8, p: 5 } as const
const SALT_BYTES = 16
const IV_BYTES = 16
const KEY_BYTES = 32

// DER object identifiers.
const PBES2 = Buffer.from('06092a864886f70d01050d', 'hex')
const SCRYPT = Buffer.from('06092b06010401da47040b', 'hex')
const AES_256_CBC = Buffer.from('060960864801650304012a', 'hex')

/**
 * PEM that `openssl pkcs8` and node:crypto read. node:crypto itself would write PBKDF2 with 2 048 rounds, which a
 * graphics card tries a million times a second.
 */
function encryptedPem(key: KeyObject, passphrase: Uint8Array, random: Random): string {
  const salt = Buffer.from(random.bytes(SALT_BYTES))
  const iv = Buffer.from(random.bytes(IV_BYTES))
  const plain = key.export({ format: 'der', type: 'pkcs8' })
  const secret = scryptSync(passphrase, salt, KEY_BYTES, COST)
  try {
    const cipher = createCipheriv('aes-256-cbc', secret, iv)
    const data = Buffer.concat([cipher.update(plain), cipher.final()])
    const derivation = sequence(
      SCRYPT,
      sequence(octets(salt), integer(COST.N), integer(COST.r), integer(COST.p), integer(KEY_BYTES)),
    )
    const scheme = sequence(PBES2, sequence(derivation, sequence(AES_256_CBC, octets(iv))))
    return pem(sequence(scheme, octets(data)))
  } finally {
    plain.fill(0)
    secret.fill(0)
  }
}

/** Lines of 64 characters (RFC 7468). */
function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${lines.join('\n')}\n-----END ENCRYPTED PRIVATE KEY-----\n`
}

/** Tag, length, value (X.690); nothing here is as long as 65 536 bytes. */
function tagged(tag: number, value: Buffer): Buffer {
  const { length } = value
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), value])
}

const sequence = (...parts: readonly Buffer[]): Buffer => tagged(0x30, Buffer.concat(parts))
const octets = (value: Buffer): Buffer => tagged(0x04, value)

/** A positive one. */
function integer(value: number): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  // A first bit that is set would make it negative.
  return tagged(0x02, bytes[0]! < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]))
}
