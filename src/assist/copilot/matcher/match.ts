// Finds the recipes that answer a request: how much of what is asked a wording says, and how much more it says.

import type { Recipe } from '../recipes/recipe.ts'
import { align, isUsualPlace, needed, rank } from './align.ts'
import { type Asked, readAsked } from './asked.ts'
import type { Entity } from './entities.ts'
import { concept, isAskedFor, NOT } from './language.ts'
import { accountsFor } from './limits.ts'
import { isOnlyFor, nounsOf } from './slots.ts'
import { type Index, sum, type Wording } from './wordings.ts'

export interface Found {
  readonly recipe: Recipe
  /** 0 to about 1. */
  readonly score: number
  readonly values: ReadonlyMap<string, string>
}

/** How much the request's own words count beside the wording's. */
const ASKED = 0.58
/** For something named that the command leaves out, and for a slot that nothing fills. */
const LEFT_OUT = 0.2
const UNFILLED = 0.13
/** The same where the request says what it is, without its name: `a branch`. */
const UNNAMED = 0.06
/** For a thing of just the kind the command is for, such as a .zip. */
const SPECIFIC = 0.04
/** For each better kind of thing a slot would have taken. */
const POOR = 0.02
const IN_ORDER = 0.08
/** A verb of the request that the wording has not, or the other way round. */
const OTHER_VERB = 0.13
/** Another tool than the one that is named. */
const OTHER_TOOL = 0.15
/** Another thing than one of the request. */
const OTHER_THING = 0.1
const THINGS: ReadonlySet<string> = new Set(
  'commit branch tag stash container pod deployment namespace package service port archive'
    .split(' ')
    .map(concept),
)
const ALSO: ReadonlySet<string> = new Set([...THINGS, ...'image volume network'.split(' ').map(concept)])
/** What changes something where the request only asks to see it. */
const OTHER_ACT = 0.12
const SEES =
  /^(?:please |can you )?(?:how (?:do|can|could|would|should) (?:i|you|we) |how to )?(?:what|which|who|when|where|see|show|list|display|print|view|is|are|does|how (?:much|many|long|big))\b/i
