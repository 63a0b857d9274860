// The further content of a key file: the rotations that led to its key, the earlier keys, and the next one.
import { decodeValue, encodeValue } from '../../../protocols/messagepack.ts'
import { KeyRotation } from '../../../protocols/messages/rotation.ts'
import type { Random } from '../../base/clock.ts'
import type { Agree } from './agree.ts'
import { sealingKeyOf } from './montgomery.ts'
import { openForMany, sealToMany } from './seal.ts'
import { readStatement } from './statement.ts'

const SEED_BYTES = 32
const BEGIN = '-----BEGIN KARO KEYRING-----'
const END = '-----END KARO KEYRING-----'
const DOMAIN = Buffer.from('karo-keyring-v1')
/** A lineage of this length can only continue by a new invite or a person's trust. */
export const KEYS_MAX = 32

/** Seeds that only the holder of one key can read. */
export interface SealedSeeds {
  readonly epk: Uint8Array
  readonly key: Uint8Array
  readonly sealed: Uint8Array
}

export interface Keyring {
  /** From the first key to the one of the file, in that order. */
  readonly rotations: readonly Uint8Array[]
  /** The seeds of the keys before it, one for each rotation; sealed to the key of the file. */
  readonly former: SealedSeeds | null
  readonly next: {
    /** The next key as it will lie in the file, perhaps under a passphrase. */
    readonly pem: string
    /** The seed of the next key, sealed to the key of the file. */
    readonly seed: SealedSeeds
    /** The seeds of all keys before it, sealed to it. */
    readonly former: SealedSeeds
    readonly frame: Uint8Array
  } | null
}

export const EMPTY: Keyring = { rotations: [], former: null, next: null }

/** The two keys that a kept rotation names; undefined when it is damaged. */
export function keysOf(
  frame: Uint8Array,
): { readonly old: Uint8Array; readonly next: Uint8Array } | undefined {
  const said = readStatement(KeyRotation, frame)
  return typeof said === 'string' ? undefined : { old: said.body.old, next: said.body.new }
}

/** To the Ed25519 key `to`. */
export function sealSeeds(to: Uint8Array, seeds: readonly Uint8Array[], random: Random): SealedSeeds {
  const plain = Buffer.concat(seeds)
  try {
    const box = sealToMany([sealingKeyOf(to) as Uint8Array], plain, aadOf(to), random)
    return { epk: box.epk, key: box.keys[0] as Uint8Array, sealed: box.sealed }
  } finally {
    plain.fill(0)
  }
}

/** Undefined when they are not for that key, or damaged. */
export function openSeeds(
  { publicKey, agree }: { readonly publicKey: Uint8Array; readonly agree: Agree },
  sealed: SealedSeeds,
): readonly Uint8Array[] | undefined {
  const plain = openForMany(agree, sealingKeyOf(publicKey) as Uint8Array, sealed, aadOf(publicKey))
  if (plain === undefined || plain.length % SEED_BYTES !== 0) return undefined
  const seeds: Uint8Array[] = []
  for (let at = 0; at < plain.length; at += SEED_BYTES) seeds.push(plain.slice(at, at + SEED_BYTES))
  plain.fill(0)
  return seeds
}

/** The text without the keyring, and the keyring; undefined when there is one and it is damaged. */
export function splitKeyring(text: string): { readonly pem: string; readonly keyring: Keyring | undefined } {
  const at = text.indexOf(BEGIN)
  if (at < 0) return { pem: text, keyring: EMPTY }
  const pem = text.slice(0, at)
  const end = text.indexOf(END, at)
  if (end < 0) return { pem, keyring: undefined }
  try {
    const bytes = Buffer.from(text.slice(at + BEGIN.length, end), 'base64')
    const value = decodeValue(bytes) as unknown as Keyring
    const isWhole = Array.isArray(value.rotations) && value.rotations.length < KEYS_MAX
    return { pem, keyring: isWhole ? value : undefined }
  } catch {
    return { pem, keyring: undefined }
  }
}

export function joinKeyring(pem: string, keyring: Keyring): string {
  if (keyring.rotations.length === 0 && keyring.next === null) return pem
  const lines =
    Buffer.from(encodeValue(keyring as never))
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `${pem}${BEGIN}\n${lines.join('\n')}\n${END}\n`
}

const aadOf = (key: Uint8Array): Uint8Array => Buffer.concat([DOMAIN, key])
