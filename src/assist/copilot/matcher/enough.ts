// Tells whether a request says enough to be answered with a wording's command.
import type { Asked } from './asked.ts'
import { concept } from './language.ts'
import { asConcepts, SOFT, VERBS } from './word-groups.ts'
import type { Wording } from './wordings.ts'

const LINE = concept('line')
const EVERY = concept('every')
/** Words for an amount, which do not say of which things. */
const AMOUNTS = asConcepts('every old new last first large small')
const SAYS_LITTLE = asConcepts(
  'information available status create every old new last first large small show find',
)
const TOOL_NAMES = asConcepts('git docker kubernetes compose local')
const MADE_UP = /\{(?:days|minutes|size|ext|port)=/

const NAMED = concept('named')
const isHalfName = (word: Asked | undefined, next: Asked | undefined, taken: readonly string[]): boolean =>
  word?.concept !== undefined && next?.entity?.kind === 'file' && !taken.includes(word.raw)

/**
 * False for a request that says too little: one word out of several, or `every` where a thing must be named. A recipe that
 * destroys also needs more than a verb without a thing, and no bound of its own that the request does not mention.
 */
export function isEnough(
  { recipe, words: own, weight, parts }: Wording,
  words: ReadonlySet<string>,
  open: readonly string[],
  asked: readonly Asked[],
  values: ReadonlyMap<string, string>,
): boolean {
  // `every` before a time says how often; `every line` is about one file.
  const isEvery = asked.some(
    (token, i) =>
      token.concept === EVERY &&
      asked[i + 1]?.entity?.kind !== 'time' &&
      !(asked[i + 1]?.concept === LINE && words.size > 3),
  )
  const shared = [...words].filter((word) => own.has(word))
  const left = asked.filter(
    ({ entity }) => entity !== undefined && ![...values.values()].includes(entity.value),
  ).length
  const isWhole = shared.length === own.size && open.length === 0
  const isAlone = words.size <= 1 && !asked.some(({ entity }) => entity !== undefined) && values.size === 0
  if (isAlone && (!isWhole || weight === 0)) return false
  if (isAlone && recipe.asks !== undefined && parts.length > own.size) return false
  if (open.length > 0 && isEvery && (recipe.asks !== undefined || (!own.has(EVERY) && shared.length < 3)))
    return false
  if (open.length > 0 && left > 0 && shared.length < 2) return false
  if (values.size === 0 && !shared.some((word) => !SAYS_LITTLE.has(word)))
    if ([...words].some((word) => !own.has(word) && !SOFT.has(word))) return false
  // No command does `stop everything`.
  const verbs = new Set((recipe.asks ?? []).map(concept))
  const isBare = [...words].every((word) => VERBS.has(word) || verbs.has(word) || AMOUNTS.has(word))
  if (values.size === 0 && isEvery && isBare && !(isWhole && own.has(EVERY))) return false
  if (recipe.asks === undefined) return true
  const isThing = (word: string): boolean => !verbs.has(word) && !AMOUNTS.has(word) && !TOOL_NAMES.has(word)
  const things = shared.filter(isThing)
  // The last word of a name of several unquoted words would be another file's name.
  const taken = [...values.values()]
  if (asked.some(({ concept: meant }, i) => meant === NAMED && isHalfName(asked[i + 1], asked[i + 2], taken)))
    return false
  // A name that is deleted wherever it occurs needs a request with `every`.
  if (values.has('entry') && !isEvery) return false
  // A part of a kind, such as the unused or the last few, is no answer to a request for all of them.
  if (isEvery && values.size === 0 && [...own].some((word) => isThing(word) && !words.has(word))) return false
  if (isEvery && !own.has(EVERY) && !values.has('n') && /\{n=/.test(recipe.run)) return false
  if (things.length === 0 && values.size === 0 && (open.length > 0 || [...own].some(isThing))) return false
  const isMadeUp =
    MADE_UP.test(recipe.run) &&
    ![...values.keys()].some((slot) => /^(?:days|minutes|size|ext|port)$/.test(slot))
  return !isMadeUp || shared.length === own.size
}
