// Lays a request beside the wordings of an entry, fills its slots, and says by a few features how well the two fit.
import { isDestroying } from './acts.ts'
import { piecesOf, type Slot, slotsIn } from './entries.ts'
import { endingTerm, fill, fits, NOUNS, typeTerms, valueFor, wordFit } from './fill.ts'
import { type Index, isOf, isSought, type Known, toolOf } from './index.ts'
import { concept, NOT, PREVIEW } from './language.ts'
import { type Asked, leftOf, type Request, SMALL } from './read.ts'
import { WEIGHTS } from './weights.ts'

/** What speaks for an entry, and from `loose` on against it; each between 0 and 1. */
export const FEATURES = [
  /** Share of what the request says that all wordings and the command say, of what the wording says that the request does, and of both. */
  'saidAnywhere', 'saysNoMore', 'both',
  /** Share of the request's neighbours, small words and slots among them, that are neighbours in the wording. */
  'order',
  /** How few words the command has. */
  'short',
  /** The wording says just this; every word is in one of the wordings. */
  'same', 'whole',
  /** It is the wording with things in its slots, and nothing else. */
  'matches',
  /** The request names the entry's tool; every machine has it. */
  'tool', 'common',
  /** A slot takes just this kind of file. */
  'special',
  /** How well the search found it, as a share of the best. */
  'found',
  /** Things that no slot takes, slots that nothing fills, slots filled by a guess. */
  'loose', 'open', 'guessed',
  /** The verb of the request is missing. */
  'otherVerb',
  /** Words that nothing explains, by the most telling one. */
  'unexplained',
  /** A change is asked for, and the command only looks. */
  'idle',
  /** The request or the wording excludes something, and the other does not. */
  'limits',
] as const // biome-ignore format: a list with its reasons

export interface Ranked {
  readonly known: Known
  readonly command: string
  readonly missing: readonly string[]
  readonly features: readonly number[]
  readonly score: number
  /** That it is right, by how often others that fit as well were. */
  readonly chance: number
  /** Whether every word and thing of the request is explained. */
  readonly isWhole: boolean
  /** Whether the wording says just what the request says. */
  readonly isSame: boolean
  readonly destroys: boolean
  readonly changes: boolean
}

type Scored = Omit<Ranked, 'chance'>

const VERBS = new Set(
  `delete copy move rename create replace count compress extract kill stop start restart install uninstall download upload sort compare mount unmount encode decode
  enable disable merge split sync convert squash rebase stash revert discard change open overwrite append insert verify follow format find show check connect
  build push pull commit clone upgrade update set unset lock unlock encrypt decrypt sign export import reset reload save attach detach resize scale apply
  describe resume suspend pause`
    .split(/\s+/)
    .map(concept),
)
/** Verbs that ask for the same thing so often that one for the other says little. */
const SEEING = new Set('show find check get count'.split(' ').map(concept))
/** Tools that every machine has, or that everybody means who names none. */
const COMMON = new Set(
  `ls find grep cat sort uniq head tail wc cut tr sed awk cp mv rm mkdir rmdir touch ln chmod chown du df ps kill pkill tar gzip unzip zip diff stat file which who whoami
  date echo printf tee xargs free uptime uname hostname ip ss ping curl ssh scp rsync systemctl journalctl apt git docker kubectl mount crontab history pwd cd export env
  sha256sum md5sum less man tree lsblk lscpu lsof dig useradd usermod passwd id groups nproc shutdown reboot`.split(
    /\s+/,
  ),
)
const UNITS = ['minute', 'hour', 'day', 'week', 'month', 'year'].map(concept)
const NAMED = concept('named')
const EACH = concept('each')
/** Verbs of a change. */
const CHANGING = new Set(
  [...VERBS].filter(
    (verb) =>
      !SEEING.has(verb) &&
      !['sort', 'compare', 'follow', 'open', 'describe', 'connect'].map(concept).includes(verb),
  ),
)

/** What it asks to do. */
export const verbsOf = ({ concepts }: Request) => [...concepts].filter((word) => VERBS.has(word))

