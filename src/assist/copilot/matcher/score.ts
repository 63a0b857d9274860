// Scores how well a wording answers a request: by what both share, less what the wording leaves out or adds.
import { type Aligned, needed, rank } from './align.ts'
import type { Asked } from './asked.ts'
import type { Beside } from './beside.ts'
import { CHANGES, CONTEXTS, SHOW, SOFT, THINGS, VERBS } from './word-groups.ts'
import { type Index, sum, type Wording } from './wordings.ts'

/** Share of the request's words in the total weight; the rest are the wording's words. */
const ASKED = 0.58
/** Factor for a word that fills a slot although wordings have it: it may have meant something else. */
const BORROWED = 0.8
/** Factor for a word of a wording that only names the tool. */
const CONTEXT = 0.35
/** Slots that take only one kind of file, such as a .zip. */
const ONE_KIND = /^(?:tgz|tar|zip|gz|sevenzip|rar|csv|gpg|upstream)$/
/** Requests that only ask to see something. */
const SEES =
  /^(?:please |can you )?(?:how (?:do|can|could|would|should) (?:i|you|we) |how to )?(?:what|which|who|when|where|see|show|list|display|print|view|is|are|does|how (?:much|many|long|big))\b/i
/** Tools that a request names in order to use them. */
const NAMED_TOOLS: ReadonlySet<string> = new Set(
  'git docker kubernetes kubectl curl wget grep sed awk tar rsync'.split(' '),
)

interface Compared {
  readonly wording: Wording
  readonly asked: readonly Asked[]
  readonly aligned: Aligned
  readonly beside: Beside
  readonly index: Index
  /** The request as typed. */
  readonly text: string
  /** Whether the command changes something. */
  readonly changes: boolean
}

/** From 0 to about 1. */
export function scoreOf(compared: Compared): number {
  const { wording, asked, aligned, beside, index, text, changes } = compared
  const { words, own, left, unnamed, undone } = beside
  const { asks } = wording.recipe
  const { overlap, isGuess } = overlapOf(compared)
  const missing = slotsOf(wording, asked).filter((slot) => !aligned.values.has(slot))
  const unfilled = missing.filter((slot) => !unnamed.has(slot)).length
  const other = (group: ReadonlySet<string>): boolean =>
    [...words].some((word) => group.has(word) && !own.has(word))
  const count = (found: boolean): number => (found ? 1 : 0)
  const kindOf = ({ entity }: Asked): string => entity?.kind ?? ''
  const terms: readonly (readonly [weight: number, times: number])[] = [
    [0.04, [...aligned.values.keys()].filter((slot) => ONE_KIND.test(slot)).length],
    [0.08, inOrder(wording, left)],
    // The command leaves out a thing that is named. A device, a kind of file, or a path to destroy counts twice.
    [-0.2, left.filter(({ entity }) => entity !== undefined && entity.kind !== 'here').length],
    [
      -0.2,
      left.filter((token) => (asks ? /^(?:device|ext|path)$/ : /^(?:device|ext)$/).test(kindOf(token)))
        .length,
    ],
    // An empty slot; it costs less if the request mentions its kind without a name: `a branch`.
    [-0.13, unfilled],
    [-0.06, missing.length - unfilled],
    // A slot that holds a thing of a less suitable kind.
    [-0.02, [...aligned.kinds].reduce((total, [slot, entity]) => total + Math.min(rank(entity, slot), 3), 0)],
    // A verb that only the request or only the wording has.
    [-0.13, Math.min([...VERBS].filter((word) => words.has(word) !== wording.words.has(word)).length, 2)],
    // A recipe that destroys has to cover everything that is asked: `containers` is not `images`.
    [
      -0.25,
      count(
        asks !== undefined &&
          [...words].some((word) => index.knows(word) && !own.has(word) && !SOFT.has(word)),
      ),
    ],
    // The wording has a verb that changes the machine, and the request does not.
    [-0.12, count([...CHANGES].some((verb) => wording.words.has(verb) && !words.has(verb)))],
    // The request asks to delete, and the wording does not.
    [-0.6, count(undone.length > 0)],
    [-0.15, count(other(NAMED_TOOLS))],
    [-0.1, count(other(THINGS))],
    // The command changes something, while the request only asks to see it.
    [-0.12, count(changes && SEES.test(text.slice(0, 100)))],
    // Words that no wording has.
    [-0.05, Math.min(2, [...words].filter((word) => !index.knows(word)).length)],
    [-0.25, count(isGuess)],
  ]
  return terms.reduce((score, [weight, times]) => score + weight * times, overlap)
}

/** Weight of the words that both have, as a share of all their words. */
function overlapOf({ wording, asked, aligned: { used, nouns }, beside: { words, own }, index }: Compared) {
  let matched = 0
  for (const word of words) if (own.has(word)) matched += index.weight(word)
  // `show` adds nothing, since everybody who asks wants to see a result.
  const isShown = words.has(SHOW) && !own.has(SHOW)
  const all = sum(words, index.weight) - (isShown ? (1 - CONTEXT) * index.weight(SHOW) : 0)
  const borrowed = [...used]
    .flatMap((i) => (nouns.has(i) ? [] : (asked[i]?.concept ?? [])))
    .filter((word) => index.knows(word))
  const context = [...wording.words].filter((word) => CONTEXTS.has(word) && !words.has(word))
  const added = [...own].filter((word) => !wording.words.has(word))
  const said = wording.weight - (1 - CONTEXT) * sum(context, index.weight) + sum(added, index.weight)
  const both = ASKED * (all + BORROWED * sum(borrowed, index.weight)) + (1 - ASKED) * said
  // A guess: most of the wording is missing, and plain words were taken for names.
  const isGuess = matched < 0.6 * said && [...used].some((i) => asked[i]?.entity === undefined)
  return { overlap: matched / (both || 1), isGuess }
}

/** Slots of the wording. Those of the command count if the request names things or the wording has slots. */
function slotsOf({ parts, recipe }: Wording, asked: readonly Asked[]): readonly string[] {
  const slots = parts.filter((part) => part.startsWith('{')).map((part) => part.slice(1, -1))
  const isNamed = slots.length > 0 || asked.some(({ entity }) => entity !== undefined)
  return [...new Set([...(isNamed ? needed(recipe.run) : []), ...slots])]
}

/** Share of neighbouring words of the wording that are neighbours in the request too. */
function inOrder({ parts }: Wording, asked: readonly Asked[]): number {
  const literal = parts.filter((part) => !part.startsWith('{'))
  const own = asked.flatMap((token) => token.concept ?? [])
  const pairs = new Set(own.slice(1).map((word, i) => `${own[i]} ${word}`))
  if (literal.length < 2) return 0
  return (
    literal.slice(1).filter((word, i) => pairs.has(`${literal[i]} ${word}`)).length / (literal.length - 1)
  )
}
