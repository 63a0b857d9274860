// How well a wording answers a request: how much of what is asked it says, less what it leaves out and what it adds.
import { type Aligned, needed, rank } from './align.ts'
import type { Asked } from './asked.ts'
import type { Beside } from './beside.ts'
import { CHANGES, CONTEXTS, SHOW, SOFT, THINGS, VERBS } from './word-groups.ts'
import { type Index, sum, type Wording } from './wordings.ts'

/** How much the request's own words count beside the wording's. */
const ASKED = 0.58
/** How much a word counts that fills a slot although wordings know it: it may have meant itself. */
const BORROWED = 0.8
/** How much of a wording's word counts that only says which tool it is about. */
const CONTEXT = 0.35
/** Slots that only take a thing of one kind, such as a .zip. */
const ONE_KIND = /^(?:tgz|tar|zip|gz|sevenzip|rar|csv|gpg|upstream)$/
/** Requests that only ask to see something. */
const SEES =
  /^(?:please |can you )?(?:how (?:do|can|could|would|should) (?:i|you|we) |how to )?(?:what|which|who|when|where|see|show|list|display|print|view|is|are|does|how (?:much|many|long|big))\b/i
/** Tools that a request names because they are to be used. */
const NAMED_TOOLS: ReadonlySet<string> = new Set(
  'git docker kubernetes kubectl curl wget grep sed awk tar rsync'.split(' '),
)

interface Compared {
  readonly wording: Wording
  readonly asked: readonly Asked[]
  readonly aligned: Aligned
  readonly beside: Beside
  readonly index: Index
  /** The request, and whether the command changes something. */
  readonly text: string
  readonly changes: boolean
}

/** 0 to about 1. */
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
    // Something is named that the command leaves out; a device, a kind of file or what is destroyed counts twice.
    [-0.2, left.filter(({ entity }) => entity !== undefined && entity.kind !== 'here').length],
    [
      -0.2,
      left.filter((token) => (asks ? /^(?:device|ext|path)$/ : /^(?:device|ext)$/).test(kindOf(token)))
        .length,
    ],
    // Nothing fills a slot; less where the request says what it is, without its name: `a branch`.
    [-0.13, unfilled],
    [-0.06, missing.length - unfilled],
    // A slot takes this only when nothing better is there.
    [-0.02, [...aligned.kinds].reduce((total, [slot, entity]) => total + Math.min(rank(entity, slot), 3), 0)],
    // A verb of the request that the wording has not, or the other way round.
    [-0.13, Math.min([...VERBS].filter((word) => words.has(word) !== wording.words.has(word)).length, 2)],
    // What destroys has to be about everything that is asked: the containers, not the images.
    [
      -0.25,
      count(
        asks !== undefined &&
          [...words].some((word) => index.knows(word) && !own.has(word) && !SOFT.has(word)),
      ),
    ],
    // A verb changes the machine, and the request does not have it.
    [-0.12, count([...CHANGES].some((verb) => wording.words.has(verb) && !words.has(verb)))],
    // What is asked to be deleted is only shown.
    [-0.6, count(undone.length > 0)],
    [-0.15, count(other(NAMED_TOOLS))],
    [-0.1, count(other(THINGS))],
    // The command changes something where the request only asks to see it.
    [-0.12, count(changes && SEES.test(text.slice(0, 100)))],
    // Words that no wording knows.
    [-0.05, Math.min(2, [...words].filter((word) => !index.knows(word)).length)],
    [-0.25, count(isGuess)],
  ]
  return terms.reduce((score, [weight, times]) => score + weight * times, overlap)
}

/** Weight of the words that both have, as a share of all their words. */
function overlapOf({ wording, asked, aligned: { used, nouns }, beside: { words, own }, index }: Compared) {
  let matched = 0
  for (const word of words) if (own.has(word)) matched += index.weight(word)
  // Everybody who asks for something wants to see it, said or not.
  const isShown = words.has(SHOW) && !own.has(SHOW)
  const all = sum(words, index.weight) - (isShown ? (1 - CONTEXT) * index.weight(SHOW) : 0)
  const borrowed = [...used]
    .flatMap((i) => (nouns.has(i) ? [] : (asked[i]?.concept ?? [])))
    .filter((word) => index.knows(word))
  const context = [...wording.words].filter((word) => CONTEXTS.has(word) && !words.has(word))
  const added = [...own].filter((word) => !wording.words.has(word))
  const said = wording.weight - (1 - CONTEXT) * sum(context, index.weight) + sum(added, index.weight)
  const both = ASKED * (all + BORROWED * sum(borrowed, index.weight)) + (1 - ASKED) * said
  // Most of the wording is missing, and plain words were taken for names: more guessed than understood.
  const isGuess = matched < 0.6 * said && [...used].some((i) => asked[i]?.entity === undefined)
  return { overlap: matched / (both || 1), isGuess }
}

/** Slots of the wording; and of the command, where the request names something or the wording has slots. */
function slotsOf({ parts, recipe }: Wording, asked: readonly Asked[]): readonly string[] {
  const slots = parts.filter((part) => part.startsWith('{')).map((part) => part.slice(1, -1))
  const isNamed = slots.length > 0 || asked.some(({ entity }) => entity !== undefined)
  return [...new Set([...(isNamed ? needed(recipe.run) : []), ...slots])]
}

/** Share of the wording's neighbouring words that are neighbours in the request as well. */
function inOrder({ parts }: Wording, asked: readonly Asked[]): number {
  const literal = parts.filter((part) => !part.startsWith('{'))
  const own = asked.flatMap((token) => token.concept ?? [])
  const pairs = new Set(own.slice(1).map((word, i) => `${own[i]} ${word}`))
  if (literal.length < 2) return 0
  return (
    literal.slice(1).filter((word, i) => pairs.has(`${literal[i]} ${word}`)).length / (literal.length - 1)
  )
}
