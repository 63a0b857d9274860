// Operations of /vault: secrets of the caller at rest, and which agents may have them.
import { RESTORE_BYTES } from '../../constants.ts'
import { own } from '../../of-agents.ts'
import { defineOperation, schemasOf } from '../../operation.ts'

const from = schemasOf(() => import('../../schemas/agents/vault.ts'))

const errors = ['not_found', 'refused', 'bad_file'] as const
const PERSON =
  'The kernel has to name a terminal of the caller, in a login session out of which no agent asked for anything.'
const words = 'Y29ycmVjdCBob3JzZQ'

export const getSecrets = defineOperation('GET /api/v1/vault', {
  ...own,
  summary: 'The vault of the caller: whether it is unlocked, and its secrets without their values',
  description: 'While it is unlocked, every row is compared with the last written one.',
  answer: from.secretList,
  errors: ['bad_file'],
})

export const initVault = defineOperation('POST /api/v1/vault/init', {
  ...own,
  daily: true,
  summary: 'Make a vault',
  body: from.initBody,
  answer: from.vaultState,
  errors: ['conflict', 'refused'],
  example: { passphrase: words },
})

export const unlockVault = defineOperation('POST /api/v1/vault/unlock', {
  ...own,
  daily: true,
  summary: 'Unlock the vault for a while',
  description: 'Gives it a new key where `vault.rotate_days` says that it is time.',
  body: from.unlockBody,
  answer: from.vaultState,
  errors: ['not_found', 'unauthorized', 'rate_limited', 'bad_file'],
  example: { passphrase: words },
})

export const lockVault = defineOperation('POST /api/v1/vault/lock', {
  ...own,
  summary: 'Lock the vault; agents that run keep what they were given',
  answer: from.vaultState,
})

export const rotateVault = defineOperation('POST /api/v1/vault/rotate', {
  ...own,
  daily: true,
  summary: 'Encrypt all secrets under a new key, in one batch; the passphrase may be changed with it',
  body: from.rotateBody,
  answer: from.counted,
  errors: ['not_found', 'refused', 'unauthorized', 'bad_file'],
  example: {},
})

export const destroyVault = defineOperation('POST /api/v1/vault/destroy', {
  ...own,
  summary: 'Remove the vault with all secrets in it, also while it is locked',
  answer: from.counted,
})

export const backupVault = defineOperation('POST /api/v1/vault/backup', {
  ...own,
  daily: true,
  summary: 'All secrets in one text, under a passphrase of its own',
  description: PERSON,
  body: from.backupBody,
  answer: from.file,
  errors,
  example: { passphrase: words },
})

export const restoreVault = defineOperation('POST /api/v1/vault/restore', {
  ...own,
  daily: true,
  summary: 'Take secrets out of such a text; no agent is allowed to have them',
  body: from.restoreBody,
  bodyBytes: RESTORE_BYTES,
  answer: from.restored,
  errors: ['not_found', 'conflict', 'refused', 'unauthorized', 'bad_file'],
  example: {
    file: { karo_vault: 1, created_at: '2026-11-20T14:52:13.715Z', salt: 'c2FsdA', sealed: 'c2VhbGVk' },
    passphrase: words,
  },
})

export const setSecret = defineOperation('POST /api/v1/vault/secrets', {
  ...own,
  daily: true,
  summary: 'Add a secret, or give one another value',
  body: from.setBody,
  answer: from.secret,
  errors: [...errors, 'rate_limited'],
  example: { name: 'api-token', value: 'czNjcjN0' },
})

export const revealSecret = defineOperation('POST /api/v1/vault/secrets/reveal', {
  ...own,
  daily: true,
  summary: 'The value of a secret, for its person',
  description: PERSON,
  body: from.whichSecretBody,
  answer: from.revealed,
  errors,
  example: { name: 'api-token' },
})

export const removeSecret = defineOperation('POST /api/v1/vault/secrets/remove', {
  ...own,
  summary: 'Remove a secret; agents that may hold it are ended',
  body: from.whichSecretBody,
  answer: from.secret,
  errors,
  example: { name: 'api-token' },
})

export const allowSecret = defineOperation('POST /api/v1/vault/secrets/allow', {
  ...own,
  daily: true,
  summary: 'Allow an agent of the caller to be given a secret when it starts',
  description: `Counts for the agent as it was added: another program of its name begins with nothing. ${PERSON}`,
  body: from.allowBody,
  answer: from.secret,
  errors: [...errors, 'rate_limited'],
  example: { name: 'api-token', agent: 'files' },
})

export const denySecret = defineOperation('POST /api/v1/vault/secrets/deny', {
  ...own,
  summary: 'Take that back; the agent is ended if it runs',
  body: from.denyBody,
  answer: from.secret,
  errors,
  example: { name: 'api-token', agent: 'files' },
})
