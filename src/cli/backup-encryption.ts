// The options of karo backup and karo restore that say who can open a backup.
import { resolve } from 'node:path'
import {
  checkRecipients,
  type Encryption,
  encryptionOf,
  identitiesIn,
  type Opener,
  type Sealing,
} from '../ops/care/age.ts'
import { openFile } from '../ops/care/archive-source.ts'
import { readSecretFile } from '../trust/identity/index.ts'
import { KaroError, usage } from './kit.ts'
import { newPassphrase, passphraseOf } from './passphrase.ts'

/** A file of age-keygen has 200 bytes; a post-quantum key is no longer. */
const MOST_IDENTITIES = 64 * 1024

export interface SealingOptions {
  readonly to?: readonly string[] | undefined
  readonly passphrase?: true | undefined
  readonly 'passphrase-file'?: string | undefined
}

/** Undefined: not encrypted. Asks for a new passphrase where that is needed. Throws KaroError `bad_request`, `bad_file`. */
export async function sealingOf(options: SealingOptions): Promise<Sealing | undefined> {
  const { to, passphrase, 'passphrase-file': file } = options
  const withPassphrase = passphrase === true || file !== undefined
  if (to === undefined) return withPassphrase ? { passphrase: await newPassphrase(file) } : undefined
  if (withPassphrase)
    throw usage('the age format takes keys or a passphrase, not both', '--to', 'Leave one of them out.')
  await checkRecipients(to, '--to')
  return { recipients: to }
}

export interface OpenerOptions {
  readonly 'identity-file'?: string | undefined
  readonly 'passphrase-file'?: string | undefined
}

/**
 * What opens the backup, read or asked for now, because the rights to read it may be given up later. Undefined for a
 * backup that is not encrypted and options that do not say it is. Throws KaroError `bad_request`, `bad_file`.
 */
export async function openerFor(path: string, options: OpenerOptions): Promise<Opener | undefined> {
  const { 'identity-file': identityFile, 'passphrase-file': passphraseFile } = options
  if (identityFile !== undefined && passphraseFile !== undefined)
    throw usage(
      'a backup is opened by a key or by a passphrase',
      '--identity-file',
      'Leave one of the options out.',
    )
  const encryption = await encryptionAt(path)
  if (identityFile !== undefined) {
    if (encryption === 'passphrase') throw otherWay(path, 'a passphrase', 'Leave out --identity-file.')
    const file = resolve(identityFile)
    const bytes = readSecretFile(file, { what: 'secret key', most: MOST_IDENTITIES })
    return { identities: await identitiesIn(bytes.toString('latin1'), identityFile) }
  }
  if (passphraseFile === undefined && encryption !== 'passphrase') return undefined
  if (encryption === 'recipients') throw otherWay(path, 'a key', 'Name it: --identity-file <file>')
  return { passphrase: await passphraseOf(passphraseFile, 'Passphrase of the backup: ') }
}

const otherWay = (path: string, what: string, hint: string): KaroError =>
  usage(`this backup can only be opened with ${what}`, path, hint)

/** An unreadable file counts as not encrypted here; the next step that opens it reports the error. */
async function encryptionAt(path: string): Promise<Encryption> {
  await using file = await openFile(path).catch(() => undefined)
  try {
    return file === undefined ? 'none' : await encryptionOf(file, path)
  } catch (error) {
    if (error instanceof KaroError) throw error
    return 'none'
  }
}

/** For people: how the file is protected. */
export const ENCRYPTION_WORDS: Readonly<Record<Encryption, string>> = {
  none: 'not encrypted',
  recipients: 'encrypted for age keys',
  passphrase: 'encrypted with a passphrase',
}
