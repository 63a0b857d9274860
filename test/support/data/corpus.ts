// Reads the corpora of command lines: their placeholders are filled with made-up characters, the same in every run.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Random, randomOf } from '../run/random.ts'

export interface CorpusLine {
  /** As it stands in the file, for messages. */
  readonly template: string
  /** One line with placeholders filled and end-of-line marks replaced, per filling. */
  readonly filled: readonly string[]
}

const DIGITS = '0123456789'
const LOWER = 'abcdefghijklmnopqrstuvwxyz'
const UPPER = LOWER.toUpperCase()
const LETTERS_AND_DIGITS = UPPER + LOWER + DIGITS

const ALPHABETS: Readonly<Record<string, string>> = {
  d: DIGITS,
  hex: `${DIGITS}abcdef`,
  HEX: `${DIGITS}ABCDEF`,
  a36: LOWER + DIGITS,
  A36: UPPER + DIGITS,
  /** RFC 4648 base 32. */
  A32: `${UPPER}234567`,
  b62: LETTERS_AND_DIGITS,
  b64: `${LETTERS_AND_DIGITS}+/`,
  url: `${LETTERS_AND_DIGITS}-_`,
}

/** Ways to fill a placeholder: at random twice, and with one character only, which no measure of randomness finds. */
const FILLINGS = ['random', 'other random', 'flat'] as const
type Filling = (typeof FILLINGS)[number]

const PLACEHOLDER = /⟦(~?)(\w+)(?: (\d+))?⟧/g

const text = (random: Random, alphabet: string, length: number): string =>
  Array.from({ length }, () => alphabet[random.below(alphabet.length)]!).join('')

/** Passwords as people choose them; none begins with a sign or is a number of a port. */
const PASSWORDS: Readonly<Record<Filling, (random: Random) => string>> = {
  random: (random) =>
    `${text(random, LETTERS_AND_DIGITS, 5)}${text(random, '._+%-', 1)}${text(random, LETTERS_AND_DIGITS, 6)}`,
  'other random': (random) => text(random, DIGITS, 8),
  flat: () => 'swordfish',
}

const WORDS: Readonly<Record<string, (random: Random, filling: Filling) => string>> = {
  /** A bare word. */
  pw: (random, filling) => PASSWORDS[filling](random),
  /** For single quotes: blanks and signs that mean something to a shell. */
  quoted: (random, filling) =>
    `${PASSWORDS[filling](random)} ${text(random, '&;#!*()<>|=?', 3)} ${text(random, LOWER, 4)}`,
  phrase: () => 'correct horse battery staple',
}

function fill(template: string, filling: Filling, random: Random): string {
  const filled = template.replace(PLACEHOLDER, (_, alwaysRandom: string, kind: string, length?: string) => {
    const word = WORDS[kind]
    if (word !== undefined) return word(random, filling)
    const alphabet = ALPHABETS[kind]
    if (alphabet === undefined || length === undefined) throw new Error(`unknown placeholder in: ${template}`)
    // The last character is a letter or digit in each alphabet but these two, whose signs would end a word.
    if (filling === 'flat' && alwaysRandom === '')
      return alphabet[alphabet.length >> 1]!.repeat(Number(length))
    const signs = /[+/_-]/.test(alphabet)
    const inner = text(random, alphabet, Number(length) - (signs ? 1 : 0))
    return signs ? inner.replace(/^[^A-Za-z0-9]/, 'x') + text(random, LETTERS_AND_DIGITS, 1) : inner
  })
  return filled.replaceAll('⏎', '\n')
}

/** The lines of `test/corpus/<name>.txt`. Throws when there is none, or a placeholder of no kind. */
export function corpus(name: string): CorpusLine[] {
  const file = readFileSync(join(import.meta.dirname, '../..', 'corpus', `${name}.txt`), 'utf8')
  const templates = file.split('\n').filter((line) => line !== '' && !line.startsWith('# '))
  if (templates.length === 0) throw new Error(`the corpus ${name} is empty`)
  return templates.map((template, at) => ({
    template,
    filled: FILLINGS.map((filling, i) => fill(template, filling, randomOf(at * FILLINGS.length + i))),
  }))
}
