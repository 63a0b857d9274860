// Finds values of `name=value` in a word if the name announces a secret: in the shell, in forms, lists and texts.
import { announcesSecret, NAME_LENGTH } from './names.ts'
import type { Report } from './report.ts'
import { isQuoted, type Word } from './word.ts'

/** Reports the values of all `name=value` in a word. */
export function secretsByName(word: Word, report: Report): void {
  const { value } = word
  for (let at = value.indexOf('='); at >= 0; at = value.indexOf('=', at + 1)) {
    // The operator may have two characters: `NAME+=x` of shells, `name:=1` and `name==x` of HTTPie.
    const operator = value[at - 1] === '+' || value[at - 1] === ':' ? at - 1 : at
    const found = NAME.exec(value.slice(Math.max(0, operator - NAME_LENGTH), operator))
    if (found === null) continue
    const name = found[1]!
    const start = operator - found[0].length
    const from = value[at + 1] === '=' ? at + 2 : at + 1
    const [begin, end] = valueRange(word, start, from, found[0].endsWith(']'))
    if (announcesSecret(name, value.slice(begin, end))) report(word, begin, end)
  }
}

/** A name at the end of a text; forms nest names, `user[password]=x`. */
const NAME = /([\w.-]+)\]?$/

/**
 * The range of a value. Its end depends on the character before the name: a field of a form or of a list, or a word of
 * a text.
 */
function valueRange(word: Word, start: number, from: number, nested: boolean): [from: number, to: number] {
  const { value } = word
  const before = nested ? '&' : start === 0 ? undefined : value[start - 1]!
  // The shell itself reads this assignment: `TOKEN="a b"`.
  if (before === undefined && !word.document && !isQuoted(word, 0)) return [from, value.length]
  const stop = before === undefined ? word.document && BLANK : STOPS[before]
  const first = value[from]
  if (first === '"' || first === "'") {
    const close = value.indexOf(first, from + 1)
    return [from + 1, close < 0 ? value.length : close]
  }
  if (!stop && before !== undefined) return [from, value.length]
  const end = stop || LINE_END
  end.lastIndex = from
  return [from, end.exec(value)?.index ?? value.length]
}

const LINE_END = /\n/g
const BLANK = /[\s'"]/g
const STOPS: Readonly<Record<string, RegExp>> = {
  ' ': BLANK,
  '\t': BLANK,
  '\n': BLANK,
  '?': /[\s&#'"]/g,
  '&': /[\n&#'"]/g,
  ';': /[\n;'"]/g,
  ',': /[\n,'"]/g,
  '/': /[\n/]/g,
  // The name may stand in a pattern for sed or awk.
  '^': /[\n/]/g,
  '"': /[\n"]/g,
  "'": /[\n']/g,
  '(': /[\n)]/g,
  // The bracket of a mark `[redacted]` from an earlier round does not count.
  '[': /\n|(?<!\[redacted)\]/g,
  '{': /[\n,}]/g,
}
