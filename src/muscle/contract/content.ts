// What lies at a path, in words that change with it: read by the Brain when a person is asked, and by the Muscle when it runs.
import { type BigIntStats, constants } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { toHex } from '../../base/hex.ts'

/** Bytes of a file that is hashed; a larger one is known by its place on the disk and the moment of its last change. */
const MOST_BYTES = 16 * 1024 * 1024
/** Of what is not there. */
export const MISSING = 'missing'
/** Of what lies behind a directory that the process may not enter, such as a home for a service: nobody there knows whether it exists. */
export const CLOSED = 'not visible'

export interface Content {
  /** Null for what is no file. */
  readonly bytes: number | null
  /** BLAKE3 of the content, 64 hex digits; other words for a directory, for a file that is too large or cannot be read, and for what is not there. */
  readonly hash: string
  /** What was hashed. */
  readonly data?: Buffer
}

/** The words for what is not hashed. */
const wordsFor = ({ dev, ino, ctimeNs }: BigIntStats, isDirectory: boolean): string =>
  isDirectory ? `directory ${dev}:${ino}` : `file ${dev}:${ino} of ${ctimeNs}`

/** Never rejects. */
export async function contentAt(path: string): Promise<Content> {
  // Opening a pipe would wait for its writer.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined)
  try {
    const is = await (file?.stat({ bigint: true }) ?? stat(path, { bigint: true }))
    if (is.isDirectory()) return { bytes: null, hash: wordsFor(is, true) }
    const bytes = Number(is.size)
    if (file === undefined || !is.isFile() || bytes > MOST_BYTES) return { bytes, hash: wordsFor(is, false) }
    const data = await file.readFile()
    const { blake3 } = await import('../../base/hash.ts')
    return { bytes: data.length, hash: toHex(blake3([data])), data }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return { bytes: null, hash: code === 'EACCES' ? CLOSED : MISSING }
  } finally {
    await file?.close()
  }
}
