// The key file: an Ed25519 key as PKCS8 PEM that only its owner can read, perhaps under a passphrase, with the keys before it
// and the one that is to follow; written whole or not at all.
import { formatNodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { createFile } from '../../base/files.ts'
import { orElse } from '../../base/run/or-else.ts'
import { privateKeyObject, rawPublicKey, rawSeed } from './der.ts'
import { fingerprintOf } from './fingerprint.ts'
import {
  damagedKeyring,
  decode,
  ENCRYPTED,
  formerOf,
  identityOf,
  lineageOf,
  namedKey,
  pemOf,
} from './key-text.ts'
import { EMPTY, joinKeyring, KEYS_MAX, type Keyring, keysOf, sealSeeds, splitKeyring } from './keyring.ts'
import { cannotWrite, MODE, readPrivateFile, replacePrivateFile } from './private-file.ts'
import { signRotation } from './rotation.ts'
import { isSame } from './statement.ts'
import type { Identity, PendingRotation } from './types.ts'

const partsOf = (path: string) => splitKeyring(readPrivateFile(path))

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
      hint: 'Another node gets a home of its own: karo init --home <directory>. This one becomes another node with: karo identity new --replace.',
    })
  }
  return identityOf(key)
}

/** Facts about a key that need no passphrase. */
export type PublicIdentity = Pick<Identity, 'nodeId' | 'fingerprint'> & {
  /** The key has a passphrase. */
  readonly isProtected: boolean
}

/** Needs no passphrase. Throws KaroError bad_file as `loadIdentity` does. */
export function readPublicIdentity(path: string): PublicIdentity {
  return publicIdentityIn(partsOf(path).pem, path)
}

function publicIdentityIn(pem: string, path: string): PublicIdentity {
  if (!pem.includes(ENCRYPTED)) {
    const { nodeId, fingerprint } = identityOf(decode(pem, path))
    return { nodeId, fingerprint, isProtected: false }
  }
  const publicKey = namedKey(pem)
  if (publicKey === undefined) {
    throw new KaroError('bad_file', 'the key has a passphrase, and the line that names its node is missing', {
      where: path,
      hint: 'karo identity unprotect and karo identity protect write it again.',
    })
  }
  return { nodeId: formatNodeId(publicKey), fingerprint: fingerprintOf(publicKey), isProtected: true }
}

/**
 * True if the key file at `path` continues the lineage of the node id `earlier`: its key replaced that one, or it is
 * that key and is about to be replaced. Needs no passphrase, and never throws; false also if there is no key.
 */
export function goesOnFrom(path: string, earlier: string): boolean {
  try {
    const { pem, keyring } = partsOf(path)
    const at = parseNodeId(earlier)
    if (keyring === undefined || at === undefined) return false
    const chain = [...keyring.rotations, ...(keyring.next === null ? [] : [keyring.next.frame])].map(keysOf)
    const since = chain.findIndex((keys) => keys !== undefined && isSame(keys.old, at))
    if (since < 0) return false
    const own = parseNodeId(publicIdentityIn(pem, path).nodeId) as Uint8Array
    const isOwn = (keys: (typeof chain)[number]): boolean =>
      keys !== undefined && (isSame(keys.next, own) || isSame(keys.old, own))
    return chain.slice(since).some(isOwn)
  } catch {
    return false
  }
}

/** True if the key file has a passphrase; false also if there is no key file, or it cannot be read. */
export function isProtectedKey(path: string): boolean {
  return orElse(() => partsOf(path).pem.includes(ENCRYPTED), false)
}

/**
 * The identity in a key file. Throws KaroError bad_file when it is missing, a link, no regular file, someone
 * else's, readable by others, or damaged; the message never holds any of its bytes. `unauthorized` when it has a
 * passphrase and that is missing or wrong.
 */
