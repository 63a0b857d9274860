// The key file: an Ed25519 key as PKCS8 PEM that only its owner can read, perhaps under a passphrase, with the keys before it; written whole or not at all.
import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import * as fs from 'node:fs'
import { formatNodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type { Random } from '../../base/clock.ts'
import { diskTrouble } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'
import { createFile, replaceFile } from '../../base/files.ts'
import { agreement } from './agree.ts'
import { privateKeyObject, rawPublicKey, rawSeed } from './der.ts'
import { encryptedPem } from './encrypted.ts'
import { fingerprintOf } from './fingerprint.ts'
import {
  EMPTY,
  joinKeyring,
  KEYS_MAX,
  type Keyring,
  keysOf,
  openSeeds,
  sealSeeds,
  splitKeyring,
} from './keyring.ts'
import { signRotation } from './rotation.ts'
import type { FormerKey, Identity, PendingRotation } from './types.ts'

const MODE = 0o600
/** A PEM of one Ed25519 key has 119 bytes, an encrypted one about 400, each key before it about 600; room for comments. */
const MOST_BYTES = 64 * 1024
/** In front of an encrypted key, so that who this node is can be told without the passphrase. */
const NODE_LINE = /^Node: (\S+)$/m
const ENCRYPTED = '-----BEGIN ENCRYPTED PRIVATE KEY-----'
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants

interface Lineage {
  readonly former: readonly FormerKey[]
  readonly rotations: readonly Uint8Array[]
  readonly pending: PendingRotation | undefined
}
const ALONE: Lineage = { former: [], rotations: [], pending: undefined }

function identityOf(key: KeyObject, lineage: Lineage = ALONE): Identity {
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

const errno = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/**
 * Makes a new key and writes it to `path`, mode 0600, whole or not at all. Throws KaroError conflict when there is
 * one already, bad_file when it cannot be written.
 */
export function createIdentityFile(path: string, random: Random): Identity {
  const key = privateKeyObject('ed25519', random.bytes(32))
  let created: boolean
  try {
    created = createFile(path, key.export({ format: 'pem', type: 'pkcs8' }).toString(), MODE, random)
  } catch (cause) {
    throw cannotWrite(path, cause)
  }
  if (!created) {
    throw new KaroError('conflict', 'there is a key already; it is never overwritten', {
      where: path,
      hint: 'Another node gets a home of its own: karo init --home <directory>. This one becomes another node only without its key: move identity.key away first.',
    })
  }
  return identityOf(key)
}

/** The file's text; everything is judged on the open descriptor, so that nothing can be swapped in between. */
function readPrivateFile(path: string): string {
  let file: number
  try {
    // O_NONBLOCK: opening a FIFO must not hang; for a regular file it changes nothing.
    file = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (cause) {
    const code = errno(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new KaroError('bad_file', 'there is no key yet', { where: path, hint: 'Run karo init.', cause })
    }
    if (code === 'ELOOP') {
      throw new KaroError('bad_file', 'the key is a symbolic link', {
        where: path,
        hint: 'Put the key file itself there, or point KARO_HOME to the directory it is in.',
        cause,
      })
    }
    throw new KaroError('bad_file', `the key cannot be read: ${(cause as Error).message}`, {
      where: path,
      cause,
    })
  }
  try {
    const stat = fs.fstatSync(file)
    if (!stat.isFile()) throw new KaroError('bad_file', 'the key is not a regular file', { where: path })
    const user = process.geteuid?.()
    if (user !== undefined && stat.uid !== user) {
      throw new KaroError('bad_file', `the key belongs to user ${stat.uid}, this process runs as ${user}`, {
        where: path,
        hint: `Run as that user, or: chown ${user} ${path}`,
      })
    }
    const mode = stat.mode & 0o7777
    if ((mode & ~MODE) !== 0) {
      throw new KaroError(
        'bad_file',
        `the key's mode is ${mode.toString(8).padStart(4, '0')}, wider than 0600: others may have read it`,
        { where: path, hint: `Run: chmod 600 ${path}` },
      )
    }
    if (stat.size > MOST_BYTES) throw damaged(path)
    return readText(file, stat.size)
  } finally {
    fs.closeSync(file)
  }
}

function readText(file: number, size: number): string {
  const buffer = Buffer.alloc(size)
  const length = fs.readSync(file, buffer, 0, size, 0)
  const text = buffer.toString('latin1', 0, length)
  buffer.fill(0)
  return text
}

function damaged(path: string): KaroError {
  return new KaroError('bad_file', 'the file is no Ed25519 private key in PKCS8 PEM', {
    where: path,
    hint: 'Restore it from a backup. Moving it away and running karo identity new makes another node of this one.',
  })
}

/** What can be told of a key without using it. */
export type PublicIdentity = Pick<Identity, 'nodeId' | 'fingerprint'> & {
  /** The key has a passphrase. */
  readonly isProtected: boolean
}

/** Needs no passphrase. Throws KaroError bad_file as `loadIdentity` does. */
export function readPublicIdentity(path: string): PublicIdentity {
  const { pem } = splitKeyring(readPrivateFile(path))
  if (!pem.includes(ENCRYPTED)) {
    const { nodeId, fingerprint } = identityOf(decode(pem, path))
    return { nodeId, fingerprint, isProtected: false }
  }
  const publicKey = namedKey(pem)
  if (publicKey === undefined) {
    throw new KaroError('bad_file', 'the key has a passphrase, and the line that names its node is missing', {
      where: path,
      hint: 'karo identity unprotect and karo identity protect write it anew.',
    })
  }
  return { nodeId: formatNodeId(publicKey), fingerprint: fingerprintOf(publicKey), isProtected: true }
}

/** True when the key there has a passphrase; false also where there is none, or none that can be read. */
export function isProtectedKey(path: string): boolean {
  try {
    return splitKeyring(readPrivateFile(path)).pem.includes(ENCRYPTED)
  } catch {
    return false
  }
}

/**
 * The identity in a key file. Throws KaroError bad_file when it is missing, a link, no regular file, someone
 * else's, readable by others, or damaged; the message never holds any of its bytes. `unauthorized` when it has a
 * passphrase and that is missing or wrong.
 */
export function loadIdentity(path: string, passphrase?: Uint8Array): Identity {
  const { pem, keyring } = splitKeyring(readPrivateFile(path))
  const key = decode(pem, path, passphrase)
  const { former, rotations, pending } = lineageOf(key, keyring, path)
  return identityOf(key, { former: former.map(formerOf), rotations, pending })
}

/** Encrypts the key where it lies. Throws as `loadIdentity`, and KaroError conflict when it has a passphrase already. */
export function protectIdentityFile(path: string, passphrase: Uint8Array, random: Random): PublicIdentity {
  const { pem, keyring } = settled(path)
  if (pem.includes(ENCRYPTED)) {
    throw new KaroError('conflict', 'the key has a passphrase already', {
      where: path,
      hint: 'To change it: karo identity unprotect, then karo identity protect.',
    })
  }
  const key = decode(pem, path)
  const { nodeId, fingerprint } = identityOf(key)
  replace(path, joinKeyring(pemOf(key, passphrase, random), keyring), random)
  return { nodeId, fingerprint, isProtected: true }
}

/** Takes the passphrase away. Throws as `loadIdentity`, and KaroError conflict when there is none. */
export function unprotectIdentityFile(path: string, passphrase: Uint8Array, random: Random): PublicIdentity {
  const { pem, keyring } = settled(path)
  if (!pem.includes(ENCRYPTED))
    throw new KaroError('conflict', 'the key has no passphrase, so there is none to take off', {
      where: path,
    })
  const key = decode(pem, path, passphrase)
  const { nodeId, fingerprint } = identityOf(key)
  replace(path, joinKeyring(pemOf(key, undefined, random), keyring), random)
  return { nodeId, fingerprint, isProtected: false }
}

/** The two parts of a file in which no rotation is under way. Throws as `readPrivateFile`, and KaroError conflict. */
function settled(path: string): { readonly pem: string; readonly keyring: Keyring } {
  const { pem, keyring } = splitKeyring(readPrivateFile(path))
  if (keyring === undefined) throw damagedKeyring(path)
  if (keyring.next === null) return { pem, keyring }
  throw new KaroError('conflict', 'a rotation of the key is under way', {
    where: path,
    hint: 'It ends by itself a few seconds after karo up has started.',
  })
}

/**
 * Begins a rotation, or goes on with one that was begun: makes the next key, has both sign, and puts the next one beside the
 * present one, under the same passphrase. Nothing else is told. `now`: milliseconds since the epoch. Throws as
 * `loadIdentity`, and KaroError conflict when the lineage is as long as any may be.
 */
export function prepareRotation(
  path: string,
  passphrase: Uint8Array | undefined,
  now: number,
  random: Random,
): { readonly next: PublicIdentity; readonly wasBegun: boolean } {
  const { pem, keyring } = splitKeyring(readPrivateFile(path))
  const key = decode(pem, path, passphrase)
  const { former, rotations, pending } = lineageOf(key, keyring, path)
  const isProtected = pem.includes(ENCRYPTED)
  if (pending !== undefined) {
    const { nodeId, fingerprint } = pending.identity
    return { next: { nodeId, fingerprint, isProtected }, wasBegun: true }
  }
  if (rotations.length + 1 >= KEYS_MAX) {
    throw new KaroError('conflict', `a lineage has at most ${KEYS_MAX} keys, and this one has as many`, {
      where: path,
      hint: 'Move identity.key away and make a new node: karo identity new. Others have to trust it anew.',
    })
  }
  const nextKey = privateKeyObject('ed25519', random.bytes(32))
  const next = identityOf(nextKey)
  const frame = signRotation(identityOf(key), next, now, random)
  const seeds = [...former, key].map(rawSeed)
  const sealed = {
    pem: pemOf(nextKey, isProtected ? passphrase : undefined, random),
    seed: sealSeeds(rawPublicKey(key), [rawSeed(nextKey)], random),
    former: sealSeeds(next.publicKey, seeds, random),
    frame,
  }
  for (const seed of seeds) seed.fill(0)
  replace(path, joinKeyring(pem, { ...(keyring ?? EMPTY), next: sealed }), random)
  return { next: { nodeId: next.nodeId, fingerprint: next.fingerprint, isProtected }, wasBegun: false }
}

/** The rotation that the file holds, opened by the key of a node that runs; undefined: none. Throws as `readPrivateFile`, and bad_file. */
export function readPending(path: string, identity: Identity): PendingRotation | undefined {
  const { keyring } = splitKeyring(readPrivateFile(path))
  return lineageOf(privateKeyObject('ed25519', identity.seed()), keyring, path).pending
}

/**
 * Ends a rotation that was begun: the next key takes the place of the present one, in one rename. Needs no passphrase. False:
 * there is none under way, or it is not the one to `next`. Throws as `readPrivateFile`, and KaroError bad_file.
 */
export function switchIdentityFile(path: string, next: Identity, random: Random): boolean {
  const { keyring } = splitKeyring(readPrivateFile(path))
  if (keyring === undefined) throw damagedKeyring(path)
  const { next: following } = keyring
  const to = following === null ? undefined : keysOf(following.frame)?.next
  if (following === null || to === undefined || Buffer.compare(to, next.publicKey) !== 0) return false
  const rotations = [...keyring.rotations, following.frame]
  replace(path, joinKeyring(following.pem, { rotations, former: following.former, next: null }), random)
  return true
}

const pemOf = (key: KeyObject, passphrase: Uint8Array | undefined, random: Random): string =>
  passphrase === undefined
    ? key.export({ format: 'pem', type: 'pkcs8' }).toString()
    : `Node: ${formatNodeId(rawPublicKey(key))}\n${encryptedPem(key, passphrase, random)}`

const formerOf = (key: KeyObject): FormerKey => {
  const publicKey = rawPublicKey(key)
  return Object.freeze({
    nodeId: formatNodeId(publicKey),
    publicKey,
    agree: agreement(() => rawSeed(key)),
  })
}

interface Opened {
  readonly former: readonly KeyObject[]
  readonly rotations: readonly Uint8Array[]
  readonly pending: PendingRotation | undefined
}

/** The keys before `key`, and the one that is to follow it. Throws KaroError bad_file when they do not fit together. */
function lineageOf(key: KeyObject, keyring: Keyring | undefined, path: string): Opened {
  if (keyring === undefined) throw damagedKeyring(path)
  const { rotations, next } = keyring
  const self = identityOf(key)
  const seeds = keyring.former === null ? [] : openSeeds(self, keyring.former)
  const former = (seeds ?? []).map((seed) => privateKeyObject('ed25519', seed))
  const chain = [...former, key].map(rawPublicKey)
  const fits = (frame: Uint8Array, at: number): boolean => {
    const keys = keysOf(frame)
    return keys !== undefined && same(keys.old, chain[at]) && same(keys.next, chain[at + 1])
  }
  if (former.length !== rotations.length || !rotations.every(fits)) throw damagedKeyring(path)
  if (next === null) return { former, rotations, pending: undefined }
  const [seed] = openSeeds(self, next.seed) ?? []
  const nextKey = seed === undefined ? undefined : privateKeyObject('ed25519', seed)
  const named = keysOf(next.frame)
  const isNext =
    nextKey !== undefined && same(named?.old, chain.at(-1)) && same(named?.next, rawPublicKey(nextKey))
  if (!isNext) throw damagedKeyring(path)
  const lineage = {
    former: [...former, key].map(formerOf),
    rotations: [...rotations, next.frame],
    pending: undefined,
  }
  return { former, rotations, pending: { identity: identityOf(nextKey, lineage), frame: next.frame } }
}

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && Buffer.compare(a, b) === 0

function damagedKeyring(path: string): KaroError {
  return new KaroError('bad_file', 'what the file holds of earlier keys of this node is damaged', {
    where: path,
    hint: 'Restore it from a backup that was made after the last rotation.',
  })
}

function cannotWrite(path: string, cause: unknown): KaroError {
  const { reason, hint } = diskTrouble(path, cause)
  return new KaroError('bad_file', `the key cannot be written: ${reason}`, { where: path, hint, cause })
}

function replace(path: string, content: string, random: Random): void {
  try {
    replaceFile(path, content, MODE, random)
  } catch (cause) {
    throw cannotWrite(path, cause)
  }
}

const namedKey = (pem: string): Uint8Array | undefined => parseNodeId(NODE_LINE.exec(pem)?.[1] ?? '')

function decode(pem: string, path: string, passphrase?: Uint8Array): KeyObject {
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
  if (named !== undefined && Buffer.compare(rawPublicKey(key), named) !== 0) throw damaged(path)
  return key
}

/** A damaged file cannot be told from it. */
function wrongPassphrase(path: string): KaroError {
  return new KaroError('unauthorized', 'the passphrase does not open the key', {
    where: path,
    hint: 'Type it again. If it is right, the file is damaged: restore it from a backup.',
  })
}
