// Reads and writes the key file as a file: only its owner's, judged on the open descriptor, replaced whole or not at all.
import * as fs from 'node:fs'
import type { Random } from '../../base/clock.ts'
import { diskTrouble, whyUnreadable } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'
import { replaceFile } from '../../base/files.ts'

export const MODE = 0o600
/** A PEM of one Ed25519 key has 119 bytes, an encrypted one about 400, each key before it about 600; room for comments. */
const MOST_BYTES = 64 * 1024
const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = fs.constants

const errno = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code

/** The file's text; everything is judged on the open descriptor, so that nothing can be swapped in between. */
export function readPrivateFile(path: string): string {
  let file: number
  try {
    // O_NONBLOCK: opening a FIFO must not hang; for a regular file it changes nothing.
    file = fs.openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  } catch (cause) {
    const code = errno(cause)
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw new KaroError('bad_file', 'there is no key yet', { where: path, hint: 'Run karo init.', cause })
    }
    if (code === 'ELOOP') {
      throw new KaroError('bad_file', 'the key is a symbolic link', {
        where: path,
        hint: 'Put the key file itself there, or point KARO_HOME to the directory it is in.',
        cause,
      })
    }
    throw new KaroError('bad_file', `the key cannot be read: ${whyUnreadable(cause)}`, {
      where: path,
      cause,
    })
  }
  try {
    const stat = fs.fstatSync(file)
    if (!stat.isFile()) throw new KaroError('bad_file', 'the key is not a regular file', { where: path })
    const user = process.geteuid?.()
    if (user !== undefined && stat.uid !== user) {
      throw new KaroError('bad_file', `the key belongs to user ${stat.uid}, this process runs as ${user}`, {
        where: path,
        // Root would take the key away from the service that has it.
        hint:
          user === 0
            ? `Run as that user: sudo -u '#${stat.uid}' karo ...`
            : `Run as that user, or: chown ${user} ${path}`,
      })
    }
    const mode = stat.mode & 0o7777
    if ((mode & ~MODE) !== 0) {
      throw new KaroError(
        'bad_file',
        `the key's mode is ${mode.toString(8).padStart(4, '0')}, wider than 0600: others may have read it`,
        { where: path, hint: `Run: chmod 600 ${path}` },
      )
    }
    if (stat.size > MOST_BYTES) throw damaged(path)
    return readText(file, stat.size)
  } finally {
    fs.closeSync(file)
  }
}

function readText(file: number, size: number): string {
  const buffer = Buffer.alloc(size)
  const length = fs.readSync(file, buffer, 0, size, 0)
  const text = buffer.toString('latin1', 0, length)
  buffer.fill(0)
  return text
}

export function damaged(path: string): KaroError {
  return new KaroError('bad_file', 'the file is no Ed25519 private key in PKCS8 PEM', {
    where: path,
    hint: 'Restore it from a backup. Moving it away and running karo identity new makes another node of this one.',
  })
}

export function cannotWrite(path: string, cause: unknown): KaroError {
  const { reason, hint } = diskTrouble(path, cause)
  return new KaroError('bad_file', `the key cannot be written: ${reason}`, { where: path, hint, cause })
}

export function replacePrivateFile(path: string, content: string, random: Random): void {
  try {
    replaceFile(path, content, MODE, random)
  } catch (cause) {
    throw cannotWrite(path, cause)
  }
}
