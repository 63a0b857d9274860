// Makes English words comparable: all forms and synonyms of a word share one stem, its concept.
import { remembered } from '../../risk/lookup.ts'
import { PHRASES, STOP, SYNONYMS } from './vocabulary.ts'

const STEMS: ReadonlyMap<string, string> = new Map(
  // A word in several groups belongs to the first of them.
  SYNONYMS.toReversed().flatMap((group) => {
    const words = group.split(' ')
    return words.map((word) => [stem(word), stem(words[0]!)] as const)
  }),
)

/**
 * The word without plural, -ing, -ed and final e. Requests and wordings both use it, so the result need not be a word.
 */
function stem(word: string): string {
  // `locally` loses its ending, `apply` and `only` keep it.
  let text = /^[a-z]{4,}(?<!p|mi)ly$/.test(word) ? word.slice(0, -2) : word
  if (text.length <= 3) return text
  // A running program is not to be started, `note` must not become `not`, and settings are things, while `set` is a verb.
  const [, whole] = /^(running|note|setting)s?$/.exec(text) ?? []
  if (whole !== undefined) return whole
  if (/ies$/.test(text)) text = `${text.slice(0, -3)}y`
  else if (/(?:ss|us|is)$/.test(text)) return text
  else if (/(?:sh|ch|x|z|ss)es$/.test(text)) text = text.slice(0, -2)
  else if (/s$/.test(text)) text = text.slice(0, -1)
  const bare = /^(.*[aeiouy].*)(?:ing|ed)$/.exec(text)?.[1]
  if (bare !== undefined && bare.length >= 3) text = bare.replace(/([bdfgmnprt])\1$/, '$1')
  return text.length > 3 ? text.replace(/e$/, '') : text
}

/** The text in lower case, with phrases replaced by one word. */
export const normalise = (text: string): string => withPhrases(text.toLowerCase())

const ANY_CASE = PHRASES.map(([pattern, word]) => [new RegExp(pattern.source, 'gi'), word] as const)

/** The text with phrases replaced by one word; other words stay as they are. */
export function withPhrases(text: string): string {
  let out = text.replace(/[\u2018\u2019]/g, "'")
  for (const [pattern, word] of ANY_CASE) out = out.replace(pattern, word)
  return out.replace(
    /\b(?:do|does|did|is|are|can|was|were|has|have|had|should|would|must|need|may)(?: not|n'?t)\b|\b(?:cannot|won't)\b/gi,
    ' not ',
  )
}

export const isStop = (word: string): boolean => STOP.has(word)

/** The stem that stands for a word and its synonyms. */
export const concept = remembered((word) => {
  const own = stem(word)
  return STEMS.get(own) ?? own
})

/** The words of a normalised text. */
export const words = (text: string): string[] =>
  (text.match(/[a-z0-9][a-z0-9+#.-]*/g) ?? []).map((word) => word.replace(/[.-]+$/, '')).filter(Boolean)

/** The concepts of a text without its stop words. */
export const concepts = (text: string): string[] =>
  words(normalise(text))
    .filter((word) => !isStop(word))
    .map(concept)

export const NOT = concept('not')
export const PREVIEW = concept('preview')
