// The bytes of a backup's tar, out of a file that may be encrypted.
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { pipe } from 'it-pipe'
import { whyUnreadable } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'
import { type Encryption, type Opener, unsealed } from './age.ts'

const READ_BYTES = 1024 * 1024
const OPENS = { recipients: 'the holder of a key', passphrase: 'those who know a passphrase' } as const

/** The tar in the file, which can be read from its begin any number of times. */
export interface Source {
  readonly path: string
  /** What errors name: bytes of the content are counted, which in an encrypted file are not those of the file. */
  readonly name: string
  read(): AsyncIterable<Uint8Array>
}

/** Throws KaroError `bad_request` for an opener where none is needed, and without one where it is. */
export function sourceOf(
  file: FileHandle,
  path: string,
  encryption: Encryption,
  opener: Opener | undefined,
): Source {
  if (encryption === 'none') {
    if (opener === undefined) return { path, name: path, read: () => piecesOf(file) }
    throw new KaroError('bad_request', 'the backup is not encrypted', {
      where: path,
      hint: 'If you expected it to be, find out who made it. To restore it, leave out the key or passphrase.',
    })
  }
  if (opener === undefined) {
    throw new KaroError('bad_request', `the backup is encrypted for ${OPENS[encryption]}`, {
      where: path,
      hint: 'Give the secret key with --identity-file <file>, or the passphrase.',
    })
  }
  return { path, name: `what is in ${path}`, read: () => pipe(piecesOf(file), unsealed(opener, path)) }
}

async function* piecesOf(file: FileHandle): AsyncGenerator<Uint8Array, void> {
  for (let at = 0; ; ) {
    const buffer = Buffer.allocUnsafe(READ_BYTES)
    const { bytesRead } = await file.read(buffer, 0, READ_BYTES, at)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    at += bytesRead
  }
}

/** Throws KaroError `not_found` or `bad_file`: a pipe could not be read a second time, and a directory not at all. */
export async function openFile(path: string): Promise<FileHandle> {
  let file: FileHandle | undefined
  try {
    // Non-blocking, because to open a pipe would wait for its writer.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    if (!(await file.stat()).isFile()) throw new Error('it is not a file')
    return file
  } catch (cause) {
    await file?.close()
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT')
      throw new KaroError('not_found', 'there is no such file', {
        where: path,
        hint: 'Name the file that karo backup made.',
        cause,
      })
    throw new KaroError('bad_file', `the backup cannot be read: ${whyUnreadable(cause)}`, {
      where: path,
      cause,
    })
  }
}

/** The error for a damaged backup; `at` counts the bytes of its content. */
export const bad = (source: Source, at: number | undefined, why: string): KaroError =>
  new KaroError('bad_file', `the backup is damaged: ${why}`, {
    where: at === undefined ? source.path : `${source.name}, at byte ${at}`,
    hint: 'Nothing was changed. Take another backup, or another copy of this one.',
  })
