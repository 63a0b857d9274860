// Opens a file that a person named for reading, and never waits, as a FIFO would.
import { constants } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
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

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'you may not read the file, or one of its parent directories',
  EPERM: 'you may not read the file, or one of its parent directories',
  ELOOP: 'symbolic links form a loop',
  ENOTDIR: 'a part of the path is not a directory',
}

function unreadable(path: string, cause: unknown): KaroError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException
  const reason = REASONS[code] ?? code
  return new KaroError('bad_file', `it cannot be read: ${reason}`, { where: path, cause })
}
