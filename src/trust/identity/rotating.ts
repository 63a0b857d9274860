// The three steps of a rotation in the key file: the next key beside the present one, read by the node that runs, and in its place.

import type { Random } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import { privateKeyObject, rawPublicKey, rawSeed } from './der.ts'
import { damagedKeyring, decode, ENCRYPTED, identityOf, lineageOf, pemOf } from './key-text.ts'
import type { PublicIdentity } from './keyfile.ts'
import { EMPTY, joinKeyring, KEYS_MAX, keysOf, sealSeeds, splitKeyring } from './keyring.ts'
import { readPrivateFile, replacePrivateFile } from './private-file.ts'
import { signRotation } from './rotation.ts'
import type { Identity, PendingRotation } from './types.ts'

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
  const { keyring } = splitKeyring(readPrivateFile(path))
  return lineageOf(privateKeyObject('ed25519', identity.seed()), keyring, path).pending
}

/**
 * Undoes a rotation that was not announced: the present key stays. Needs no passphrase. False if there is none. Throws
 * as `readPrivateFile`.
 */
export function abandonRotation(path: string, random: Random): boolean {
  const { pem, keyring } = splitKeyring(readPrivateFile(path))
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
  const { keyring } = splitKeyring(readPrivateFile(path))
  if (keyring === undefined) throw damagedKeyring(path)
  const { next: following } = keyring
  const to = following === null ? undefined : keysOf(following.frame)?.next
  if (following === null || to === undefined || Buffer.compare(to, next.publicKey) !== 0) return false
  const rotations = [...keyring.rotations, following.frame]
  replacePrivateFile(
    path,
    joinKeyring(following.pem, { rotations, former: following.former, next: null }),
    random,
  )
  return true
}
