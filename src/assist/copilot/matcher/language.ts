// English as people type it to a terminal, made comparable: one stem for the forms and synonyms of a word.
import { PHRASES, STOP, SYNONYMS } from './vocabulary.ts'

const STEMS: ReadonlyMap<string, string> = new Map(
  // The first group that names a word keeps it.
  SYNONYMS.toReversed().flatMap((group) => {
    const words = group.split(' ')
    return words.map((word) => [stem(word), stem(words[0] as string)] as const)
  }),
)

/** Plural, -ing, -ed and a final e taken off; both sides go through it, so that it need not be a word. */
function stem(word: string): string {
  // `locally`, but not `apply`, `only`.
  let text = /^[a-z]{4,}(?<!p|mi)ly$/.test(word) ? word.slice(0, -2) : word
  if (text.length <= 3) return text
  // What runs is not started.
  if (text === 'running') return text
  // A note is no `not`.
  if (/^notes?$/.test(text)) return 'note'
  // What is set is no verb.
  if (/^settings?$/.test(text)) return 'setting'
  if (/ies$/.test(text)) text = `${text.slice(0, -3)}y`
  else if (/(?:ss|us|is)$/.test(text)) return text
  else if (/(?:sh|ch|x|z|ss)es$/.test(text)) text = text.slice(0, -2)
  else if (/s$/.test(text)) text = text.slice(0, -1)
  const bare = /^(.*[aeiouy].*)(?:ing|ed)$/.exec(text)?.[1]
  if (bare !== undefined && bare.length >= 3) text = bare.replace(/([bdfgmnprt])\1$/, '$1')
  return text.length > 3 ? text.replace(/e$/, '') : text
}

/** Lower case, with phrases of several words as one. */
export const normalise = (text: string): string => withPhrases(text.toLowerCase())

const ANY_CASE = PHRASES.map(([pattern, word]) => [new RegExp(pattern.source, 'gi'), word] as const)

/** The same, with every other word as it was typed. */
export function withPhrases(text: string): string {
  let out = text.replace(/[\u2018\u2019]/g, "'")
  for (const [pattern, word] of ANY_CASE) out = out.replace(pattern, word)
  return out.replace(
    /\b(?:do|does|did|is|are|can|was|were|has|have|had|should|would|must|need|may)(?: not|n'?t)\b|\b(?:cannot|won't)\b/gi,
    ' not ',
  )
}

export const isStop = (word: string): boolean => STOP.has(word)

/** The stem that stands for the word and its synonyms. */
export function concept(word: string): string {
  const own = stem(word)
  return STEMS.get(own) ?? own
}

/** Concepts of a plain text, stop words left out. */
export function concepts(text: string): string[] {
  return (normalise(text).match(/[a-z0-9][a-z0-9+#.-]*/g) ?? [])
    .map((word) => word.replace(/[.-]+$/, ''))
    .filter((word) => word !== '' && !isStop(word))
    .map(concept)
}

export const NOT = concept('not')
export const PREVIEW = concept('preview')

/** Whether the words ask for that, and do not forbid it: `without deleting`. `said`: their concepts, in order. */
export const isAskedFor = (verb: string, said: readonly (string | undefined)[]): boolean =>
  said.some((word, i) => word === verb && (verb === NOT || said[i - 1] !== NOT))

/** Damerau–Levenshtein distance, given up beyond `most`. */
export function distance(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return most + 1
  let before: number[] = []
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      let cost = Math.min((next[j - 1] as number) + 1, (row[j] as number) + 1, (row[j - 1] as number) + same)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] as number) + 1)
      next.push(cost)
    }
    before = row
    row = next
  }
  return row[b.length] as number
}
