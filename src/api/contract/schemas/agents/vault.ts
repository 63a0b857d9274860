// Schemas of /vault: secrets of the caller, and who may have them. Values and passphrases are base64url in both directions.
import * as z from 'zod'
import {
  MOST_ALLOWED,
  MOST_BYTES,
  MOST_SECRETS,
  MOST_VALUE_BYTES,
  SECRET_NAME,
  UNLOCKED_SECONDS,
} from '../../../../agents/vault/types.ts'
import { count, flag, listOf, moment, named, pattern, someText, text, whole } from '../fields.ts'

/** Characters of base64url for so many bytes. */
const encoded = (bytes: number): number => Math.ceil((bytes * 4) / 3)
const MOST_PASSPHRASE = 1_024

const name = () => pattern(SECRET_NAME, 'name of the secret')
const bytesOf = (most: number, what: string) =>
  someText(encoded(most))
    .regex(/^[A-Za-z0-9_-]+$/)
    .describe(`${what}, in unpadded base64url`)
const passphrase = (what: string) => bytesOf(MOST_PASSPHRASE, what)
const agent = () => someText(64, 'name or id of an agent')

export const vaultState = named('VaultState', {
  protection: z
    .enum(['passphrase', 'credential'])
    .nullable()
    .describe('what opens it; null: there is no vault yet'),
  unlocked_until: moment('when it locks itself; null: it is locked').nullable(),
  created_at: moment('when it was made').nullable(),
  rotated_at: moment('since when its key is in use').nullable(),
  has_credential: flag('the service manager gave the daemon a credential for vaults'),
})
export type VaultStateShape = z.infer<typeof vaultState>

export const secret = named(
  'Secret',
  {
    id: text(32, 'by which the ledger names it'),
    name: text(64, 'name of the secret'),
    version: count('grows with each change'),
    created_at: moment('when it was set first'),
    changed_at: moment('when it was changed last'),
    expires_at: moment('when it is removed; null: never').nullable(),
    note: text(200, 'in the words of the person'),
    allowed: listOf(
      z.strictObject({
        agent: text(64, 'id of an agent that may have it'),
        tools: listOf(
          text(128, 'only while no other tool of the agent may be called; none: in any case'),
          64,
        ),
      }),
      MOST_ALLOWED,
    ),
    problem: text(256, 'why it cannot be had; null: nothing is known against it').nullable(),
  },
  'A secret without its value.',
)
export type SecretShape = z.infer<typeof secret>

export const secretList = named('SecretList', {
  vault: vaultState,
  secrets: listOf(secret, 2 * MOST_SECRETS),
})
export type SecretListShape = z.infer<typeof secretList>

export const initBody = z.strictObject({
  passphrase: passphrase('the new passphrase; absent: the credential of the daemon opens it').exactOptional(),
})
export const unlockBody = z.strictObject({
  passphrase: passphrase('the passphrase'),
  seconds: whole(UNLOCKED_SECONDS.least, UNLOCKED_SECONDS.most, 'how long it stays unlocked').default(
    UNLOCKED_SECONDS.usual,
  ),
})
export const rotateBody = z.strictObject({
  passphrases: z
    .strictObject({ current: passphrase('the present one'), next: passphrase('the new one') })
    .exactOptional()
    .describe('to change the passphrase too'),
})
export const counted = named('SecretsCounted', { secrets: count('how many secrets that was about') })

export const setBody = z.strictObject({
  name: name(),
  value: bytesOf(MOST_VALUE_BYTES, `1 to ${MOST_VALUE_BYTES} bytes`),
  expires_at: moment('when it is to be removed; null: never; absent: as it was').nullable().exactOptional(),
  note: z.string().max(200).exactOptional(),
})
export const whichSecretBody = z.strictObject({ name: name() })
export const revealed = named('SecretRevealed', { value: bytesOf(MOST_VALUE_BYTES, 'the value') })
export const allowBody = z.strictObject({
  name: name(),
  agent: agent(),
  tools: z
    .array(someText(128))
    .max(64)
    .readonly()
    .default([])
    .describe('only while its manifest lets no other tools be called'),
})
export const denyBody = z.strictObject({ name: name(), agent: agent() })

/** Names, notes and lengths beside the values. */
const MOST_FILE_BYTES = MOST_BYTES + 256 * 1024
export const file = named(
  'VaultFile',
  {
    karo_vault: z.literal(1),
    created_at: moment('when it was made'),
    salt: bytesOf(16, 'salt of argon2id'),
    sealed: bytesOf(MOST_FILE_BYTES, 'AES-256-GCM: nonce, ciphertext, tag'),
  },
  'Secrets under a passphrase of their own.',
)
export const backupBody = z.strictObject({ passphrase: passphrase('of the file') })
export const restoreBody = z.strictObject({
  file,
  passphrase: passphrase('of the file'),
  replace: flag('also those of which the name is there already').default(false),
})
export const restored = named('SecretsRestored', { secrets: listOf(secret, MOST_SECRETS) })

/** One that an agent is to be given, in its manifest. */
export const secretWish = z.strictObject({
  variable: pattern(
    /^[A-Z][A-Z0-9_]{0,47}$/,
    'its program finds the path of a descriptor in KARO_SECRET_ and this',
  ),
  secret: name(),
})
