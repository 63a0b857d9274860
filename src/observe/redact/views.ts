// Reads texts in the escapes of another text: `\n` and `\"` of strings in strings, `%3D` of addresses.
import { type Word, WordParts } from './word.ts'

const ESCAPE = /\\(?:[nrt"'`\\/]|u00[2-7][0-9a-f])/gi
const PERCENT = /%(?:2[0-9a-c]|2f|3[a-f]|40|5[bd]|7[bd])/gi
/** Separators in percent-encoding; a text without them is not decoded. */
const MAY_BE_ENCODED = /%(?:3[ad]|22|3e)/i
const CONTROLS: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

const unescaped = (sign: string): string =>
  sign.length > 2 ? String.fromCharCode(Number.parseInt(sign.slice(2), 16)) : (CONTROLS[sign[1]!] ?? sign[1]!)

const decoded = (percent: string): string => String.fromCharCode(Number.parseInt(percent.slice(1), 16))

/** The text without one layer of escapes, as words with offsets in `text`; empty if there are no escapes. */
export function views(text: string): Word[] {
  const found: Word[] = []
  if (text.includes('\\')) found.push(view(text, ESCAPE, unescaped))
  if (MAY_BE_ENCODED.test(text)) found.push(view(text, PERCENT, decoded))
  return found
}

function view(text: string, pattern: RegExp, read: (sign: string) => string): Word {
  const parts = new WordParts()
  let done = 0
  pattern.lastIndex = 0
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    parts.plain(done, text.slice(done, match.index), undefined)
    done = pattern.lastIndex
    parts.escape(match.index, done, read(match[0]), undefined)
  }
  parts.plain(done, text.slice(done), undefined)
  return parts.word(0, text.length, true)
}
