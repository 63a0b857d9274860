// What is imported: a file, or standard input, kept where nobody finds it, because all of it is read twice.
import { createReadStream, rmSync } from 'node:fs'
import { type FileHandle, mkdtemp, open, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { diskTrouble } from '../base/disk-trouble.ts'
import { KaroError } from '../base/errors.ts'
import { LOOKED_AT } from '../imports/looks.ts'

export interface ImportSource {
  /** For messages. */
  readonly where: string
  /** Tells whether it is the same file with the same content. Throws KaroError `not_found`. */
  look(): Promise<string>
  /** Its first bytes: what it looks like. Throws KaroError `bad_file`. */
  beginning(): Promise<Uint8Array>
  /** From the beginning, each time. Throws KaroError `bad_file`. */
  text(): AsyncGenerator<string, void>
  close(): Promise<void>
}

/** `-` is standard input, as for every filter. */
export async function openSource(name: string, input: AsyncIterable<Uint8Array>): Promise<ImportSource> {
  return name === '-' ? standardInput(input) : fileSource(resolve(name))
}

async function beginningOf(file: FileHandle): Promise<Uint8Array> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(LOOKED_AT), 0, LOOKED_AT, 0)
  return buffer.subarray(0, bytesRead)
}

function fileSource(path: string): ImportSource {
  const unreadable = (cause: unknown): KaroError =>
    new KaroError('bad_file', `the file cannot be read: ${(cause as Error).message}`, { where: path, cause })
  return {
    where: path,
    async look() {
      try {
        const { ino, size, mtimeMs } = await stat(path)
        return `${ino} ${size} ${mtimeMs}`
      } catch (cause) {
        throw new KaroError('not_found', 'there is no such file', { where: path, cause })
      }
    },
    async *text() {
      try {
        yield* createReadStream(path, { encoding: 'utf8' }) as AsyncIterable<string>
      } catch (cause) {
        throw unreadable(cause)
      }
    },
    async beginning() {
      let file: FileHandle | undefined
      try {
        file = await open(path, 'r')
        return await beginningOf(file)
      } catch (cause) {
        throw unreadable(cause)
      } finally {
        await file?.close()
      }
    },
    async close() {},
  }
}

async function standardInput(input: AsyncIterable<Uint8Array>): Promise<ImportSource> {
  const kept = await keepInput(input)
  return {
    where: STANDARD_INPUT,
    look: async () => STANDARD_INPUT,
    beginning: () => beginningOf(kept),
    async *text() {
      yield* kept.createReadStream({
        encoding: 'utf8',
        start: 0,
        autoClose: false,
      }) as AsyncIterable<string>
    },
    close: () => kept.close(),
  }
}

export const STANDARD_INPUT = 'standard input'

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
    for await (const chunk of input) await file.writeFile(chunk)
    return file
  } catch (cause) {
    await file?.close()
    const { reason, hint } = diskTrouble(join(tmpdir(), 'input'), cause)
    throw new KaroError('bad_file', `it cannot be kept to be read twice: ${reason}`, {
      where: STANDARD_INPUT,
      hint: `${hint} TMPDIR names another directory.`,
      cause,
    })
  }
}
