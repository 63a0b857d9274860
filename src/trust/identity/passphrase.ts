// A passphrase, or another secret, out of a file that not everybody can read.
import * as fs from 'node:fs'
import { whyUnreadable } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'
import { loadIdentity } from './keyfile.ts'
import type { Identity } from './types.ts'

/** Shorter ones are tried out in days, however slow each try is. */
export const LEAST_PASSPHRASE = 8
/** What node:crypto takes. */
export const MOST_PASSPHRASE = 1024
/** Its group may read it, so that root can keep it for a service; nobody else may, and none but the owner writes. */
export const TOO_WIDE = 0o027
const SMALL_BYTES = 16 * 1024

/**
 * The file's bytes without the line end they may end with. `trusted`: put there by the service manager, which has seen
 * to its permissions. Throws KaroError bad_file: missing, no regular file, too open, empty, too long.
 */
export function readPassphraseFile(path: string, trusted = false): Buffer {
  const read = readSecretFile(path, { what: 'passphrase', most: MOST_PASSPHRASE + 3, trusted })
  return checkedPassphrase(withoutLineEnd(read), path)
}

/**
 * The first `most` bytes of a file that holds a secret; `what` names it in errors. Throws KaroError `bad_file`: missing,
 * no regular file, or others can read or change it (`trusted`: that is not looked at).
 */
export function readSecretFile(
  path: string,
  {
    what,
    most,
    trusted = false,
  }: { readonly what: string; readonly most: number; readonly trusted?: boolean },
): Buffer {
  const wrong = (message: string, hint?: string): KaroError =>
    new KaroError('bad_file', message, { where: path, hint })
  let file: number
  try {
    file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  } catch (error) {
    throw wrong(
      `the ${what} cannot be read: ${whyUnreadable(error)}`,
      `Name a file that holds the ${what} and that only you can read.`,
    )
  }
  try {
    const stat = fs.fstatSync(file)
    if (!stat.isFile()) throw wrong(`the ${what} is not in a regular file`)
    const self = process.geteuid?.() ?? 0
    if (!trusted && stat.uid !== 0 && stat.uid !== self) {
      throw wrong(`the ${what}'s file belongs to user ${stat.uid}`, `Run: chown ${self} ${path}`)
    }
    if (!trusted && (stat.mode & TOO_WIDE) !== 0) {
      throw wrong(`others may read or change the ${what}'s file`, `Run: chmod 600 ${path}`)
    }
    const buffer = Buffer.alloc(most)
    return buffer.subarray(0, fs.readSync(file, buffer, 0, buffer.length, 0))
  } finally {
    fs.closeSync(file)
  }
}

/** The text of a small file that lets somebody in; `wide`: bits of its mode that it may not have. Throws what `wrong` makes of a reason. */
export function readSmallFile(
  path: string,
  { wide, wrong }: { readonly wide: number; wrong(why: string, where: string, hint?: string): KaroError },
): string {
  let file: number
  try {
    file = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NONBLOCK)
  } catch (error) {
    throw wrong(whyUnreadable(error), path)
  }
  try {
    const stat = fs.fstatSync(file)
    if (!stat.isFile() || stat.size > SMALL_BYTES) throw wrong('it is no small regular file', path)
    if ((stat.mode & wide) !== 0) throw wrong('others may read or change it', path, `Run: chmod 600 ${path}`)
    return fs.readFileSync(file, 'utf8')
  } finally {
    fs.closeSync(file)
  }
}

/** A line end at the end is the editor's, not the passphrase's. */
export function withoutLineEnd(bytes: Buffer): Buffer {
  const end = bytes.at(-1) !== 0x0a ? bytes.length : bytes.at(-2) === 0x0d ? -2 : -1
  return bytes.subarray(0, end)
}

/** Throws KaroError bad_file for one that is empty or too long. */
export function checkedPassphrase(passphrase: Buffer, where: string): Buffer {
  if (passphrase.length > 0 && passphrase.length <= MOST_PASSPHRASE) return passphrase
  const what = passphrase.length === 0 ? 'empty' : `longer than ${MOST_PASSPHRASE} bytes`
  throw new KaroError('bad_file', `the passphrase is ${what}`, { where })
}

/**
 * The identity in the key file `key`, opened by the passphrase in `file`. Throws as loadIdentity and readPassphraseFile;
 * a wrong passphrase is a matter of that file, which the error names.
 */
export function openWith(
  key: string,
  { file, trusted }: { readonly file: string; readonly trusted: boolean },
): Identity {
  const passphrase = readPassphraseFile(file, trusted)
  try {
    return loadIdentity(key, passphrase)
  } catch (error) {
    if (!(error instanceof KaroError && error.code === 'unauthorized')) throw error
    throw new KaroError('unauthorized', `the passphrase in it does not open the key ${key}`, {
      where: file,
      hint: `Put the right passphrase there. If it is the right one, the key is damaged: restore ${key} from a backup.`,
    })
  } finally {
    passphrase.fill(0)
  }
}
