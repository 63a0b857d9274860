// The whole text of a file that a person named, or of standard input, within a bound.
import { KaroError } from '../../base/errors.ts'
import { openRegular } from './regular-file.ts'

/**
 * `path`: `-` for standard input. Throws KaroError `too_large` beyond `most` characters, `bad_file` for what is no text in UTF-8, and
 * as `openRegular`. The last end of line is left out.
 */
export async function textFrom(path: string, most: number): Promise<string> {
  const file = path === '-' ? undefined : await openRegular(path)
  const chunks: Buffer[] = []
  let length = 0
  try {
    for await (const chunk of file?.createReadStream({ autoClose: false }) ?? process.stdin) {
      chunks.push(chunk as Buffer)
      length += (chunk as Buffer).length
      // A character has up to four bytes.
      if (length > most * 4) throw tooLong(path, most)
    }
  } finally {
    await file?.close()
  }
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch (cause) {
    throw new KaroError('bad_file', 'this is not text in UTF-8', { where: path, cause })
  }
  const whole = text.replace(/\r?\n$/, '')
  if (whole.length > most) throw tooLong(path, most)
  return whole
}

const tooLong = (where: string, most: number): KaroError =>
  new KaroError('too_large', `the text has more than ${most} characters`, { where })
