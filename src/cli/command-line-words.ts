// A command line that follows `karo check` or `karo explain` as it would be typed: which words are its own, and all of them as one.
import { quoteFish, quoteShell } from '../base/quote.ts'
import type { Command } from './command.ts'

/** With the options every command has, by whether a value follows. */
const COMMON: Readonly<Record<string, boolean>> = {
  '--json': false,
  '--home': true,
  '--help': false,
  '-h': false,
}

/**
 * The words after the command's name, with a command line of several words made into one behind `--`. Options of ours
 * stand before it. Behind it they are ours only where nothing else follows a single word, as in `karo check 'rm -rf /' --json`;
 * of several words all are the command's, but for a last `--json`. What stands behind `--` is always the command's.
 */
export function withOneCommandLine(
  { options }: Pick<Command, 'options'>,
  words: readonly string[],
): readonly string[] {
  const takesValue: Record<string, boolean> = { ...COMMON }
  for (const { name, value } of options) takesValue[`--${name}`] = value !== undefined

  /** How many words from `at` on are one option of ours; 0: none. */
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
  // A search among rules is no command line.
  if (own.includes('--rules')) return words
  if (words[begin] === '--') {
    const line = words.slice(begin + 1)
    return line.length < 2 ? words : [...own, '--', joined(line, own)]
  }
  // An option we do not have, or nothing: whoever parses says what is wrong.
  if (words[begin] === undefined || (words[begin]?.startsWith('-') && words[begin] !== '-')) return words
  if (skipOwn(begin + 1) >= words.length) return words
  const line = words.slice(begin)
  const asksJson = line.at(-1) === '--json'
  if (asksJson) line.pop()
  return [...own, ...(asksJson ? ['--json'] : []), '--', joined(line, own)]
}

/** Of these a shell makes nothing else, wherever they stand. */
const PLAIN = /^[\w@%+:,./-][\w@%+=:,./-]*$/
const ASSIGNMENT = /^([A-Za-z_]\w*\+?=)(.*)$/s

/** A shell that reads it finds the same words again: it gave them to us as they are, with quotes and expansions done. */
function joined(line: readonly string[], own: readonly string[]): string {
  const at = own.indexOf('--shell')
  const isFish = own[at + 1] === 'fish' && at >= 0 ? true : own.includes('--shell=fish')
  const quote = (word: string): string =>
    PLAIN.test(word) ? word : isFish ? quoteFish(word) : quoteShell(word)
  let inFront = true
  return line
    .map((word) => {
      // A negation and the settings of variables in front of a command mean something as they stand there only.
      if (inFront && (word === '!' || word === '{')) return word
      const [, name, value] = (inFront && ASSIGNMENT.exec(word)) || []
      if (name !== undefined && value !== undefined) return value === '' ? name : name + quote(value)
      inFront = false
      return quote(word)
    })
    .join(' ')
}
