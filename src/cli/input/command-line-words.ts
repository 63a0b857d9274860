// Joins the words of a command line after `karo check` or `karo explain` into one, and keeps Karo's own options apart.
import { quoteFish, quoteShell } from '../../base/quote.ts'
import type { Command } from '../command.ts'

/** The options of every command, each with whether a value follows it. */
const COMMON: Readonly<Record<string, boolean>> = {
  '--json': false,
  '--home': true,
  '--help': false,
  '-h': false,
}

/**
 * Returns `words` with the command line joined into one word behind `--`. Options of Karo stand before the command line.
 * After a command line in one word, options are Karo's too, as in `karo check 'rm -rf /' --json`. If it has several words,
 * all options after it are its own, except a last `--json`. Everything behind `--` belongs to the command line.
 */
export function withOneCommandLine({ options }: Command, words: readonly string[]): readonly string[] {
  const takesValue: Record<string, boolean> = { ...COMMON }
  for (const { name, value } of options) takesValue[`--${name}`] = value !== undefined

  /** How many words from `at` on make one option of Karo; 0 if there is none. */
  const ownAt = (at: number): number => {
    const word = words[at] ?? ''
    const [name = '', value] = word.startsWith('--') ? word.split(/=(.*)/s, 2) : [word]
    if (!Object.hasOwn(takesValue, name)) return 0
    return takesValue[name] && value === undefined ? 2 : 1
  }
  const skipOwn = (from: number): number => {
    let at = from
    for (let length = ownAt(at); length > 0; length = ownAt(at)) at += length
    return at
  }

  const begin = skipOwn(0)
  const own = words.slice(0, begin)
  // With --rules the words are a search among rules, and no command line.
  if (own.includes('--rules')) return words
  if (words[begin] === '--') {
    const line = words.slice(begin + 1)
    return line.length < 2 ? words : [...own, '--', joined(line, own)]
  }
  // No word, or an unknown option: the parser will say what is wrong.
  if (words[begin] === undefined || (words[begin]?.startsWith('-') && words[begin] !== '-')) return words
  if (skipOwn(begin + 1) >= words.length) return words
  const line = words.slice(begin)
  const asksJson = line.at(-1) === '--json'
  if (asksJson) line.pop()
  return [...own, ...(asksJson ? ['--json'] : []), '--', joined(line, own)]
}

/** Words that a shell takes as they are, at any place. */
const PLAIN = /^[\w@%+:,./-][\w@%+=:,./-]*$/
const ASSIGNMENT = /^([A-Za-z_]\w*\+?=)(.*)$/s

/** Quotes the words so that a shell reads the same words again; the shell had removed quotes and made expansions. */
function joined(line: readonly string[], own: readonly string[]): string {
  const at = own.indexOf('--shell')
  const isFish = own[at + 1] === 'fish' && at >= 0 ? true : own.includes('--shell=fish')
  const quote = (word: string): string =>
    PLAIN.test(word) ? word : isFish ? quoteFish(word) : quoteShell(word)
  let inFront = true
  return line
    .map((word) => {
      // `!`, `{` and settings of variables in front of a command lose their meaning in quotes.
      if (inFront && (word === '!' || word === '{')) return word
      const [, name, value] = (inFront && ASSIGNMENT.exec(word)) || []
      if (name !== undefined && value !== undefined) return value === '' ? name : name + quote(value)
      inFront = false
      return quote(word)
    })
    .join(' ')
}
