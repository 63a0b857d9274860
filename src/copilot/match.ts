// Finds the recipes that answer a request: how much of what is asked a wording says, and how much more it says.

import type { Entity, Token } from './entities.ts'
import { readRequest } from './entities.ts'
import { concept, concepts, distance, isStop, normalise } from './language.ts'
import type { Recipe } from './recipes/recipe.ts'
import { fits, slotKind, valueFrom } from './slots.ts'

/** One wording, ready to compare. */
interface Wording {
  readonly recipe: Recipe
  /** In order: concepts, and slots as `{name}`. */
  readonly parts: readonly string[]
  readonly words: ReadonlySet<string>
  /** Sum of the weights of its words. */
  readonly weight: number
}

export interface Index {
  readonly wordings: readonly Wording[]
  /** How much a concept tells: the rarer in wordings, the more. */
  weight(word: string): number
  knows(word: string): boolean
  readonly vocabulary: readonly string[]
}

export interface Found {
  readonly recipe: Recipe
  /** 0 to about 1. */
  readonly score: number
  readonly values: ReadonlyMap<string, string>
}

/** Weight of a word that no wording has: whoever asks it wants something Karo has no recipe for. */
const STRANGE = 5.2
/** How much the request's own words count beside the wording's. */
const ASKED = 0.58
/** For something named that the command leaves out, and for a slot that nothing fills. */
const LEFT_OUT = 0.2
const UNFILLED = 0.13
/** For a thing of just the kind the command is for, such as a .zip. */
const SPECIFIC = 0.04
/** For each better kind of thing a slot would have taken. */
const POOR = 0.02
const IN_ORDER = 0.08
/** A verb of the request that the wording has not, or the other way round. */
const OTHER_VERB = 0.13
/** How much a word counts that fills a slot although wordings know it: it may have meant itself. */
const BORROWED = 0.8
/** How much of a wording's word counts that only says which tool it is about. */
const CONTEXT = 0.35
const CONTEXTS: ReadonlySet<string> = new Set(
  'git docker kubernetes compose local text file line'.split(' ').map(concept),
)
/** A verb that changes the machine, which the request does not have. */
const UNASKED = 0.12
const CHANGES: ReadonlySet<string> = new Set(
  'install uninstall delete kill stop restart reboot format'.split(' ').map(concept),
)
/** Most of the wording is missing, and plain words were taken for names: more guessed than understood. */
const GUESSED = 0.25
const HALF = 0.6
/** Candidates looked at closely. */
const CLOSE_LOOK = 80

/** What is done: two requests with different ones are different requests. */
const VERBS: ReadonlySet<string> = new Set(
  'delete copy move rename create replace count compress extract kill stop start restart install uninstall download upload sort compare mount unmount encode decode enable disable merge split sync convert squash rebase stash revert discard change open generate append insert verify follow kill run format'
    .split(' ')
    .map(concept),
)

/** The wordings of all recipes taken apart: what costs most of an index, so that a build can do it beforehand. */
export interface Prepared {
  /** In the order of the recipes and their wordings. */
  readonly parts: readonly (readonly string[])[]
  /** Words a misspelt one may have meant. */
  readonly vocabulary: readonly string[]
}

export function prepare(recipes: readonly Recipe[]): Prepared {
  const words = recipes.flatMap(({ says }) =>
    says.flatMap((text) => normalise(text).match(/[a-z][a-z-]{3,}/g) ?? []),
  )
  return {
    parts: recipes.flatMap(({ says }) => says.map(wordingParts)),
    vocabulary: [...new Set(words)],
  }
}

/** `prepared`: of exactly these recipes. */
export function buildIndex(recipes: readonly Recipe[], prepared: Prepared = prepare(recipes)): Index {
  let next = 0
  const parsed = recipes.flatMap((recipe) =>
    recipe.says.map(() => ({ recipe, parts: prepared.parts[next++] as readonly string[] })),
  )
  const seen = new Map<string, number>()
  for (const { parts } of parsed) {
    for (const word of new Set(parts.filter((part) => !part.startsWith('{'))))
      seen.set(word, (seen.get(word) ?? 0) + 1)
  }
  const weight = (word: string): number => Math.log(1 + parsed.length / (seen.get(word) ?? 0.5)) * 0.7
  return {
    wordings: parsed.map(({ recipe, parts }) => {
      const words = new Set(parts.filter((part) => !part.startsWith('{')))
      return { recipe, parts, words, weight: sum(words, weight) }
    }),
    weight: (word) => (seen.has(word) ? weight(word) : STRANGE),
    knows: (word) => seen.has(word),
    vocabulary: prepared.vocabulary,
  }
}

