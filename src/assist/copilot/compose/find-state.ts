// The state of a request about files while its phrases are read, and the expressions of phrases.
import { type Expression, expressionOf } from './needed.ts'
import type { Reading } from './read.ts'

const THING = '<[qvpgfnmh]\\d+>'
const BARE =
  '(?!(?:and|or|in|of|the|that|which|with|contain|contains|containing|having|matching|file|files|user|group|all|any|not|is|are|current|directory|to|patterns?|regex|names?|multiple|colons?|spaces?|dots?|digits?|numbers?|underscores?|hyphens?|dash(?:es)?|newlines?|letters?|characters?|quotes?|commas?|uppercase|lowercase|vowels?)\\b)[a-z_][\\w.-]*'
export const AND = '(?: ?, ?| or | and | ?, ?or | ?, ?and | as well as |(?<=>) (?=<p))'
const list = (one: string): string => `${one}(?:${AND}(?:(?:ending )?(?:with|in) )?${one})*`
const MACROS: Readonly<Record<string, string>> = {
  V: `(${THING})`,
  Q: '(<[qvgf]\\d+>)',
  G: '(<g\\d+>)',
  W: `(${THING}|${BARE})`,
  // A place that has a name.
  TO: `(${THING}|(?!(?:another|other|different|some|same|temp|new|parent|specific|given|home)\\b)${BARE})`,
  VS: `(${list(THING)})`,
  WS: `(${list(`(?:${THING}|${BARE})`)})`,
  P: '(<[pvfgq]\\d+>)',
  PS: `(${list('<[pvfgq]\\d+>')})`,
  S: '(<s\\d+>)',
  T: '(<t\\d+>)',
  N: '(<n\\d+>)',
  M: '(<[mn]\\d+>)',
  LINK: '(?:(?:that|which|whose|and|with|having|,|are|is|were|was|have|has|had|been|be|who|do|does)\\s)*',
  TV: "((?:(?:content|data|file|status|inode|metadata|attributes?)?'?s? ?(?:was |were |has been |have been |been |has |have )?)(?:modified|changed|updated|accessed|read|opened|used|created|edited|altered|modification|access))",
}

/** The end of a phrase that was accounted for. */
export const DONE = '\u00a6'

const compiled = new Map<string, Expression>()
/** The expression of a phrase, with its macros written out. */
export function phrase(pattern: string): Expression {
  const known = compiled.get(pattern)
  if (known !== undefined) return known
  const text = pattern
    .replace(/\{([A-Z]+)\}/g, (_, name: string) => MACROS[name] as string)
    .replace(/^\^/, `^[ ${DONE}]*`)
    .replace(/\$$/, `(?=[ ${DONE}]*$)`)
  const made = expressionOf(`(?<![\\w<.$-])(?:${text})(?:(?<=\\s)|(?![\\w>-]))`)
  compiled.set(pattern, made)
  return made
}

export interface State {
  readonly reading: Reading
  readonly request: string
  text: string
  type: string | undefined
  places: string[]
  depth: string[]
  tests: string[]
  todo: string[]
  pipe: string[]
  held: { text: string; lacks: boolean; lines: boolean } | undefined
  rank: { by: 'big' | 'small' | 'new' | 'old'; most: string } | undefined
  asked: string | undefined
  nocase: boolean
  quiet: boolean
  follows: boolean
  /** Whether each action asks first. */
  asks: boolean
  sudo: boolean
  /** Whether each action says what it does. */
  loud: boolean
  /** What the search prints of each thing. */
  end: string | undefined
  into: string | undefined
  /** What the phrases that were taken add, and which kind, place and names were read; see `Candidate`. */
  readonly ways: string[]
}

/** The state before anything is read. */
export const stateOf = (request: string, reading: Reading): State => ({
  reading,
  request,
  text: reading.text,
  type: undefined,
  held: undefined,
  rank: undefined,
  asked: undefined,
  places: [],
  depth: [],
  tests: [],
  todo: [],
  pipe: [],
  ways: [],
  nocase: false,
  quiet: false,
  follows: false,
  asks: false,
  sudo: false,
  loud: false,
  end: undefined,
  into: undefined,
})

/** Takes a phrase out of the words that are left. */
export function take(state: State, match: RegExpExecArray): void {
  const { text } = state
  state.text = `${text.slice(0, match.index)} ${DONE} ${text.slice(match.index + match[0].length)}`
    .replace(/\s+/g, ' ')
    .trim()
}
