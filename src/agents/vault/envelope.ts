// The envelopes of a vault: values under its key, its key under the key of a passphrase, each bound to what stands beside it.
import { createCipheriv, createDecipheriv } from 'node:crypto'
import type { WireValue } from '../../../protocols/define.ts'
import { encodeValue } from '../../../protocols/messagepack.ts'
import type { Random } from '../../base/clock.ts'
import type { SecretRow, VaultHeaderRow } from '../../store/tables/vault.ts'

export const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Nonce, ciphertext and tag of AES-256-GCM. `bound` is not in it, and has to be the same when it is opened. */
export function seal(key: Uint8Array, plain: Uint8Array, bound: WireValue, random: Random): Buffer {
  const nonce = random.bytes(NONCE_BYTES)
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(encodeValue(bound))
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** The plaintext, which the caller wipes; undefined for another key, and where the envelope or `bound` was changed. */
export function open(key: Uint8Array, sealed: Uint8Array, bound: WireValue): Buffer | undefined {
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_BYTES))
  decipher.setAAD(encodeValue(bound))
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  const begun = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES))
  try {
    decipher.final()
    return begun
  } catch {
    begun.fill(0)
    return undefined
  }
}

/** What the envelope of a value is bound to: whose it is, which one, which version, until when, and who may have it. */
export const boundToSecret = (owner: number, row: Omit<SecretRow, 'sealed'>): WireValue => [
  'karo vault secret 1',
  owner,
  ...[row.id, row.name, row.version, row.generation, row.created_at, row.changed_at],
  row.expires_at ?? -1,
  row.note,
  row.allowed.map(({ agent, manifest, tools }) => [agent, manifest, [...tools]]),
]

type HeaderFacts = Pick<VaultHeaderRow, 'protection' | 'generation' | 'created_at' | 'rotated_at'>

const headerFacts = (owner: number, header: HeaderFacts): WireValue[] => [
  ...[owner, header.protection, header.generation, header.created_at, header.rotated_at],
]
/** What the envelope of the vault's key is bound to. */
export const boundToKey = (owner: number, header: HeaderFacts): WireValue => [
  'karo vault key 1',
  ...headerFacts(owner, header),
]
/** What the envelope of the list of secrets is bound to. */
export const boundToList = (owner: number, header: HeaderFacts): WireValue => [
  'karo vault list 1',
  ...headerFacts(owner, header),
]
/** What a file of secrets is bound to. */
export const boundToFile = (created_at: string): WireValue => ['karo vault file 1', created_at]
