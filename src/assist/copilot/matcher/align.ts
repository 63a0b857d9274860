// Fills the slots of a wording from a request: first with things that the request names, then with plain words in the
// slot's place.
import type { Asked } from './asked.ts'
import type { Entity } from './entities.ts'
import { concept } from './language.ts'
import { fits, slotKind, valueFrom } from './slots.ts'
import type { Index, Wording } from './wordings.ts'

export function align({ recipe, parts, words }: Wording, asked: readonly Asked[], index: Index) {
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
    // The noun beside a value only says what the value is: `user bob`, `the nginx service`.
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
  // A thing goes to the slot that suits it best, so that `{file}` does not take what `{host}` needs.
  for (const slot of wanted) {
    const at = slots.includes(slot) ? cueIndex(slot, parts, asked) : -1
    const kind = slotKind(slot)
    const order = nearFirst(asked, at)
    for (const i of order) {
      if (used.has(i) || values.has(slot)) continue
      const entity = asked[i]?.entity as Entity | undefined
      const value = entity && (valueFrom(entity, kind) ?? quotedName(entity, slot, asked[i - 1]))
      if (entity === undefined || value === undefined) continue
      const isWhereTo = /^(?:to|into)$/.test((asked[i] as Asked).before)
      const better = wanted.some(
        (other) =>
          other !== slot &&
          !values.has(other) &&
          (rank(entity, other) < rank(entity, slot) ||
            (isWhereTo && other === 'dest' && slots.includes(other))) &&
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
    // In `change the owner of a folder to bob` the word behind `to` belongs to the last slot.
    const isForOther =
      /^(?:to|into)$/.test(token?.before ?? '') &&
      slot !== 'dest' &&
      wanted
        .slice(wanted.indexOf(slot) + 1)
        .some((other) => !values.has(other) && slotKind(other).word === true)
    if (token !== undefined && !(kind.careful === true && isForOther) && fits(token.raw, kind))
      take(slot, i, token.raw)
  }
  return { values, used, nouns, kinds }
}

export type Aligned = ReturnType<typeof align>

/** A quoted text behind `file` or `named` is a name, whatever it looks like: `the file named "-rf *"`. */
const quotedName = (entity: Entity, slot: string, before: Asked | undefined): string | undefined =>
  entity.kind === 'quoted' &&
  slotKind(slot).careful === true &&
  [NAMED, concept('file'), concept('dir')].includes(before?.concept ?? '') &&
  !/[\p{Cc}\p{Cf}]/u.test(entity.value)
    ? entity.value
    : undefined

const templateSlots = (run: string): string[] => [
  ...new Set(
    [...run.matchAll(/\{([a-z]+\d?)(?:=[^{}]*)?\}/g)]
      .map((match) => match[1] as string)
      .filter((slot) => slotKind(slot) !== undefined),
  ),
]

/** Slots of a command without a default value. */
export const needed = (run: string): string[] =>
  [...run.matchAll(/\{([a-z]+\d?)\}/g)]
    .map((match) => match[1] as string)
    .filter((slot) => slotKind(slot) !== undefined)

/** How well a thing suits a slot: its place among the kinds that the slot takes, 0 being the best. */
export function rank(entity: Entity, slot: string): number {
  const at = (slotKind(slot).takes as readonly string[]).indexOf(entity.kind)
  return at < 0 ? 99 : at
}

/** Index in the request of the word that stands before the slot in the wording; -1 if the request lacks that word. */
function cueIndex(slot: string, parts: readonly string[], asked: readonly Asked[]): number {
  const before = parts[parts.indexOf(`{${slot}}`) - 1]
  return before === undefined || before.startsWith('{')
    ? -1
    : asked.findIndex((token) => token.concept === before)
}

/** All indices of the request; the one behind the cue comes first. */
function nearFirst(asked: readonly Asked[], cue: number): readonly number[] {
  const all = [...asked.keys()]
  return cue < 0 ? all : [...all.filter((i) => i === cue + 1), ...all.filter((i) => i !== cue + 1)]
}

interface Place {
  readonly slot: string
  readonly parts: readonly string[]
  readonly words: ReadonlySet<string>
  /** Index in the request of the value of each slot that is filled. */
  readonly places: ReadonlyMap<string, number>
}

/** Words that stand before a place or a name. */
const LEADS: ReadonlySet<string> = new Set('in to into under inside within as'.split(' '))
const TAKES_A_NAME: ReadonlySet<string> = new Set('symlink copy move rename cp mv'.split(' '))
/** Usual names of directories and files in projects and systems. */
const USUAL_PLACES: ReadonlySet<string> = new Set(
  `src lib bin build dist out target docs test tests vendor node_modules assets public static data scripts config conf cache tmp temp etc var opt
  home srv mnt media downloads documents pictures music videos desktop backup backups logs images photos makefile dockerfile readme license`.split(
    /\s+/,
  ),
)

/** Whether a plain word is the name of a file or directory, judged by its letters or by the word before it. */
const isPlace = ({ word, raw, before, concept: meant }: Asked, index: Index): boolean =>
  /[\d_./-]/.test(raw) ||
  (USUAL_PLACES.has(word) && !index.knows(meant ?? '')) ||
  ((LEADS.has(before) || TAKES_A_NAME.has(before)) && !index.knows(meant ?? ''))

/** Whether a word is a place because of the word before it, whatever else the word means. */
export const isUsualPlace = ({ word, before }: Asked): boolean =>
  USUAL_PLACES.has(word) && /^(?:to|into|folder|directory|dir|named|called)$/.test(before)

const ABOUT_IT: ReadonlySet<string> = new Set(
  'creationtime tree size content permission name owner version type show'.split(' ').map(concept),
)

/**
 * Whether a word beside `file` or `folder` is its name: a word that no wording has, or one directly behind that says
 * nothing about a file.
 */
const isNameBeside = ({ word, before, concept: meant }: Asked, index: Index): boolean =>
  !index.knows(meant ?? '')
    ? !/(?:ed|ing)$/.test(word)
    : /^(?:file|folder|directory|dir|named|called)$/.test(before) &&
      !/(?:ed|ing|er|est)$/.test(word) &&
      !ABOUT_IT.has(meant ?? '')

/**
 * Whether the words beside it show that the word is a verb, a property or a kind, and no name: `lock a`, `the owner
 * of`, `a zombie`.
 */
const isSentence = ({ word, before, after, concept: meant }: Asked, slot: string): boolean =>
  /^(?:an?|the|my|all|every|each|some|any)$/.test(after) ||
  (!/\d|[_./-]/.test(word) && (/^[a-z]{3,}(?<!fe)ed$/.test(word) || ENGLISH.has(word))) ||
  (before === 'the' && after === 'of') ||
  before === 'my' ||
  (/^an?$/.test(before) && !/^(?:named|called)$/.test(after)) ||
  (OF_A_TOOL.test(slot) && TOOLS_MEANT.has(meant ?? ''))

/** Common words of sentences about files and machines; nothing has such a name. */
const ENGLISH: ReadonlySet<string> = new Set(
  `alongside against among around beside besides between beyond during despite except near since through throughout towards toward upon versus
  stdin stdout stderr instead itself themselves entire whole actual original part parts portion portions section sections piece pieces separator delimiter
  shell thread threads membership memberships option argument arguments parameter result example case cases kind kinds reason problem issue question answer idea
  point amount total maximum minimum average encoding spelling comma commas newline newlines whitespace blank blanks quote quotes
  ability access action activity area attribute attributes behaviour behavior beginning bottom cause chance condition conditions contrast creation date degree detail
  details difference differences direction effect effort element elements end existence extra fact future goal good great half hand help hour important
  job knowledge law life limit love man matter meaning means middle mind minute moment money month morning movement need night nobody none nothing number
  opportunity others outside pair past pattern people percent period permission person place possible power practice presence present pressure previous price proof
  property properties purpose quality quick range rate reality reason relation right role room same second sense sentence sentences shape side sight sign simple
  situation size skill society solution someone something somewhere sort specific speed statement step strength such technique term terms thing things thought time
  trouble truth variety voice walk week weight wish wonder world year yesterday zombie zombies`.split(/\s+/),
)

/** Slots for a branch, commit or container, which have no name that is also the name of the tool. */
const OF_A_TOOL = /^(?:commit|branch|hash|container|pod|name)\d?$/
const TOOLS_MEANT: ReadonlySet<string> = new Set(
  'git docker kubernetes compose repository remote'.split(' ').map(concept),
)

/** Whether the word says how something is done, so that it is no name. */
const isAdverb = (word: string): boolean =>
  /^[a-z]{3,}ly$/.test(word) && !/^(?:family|reply|assembly)$/.test(word)

/**
 * Index of a plain word for the slot: beside the slot's neighbours in the wording, else the only word that no wording
 * has; or -1.
 */
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
    if (isUsualPlace(token)) return true
    const beside = nouns.includes(asked[i - 1]?.concept) || nouns.includes(asked[i + 1]?.concept)
    // Any noun could be the name of a file, so a careful slot needs a sign that it is one.
    if (slotKind(slot).careful === true && !isPlace(token, index) && !(beside && isNameBeside(token, index)))
      return false
    if (isAdverb(token.word) || isSentence(token, slot)) return false
    return !words.has(token.concept ?? '') && !NEVER_NAMES.has(token.concept ?? '')
  }
  const find = (part: string | undefined): number => {
    if (part === undefined) return -1
    if (part.startsWith('{')) return places.get(part.slice(1, -1)) ?? -1
    return asked.findIndex((token) => token.concept === part)
  }
  const at = parts.indexOf(`{${slot}}`)
  if (at < 0) return namedWord(slot, asked, used, free, index)
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

/** Index of a word behind the slot's noun, as in `directory build`; or -1. */
function namedWord(
  slot: string,
  asked: readonly Asked[],
  used: ReadonlySet<number>,
  free: (i: number) => boolean,
  index: Index,
): number {
  const noun = concept(slot.replace(/\d$/, ''))
  const at = asked.findIndex((token) => token.concept === noun || token.concept === NAMED)
  if (at < 0) return -1
  const next = asked[at + 1]
  const isName =
    next !== undefined &&
    next.entity === undefined &&
    next.before === asked[at]?.word &&
    !used.has(at + 1) &&
    !isGrammar(next.concept) &&
    !ENGLISH.has(next.word) &&
    !/(?:ed|ing)$|^(?:by|from|to|in|of)$/.test(next.word) &&
    (slotKind(slot).careful !== true || isUsualPlace(next) || isNameBeside(next, index))
  return free(at + 1) || isName ? at + 1 : -1
}

/** Whether the word can stand behind a noun without being its name. */
const isGrammar = (word: string | undefined): boolean =>
  word !== undefined &&
  ['over', 'recursive', 'only', 'not', 'every', 'from', 'named', 'new', 'last', 'exist', 'inside']
    .map(concept)
    .includes(word)

const NAMED = concept('named')

/** Verbs and other words that are never a name, wherever they stand. */
const NEVER_NAMES: ReadonlySet<string> = new Set(
  'over find show delete create change copy move count sort file dir all every recursive ignorecase hidden last first only not new running without each line service container branch user package process port pod image group computer key url archive from named have use content creationtime'
    .split(' ')
    .map(concept),
)