/** Entries, best first; those that would do what nobody asked for are left out. */
export function rank(request: Request, index: Index, extra: readonly Known[] = []): readonly Ranked[] {
  const found = [
    ...extra.map((known) => ({ known, share: 1 })),
    ...(request.tool === undefined ? [] : index.find(request.concepts, request.tool)),
    ...index.find(
      new Set([
        ...request.concepts,
        ...request.items.filter(isSought),
        ...request.tokens.flatMap(({ entity }) =>
          entity ? [...typeTerms(entity.kind), ...endingTerm(entity.value)] : [],
        ),
      ]),
    ),
  ]
  // What both searches found counts as the tool's own search does.
  return withChances(
    [...new Map(found.toReversed().map(({ known, share }) => [known, share]))].flatMap(
      ([known, share]) => rankOne(request, known, index, share) ?? [],
    ),
  )
}

/** Commands that share the chance to be right. The many behind them share a word or two with any request, and knowledge that grows has more of those. */
const NEAREST = 10

/** The nearest, each with its chance to be right: their scores share what is left beside that none is. */
export function withChances<T extends Pick<Ranked, 'command' | 'score'>>(
  all: readonly T[],
): readonly (T & { chance: number })[] {
  const best = new Map<string, T>()
  for (const one of all) {
    const key = one.command.replace(/^sudo /, '').replace(/\b[A-Z][A-Z_\d]*\b/g, 'X')
    if (one.score > (best.get(key)?.score ?? Number.NEGATIVE_INFINITY)) best.set(key, one)
  }
  const nearest = [...best.values()]
    .sort((a, b) => b.score - a.score || (a.command < b.command ? -1 : 1))
    .slice(0, NEAREST)
  const sum = nearest.reduce((total, { score }) => total + Math.exp(score), 1)
  return nearest.map((one) => ({ ...one, chance: Math.exp(one.score) / sum }))
}

/** A command with these values in its slots, and what it does; undefined where one of them may not stand there. */
function act(template: string, slots: readonly Slot[], values: ReadonlyMap<string, string>, index: Index) {
  const filled = fill({ command: template, slots }, values)
  const { command = '' } = filled ?? {}
  return filled && { ...filled, changes: index.changes(command), destroys: isDestroying(command) }
}