const CHANGES_IT =
  /^(?:sudo (?!lastb|dmesg|fdisk|blkid|iftop|nethogs|tcpdump|smartctl|dmidecode|ufw status|iptables -L|nft list)|git (?:add|commit|switch|push|merge|config --global [\w.]+ |rm|restore|reset|stash(?! list| show))|docker (?:run|start|restart|create|commit|tag|rename|cp|compose (?:up|restart))|(?:mkdir|touch|ln|cp|mv|chmod|chown|export|alias \{) ?|sed -i|kubectl (?:apply|scale|edit|create|rollout restart))/
/** How much a word counts that fills a slot although wordings know it: it may have meant itself. */
const BORROWED = 0.8
/** How much of a wording's word counts that only says which tool it is about. */
const CONTEXT = 0.35
const CONTEXTS: ReadonlySet<string> = new Set(
  'git repository docker kubernetes compose local text file line'.split(' ').map(concept),
)
/** A verb that changes the machine, which the request does not have. */
const UNASKED = 0.12
const CHANGES: ReadonlySet<string> = new Set(
  'install uninstall delete kill stop restart reboot format'.split(' ').map(concept),
)
/** Most of the wording is missing, and plain words were taken for names: more guessed than understood. */
const GUESSED = 0.25
const HALF = 0.6
/** What is asked to be deleted is only shown. */
const UNDONE = 0.6
const HALF_DONE: ReadonlySet<string> = new Set('delete kill format overwrite'.split(' ').map(concept))
/** For each of at most two words that no wording knows. */
const STRANGER = 0.05
/** A word of the request that a command that destroys is not about; these are about nothing. */
const STRAY = 0.25
const SOFT: ReadonlySet<string> = new Set(
  'every file dir git repository docker compose local force now recursive only inside program process delete name not text line thing please safe computer package branch tree'
    .split(' ')
    .map(concept),
)
/** Candidates looked at closely. */
const CLOSE_LOOK = 80

/** What is done: two requests with different ones are different requests. */
const VERBS: ReadonlySet<string> = new Set(
  'delete copy move rename create replace count compress extract kill stop start restart install uninstall download upload sort compare mount unmount encode decode enable disable merge split sync convert squash rebase stash revert discard change open generate overwrite append insert verify follow kill run format'
    .split(' ')
    .map(concept),
)

/** The end of it is missing. */
const UNFINISHED = /\b(?:and|or|but|not|the|with)(?: (?:in|to|of|from))?[\s.?!]*$/i

/** Whoever asks so wants to understand something or an opinion. */
const NO_TASK =
  /^\s*(?:what(?:'s| is| are) an? [\w-]+|how (?:do|does) [\w -]+ works?|what (?:do|does) [\w -]+ mean|what(?:'s| is) the difference between an? .+|should i .+|explain .+|(?:what(?:'s| is| are)|which(?: is)?) (?:the )?(?:best|better)\b.+)[\s?.!]*$/i

/** The recipes by score, best first; each once, with its best wording. */
export function search(text: string, index: Index): readonly Found[] {
  if (UNFINISHED.test(text) || NO_TASK.test(text.slice(0, 300))) return []
  const asked = readAsked(text, index)
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
    const found = compare(wording, asked, index, text.slice(0, 1_000))
    if (found === undefined) continue
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

/** `a file`; not `this machine`, and several things are none that has to be named, unless the command takes two. */
const isUnnamedThing = ({ raw, before }: Asked, slot: string, run: string): boolean =>
  !/^(?:this|my)$/.test(before) &&
  (/^(?:text|sed|n)/.test(slot) || run.includes(`{${slot.replace(/\d$/, '')}2`) || !/[^s]s$/.test(raw))

const toolsByRecipe = new Map<Recipe, readonly string[]>()
/** What the programs that a recipe runs are called in requests. */
function toolsOf(recipe: Recipe): readonly string[] {
  const known = toolsByRecipe.get(recipe)
  if (known !== undefined) return known
  const names = [...recipe.run.matchAll(/(?:^|[|;&(] ?)(?:sudo |xargs (?:-\S+ )*)?([a-z][\w-]*)/g)].map(
    ([, name]) => name as string,
  )
  const tools = names
    .flatMap((name) => (Object.hasOwn(CALLED, name) ? (CALLED[name] as string) : name).split(' '))
    .map(concept)
  toolsByRecipe.set(recipe, tools)
  return tools
}
const CALLED: Readonly<Record<string, string>> = {
  git: 'git repository',
  kubectl: 'kubectl kubernetes cluster',
  systemctl: 'systemctl systemd',
  journalctl: 'journalctl systemd',
  apt: 'apt ubuntu debian',
}
/** Who names one of these wants it used. */
const NAMED_TOOLS: ReadonlySet<string> = new Set(
  'git docker kubernetes kubectl curl wget grep sed awk tar rsync'.split(' '),
)

const saidIn = (asked: readonly Asked[]) => asked.map((token) => token.concept)

/** A command that destroys is only for who asked for that, and did not say not to. */
function mayDestroy({ asks, unless }: Recipe, asked: readonly Asked[]): boolean {
  const excluded = new Set(unless?.map(concept))
  if (asked.some((token) => token.concept !== undefined && excluded.has(token.concept))) return false
  if (asks === undefined) return true
  // What is deleted already is not to be deleted: `list deleted files`.
  const said = asked.map(({ concept: meant, word }) => (/^(?!shred$).*ed$/.test(word) ? undefined : meant))
  return asks.some((word) => isAskedFor(concept(word), said))
}

function compare(wording: Wording, asked: readonly Asked[], index: Index, text: string): Found | undefined {
  const { values, used, nouns, kinds } = align(wording, asked, index)
  const { run } = wording.recipe
  const changes = CHANGES_IT.test(run)
  const acts = changes || wording.recipe.asks !== undefined
  if (!accountsFor(text, asked, { wording, values, used, acts })) return undefined
  // `all zip files`, which the command itself names.
  const isSaid = ({ entity }: Asked): boolean => entity?.kind === 'ext' && run.includes(`*.${entity.value};`)
  const empty = wording.parts
    .filter((part) => part.startsWith('{'))
    .map((part) => part.slice(1, -1))
    .filter((slot) => !values.has(slot))
  // `a .deb file`, which the wording says as a word or is for.
  const asWord = ({ entity }: Asked): string[] => {
    const word = /^(?:ext|number)$/.test(entity?.kind ?? '') ? (entity as Entity).value.toLowerCase() : ''
    return wording.words.has(word) ? [word] : []
  }
  const isFor = ({ entity }: Asked): boolean =>
    entity?.kind === 'ext' && empty.some((slot) => isOnlyFor(slot, entity.value))
  const typed = asked.filter((token, i) => !used.has(i) && !isSaid(token))
  const left = typed.filter((token) => asWord(token).length === 0 && !isFor(token))
  const words = new Set([...left.flatMap((token) => token.concept ?? []), ...typed.flatMap(asWord)])
  const own = new Set(wording.words)
  const unnamed = new Set<string>()
  const isUnnamed = (slot: string) => (token: Asked, i: number) =>
    isUnnamedThing(token, slot, run) && !(asked[i + 1] !== undefined && isUsualPlace(asked[i + 1] as Asked))
  for (const slot of empty) {
    const nouns = nounsOf(slot).map(concept)
    const said = asked.filter(
      (token, i) => !used.has(i) && nouns.includes(token.concept ?? '') && isUnnamed(slot)(token, i),
    )
    for (const { concept: noun } of said) own.add(noun as string)
    if (said.length > 0) unnamed.add(slot)
  }
  for (const tool of toolsOf(wording.recipe)) if (words.has(tool)) own.add(tool)
  if (typed.some(isFor)) for (const slot of empty) unnamed.add(slot)
  const spoken = saidIn(asked)
  // `without deleting anything` is kept by what deletes nothing.
  for (const verb of HALF_DONE)
    if (words.has(verb) && !isAskedFor(verb, spoken) && !wording.words.has(verb)) {
      words.delete(verb)
      words.delete(NOT)
    }
  let matched = 0
  for (const word of words) if (own.has(word)) matched += index.weight(word)
  // Whoever asks for something wants to see it, said or not.
  const all =
    sum(words, index.weight) - (words.has(SHOW) && !own.has(SHOW) ? (1 - CONTEXT) * index.weight(SHOW) : 0)
  const borrowed = [...used]
    .flatMap((i) => (nouns.has(i) ? [] : (asked[i]?.concept ?? [])))
    .filter((word) => index.knows(word))
  const context = [...wording.words].filter((word) => CONTEXTS.has(word) && !words.has(word))
  const said =
    wording.weight -
    (1 - CONTEXT) * sum(context, index.weight) +
    sum(
      [...own].filter((word) => !wording.words.has(word)),
      index.weight,
    )
  const overlap = matched / (ASKED * (all + BORROWED * sum(borrowed, index.weight)) + (1 - ASKED) * said || 1)
  const forgotten = left.filter(({ entity }) => entity !== undefined && entity.kind !== 'here').length
  const slots = wording.parts.filter((part) => part.startsWith('{'))
  const names = new Set(
    asked.some(({ entity }) => entity !== undefined) || slots.length > 0 ? needed(wording.recipe.run) : [],
  )
  for (const slot of slots) names.add(slot.slice(1, -1))
  const open = needed(wording.recipe.run).filter((slot) => !values.has(slot))
  if (!isEnough(wording, words, open, asked, values)) return undefined
  // What a slot takes only when nothing better is there fits less.
  const poor = [...kinds].reduce((sum, [slot, entity]) => sum + Math.min(rank(entity, slot), 3), 0)
  const missing = [...names].filter((slot) => !values.has(slot))
  const unfilled = missing.filter((slot) => !unnamed.has(slot)).length
  const specific = [...values.keys()].filter((slot) =>
    /^(?:tgz|tar|zip|gz|sevenzip|rar|csv|gpg|upstream)$/.test(slot),
  ).length
  const verbs = [...VERBS].filter((word) => words.has(word) !== wording.words.has(word)).length
  const strange = [...words].some((word) => THINGS.has(word) && !own.has(word))
  // Of two things to be deleted, what deletes one of them is no answer.
  if (wording.recipe.asks !== undefined && [...words].some((word) => ALSO.has(word) && !own.has(word)))
    return undefined
  const unseen = changes && SEES.test(text.slice(0, 100))
  const otherTool = [...words].some((word) => NAMED_TOOLS.has(word) && !own.has(word))
  const half = [...HALF_DONE].some((verb) => isAskedFor(verb, spoken) && !wording.words.has(verb))
  const unasked = [...CHANGES].some((verb) => wording.words.has(verb) && !words.has(verb))
  // What destroys has to be about everything that is asked: the containers, not the images.
  const stray =
    wording.recipe.asks !== undefined &&
    [...words].some((word) => index.knows(word) && !own.has(word) && !SOFT.has(word))
  const score =
    overlap +
    SPECIFIC * specific +
    IN_ORDER * inOrder(wording, left) -
    LEFT_OUT * forgotten -
    LEFT_OUT *
      left.filter(
        ({ entity }) =>
          ['device', 'ext'].includes(entity?.kind ?? '') || (wording.recipe.asks && entity?.kind === 'path'),
      ).length -
    UNFILLED * unfilled -
    UNNAMED * (missing.length - unfilled) -
    POOR * poor -
    OTHER_VERB * Math.min(verbs, 2) -
    (stray ? STRAY : 0) -
    (unasked ? UNASKED : 0) -
    (half ? UNDONE : 0) -
    (otherTool ? OTHER_TOOL : 0) -
    (strange ? OTHER_THING : 0) -
    (unseen ? OTHER_ACT : 0) -
    STRANGER * Math.min(2, [...words].filter((word) => !index.knows(word)).length) -
    (matched < HALF * said && [...used].some((i) => asked[i]?.entity === undefined) ? GUESSED : 0)
  return { recipe: wording.recipe, score, values }
}

const SHOW = concept('show')
const LINE = concept('line')
const EVERY = concept('every')
const asConcepts = (words: string): ReadonlySet<string> => new Set(words.split(' ').map(concept))
/** Words that say how much, not of what. */
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
 * False for a request that says too little to be answered with this: one word of several, everything there is where a
 * thing has to be named, and for what destroys also a verb without a thing, or a bound that the recipe would make up.
 */
function isEnough(
  { recipe, words: own, weight, parts }: Wording,
  words: ReadonlySet<string>,
  open: readonly string[],
  asked: readonly Asked[],
  values: ReadonlyMap<string, string>,
): boolean {
  // Not how often, and not the lines of one file.
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
  // `stop everything`: whatever it is, no command does it.
  const verbs = new Set((recipe.asks ?? []).map(concept))
  const isBare = [...words].every((word) => VERBS.has(word) || verbs.has(word) || AMOUNTS.has(word))
  if (values.size === 0 && isEvery && isBare && !(isWhole && own.has(EVERY))) return false
  if (recipe.asks === undefined) return true
  const isThing = (word: string): boolean => !verbs.has(word) && !AMOUNTS.has(word) && !TOOL_NAMES.has(word)
  const things = shared.filter(isThing)
  // A name of several words without quotes: what its last word names is another file.
  const taken = [...values.values()]
  if (asked.some(({ concept: meant }, i) => meant === NAMED && isHalfName(asked[i + 1], asked[i + 2], taken)))
    return false
  // Wherever they are: only for who says that there are several.
  if (values.has('entry') && !isEvery) return false
  // All of something is not only what is left over of it, nor the last few.
  if (isEvery && values.size === 0 && [...own].some((word) => isThing(word) && !words.has(word))) return false
  if (isEvery && !own.has(EVERY) && !values.has('n') && /\{n=/.test(recipe.run)) return false
  if (things.length === 0 && values.size === 0 && (open.length > 0 || [...own].some(isThing))) return false
  const isMadeUp =
    MADE_UP.test(recipe.run) &&
    ![...values.keys()].some((slot) => /^(?:days|minutes|size|ext|port)$/.test(slot))
  return !isMadeUp || shared.length === own.size
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
