// Distinct command texts, each stored once per person and known by a small number from then on.
import { blake3 } from '../../base/hash.ts'
import { type Level0, markLevel0, revealLevel0 } from '../../base/level0/level0.ts'
import { createRecent, type Recent } from '../../base/recent.ts'
import { type Change, type Database, putRow, type Snapshot } from '../level/database.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { createNumberSet, type NumberSet } from '../level/number-set.ts'
import { pages } from '../level/pages.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

const HASH_BYTES = 16
// commands ‖ uid ‖ kind ‖ number or hash
const BY_NUMBER = { bytes: Uint8Array.of(1) }
export const BY_HASH = { bytes: Uint8Array.of(2) }
/** The highest number that was ever given, where its text is gone. */
const HIGHEST = { bytes: Uint8Array.of(3) }
/** There while events were removed whose texts have not been looked for yet. */
export const UNSWEPT = { bytes: Uint8Array.of(4) }
/** There while removed events may still lie in the files. */
export const UNPURGED = { bytes: Uint8Array.of(5) }
export type Mark = typeof UNSWEPT | typeof UNPURGED
export const NUMBER_AT = 1 + 4 + 1
/** People repeat themselves: most commands are answered from here. */
const CACHED_TEXTS = 8192
/** People whose numbers are cached: more than type at one machine at the same time. */
const CACHED_PEOPLE = 4
/** Longer texts are looked up by their hash each time, so that a person's cache stays below 16 MB. */
const CACHED_LENGTH = 1024

export type CommandTable = ReturnType<typeof createCommandTable>

/** Where the text of a number is, and where the number of a text. */
export const numberKey = (uid: number, number: number): Buffer =>
  makeKey('commands', { u32: uid }, BY_NUMBER, { u32: number })
export const hashKey = (uid: number, text: string): Buffer =>
  makeKey('commands', { u32: uid }, BY_HASH, { bytes: blake3([text], HASH_BYTES) })

/** The writing side; one per database, and only one call of `number` at a time. */
export function createCommandTable(db: Database) {
  /** Numbers by text, a cache for each person: joining person and text to one key would cost more than the look-up. */
  const caches = createRecent<number, Recent<string, number>>(CACHED_PEOPLE)
  const nextNumber = new Map<number, number>()

  let watched: { readonly uid: number; readonly used: NumberSet } | undefined

  async function firstFree(uid: number): Promise<number> {
    return nextNumber.get(uid) ?? (await lastNumber(db, uid)) + 1
  }

  async function numbered(
    uid: number,
    texts: readonly Level0<string>[],
    changes: Change[],
  ): Promise<readonly number[]> {
    const cache = caches.getOrInsert(uid, () => createRecent(CACHED_TEXTS))
    const numbers = new Array<number>(texts.length)
    const wanted: [text: string, places: readonly number[]][] = []
    // People repeat themselves within a batch, too: each text is looked up once.
    for (const [text, places] of Map.groupBy(texts.keys(), (i) => revealLevel0(texts[i]!))) {
      const cached = cache.get(text)
      if (cached === undefined) wanted.push([text, places])
      else for (const place of places) numbers[place] = cached
    }
    if (wanted.length === 0) return numbers
    const keys = wanted.map(([text]) => hashKey(uid, text))
    const found = await db.getMany(keys)
    let next = await firstFree(uid)
    for (const [w, [text, places]] of wanted.entries()) {
      const stored = found[w]
      let number: number
      if (stored !== undefined) number = decodeValue<number>(stored)
      else {
        number = next++
        changes.push(
          putRow(keys[w] as Buffer, encodeValue(number)),
          putRow(numberKey(uid, number), encodeValue(text)),
        )
      }
      for (const place of places) numbers[place] = number
      if (text.length <= CACHED_LENGTH) cache.set(text, number)
    }
    nextNumber.set(uid, next)
    return numbers
  }

  return {
    /** Numbers of the texts, in their order; what must be written for the new ones is appended to `changes`. */
    async number(uid: number, texts: readonly Level0<string>[], changes: Change[]) {
      const numbers = await numbered(uid, texts, changes)
      if (watched?.uid === uid) for (const number of numbers) watched.used.add(number)
      return numbers
    },
    /** Numbers of one person that are handed out from now on, until `unwatch`; one watch at a time. */
    watch(uid: number) {
      watched = { uid, used: createNumberSet() }
      return watched.used
    },
    unwatch() {
      watched = undefined
    },
    /** Texts of this person are no longer stored. */
    forget: (uid: number) => void caches.delete(uid),
    /** Forgets the numbers handed out since the last durable batch, because their batch was not written. */
    reset() {
      caches.clear()
      nextNumber.clear()
    },
  }
}