export function loadIdentity(path: string, passphrase?: Uint8Array): Identity {
  const { pem, keyring } = partsOf(path)
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
  replacePrivateFile(path, joinKeyring(pemOf(key, passphrase, random), keyring), random)
  return { nodeId, fingerprint, isProtected: true }
}

/** Removes the passphrase. Throws as `loadIdentity`, and KaroError conflict if there is none. */
export function unprotectIdentityFile(path: string, passphrase: Uint8Array, random: Random): PublicIdentity {
  const { pem, keyring } = settled(path)
  if (!pem.includes(ENCRYPTED))
    throw new KaroError('conflict', 'the key has no passphrase, so there is none to take off', {
      where: path,
    })
  const key = decode(pem, path, passphrase)
  const { nodeId, fingerprint } = identityOf(key)
  replacePrivateFile(path, joinKeyring(pemOf(key, undefined, random), keyring), random)
  return { nodeId, fingerprint, isProtected: false }
}

/** The two parts of a file in which no rotation is under way. Throws as `readPrivateFile`, and KaroError conflict. */
function settled(path: string): { readonly pem: string; readonly keyring: Keyring } {
  const { pem, keyring } = partsOf(path)
  if (keyring === undefined) throw damagedKeyring(path)
  if (keyring.next === null) return { pem, keyring }
  throw new KaroError('conflict', 'a rotation of the key is under way', {
    where: path,
    hint: 'The rotation ends by itself a few seconds after karo up has started.',
  })
}

/**
 * Begins a rotation, or continues one that has begun: makes the next key, lets both keys sign, and stores the next one
 * beside the present one, with the same passphrase. Announces nothing. `now`: milliseconds since the epoch. Throws as
 * `loadIdentity`, and KaroError conflict if the lineage has its maximal length.
 */
export function prepareRotation(
  path: string,
  passphrase: Uint8Array | undefined,
  now: number,
  random: Random,
): { readonly next: PublicIdentity; readonly wasBegun: boolean } {
  const { pem, keyring } = partsOf(path)
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
      hint: 'Make a new node: karo identity new --replace. Others then have to trust the new node.',
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
  replacePrivateFile(path, joinKeyring(pem, { ...(keyring ?? EMPTY), next: sealed }), random)
  return { next: { nodeId: next.nodeId, fingerprint: next.fingerprint, isProtected }, wasBegun: false }
}

/** The rotation that the file holds, opened by the key of a node that runs; undefined: none. Throws as `readPrivateFile`, and bad_file. */
export function readPending(path: string, identity: Identity): PendingRotation | undefined {
  const { keyring } = partsOf(path)
  return lineageOf(privateKeyObject('ed25519', identity.seed()), keyring, path).pending
}

/**
 * Undoes a rotation that was not announced: the present key stays. Needs no passphrase. False if there is none. Throws
 * as `readPrivateFile`.
 */
export function abandonRotation(path: string, random: Random): boolean {
  const { pem, keyring } = partsOf(path)
  if (keyring === undefined || keyring.next === null) return false
  const { former, rotations } = keyring
  const isAlone = former === null && rotations.length === 0
  replacePrivateFile(path, isAlone ? pem : joinKeyring(pem, { ...keyring, next: null }), random)
  return true
}

/**
 * Completes a rotation: the next key replaces the present one, in one rename. Needs no passphrase. False if no rotation
 * has begun, or it is not the one to `next`. Throws as `readPrivateFile`, and KaroError bad_file.
 */
export function switchIdentityFile(path: string, next: Identity, random: Random): boolean {
  const { keyring } = partsOf(path)
  if (keyring === undefined) throw damagedKeyring(path)
  const { next: following } = keyring
  const to = following === null ? undefined : keysOf(following.frame)?.next
  if (following === null || !isSame(next.publicKey, to)) return false
  const rotations = [...keyring.rotations, following.frame]
  replacePrivateFile(
    path,
    joinKeyring(following.pem, { rotations, former: following.former, next: null }),
    random,
  )
  return true
}
