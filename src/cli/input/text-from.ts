// The whole text of a file that a person named, or of standard input, within a bound.
import { KaroError } from '../../base/errors.ts'
import { openRegular } from './regular-file.ts'

/**
 * `path`: `-` for standard input. Throws KaroError `too_large` beyond `most` characters, `bad_file` for what is no text in UTF-8, and
 * as `openRegular`. The last end of line is left out.
 */
export async function textFrom(path: string, most: number): Promise<string> {
  await using file = path === '-' ? undefined : await openRegular(path)
  // A character has up to four bytes.
  const chunks = await chunksOf(file?.createReadStream({ autoClose: false }) ?? process.stdin, most * 4)
  const bytes = Buffer.concat(chunks)
  if (bytes.length > most * 4) throw tooLong(path, most)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new KaroError('bad_file', 'this is not text in UTF-8', { where: path, cause })
  }
  const whole = text.replace(/\r?\n$/, '')
  if (whole.length > most) throw tooLong(path, most)
  return whole
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

const tooLong = (where: string, most: number): KaroError =>
  new KaroError('too_large', `the text has more than ${most} characters`, { where })
