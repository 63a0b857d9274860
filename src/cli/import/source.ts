// What is imported: a file, or standard input, kept where nobody finds it, because all of it is read twice.
import { rmSync } from 'node:fs'
import { type FileHandle, mkdtemp, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { diskTrouble } from '../../base/disk-trouble.ts'
import { KaroError } from '../../base/errors.ts'
import { LOOKED_AT } from '../../observe/imports/looks.ts'
import { openRegular, unreadable } from '../input/regular-file.ts'

export type ImportSource = ReturnType<typeof sourceOf>

/** `-` is standard input, as for every filter. Throws KaroError `not_found`, `bad_file`. */
export async function openSource(name: string, input: AsyncIterable<Uint8Array>): Promise<ImportSource> {
  if (name === '-') return sourceOf(STANDARD_INPUT, await keepInput(input))
  const path = resolve(name)
  return sourceOf(path, await openRegular(path))
}

function sourceOf(where: string, file: FileHandle) {
  return {
    /** For messages. */
    where,
    /** Tells whether its content is the same as before. */
    async look() {
      const { size, mtimeMs } = await file.stat()
      return `${size} ${mtimeMs}`
    },
    /** From the beginning, each time. Throws KaroError `bad_file`. */
    async *text() {
      const whole = { encoding: 'utf8', start: 0, autoClose: false } as const
      try {
        yield* file.createReadStream(whole) as AsyncIterable<string>
      } catch (cause) {
        throw unreadable(where, cause)
      }
    },
    /** Its first bytes: what it looks like. Throws KaroError `bad_file`. */
    async beginning() {
      try {
        return await beginningOf(file)
      } catch (cause) {
        throw unreadable(where, cause)
      }
    },
    close: () => file.close(),
  }
}

export async function beginningOf(file: FileHandle): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOKED_AT), 0, LOOKED_AT, 0)
  return buffer.subarray(0, bytesRead)
}

export const STANDARD_INPUT = 'standard input'
/** Kept of it, in bytes: what never ends would fill the disk. */
const MOST_KEPT = 2 ** 30
const TOO_MUCH = {
  where: STANDARD_INPUT,
  hint: 'Write it into a file, and give karo the file.',
}

/** All of it, in a file that nobody finds. Throws KaroError `bad_file`. */
export async function keepInput(input: AsyncIterable<Uint8Array>): Promise<FileHandle> {
  let file: FileHandle | undefined
  try {
    const directory = await mkdtemp(join(tmpdir(), 'karo-import-'))
    try {
      file = await open(join(directory, 'input'), 'wx+', 0o600)
    } finally {
      // It has no name from here on: it is gone with this process, however that ends.
      rmSync(directory, { recursive: true })
    }
    let size = 0
    for await (const chunk of input) {
      size += chunk.length
      if (size > MOST_KEPT) throw new KaroError('too_large', 'the input has more than 1 GiB', TOO_MUCH)
      await file.writeFile(chunk)
    }
    return file
  } catch (cause) {
    await file?.close()
    if (cause instanceof KaroError) throw cause
    const { reason, hint } = diskTrouble(join(tmpdir(), 'input'), cause)
    throw new KaroError('bad_file', `the input cannot be stored for a second reading: ${reason}`, {
      where: STANDARD_INPUT,
      hint: `${hint} TMPDIR names another directory.`,
      cause,
    })
  }
}
