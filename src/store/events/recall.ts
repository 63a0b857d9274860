// Keeps a person's index while they search: loaded from the newest event back, and told of all that comes and goes.

import type { Limiter } from '../../base/async/limiter.ts'
import type { Clock } from '../../base/clock.ts'
import { revealLevel0 } from '../../base/level0/level0.ts'
import { type Database, readPages, type Snapshot } from '../level/database.ts'
import { eventsOf, readU32, startOfKey, TAG_AT } from '../level/key-of-event.ts'
import { pages } from '../level/pages.ts'
import { commandTexts, NUMBER_AT, textOf, textsOf } from './commands.ts'
import { CHUNK, createEventIndex, type EventIndex, type IndexedEvent, indexedEvent } from './index.ts'
import { type EventInput, eventFlags } from './rows.ts'

/** 34 bytes each. Of more the newest are recalled, and the rest is searched in the database. */
const EVENTS_MOST = 2_000_000
/** Read first: more than fit on a screen, few enough to be there at once. */
const FIRST = 512
/** Texts that are read in one piece. */
const TEXTS = 1_024
/** Bytes that LevelDB hands over in one piece. */
const READ_BYTES = 1024 * 1024
/** Characters of all texts together. */
const TEXTS_MOST = 64 * 1024 * 1024
/** People whose index is kept: more than search at one machine at the same time. */
const PEOPLE_MOST = 2
/** An index that nobody searched for so long is dropped when something is typed … */
const IDLE_MS = 15 * 60_000
/** … unless the index is no larger than this: loading it again costs the next search more than keeping it costs. */
const KEPT_EVENTS = 1_200_000
const KEPT_CHARS = 8 * 1024 * 1024

export interface Recalled {
  readonly index: EventIndex
  /** False: only the newest events are there … */
  complete: boolean
  /** … and no more will come: there are too many. */
  settled: boolean
  /** False: the index gets no changes any more. Asked while nothing else is written. */
  isTold(): boolean
}

interface Person extends Recalled {
  readonly uid: number
  /** Resolves when more is loaded, or when loading has ended. */
  step: PromiseWithResolvers<void>
  /** Nothing older is loaded yet; microseconds and tag. */
  frontier: readonly [start_us: number, tag: number]
  /** Changes of events that the load has not reached yet. */
  waiting: Change[]
  /** Texts that went while others were loaded. */
  readonly forgotten: Set<number>
  usedAt: number
  /** Callers that wait for the newest events, or look through them. */
  waiters: number
}

type Change =
  | { readonly add: IndexedEvent }
  | { readonly remove: { readonly start_us: number; readonly tag: number } }

export type Recall = ReturnType<typeof createRecall>

