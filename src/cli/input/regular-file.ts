// Opens a file that a person named for reading, and never waits, as a FIFO would.
import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import { whyUnreadable } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'

/** Throws KaroError `not_found`, and `bad_file` if the file cannot be read or is not a regular file. */
export async function openRegular(path: string): Promise<FileHandle> {
  let found: Awaited<ReturnType<typeof stat>>
  try {
    found = await stat(path)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new KaroError('not_found', 'there is no such file', {
        where: path,
        hint: 'Check the path: ls shows what is there.',
        cause,
      })
    throw unreadable(path, cause)
  }
  // Reading a FIFO would wait, and a device has no end.
  if (!found.isFile()) {
    const kind = found.isDirectory() ? 'a directory' : 'no regular file'
    throw new KaroError('bad_file', `this is ${kind}`, { where: path })
  }
  try {
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    throw unreadable(path, cause)
  }
}

export const unreadable = (path: string, cause: unknown): KaroError =>
  new KaroError('bad_file', `it cannot be read: ${whyUnreadable(cause)}`, { where: path, cause })
