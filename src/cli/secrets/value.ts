// The value of a secret, from standard input or a hidden prompt, and a vault that is unlocked before it is used.
import { getSecrets, unlockVault } from '../../api/contract/operations/agents/vault.ts'
import { KaroError } from '../../base/errors.ts'
import { withoutLineEnd } from '../../trust/identity/index.ts'
import type { CommandIo } from '../command.ts'
import { chunksOf } from '../input/text-from.ts'
import { canAsk, passphraseOf, readHidden } from '../passphrase.ts'
import { usage } from '../usage.ts'

const MOST_BYTES = 64 * 1024

/** Calls `use` with the words in base64url, and overwrites them, as far as that is possible. */
export async function withWords<T>(words: Buffer, use: (text: string) => Promise<T>): Promise<T> {
  try {
    return await use(words.toString('base64url'))
  } finally {
    words.fill(0)
  }
}

/** Never an argument, which others see. `exact`: a line end at the end belongs to it. Throws KaroError `bad_request`. */
export async function readValue(name: string, exact: boolean): Promise<Buffer> {
  const value = canAsk()
    ? await readHidden(`Value of ${name} (not shown): `, 'value', MOST_BYTES)
    : await readInput(exact)
  if (value.length > 0 && value.length <= MOST_BYTES) return value
  value.fill(0)
  throw usage(
    value.length === 0 ? 'the value is empty' : 'the value is longer than 64 KiB',
    'the value',
    `Type it, or write it to standard input: karo secret set ${name} < file`,
  )
}

async function readInput(exact: boolean): Promise<Buffer> {
  const chunks = await chunksOf(process.stdin, MOST_BYTES + 2)
  const all = Buffer.concat(chunks)
  for (const chunk of chunks) chunk.fill(0)
  return exact ? all : withoutLineEnd(all)
}

/** Does `work`; where the vault is locked and a person can be asked, unlocks it first. */
export async function unlocked<T>(io: CommandIo, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const isLocked = error instanceof KaroError && error.code === 'refused' && error.where === 'vault'
    if (!isLocked || io.json || !canAsk()) throw error
    await unlock(io, undefined, undefined)
    return work()
  }
}

export async function unlock(io: CommandIo, file: string | undefined, seconds: number | undefined) {
  await needVault(io)
  return withWords(await passphraseOf(file, 'Passphrase of your vault: '), (passphrase) =>
    io.call(unlockVault, { body: { passphrase, seconds } }),
  )
}

/** Before a person types what would have no place. Throws KaroError `not_found`. */
export async function needVault(io: CommandIo) {
  const kept = await io.call(getSecrets)
  if (kept.vault.protection !== null) return kept
  throw new KaroError('not_found', 'you have no vault yet', {
    where: 'vault',
    hint: 'Make one: karo secret init',
  })
}