export function createRecall(deps: {
  readonly db: Database
  readonly serially: Limiter
  readonly clock: Clock
}) {
  const { db, serially, clock } = deps
  const people = new Map<number, Person>()

  function recalled(uid: number): Person {
    const known = people.get(uid)
    const person = known ?? begin(uid)
    person.usedAt = clock.monotonic()
    return person
  }

  function begin(uid: number): Person {
    const person: Person = {
      uid,
      index: createEventIndex(),
      complete: false,
      settled: false,
      isTold: () => people.get(uid) === person,
      step: newStep(),
      frontier: [Number.POSITIVE_INFINITY, 0],
      waiting: [],
      forgotten: new Set(),
      usedAt: clock.monotonic(),
      waiters: 0,
    }
    people.set(uid, person)
    load(person)
      .then(
        () => person.step.resolve(),
        (error: unknown) => {
          if (person.isTold()) people.delete(uid)
          person.step.reject(error)
        },
      )
      .finally(() => {
        person.settled = true
        person.waiting = []
        person.forgotten.clear()
      })
    return person
  }

  /** An index that somebody waits for is kept; else two people's searches would drop each other's index before it is loaded. */
  function makeRoom(): void {
    const free = [...people.values()].filter(({ waiters }) => waiters === 0)
    free.sort((a, b) => a.usedAt - b.usedAt)
    for (const one of free.slice(0, Math.max(0, people.size - PEOPLE_MOST))) people.delete(one.uid)
  }

  async function reached(person: Person, isThere: () => boolean): Promise<void> {
    while (!person.settled && !isThere()) await person.step.promise
  }

  async function load(person: Person): Promise<void> {
    const { uid, index } = person
    let [older, oldest] = [index.older(), person.frontier]
    const missing = new Set<number>()
    // Straight into the columns: what outlives its row makes the memory of the whole process grow.
    const take = ([key, value]: readonly [Uint8Array, Uint8Array]): void => {
      const event = indexedEvent(key, value)
      older.take(event)
      oldest = [event.start_us, event.tag]
      if (!index.hasText(event.number)) missing.add(event.number)
    }
    // From here on the index receives every change.
    const snapshot = await serially(async () => db.snapshot())
    const rows = db.iterator({ ...eventsOf(uid), reverse: true, snapshot, highWaterMarkBytes: READ_BYTES })
    try {
      // A search waits for the first of these events.
      const isRead = await readPages(rows, { first: FIRST, more: CHUNK, take }, async (many) => {
        await loadMissing(person, missing, snapshot)
        if (!person.isTold()) return false
        const isFirst = index.size() === 0
        older.publish()
        older = index.older()
        missing.clear()
        moveTo(person, oldest)
        if (index.size() >= EVENTS_MOST || index.textChars() >= TEXTS_MOST) return false
        if (isFirst && many === FIRST) await loadTexts(person, snapshot)
        return true
      })
      if (!isRead) return
      person.complete = true
      moveTo(person, [Number.NEGATIVE_INFINITY, 0])
    } finally {
      await rows.close()
      await snapshot.close()
    }
  }

  /** All of them, the newest first, as far as there is room: looked for one by one they take four times as long. */
  async function loadTexts({ uid, index, forgotten }: Person, snapshot: Snapshot): Promise<void> {
    for await (const page of pages(
      db.iterator({ ...textsOf(uid), reverse: true, snapshot, highWaterMarkBytes: READ_BYTES }),
      TEXTS,
    )) {
      for (const [key, value] of page) {
        const number = readU32(key, NUMBER_AT)
        if (!index.hasText(number) && !forgotten.has(number)) index.setText(number, textOf(value))
      }
      if (index.textChars() >= TEXTS_MOST / 2) return
    }
  }

  async function loadMissing(
    { uid, index, forgotten }: Person,
    numbers: ReadonlySet<number>,
    snapshot: Snapshot,
  ): Promise<void> {
    if (numbers.size === 0) return
    for (const [number, text] of await commandTexts(db, uid, [...numbers], snapshot))
      if (!forgotten.has(number)) index.setText(number, revealLevel0(text))
  }

  function moveTo(person: Person, frontier: Person['frontier']): void {
    person.frontier = frontier
    catchUp(person)
    const { step } = person
    person.step = newStep()
    step.resolve()
  }

  /** Applies the waiting changes that the load has reached. */
  function catchUp(person: Person): void {
    const { waiting } = person
    person.waiting = []
    for (const change of waiting) apply(person, change)
  }

  function apply(person: Person, change: Change): void {
    const { start_us, tag } = 'add' in change ? change.add : change.remove
    const [from, fromTag] = person.frontier
    if (start_us < from || (start_us === from && tag < fromTag)) {
      if (!person.settled) person.waiting.push(change)
    } else if ('add' in change) person.index.add(change.add)
    else person.index.remove(start_us, tag)
  }

  function letGo(): void {
    const now = clock.monotonic()
    for (const [uid, { index, usedAt }] of people) {
      const isTooLarge = index.size() > EVENTS_MOST + CHUNK || index.textChars() > 2 * TEXTS_MOST
      const isSmall = index.size() <= KEPT_EVENTS && index.textChars() <= KEPT_CHARS
      if (isTooLarge || (!isSmall && now - usedAt > IDLE_MS)) people.delete(uid)
    }
  }

  /** The change is in the database already, so an index that cannot take it is dropped and loaded again. */
  function tell(take: () => void): void {
    try {
      take()
    } catch {
      people.clear()
    }
  }

  return {
    /** Begins to load, if need be; `work` comes as soon as the newest events are there, or none, and is not put out by others. */
    async begun<T>(uid: number, work: (recalled: Recalled) => Promise<T>) {
      const person = recalled(uid)
      person.waiters++
      makeRoom()
      try {
        await reached(person, () => person.index.size() > 0)
        return await work(person)
      } finally {
        person.waiters--
        makeRoom()
      }
    },
    /** Resolves when all events from `since` (ms since the epoch) on are loaded; undefined where they are too many. */
    async whole(uid: number, since = 0): Promise<Recalled | undefined> {
      const person = recalled(uid)
      makeRoom()
      const isThere = () => person.complete || person.frontier[0] < Math.ceil(since) * 1000
      await reached(person, isThere)
      return person.isTold() && isThere() ? person : undefined
    },
    /** Loads the data that these people are likely to search; resolves when it is loaded. Running searches have priority. */
    async prepare(uids: readonly number[]) {
      for (const uid of uids.slice(0, PEOPLE_MOST)) {
        if (people.size >= PEOPLE_MOST) return
        const person = people.get(uid) ?? begin(uid)
        await reached(person, () => false)
      }
    },
    /** Takes events that are stored already, and never throws. Like the calls below it runs only while nothing is written. */
    stored(events: readonly EventInput[], numbers: readonly number[]) {
      if (people.size === 0) return
      tell(() => {
        letGo()
        for (const [i, event] of events.entries()) {
          const number = numbers[i]!
          const person = people.get(event.uid)
          if (person === undefined) continue
          if (!person.index.hasText(number)) person.index.setText(number, revealLevel0(event.command))
          apply(person, { add: { ...event, number, flags: eventFlags(event) } })
        }
      })
    },
    removed(uid: number, keys: readonly Uint8Array[]) {
      const person = people.get(uid)
      if (person === undefined) return
      tell(() => {
        for (const key of keys)
          apply(person, { remove: { start_us: startOfKey(key), tag: readU32(key, TAG_AT) } })
      })
    },
    textsRemoved(uid: number, numbers: readonly number[]) {
      const person = people.get(uid)
      if (person === undefined) return
      for (const number of numbers) {
        person.index.forgetText(number)
        if (!person.settled) person.forgotten.add(number)
      }
    },
  }
}

function newStep(): PromiseWithResolvers<void> {
  const step = Promise.withResolvers<void>()
  // Callers that wait get the error; without this handler it would count as unhandled.
  step.promise.catch(() => {})
  return step
}
