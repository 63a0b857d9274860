// How well a command fits a question: it has all words, or else all letters in their order and close together.

/** UTF-16 units; a longer command is not searched letter by letter. */
const LETTERS_MOST = 512
/** Words of a question; nobody types more. */
const WORDS_MOST = 32
/** Letters found over more than this many times their number are there by chance. */
const SPREAD_MOST = 4

export interface Question {
  /** Words that must occur, in lower case. */
  readonly words: readonly string[]
  /** Words that must not occur, in lower case. */
  readonly without: readonly string[]
  /** All letters of the words, to be found in this order if the words are not there; none where words have to be there. */
  readonly letters: string
}

/** How a text has to fit: by its words or else its letters, by its words alone, or as it is. Ctrl-S steps through them. */
export const MATCHES = ['fuzzy', 'words', 'exact'] as const
export type Match = (typeof MATCHES)[number]

/**
 * Splits a question at blanks: `"two words"` is one word, `!word` must not occur (as in fzf). An exact question is one
 * text with its blanks and signs.
 */
export function readQuestion(text: string, match: Match): Question {
  if (match === 'exact') return { words: text === '' ? [] : [text.toLowerCase()], without: [], letters: '' }
  const words: string[] = []
  const without: string[] = []
  for (const [, not, quoted, bare] of text.toLowerCase().matchAll(/(!(?=\S))?(?:"([^"]*)"?|(\S+))/g)) {
    const word = quoted ?? bare ?? ''
    if (word !== '') (not === undefined ? words : without).push(word)
  }
  return {
    words: words.slice(0, WORDS_MOST),
    without: without.slice(0, WORDS_MOST),
    letters: match === 'words' ? '' : words.slice(0, WORDS_MOST).join('').replaceAll(/\s/g, ''),
  }
}

/**
 * How well the command fits: 0 not at all, below 1 by its letters, 1 to 2 by its words, 3 if it begins with the first word.
 * `text` is the command in lower case.
 */
export function fitOf({ words, without, letters }: Question, text: string): number {
  for (const word of without) if (text.includes(word)) return 0
  if (words.length === 0) return 1
  let boundaries = 0
  for (const word of words) {
    const at = text.indexOf(word)
    if (at < 0) return letters.length < 2 || text.length > LETTERS_MOST ? 0 : fitOfLetters(letters, text)
    if (isBoundary(text, at)) boundaries++
  }
  if (text.startsWith(words[0]!)) return 3
  return 1 + boundaries / words.length
}

/** Whether a word begins at this place. */
const isBoundary = (text: string, at: number): boolean => at === 0 || /[^\p{L}\p{N}]/u.test(text[at - 1]!)

function fitOfLetters(letters: string, text: string): number {
  const span = spanOf(letters, text)
  if (span === undefined) return 0
  const [begin, end] = span
  const tightness = letters.length / (end - begin)
  if (tightness * SPREAD_MOST < 1) return 0
  return tightness * (isBoundary(text, begin) ? 0.9 : 0.6)
}

/** The range of the letters: from their first possible end back to the last possible beginning. */
function spanOf(letters: string, text: string): readonly [begin: number, end: number] | undefined {
  let at = -1
  for (let i = 0; i < letters.length; i++) {
    at = text.indexOf(letters[i]!, at + 1)
    if (at < 0) return undefined
  }
  const end = at + 1
  let begin = end
  for (let i = letters.length - 1; i >= 0; i--) begin = text.lastIndexOf(letters[i]!, begin - 1)
  return [begin, end]
}

/** The parts of the command that match the question, as ranges [begin, end); none if lower case changes its length. */
export function answersIn(question: Question, command: string): readonly (readonly [number, number])[] {
  const text = command.toLowerCase()
  if (text.length !== command.length) return []
  const { words, letters } = question
  const found = words.map((word) => [text.indexOf(word), text.indexOf(word) + word.length] as const)
  if (found.every(([begin]) => begin >= 0)) return joined(found)
  const span = letters === '' ? undefined : spanOf(letters, text)
  if (span === undefined) return []
  const places: [number, number][] = []
  let at = span[0]
  for (const letter of letters) {
    at = text.indexOf(letter, at)
    places.push([at, at + 1])
    at++
  }
  return joined(places)
}

function joined(ranges: readonly (readonly [number, number])[]): (readonly [number, number])[] {
  const out: [number, number][] = []
  for (const [begin, end] of ranges.toSorted(([a], [b]) => a - b)) {
    const last = out.at(-1)
    if (last !== undefined && begin <= last[1]) last[1] = Math.max(last[1], end)
    else out.push([begin, end])
  }
  return out
}