async function lastNumber(db: Database, uid: number): Promise<number> {
  const [last] = await db.keys({ ...textsOf(uid), reverse: true, limit: 1 }).all()
  const stored = await db.get(makeKey('commands', { u32: uid }, HIGHEST))
  const highest = stored === undefined ? 0 : decodeValue<number>(stored)
  return Math.max(highest, last === undefined ? 0 : Buffer.from(last).readUInt32BE(NUMBER_AT))
}

/** To be written with the removal of texts. */
export async function highestNumber(db: Database, uid: number): Promise<Change> {
  const value = encodeValue(await lastNumber(db, uid))
  return putRow(makeKey('commands', { u32: uid }, HIGHEST), value)
}

export const markKey = (uid: number, mark: Mark): Buffer => makeKey('commands', { u32: uid }, mark)

/** `begun`: somebody is at it, and what is left meanwhile is not among what they see. */
export const putMark = (uid: number, mark: Mark, state: 'left' | 'begun'): Change =>
  putRow(markKey(uid, mark), encodeValue(state === 'left'))

/**
 * To be written with the removal of events: their texts go later, and then all of it out of the files; a kill before
 * that is made up for by these marks.
 */
export const left = (uid: number): readonly Change[] =>
  [UNSWEPT, UNPURGED].map((mark) => putMark(uid, mark, 'left'))

/** Where all texts of a person are, by their numbers. */
export const textsOf = (uid: number): { gte: Buffer; lt: Buffer } =>
  keyRange('commands', { u32: uid }, BY_NUMBER)

export const textOf = (value: Uint8Array): string => decodeValue<string>(value)

/** Their numbers at that moment, else now; undefined for a text that is not there. */
export async function numbersOfTexts(
  db: Database,
  uid: number,
  texts: readonly Level0<string>[],
  snapshot?: Snapshot,
): Promise<readonly (number | undefined)[]> {
  const keys = texts.map((text) => hashKey(uid, revealLevel0(text)))
  const values = await db.getMany<Uint8Array, Uint8Array>(keys, snapshot ? { snapshot } : {})
  return values.map((value) => (value === undefined ? undefined : decodeValue<number>(value)))
}

/** Texts of these numbers at that moment; a number without a text is a damaged database and throws. */
export async function commandTexts(
  db: Database,
  uid: number,
  numbers: readonly number[],
  snapshot: Snapshot,
): Promise<ReadonlyMap<number, Level0<string>>> {
  const texts = await textsThere(db, uid, numbers, snapshot)
  if (numbers.some((number) => !texts.has(number)))
    throw new Error('an event refers to a command text that is not stored')
  return texts
}

/** The texts of the numbers that have one. */
export async function textsThere(
  db: Database,
  uid: number,
  numbers: readonly number[],
  snapshot?: Snapshot,
): Promise<ReadonlyMap<number, Level0<string>>> {
  const distinct = [...new Set(numbers)]
  const keys = distinct.map((n) => numberKey(uid, n))
  const values = await db.getMany<Uint8Array, Uint8Array>(keys, snapshot ? { snapshot } : {})
  const texts = new Map<number, Level0<string>>()
  for (const [i, value] of values.entries()) {
    if (value !== undefined) texts.set(distinct[i] as number, markLevel0(textOf(value)))
  }
  return texts
}

/** Numbers of the texts that fit; each is asked for in lower case. */
export async function findCommands(
  db: Database,
  uid: number,
  fits: (text: string) => boolean,
): Promise<ReadonlySet<number>> {
  const found = new Set<number>()
  for await (const page of pages(db.iterator(textsOf(uid)), 1000)) {
    for (const [key, value] of page) {
      if (fits(textOf(value).toLowerCase())) found.add(Buffer.from(key).readUInt32BE(NUMBER_AT))
    }
  }
  return found
}