/** What of an entry is the same for each request. */
function newShape({ command, about, wordings }: Known, index: Index) {
  const slots = slotsIn(command)
  return {
    slots,
    anywhere: new Set([...about, ...wordings.flat()]),
    own: wordings.map((wording) => new Set(wording.filter((item) => /^[^{~]/.test(item)))),
    pairs: wordings.map((wording) => new Set(pairsOf(wording))),
    // Most requests name nothing for its slots.
    open: act(command, slots, new Map(), index),
  }
}
const shapes = new WeakMap<Known, ReturnType<typeof newShape>>()

function rankOne(request: Request, known: Known, index: Index, found: number): Scored | undefined {
  const shape = shapes.get(known) ?? newShape(known, index)
  shapes.set(known, shape)
  let best: Scored | undefined
  for (const at of known.wordings.keys()) {
    const one = lay(request, known, shape, at, index, found)
    if (one && (!best || one.score > best.score)) best = one
  }
  return best
}

interface Assigned {
  readonly values: ReadonlyMap<string, string>
  readonly used: ReadonlySet<number>
  /** Which thing or word stands in which slot. */
  readonly places: ReadonlyMap<string, number>
  readonly guessed: number
  readonly nouns: ReadonlySet<string>
  /** Slots that the request names by their kind and leaves open: `install a package`. */
  readonly asked: ReadonlySet<string>
}

const CONCEPTS = new Map(
  Object.entries(NOUNS).map(([type, nouns]) => [type, new Set(nouns.split(' ').map(concept))]),
)
const NONE: ReadonlySet<string> = new Set()
/** The nouns by which requests call what a slot takes, as concepts. */
const nounsOf = ({ type }: Slot): ReadonlySet<string> => CONCEPTS.get(type) ?? NONE
/** Types whose noun before a name says that it is one of these and nothing else: `host web1`, `user bob`, `port 80`. */
const TOLD = [
  'host',
  'user',
  'group',
  'port',
  'branch',
  'container',
  'service',
  'pod',
  'namespace',
  'package',
] as const
/** Those nouns, with the types that they name. */
const BY_NOUN: ReadonlyMap<string, readonly Slot['type'][]> = new Map(
  TOLD.flatMap((told) => [...(CONCEPTS.get(told) ?? [])]).map((noun) => [
    noun,
    TOLD.filter((type) => CONCEPTS.get(type)?.has(noun)),
  ]),
)
/** Words for several files. */
const FILES = /^(?:files|images|pictures|photos|documents|scripts|logs)$/
const INSIDE = /^~(?:in|under|inside|within|below|from)$/

const MOST_TRIED = 6
/** Types of slots that any text may stand in. */
const IS_TEXT: ReadonlySet<Slot['type']> = new Set(['pattern', 'text', 'name', 'value', 'glob'])

/** A thing or word that may stand in a slot, and how well it fits there. */
interface Place {
  readonly at: number
  readonly value: string
  readonly score: number
  readonly isGuess: boolean
}

/** Which thing of the request stands in which slot: the choice whose things fit best, by type, neighbours and order. */
function assign(
  { tokens }: Request,
  slots: readonly Slot[],
  wording: readonly string[],
  anywhere: ReadonlySet<string>,
): Assigned {
  const inWording = wording.flatMap((item, i) =>
    item.startsWith('{') ? [{ name: item.slice(1, -1), i }] : [],
  )
  const wanted = inWording.flatMap(({ name, i }) => {
    const slot = slots.find((one) => one.name === name)
    return slot === undefined ? [] : [{ slot, before: leftOf(wording, i), after: wording[i + 1] }]
  })
  const options = wanted.map(({ slot, before, after }) =>
    tokens
      .flatMap((token, at): Place[] => {
        const place = placeOf(token, tokens, at, slot, before, after, anywhere)
        return place === undefined ? [] : [place]
      })
      .sort((a, b) => b.score - a.score)
      .slice(0, MOST_TRIED),
  )
  let best: readonly (Place | undefined)[] = []
  let most = Number.NEGATIVE_INFINITY
  const tryFrom = (i: number, chosen: readonly (Place | undefined)[], score: number): void => {
    if (i === options.length) {
      if (score > most) {
        most = score
        best = chosen
      }
      return
    }
    for (const place of options[i] as readonly Place[]) {
      if (chosen.some((one) => one?.at === place.at)) continue
      const last = chosen.findLast((one) => one !== undefined)
      tryFrom(
        i + 1,
        [...chosen, place],
        score + place.score + (last !== undefined && last.at > place.at ? -0.6 : 0),
      )
    }
    tryFrom(i + 1, [...chosen, undefined], score)
  }
  tryFrom(0, [], 0)
  const values = new Map<string, string>()
  const used = new Set<number>()
  const places = new Map<string, number>()
  const nouns = new Set<string>()
  let guessed = 0
  const take = (slot: Slot, { at, value, isGuess }: Place): void => {
    values.set(slot.name, value)
    used.add(at)
    places.set(slot.name, at)
    if (isGuess) guessed++
    for (const noun of nounsOf(slot)) nouns.add(noun)
  }
  for (const [i, place] of best.entries()) if (place !== undefined) take(wanted[i]!.slot, place)
  // What the wording does not mention may still be named, as a place to start from.
  for (const slot of slots) {
    if (values.has(slot.name)) continue
    const free = tokens.flatMap((token, at) => {
      if (used.has(at) || token.entity === undefined || isOther(tokens, at, slot)) return []
      const found = valueFor(slot, token.entity, unitOf(wording, slot.name))
      return found === undefined ? [] : [{ at, value: found.value, score: found.fit, isGuess: false }]
    })
    const [only, other] = free.sort((a, b) => b.score - a.score)
    if (only !== undefined && (other === undefined || other.score < only.score)) take(slot, only)
  }
  const asked = new Set<string>()
  // Beside what is named, the rest of the nouns may be anything.
  for (const slot of values.size > 0 ? [] : slots) {
    const own = nounsOf(slot)
    const called = slot.type === 'text' ? undefined : concept(slot.name.replace(/[\d_-].*$/, ''))
    const said = tokens.filter(
      ({ concept: word }) => word !== undefined && (own.has(word) || word === called),
    )
    // One folder is not two of them.
    if (said.every(({ word, concept: noun }) => nouns.has(noun as string) && !word.endsWith('s'))) continue
    asked.add(slot.name)
    for (const { concept: word } of said) nouns.add(word as string)
  }
  return { values, used, places, guessed, nouns, asked }
}

const unitOf = (wording: readonly string[], name: string): string | undefined =>
  wording[wording.indexOf(`{${name}}`) + 1]?.replace(/^~/, '')

/** Words for what a directory has, which name none: `the folder size`. */
const OF_DIRS =
  /^(?:sizes?|lists?|trees?|structures?|contents?|permissions?|names?|paths?|owners?|status|files?|usage)$/
/** Whether a plain word behind `the folder` is its name: nothing but a preposition follows. */
const isCalledDir = (tokens: readonly Asked[], at: number, slot: Slot): boolean =>
  slot.type === 'dir' &&
  !OF_DIRS.test(tokens[at]?.word ?? '') &&
  /^(?:|~(?:to|in|into|from|on|and|with|as))$/.test(tokens[at + 1]?.item ?? '')

/** Whether the words around a name say that it is something else: the directory of files, or another kind of thing. */
function isOther(tokens: readonly Asked[], at: number, slot: Slot): boolean {
  const { left = '' } = tokens[at]!
  if (slot.type === 'file')
    return (
      INSIDE.test(left) &&
      !/\w\.\w|[*?]/.test(tokens[at]?.raw ?? '') &&
      tokens.some(({ word }) => FILES.test(word))
    )
  const told = BY_NOUN.get(left)
  return told !== undefined && (TOLD as readonly string[]).includes(slot.type) && !told.includes(slot.type)
}

function placeOf(
  token: Asked,
  tokens: readonly Asked[],
  at: number,
  slot: Slot,
  before: string | undefined,
  after: string | undefined,
  anywhere: ReadonlySet<string>,
): Place | undefined {
  const { left } = token
  const sameBefore = before !== undefined && left === before
  const sameAfter = after !== undefined && tokens[at + 1]?.item === after
  const near = (sameBefore ? 1 : 0) + (sameAfter ? 0.5 : 0)
  const own = nounsOf(slot)
  const isNoun = (word: string | undefined): boolean => word === NAMED || own.has(word ?? '')
  const right = tokens[at + 1]?.item
  if (isOther(tokens, at, slot)) return undefined
  if (token.entity !== undefined) {
    const found = valueFor(slot, token.entity, after?.replace(/^~/, ''))
    if (found !== undefined) {
      // Of what is quoted only the noun says that it is a user, a remote or an image.
      const isGuess =
        token.entity.kind === 'quoted' &&
        wordFit(slot, false) === 'word' &&
        !IS_TEXT.has(slot.type) &&
        !tokens.some(({ concept: word }) => word !== undefined && own.has(word))
      return { at, value: found.value, score: 1 + found.fit + near, isGuess }
    }
    // `the folder old_project`, `a directory named "a b"`
    const isCalled =
      (token.entity.kind === 'name' || token.entity.kind === 'quoted') &&
      (wordFit(slot, false) === 'careful' || (token.entity.kind === 'name' && isNoun(left))) &&
      /\w/.test(token.entity.value) &&
      (isNoun(left) || (sameBefore && (before === '~to' || VERBS.has(before))))
    return isCalled ? { at, value: token.entity.value, score: 1.2 + near, isGuess: false } : undefined
  }
  const fit = wordFit(slot, token.isTool && slot.type !== 'text' && slot.type !== 'pattern')
  const value = token.raw
  if (fit === 'none' || token.concept === undefined || !fits(slot, value)) return undefined
  // `the old branch` and `file size` name nothing, because such words occur in many wordings; `… to new` at the end and `as deploy` do.
  const isLast = before === '~to' && after === undefined && at === tokens.length - 1
  const isBetween =
    near === 1.5 &&
    (slot.type === 'text' ||
      slot.type === 'pattern' ||
      (/^\w/.test(before ?? '') && !VERBS.has(before ?? '')))
  const isNamed =
    left === NAMED || isBetween || (sameBefore && (isLast || (before === '~as' && slot.type === 'user')))
  // `completely` and the like say how, and name nothing.
  if (!isNamed && (/^[a-z]{3,}ly$/.test(value) || anywhere.has(token.own ?? token.concept))) return undefined
  const hasNoun =
    isNamed ||
    (isNoun(left) && (token.isTool || token.share < 1 / 40 || isCalledDir(tokens, at, slot))) ||
    (isNoun(right) && (token.isTool || token.share < 1 / 400 || slot.type === 'key'))
  // `the internet` is no name.
  if (!hasNoun && !token.isTool && /^~(?:the|an?|my)$/.test(tokens[at - 1]?.item ?? '')) return undefined
  if (!hasNoun && VERBS.has(token.concept) && !token.isUnknown) return undefined
  if (
    fit === 'careful' &&
    !hasNoun &&
    !(sameBefore && /^~(?:in|into|to|under)$/.test(before) && token.share < 1 / 250)
  )
    return undefined
  // A word of many wordings means what it means there.
  if (!hasNoun && (near === 0 || (!token.isUnknown && token.share > 1 / 250 && !token.isTool)))
    return undefined
  const score = (hasNoun ? 0.7 : 0) + near + (token.isUnknown ? 0.6 : 0)
  return { at, value, score: score * 0.8, isGuess: !token.isUnknown && !hasNoun && !sameBefore }
}

/** Both are shells, and one history is not the other's. */
const OTHER_SHELL: Readonly<Record<string, RegExp>> = { bash: /\bzsh\b/, zsh: /\bbash\b/ }

/** What of a request a wording and its entry explain, by the weight of the words, and what is left. */
function tally(
  tokens: readonly Asked[],
  { used, nouns }: Assigned,
  known: Known,
  wording: readonly string[],
  anywhere: ReadonlySet<string>,
  weigh: (word: string) => number,
  looks: boolean,
) {
  const own = new Set(wording)
  let [asked, all] = [0, 0]
  let [loose, worst] = [0, 0]
  const left: string[] = []
  const inThings = new Set<string>()
  for (const [at, { concept: word, entity, raw, parts }] of tokens.entries()) {
    if (used.has(at)) {
      for (const part of entity ? parts : []) inThings.add(part)
      // `last week` is seven days to a command that counts days.
      if (entity?.kind === 'time') for (const unit of UNITS) inThings.add(unit)
      continue
    }
    if (entity !== undefined) {
      if (entity.kind === 'here' || isInCommand(entity.value, raw, known, wording)) {
        for (const part of parts) inThings.add(part)
        continue
      }
      loose++
      continue
    }
    if (word === undefined) continue
    if (OTHER_SHELL[raw]?.test(known.command)) loose++
    // `called` only says that a name follows.
    if (word === NAMED && used.has(at + 1)) continue
    const weight = weigh(word)
    asked += weight
    // What only looks shows all of it, whether the wording says so or not.
    const isImplied = looks && (SEEING.has(word) || word === EACH)
    if (own.has(word) || nouns.has(word) || anywhere.has(word) || isImplied) all += weight
    else {
      worst = Math.max(worst, weight)
      left.push(word)
    }
  }
  return { asked, all, loose, worst, left, inThings }
}

/** One wording beside the request. */
function lay(
  request: Request,
  known: Known,
  shape: ReturnType<typeof newShape>,
  at: number,
  index: Index,
  found: number,
): Scored | undefined {
  const { tokens } = request
  const { slots, anywhere } = shape
  const [wording, own] = [known.wordings[at]!, shape.own[at]!]
  const assigned = assign(request, slots, wording, anywhere)
  const { values, used, places, guessed, asked: open } = assigned
  if (request.asksWhy ? !wording.includes('~why') : wording[0] === '~why') return undefined
  // A tool that is named binds, unless it is itself what the command is about: `restart nginx`.
  if (
    request.tool &&
    !isOf(known, request.tool) &&
    !tokens.some(({ word }, at) => word === request.tool && used.has(at))
  )
    return undefined
  const done = values.size === 0 ? shape.open : act(known.command, slots, values, index)
  if (!done) return undefined
  const { command, missing, changes, destroys } = done
  // It changes and destroys only what the words ask for.
  if ((changes && request.looks) || (destroys && !request.destroys)) return undefined
  const weigh = (word: string): number =>
    // Any word for looking asks for what only looks.
    (SEEING.has(word) && !changes ? 0.3 : 1) * index.weight(word)
  const { asked, all, loose, worst, left, inThings } = tally(
    tokens,
    assigned,
    known,
    wording,
    // What destroys is just what the wording says, but for its verb, and not a part of what another one says.
    destroys
      ? new Set([...own, ...known.about, ...[...anywhere].filter((word) => VERBS.has(word))])
      : anywhere,
    weigh,
    !changes,
  )
  let [whole, shared] = [0, 0]
  for (const word of own) {
    const weight = index.weight(word)
    whole += weight
    if (request.concepts.has(word) || inThings.has(word)) shared += weight
  }
  const verbs = verbsOf(request)
  const otherVerb = verbs.some((verb) => !anywhere.has(verb) && !(SEEING.has(verb) && !changes))
  const isBounded = request.concepts.has(NOT) || request.concepts.has(PREVIEW)
  const limits = (isBounded && !own.has(NOT) && !own.has(PREVIEW)) || (own.has(NOT) && !isBounded)
  const isWhole = left.length === 0 && loose === 0
  // What destroys may not drop a word, and what changes something none that bounds it.
  if (changes && (limits || (isBounded && !isExcluded(tokens, wording, places)))) return undefined
  // Both of two tests are not either of them.
  if (isEither(tokens) && /^(?:sudo )?find\b/.test(command) && !/ -o /.test(command)) return undefined
  if (changes && !picks(request.text, known)) return undefined
  if (destroys && (!isWhole || guessed > 0 || (used.size > 0 && missing.length > 0))) return undefined
  if (destroys && request.concepts.has(EACH) && !own.has(EACH) && used.size === 0) return undefined
  if (request.items.join(' ') !== wording.join(' ') && isTooLittle(request, used, own, anywhere, left, index))
    return undefined
  const share = (part: number, sum: number): number => (sum === 0 ? 1 : part / sum)
  const isNamed = (name: string): boolean => values.has(name) || open.has(name)
  const isSame =
    isWhole && own.size > 0 && [...own].every((word) => request.concepts.has(word) || inThings.has(word))
  const byName: Readonly<Record<(typeof FEATURES)[number], number>> = {
    saidAnywhere: share(all, asked),
    saysNoMore: share(shared, whole),
    both: harmonic(share(all, asked), share(shared, whole)),
    order: orderOf(tokens, used, shape.pairs[at]!),
    short: 1 / Math.max(1, known.command.split(/\s+/).length - 1),
    same: Number(isSame),
    whole: Number(isWhole),
    matches: Number(isSame && wording.every((item) => item[0] !== '{' || isNamed(item.slice(1, -1)))),
    loose: Math.min(1, loose / 2),
    open: Math.min(
      1,
      slots.filter(({ name, otherwise }) => otherwise === undefined && !isNamed(name)).length / 2,
    ),
    guessed: Math.min(1, guessed / 2),
    tool: Number(request.tool !== undefined && isOf(known, request.tool)),
    special: Number(slots.some(({ name, ending }) => ending !== undefined && values.has(name))),
    common: Number(COMMON.has(toolOf(command))),
    otherVerb: Number(otherVerb),
    unexplained: worst / 10,
    found,
    idle: Number(!request.looks && verbs.some((verb) => CHANGING.has(verb)) && !changes),
    limits: Number(limits),
  }
  const features = FEATURES.map((name) => byName[name])
  return { known, command, missing, features, score: scoreOf(features), isWhole, isSame, destroys, changes }
}

/** Whether a request joins two tests of files by `or`: `older than 3 days or larger than 1 MB`. */
const isEither = (tokens: readonly Asked[]): boolean =>
  tokens.some(
    ({ word }, at) => word === 'or' && tokens.slice(at + 1).some(({ entity }) => entity !== undefined),
  ) && tokens.findIndex(({ entity }) => entity !== undefined) < tokens.findIndex(({ word }) => word === 'or')

/** Whether an entry is about the largest, newest or oldest where the request is: a change of that one is not one of all that are large. */
function picks(text: string, { says, command }: Known): boolean {
  const [most] = /\b(?:larg|bigg|heavi|small|new|late|old|long|short)est\b/i.exec(text) ?? []
  return (
    most === undefined ||
    /\b(?:sort|head|tail)\b/.test(command) ||
    says.some((said) => said.includes(most.toLowerCase()))
  )
}

/** Whether what a request leaves out is what the wording does: the first thing or word behind `not` is behind the wording's, too. */
function isExcluded(
  tokens: readonly Asked[],
  wording: readonly string[],
  places: ReadonlyMap<string, number>,
): boolean {
  const at = tokens.findIndex(({ concept: word }) => word === NOT || word === PREVIEW)
  // No wording leaves out two things.
  if (tokens.some(({ concept: word }, i) => i > at && (word === NOT || word === PREVIEW))) return false
  const first = tokens.findIndex(
    ({ concept: word, entity }, i) => i > at && (word !== undefined || entity !== undefined),
  )
  if (first < 0) return true
  const from = wording.findIndex((item) => item === NOT || item === PREVIEW) + 1
  const behind = wording.slice(from).find((item) => !item.startsWith('~')) ?? ''
  return behind.startsWith('{')
    ? places.get(behind.slice(1, -1)) === first
    : behind === tokens[first]?.concept
}

/** Whether the two share so little that they meet by chance: only verbs, one word, or not the most telling word. */
function isTooLittle(
  { concepts: asked, tokens, tool }: Request,
  used: ReadonlySet<number>,
  own: ReadonlySet<string>,
  anywhere: ReadonlySet<string>,
  left: readonly string[],
  index: Index,
): boolean {
  const shared = [...own].filter((word) => asked.has(word))
  const isOnlyVerbs =
    shared.every((word) => VERBS.has(word)) &&
    [...own].some((word) => !VERBS.has(word)) &&
    // `stash my changes`: both are what the entry is about.
    [...asked].filter((word) => anywhere.has(word) && !SEEING.has(word)).length < 2
  const hasThing = tokens.some(({ entity }, at) => entity !== undefined && used.has(at))
  if (isOnlyVerbs && !hasThing) return true
  if (asked.size + used.size < 2 && (own.size !== 1 || VERBS.has([...own][0] as string))) return true
  // Of a tool that is named, what no wording has is a way of speaking.
  if (tool && shared.some((word) => word !== concept(tool))) return false
  const weigh = (words: readonly string[]): number => Math.max(0, ...words.map((word) => index.weight(word)))
  return used.size === 0 && weigh(left) > weigh(shared)
}

/** Whether a thing that no slot takes is in the command as it is, or in the words of the wording. */
function isInCommand(value: string, raw: string, { command }: Known, wording: readonly string[]): boolean {
  const plain = value.toLowerCase()
  return (
    command.split(/[\s'"=:,]+/).some((word) => word.toLowerCase() === plain) ||
    raw
      .toLowerCase()
      .split(/\s+/)
      .every(
        (word) => wording.includes(concept(word)) || wording.includes(`~${word}`) || wording.includes(word),
      )
  )
}

/** Neighbours as one list of pairs; what stands in a slot is only a thing. */
const pairsOf = (items: readonly string[]): readonly string[] =>
  items
    .filter((item) => !SMALL.test(item))
    .map((item) => (item.startsWith('{') ? '{' : item))
    .flatMap((item, i, all) => (i === 0 ? [] : [`${all[i - 1]} ${item}`]))

function orderOf(tokens: readonly Asked[], used: ReadonlySet<number>, own: ReadonlySet<string>): number {
  const asked = pairsOf(
    tokens.map(({ item, entity }, at) => (used.has(at) || entity !== undefined ? '{' : item)),
  )
  if (asked.length === 0) return 1
  return asked.filter((pair) => own.has(pair)).length / asked.length
}

const harmonic = (one: number, other: number): number => (2 * one * other) / (one + other) || 0

export const scoreOf = (features: readonly number[], weights: readonly number[] = WEIGHTS): number =>
  features.reduce((total, one, i) => total + one * weights[i + 1]!, weights[0]!)

/** What an entry does: the plain text of its first wording, with what a slot stands for in capitals. */
export const shownWording = ({ says }: Pick<Known, 'says'>): string =>
  piecesOf(says[0] ?? '')
    .map((piece) => (typeof piece === 'string' ? piece : piece[1]!.toUpperCase()))
    .join('')
