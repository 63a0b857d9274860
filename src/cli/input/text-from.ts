// The whole text of a file that a person named, or of standard input, within a bound.
import { open } from 'node:fs/promises'
import { KaroError } from '../../base/errors.ts'
import { isPipe, openRegular } from './regular-file.ts'

/**
 * `path`: `-` for standard input. Throws KaroError `too_large` beyond `most` characters, `bad_file` for what is no text in UTF-8, and
 * as `openRegular`. The last end of line is left out.
 */
export async function textFrom(path: string, most: number): Promise<string> {
  // A character has up to four bytes.
  const bytes = await bytesFrom(path, most * 4)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new KaroError('bad_file', 'this is not text in UTF-8', { where: path, cause })
  }
  const whole = text.replace(/\r?\n$/, '')
  if (whole.length <= most) return whole
  throw new KaroError('too_large', `the text has more than ${most} characters`, { where: path })
}

/** All of a file, of a pipe, or of standard input. Throws KaroError `too_large` beyond `most` bytes, and as `openRegular`. */
export async function bytesFrom(path: string, most: number): Promise<Buffer> {
  await using file = path === '-' ? undefined : await (isPipe(path) ? open : openRegular)(path)
  const input = file?.createReadStream({ autoClose: false }) ?? process.stdin
  const bytes = Buffer.concat(await chunksOf(input, most))
  if (bytes.length <= most) return bytes
  const where = path === '-' ? 'standard input' : path
  throw new KaroError('too_large', `it has more than ${most} bytes`, { where })
}

/** The value of a JSON file. Throws KaroError `bad_file` with these words for what is none, and as `textFrom`. */
export async function jsonFrom(path: string, most: number, words: string, hint?: string): Promise<unknown> {
  const text = await textFrom(path, most)
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new KaroError('bad_file', words, { where: path, hint, cause })
  }
}

/** What comes until the end, or until it is more than `most` bytes. */
export async function chunksOf(input: AsyncIterable<Buffer>, most: number): Promise<readonly Buffer[]> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of input) {
    chunks.push(chunk)
    length += chunk.length
    if (length > most) break
  }
  return chunks
}
