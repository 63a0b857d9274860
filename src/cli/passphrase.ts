// Gets the passphrase of the node's key from a service manager, a file, standard input, or a person at a terminal.
import { existsSync, readSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { loadConfig } from '../config/load.ts'
import type { HomePaths } from '../config/paths.ts'
import {
  checkedPassphrase,
  type Identity,
  isProtectedKey,
  LEAST_PASSPHRASE,
  loadIdentity,
  MOST_PASSPHRASE,
  openWith,
  readPassphraseFile,
  withoutLineEnd,
} from '../trust/identity/index.ts'
import { type CommandIo, KaroError, type OptionWords, usage } from './kit.ts'
import { canAsk } from './terminal/confirm.ts'

export const passphraseFileOption = {
  value: 'file',
  description: 'a file with the passphrase that others may not read; - for standard input (default: ask)',
} as const satisfies OptionWords

/** systemd.exec(5), LoadCredential: the name of the file in CREDENTIALS_DIRECTORY. */
const CREDENTIAL = 'karo-key-passphrase'
/** Longer than it takes until a signal to the own process arrives. */
const SIGNAL_MS = 10_000
/** How often a person may type a passphrase. */
const TRIES = 3

/**
 * Opens the node's identity, with a passphrase if the key has one; undefined if there is no key yet. Writes nothing. Throws
 * as loadIdentity does, and KaroError `bad_config`. A passphrase file that cannot be used throws `unauthorized`, after
 * which a service manager does not restart the daemon, since that would not help.
 */
export async function openIdentity(paths: HomePaths, env: CommandIo['env']): Promise<Identity | undefined> {
  if (!existsSync(paths.key)) return undefined
  if (!isProtectedKey(paths.key)) return loadIdentity(paths.key)
  const source = passphraseSource(paths, env)
  if (source !== undefined) return withoutAsking(() => openWith(paths.key, source))
  if (!canAsk()) return loadIdentity(paths.key)
  for (let left = TRIES; ; left--) {
    try {
      return withPassphrase(await askHidden('Passphrase of the key: '), (words) =>
        loadIdentity(paths.key, words),
      )
    } catch (error) {
      if (!(error instanceof KaroError && error.code === 'unauthorized') || left <= 1) throw error
      process.stderr.write('karo: this passphrase does not open the key; try again\n')
    }
  }
}

/** Calls `use`, then overwrites the passphrase in memory, as far as that is possible. */
export function withPassphrase<T, P extends Buffer | undefined>(passphrase: P, use: (words: P) => T): T {
  try {
    return use(passphrase)
  } finally {
    passphrase?.fill(0)
  }
}

/** `trusted`: the service manager put the file there. */
function passphraseSource(paths: HomePaths, env: CommandIo['env']) {
  const credential = env.CREDENTIALS_DIRECTORY && join(env.CREDENTIALS_DIRECTORY, CREDENTIAL)
  if (credential && existsSync(credential)) return { file: credential, trusted: true }
  const { config } = loadConfig({ home: dirname(paths.config), env })
  const file = config.identity.passphrase_file
  return file === '' ? undefined : { file, trusted: false }
}

function withoutAsking(open: () => Identity): Identity {
  try {
    return open()
  } catch (error) {
    if (!(error instanceof KaroError) || error.code !== 'bad_file') throw error
    throw new KaroError('unauthorized', error.message, error)
  }
}

/** Reads the passphrase from `file` (`-`: standard input), else asks. Throws KaroError `bad_request` without a terminal. */
export async function passphraseOf(file: unknown, prompt: string): Promise<Buffer> {
  if (file === '-') return checkedPassphrase(withoutLineEnd(readInput()), 'standard input')
  if (typeof file === 'string') return readPassphraseFile(file)
  if (!canAsk())
    throw usage(
      'there is no terminal to ask for the passphrase',
      '--passphrase-file',
      'Name a file that only you can read, or - for standard input.',
    )
  return askHidden(prompt)
}

/** A new passphrase, typed twice or from a file. Throws KaroError `bad_request` if it is too short, or both differ. */
export async function newPassphrase(file: unknown): Promise<Buffer> {
  const first = await passphraseOf(file, `New passphrase (at least ${LEAST_PASSPHRASE} characters): `)
  if ([...first.toString('utf8')].length < LEAST_PASSPHRASE)
    throw usage(
      `a passphrase has at least ${LEAST_PASSPHRASE} characters`,
      typeof file === 'string' ? '--passphrase-file' : 'the passphrase',
      'Several words are easy to remember and hard to guess.',
    )
  if (typeof file === 'string') return first
  const second = await askHidden('The same again: ')
  const same = first.equals(second)
  second.fill(0)
  if (same) return first
  throw usage(
    'the two passphrases differ, so nothing was changed',
    'the passphrase',
    'Run the command again.',
  )
}

function readInput(): Buffer {
  const buffer = Buffer.alloc(MOST_PASSPHRASE + 3)
  let length = 0
  while (length < buffer.length) {
    const read = readSync(0, buffer, length, buffer.length - length, null)
    if (read === 0) break
    length += read
  }
  return buffer.subarray(0, length)
}

const [INTERRUPT, END, BACKSPACE, DELETE, KILL] = [0x03, 0x04, 0x08, 0x7f, 0x15] as const

async function askHidden(prompt: string): Promise<Buffer> {
  return checkedPassphrase(await readHidden(prompt, 'passphrase', MOST_PASSPHRASE), 'the passphrase')
}

/**
 * Reads a line from the terminal without showing it; a line of more than `most` bytes comes cut behind one more. An early end
 * throws KaroError `bad_request`; Ctrl-C ends the process. `what` names it in errors.
 */
export async function readHidden(prompt: string, what: string, most: number): Promise<Buffer> {
  const { stdin, stderr } = process
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const nothing = (): void => reject(usage(`no ${what} was typed`, `the ${what}`))
  let interrupted = false
  const typed: number[] = []
  const take = (chunk: Buffer): void => {
    for (const byte of chunk) {
      if (byte === 0x0d || byte === 0x0a) resolve(Buffer.from(typed))
      else if (byte === INTERRUPT) {
        interrupted = true
        nothing()
      } else if (byte === END) nothing()
      else if (byte === KILL) typed.length = 0
      else if (byte === BACKSPACE || byte === DELETE) {
        // In UTF-8 all bytes of a character after its first are 10xxxxxx.
        while ((typed.at(-1) ?? 0) >> 6 === 2) typed.pop()
        typed.pop()
      } else if (byte >= 0x20 && typed.length <= most) typed.push(byte)
    }
  }
  // Set before the prompt, so that nothing of a quick answer is shown.
  stdin.setRawMode(true)
  stdin.on('data', take).on('end', nothing).resume()
  stderr.write(prompt)
  try {
    return await promise
  } finally {
    typed.fill(0)
    stdin.off('data', take).off('end', nothing).pause()
    stdin.setRawMode(false)
    stderr.write('\n')
    // In raw mode the terminal makes no signal of Ctrl-C, so the process sends it to itself.
    if (interrupted) {
      process.kill(process.pid, 'SIGINT')
      // The timer keeps the process alive until the signal arrives; a promise alone does not.
      await new Promise(() => setTimeout(() => {}, SIGNAL_MS))
    }
  }
}
