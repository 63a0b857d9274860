// Opens a file that a person named for reading, and never waits, as a FIFO would.
import { constants, statSync } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { whyUnreadable } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'
import { orElse } from '../../base/run/or-else.ts'

/** True for a pipe, as of `<(…)` or /dev/stdin: it can be opened and read only once. */
export const isPipe = (path: string): boolean => orElse(() => statSync(path).isFIFO(), false)

/** Throws KaroError `not_found`, and `bad_file` if the file cannot be read or is not a regular file. */
export async function openRegular(
  path: string,
  hint = 'Check the path: ls shows what is there.',
): Promise<FileHandle> {
  try {
    const found = await stat(path)
    // Reading a FIFO would wait, and a device has no end.
    if (found.isFile()) return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const kind = found.isDirectory() ? 'a directory' : 'no regular file'
    throw new KaroError('bad_file', `this is ${kind}`, { where: path })
  } catch (cause) {
    if (cause instanceof KaroError) throw cause
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(path, cause)
    throw new KaroError('not_found', 'there is no such file', {
      where: path,
      hint,
      cause,
    })
  }
}

export const unreadable = (path: string, cause: unknown): KaroError =>
  new KaroError('bad_file', `it cannot be read: ${whyUnreadable(cause)}`, { where: path, cause })