const sum = (words: Iterable<string>, weight: (word: string) => number): number => {
  let total = 0
  for (const word of words) total += weight(word)
  return total
}

function wordingParts(text: string): readonly string[] {
  return text.split(/(\{[a-z]+\d?\})/).flatMap((part) => (part.startsWith('{') ? [part] : concepts(part)))
}

/** A token of the request, with its concepts when it is a word. */
interface Asked extends Token {
  readonly concept: string | undefined
}

/** The request's tokens; words nobody knows are taken for misspelt ones where one known word is near. */
function ask(text: string, index: Index): readonly Asked[] {
  const prepared = keepNamed(text)
  return readRequest(prepared).flatMap((token): readonly Asked[] => {
    if (token.entity !== undefined) return [{ ...token, concept: undefined }]
    // An option somebody half remembers names nothing.
    if (isStop(token.word) || token.word.startsWith('-')) return []
    const plain = token.word.replace(/['-]s$|'$/, '')
    const own = concept(plain)
    if (index.knows(own)) return [{ ...token, concept: own }]
    const meant = correct(plain, index)
    return [{ ...token, concept: meant === undefined ? own : concept(meant) }]
  })
}

/** Phrases of several words replaced, but nothing inside quotes, paths or names touched. */
function keepNamed(text: string): string {
  return text
    .slice(0, 2_000)
    .split(/("[^"]*"|'[^']*'(?=\s|$|[.,?!])|`[^`]*`|\S*[/@~*.]\S*|\S*[A-Z]\S*)/)
    .map((part, i) => (i % 2 === 1 && !/^[A-Z]?[a-z'-]+[.,?!]?$/.test(part) ? part : normalisedWords(part)))
    .join('')
}

function normalisedWords(text: string): string {
  const lower = normalise(text)
  return lower === text.toLowerCase() ? text : lower
}

function correct(word: string, index: Index): string | undefined {
  if (word.length < 5 || /\d/.test(word)) return undefined
  const most = word.length >= 8 ? 2 : 1
  let best: string | undefined
  let least = most + 1
  for (const known of index.vocabulary) {
    if (known[0] !== word[0] || known.length < 4) continue
    const d = distance(word, known, most)
    if (d < least) {
      least = d
      best = known
    }
  }
  return best
}

/** The recipes by score, best first; each once, with its best wording. */
export function search(text: string, index: Index): readonly Found[] {
  const asked = ask(text, index)
  const words = new Set(asked.flatMap((token) => token.concept ?? []))
  // Only things are named: whoever does that wants to see them.
  if (words.size === 0 && asked.some(({ entity }) => entity !== undefined)) words.add(concept('show'))
  const close = index.wordings
    .map((wording) => ({ wording, shared: shared(wording, words, index) }))
    .filter((one) => one.shared > 0)
    .sort((a, b) => b.shared / (b.wording.weight + 4) - a.shared / (a.wording.weight + 4))
    .slice(0, CLOSE_LOOK)
  const best = new Map<Recipe, Found>()
  for (const { wording } of close) {
    if (!mayDestroy(wording.recipe, asked)) continue
    const found = compare(wording, asked, index)
    const before = best.get(wording.recipe)
    if (before === undefined || found.score > before.score) best.set(wording.recipe, found)
  }
  return [...best.values()].sort((a, b) => b.score - a.score)
}

const shared = ({ words }: Wording, asked: ReadonlySet<string>, index: Index): number => {
  let total = 0
  for (const word of asked) if (words.has(word)) total += index.weight(word)
  return total
}

/** A command that destroys is only for who asked for that, and did not say not to. */
function mayDestroy({ asks, unless }: Recipe, asked: readonly Asked[]): boolean {
  const excluded = new Set(unless?.map(concept))
  if (asked.some((token) => token.concept !== undefined && excluded.has(token.concept))) return false
  if (asks === undefined) return true
  const wanted = new Set(asks.map(concept))
  const not = concept('not')
  return asked.some((token, i) => {
    if (token.concept === undefined || !wanted.has(token.concept)) return false
    return token.concept === not || asked[i - 1]?.concept !== not
  })
}

function compare(wording: Wording, asked: readonly Asked[], index: Index): Found {
  const { values, used, nouns, kinds } = align(wording, asked, index)
  const left = asked.filter((_, i) => !used.has(i))
  const words = new Set(left.flatMap((token) => token.concept ?? []))
  let matched = 0
  for (const word of words) if (wording.words.has(word)) matched += index.weight(word)
  const all = sum(words, index.weight)
  const borrowed = [...used]
    .flatMap((i) => (nouns.has(i) ? [] : (asked[i]?.concept ?? [])))
    .filter((word) => index.knows(word))
  const context = [...wording.words].filter((word) => CONTEXTS.has(word) && !words.has(word))
  const said = wording.weight - (1 - CONTEXT) * sum(context, index.weight)
  const overlap = matched / (ASKED * (all + BORROWED * sum(borrowed, index.weight)) + (1 - ASKED) * said || 1)
  const forgotten = left.filter(({ entity }) => entity !== undefined && entity.kind !== 'here').length
  const slots = wording.parts.filter((part) => part.startsWith('{'))
  const names = new Set(
    asked.some(({ entity }) => entity !== undefined) || slots.length > 0 ? needed(wording.recipe.run) : [],
  )
  for (const slot of slots) names.add(slot.slice(1, -1))
  // What a slot takes only when nothing better is there fits less.
  const poor = [...kinds].reduce((sum, [slot, entity]) => sum + Math.min(rank(entity, slot), 3), 0)
  const unfilled = [...names].filter((slot) => !values.has(slot)).length
  const specific = [...values.keys()].filter((slot) => /^(?:tgz|tar|zip|gz|sevenzip)$/.test(slot)).length
  const verbs = [...VERBS].filter((verb) => words.has(verb) !== wording.words.has(verb)).length
  const unasked = [...CHANGES].some((verb) => wording.words.has(verb) && !words.has(verb))
  const score =
    overlap +
    SPECIFIC * specific +
    IN_ORDER * inOrder(wording, left) -
    LEFT_OUT * forgotten -
    UNFILLED * unfilled -
    POOR * poor -
    OTHER_VERB * Math.min(verbs, 2) -
    (unasked ? UNASKED : 0) -
    (matched < HALF * said && [...used].some((i) => asked[i]?.entity === undefined) ? GUESSED : 0)
  return { recipe: wording.recipe, score, values }
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

/** Fills the wording's slots from the request: what is named, then plain words that stand where the slot does. */
function align({ recipe, parts, words }: Wording, asked: readonly Asked[], index: Index) {
  const values = new Map<string, string>()
  const used = new Set<number>()
  const places = new Map<string, number>()
  const nouns = new Set<number>()
  const kinds = new Map<string, Entity>()
  const take = (slot: string, i: number, value: string): void => {
    values.set(slot, value)
    used.add(i)
    places.set(slot, i)
    const { entity } = asked[i] as Asked
    if (entity !== undefined && entity.kind !== 'quoted') kinds.set(slot, entity)
    // The noun beside it only says what it is: `user bob`, `the nginx service`.
    const noun = concept(slot.replace(/\d$/, ''))
    for (const beside of [i - 1, i + 1])
      if (asked[beside]?.concept === noun && !words.has(noun)) {
        used.add(beside)
        nouns.add(beside).add(i)
      }
  }
  const slots = parts.filter((part) => part.startsWith('{')).map((part) => part.slice(1, -1))
  const others = templateSlots(recipe.run).filter((slot) => !slots.includes(slot))
  const wanted = [...slots, ...others]
  // What only one of the slots can take first, so that `{file}` does not take what `{host}` needs.
  for (const slot of wanted) {
    const at = slots.includes(slot) ? cueIndex(slot, parts, asked) : -1
    const kind = slotKind(slot)
    const order = nearFirst(asked, at)
    for (const i of order) {
      if (used.has(i) || values.has(slot)) continue
      const entity = asked[i]?.entity as Entity | undefined
      const value = entity && valueFrom(entity, kind)
      if (entity === undefined || value === undefined) continue
      const better = wanted.some(
        (other) =>
          other !== slot &&
          !values.has(other) &&
          rank(entity, other) < rank(entity, slot) &&
          valueFrom(entity, slotKind(other)) !== undefined,
      )
      if (!better) take(slot, i, value)
    }
  }
  for (const slot of wanted) {
    if (values.has(slot)) continue
    const kind = slotKind(slot)
    if (kind.word !== true) continue
    const i = wordFor({ slot, parts, words, places }, asked, used, index)
    const token = asked[i]
    if (token !== undefined && fits(token.raw, kind)) take(slot, i, token.raw)
  }
  return { values, used, nouns, kinds }
}

const templateSlots = (run: string): string[] => [
  ...new Set(
    [...run.matchAll(/\{([a-z]+\d?)(?:=[^{}]*)?\}/g)]
      .map((match) => match[1] as string)
      .filter((slot) => slotKind(slot) !== undefined),
  ),
]

/** Slots that have no default. */
const needed = (run: string): string[] =>
  [...run.matchAll(/\{([a-z]+\d?)\}/g)]
    .map((match) => match[1] as string)
    .filter((slot) => slotKind(slot) !== undefined)

/** How early a slot's kinds name this one. */
function rank(entity: Entity, slot: string): number {
  const at = (slotKind(slot).takes as readonly string[]).indexOf(entity.kind)
  return at < 0 ? 99 : at
}

/** Index in the request of the word that stands before the slot in the wording; -1 when it is not there. */
function cueIndex(slot: string, parts: readonly string[], asked: readonly Asked[]): number {
  const before = parts[parts.indexOf(`{${slot}}`) - 1]
  return before === undefined || before.startsWith('{')
    ? -1
    : asked.findIndex((token) => token.concept === before)
}

/** Indices in order, those behind the cue first. */
function nearFirst(asked: readonly Asked[], cue: number): readonly number[] {
  const all = [...asked.keys()]
  return cue < 0 ? all : [...all.filter((i) => i === cue + 1), ...all.filter((i) => i !== cue + 1)]
}

interface Place {
  readonly slot: string
  readonly parts: readonly string[]
  readonly words: ReadonlySet<string>
  /** Where in the request the slots already filled were found. */
  readonly places: ReadonlyMap<string, number>
}

/** Index of a plain word for the slot: beside its neighbours of the wording, else the only word nobody knows. */
function wordFor(
  { slot, parts, words, places }: Place,
  asked: readonly Asked[],
  used: ReadonlySet<number>,
  index: Index,
): number {
  const nouns: readonly (string | undefined)[] = [NAMED, concept('dir'), concept('file')]
  const free = (i: number): boolean => {
    const token = asked[i]
    if (token === undefined || token.entity !== undefined || used.has(i)) return false
    const beside = nouns.includes(asked[i - 1]?.concept) || nouns.includes(asked[i + 1]?.concept)
    if (slotKind(slot).careful === true && index.knows(token.concept ?? '') && !beside) return false
    return !words.has(token.concept ?? '') && !NEVER_NAMES.has(token.concept ?? '')
  }
  const find = (part: string | undefined): number => {
    if (part === undefined) return -1
    if (part.startsWith('{')) return places.get(part.slice(1, -1)) ?? -1
    return asked.findIndex((token) => token.concept === part)
  }
  const at = parts.indexOf(`{${slot}}`)
  if (at < 0) return namedWord(slot, asked, used, free)
  const previous = find(parts[at - 1])
  // `the user called bob` names bob.
  const own = concept(slot.replace(/\d$/, ''))
  let behind = previous + 1
  while (
    [NAMED, own].includes(asked[behind]?.concept ?? '') &&
    asked[behind + 1]?.entity === undefined &&
    behind + 1 < asked.length
  )
    behind++
  if (previous >= 0 && free(behind)) return behind
  const next = find(parts[at + 1])
  if (next > 0 && free(next - 1)) return next - 1
  const unknown = [...asked.keys()].filter((i) => free(i) && !index.knows(asked[i]?.concept ?? ''))
  return unknown.length === 1 ? (unknown[0] as number) : -1
}

/** A word beside the noun the slot is called after: `directory build`. */
function namedWord(
  slot: string,
  asked: readonly Asked[],
  used: ReadonlySet<number>,
  free: (i: number) => boolean,
): number {
  const noun = concept(slot.replace(/\d$/, ''))
  const at = asked.findIndex((token) => token.concept === noun || token.concept === NAMED)
  if (at < 0) return -1
  const next = asked[at + 1]
  const isName =
    next !== undefined && next.entity === undefined && !used.has(at + 1) && !isGrammar(next.concept)
  return free(at + 1) || isName ? at + 1 : -1
}

/** Words that stand behind a noun without being its name. */
const isGrammar = (word: string | undefined): boolean =>
  word !== undefined &&
  ['recursive', 'only', 'not', 'every', 'from', 'named', 'new', 'last', 'exist', 'inside']
    .map(concept)
    .includes(word)

const NAMED = concept('named')

/** Verbs and such that are never a name, wherever they stand. */
const NEVER_NAMES: ReadonlySet<string> = new Set(
  'find show delete create change copy move count sort file dir all every recursive ignorecase hidden last first only not new running without each line service container branch user package process port pod image group computer key url archive from named have'
    .split(' ')
    .map(concept),
)
