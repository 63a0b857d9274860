// Keeps a person's index while they search: loaded from the newest event back, and told of all that comes and goes.

import type { Clock } from '../base/clock.ts'
import type { Serial } from '../base/serial.ts'
import { type Level0, revealLevel0 } from '../observe/level0.ts'
import type { Database, Snapshot } from './database.ts'
import { commandTexts } from './event-commands.ts'
import { CHUNK, createEventIndex, type EventIndex, type IndexedEvent } from './event-index.ts'
import { decodeWhole, type EventInput, NO_TEXT, readEventKey } from './event-rows.ts'
import { eventsOf, readU32, startOfKey, TAG_AT } from './key-of-event.ts'

/** 28 bytes each. Of more the newest are recalled, and the rest is searched in the database. */
const EVENTS_MOST = 2_000_000
/** Read first: more than fit on a screen, few enough to be there at once. */
const FIRST = 512
/** Rows of a chunk are not more: what LevelDB hands over in one piece. */
const READ_BYTES = 1024 * 1024
/** Characters of all texts together. */
const TEXTS_MOST = 64 * 1024 * 1024
/** More people than search at one machine at the same time. */
const PEOPLE_MOST = 2
/** What nobody looked through for so long is let go when something is typed. */
const IDLE_MS = 15 * 60_000

interface Recalled {
  readonly index: EventIndex
  /** False: only the newest events are there … */
  complete: boolean
  /** … and no more will come: there are too many. */
  settled: boolean
}

export interface Recall {
  /** Begins to load, if need be; resolves as soon as the newest events are there. */
  begun(uid: number): Promise<Recalled>
  /** Begins to load, if need be. */
  begin(uid: number): void
  /** Undefined until all are there. */
  whole(uid: number): Recalled | undefined
  /** These are in the database now; called where nothing else is written, as are the others. */
  stored(events: readonly EventInput[], numbers: readonly number[]): void
  removed(uid: number, keys: readonly Uint8Array[]): void
  textsRemoved(uid: number, numbers: readonly number[]): void
}

interface Person extends Recalled {
  readonly uid: number
  readonly first: PromiseWithResolvers<Recalled>
  /** Nothing older is loaded yet; microseconds and tag. */
  frontier: readonly [start_us: number, tag: number]
  /** What came and went below the frontier. */
  waiting: Change[]
  usedAt: number
}

type Change =
  | { readonly add: IndexedEvent }
  | { readonly remove: { readonly start_us: number; readonly tag: number } }

export function createRecall(deps: {
  readonly db: Database
  readonly serially: Serial
  readonly clock: Clock
}): Recall {
  const { db, serially, clock } = deps
  const people = new Map<number, Person>()

  function recalled(uid: number): Person {
    const known = people.get(uid)
    const person = known ?? begin(uid)
    person.usedAt = clock.monotonic()
    return person
  }

  function begin(uid: number): Person {
    const others = [...people.values()].sort((a, b) => a.usedAt - b.usedAt)
    for (const { uid: oldest } of others.slice(0, Math.max(0, others.length + 1 - PEOPLE_MOST)))
      people.delete(oldest)
    const person: Person = {
      uid,
      index: createEventIndex(),
      complete: false,
      settled: false,
      first: Promise.withResolvers(),
      frontier: [Number.POSITIVE_INFINITY, 0],
      waiting: [],
      usedAt: clock.monotonic(),
    }
    people.set(uid, person)
    // Whoever waits is told; nobody else minds.
    person.first.promise.catch(() => {})
    load(person).catch((error: unknown) => {
      if (people.get(uid) === person) people.delete(uid)
      person.first.reject(error)
    })
    return person
  }

  async function load(person: Person): Promise<void> {
    const { uid, index, first } = person
    // From here on it is told of every change.
    const snapshot = await serially(async () => db.snapshot())
    const rows = db.iterator({ ...eventsOf(uid), reverse: true, snapshot, highWaterMarkBytes: READ_BYTES })
    try {
      // The first are what somebody waits for.
      for (let page = await rows.nextv(FIRST); page.length > 0; page = await rows.nextv(CHUNK)) {
        if (people.get(uid) !== person) return first.resolve(person)
        const events = page.reverse().map(([key, value]) => eventOfRow(key, value))
        await loadTexts(person, events, snapshot)
        index.prepend(events)
        person.frontier = [events[0]!.start_us, events[0]!.tag]
        catchUp(person)
        first.resolve(person)
        if (index.size() >= EVENTS_MOST || index.textChars() >= TEXTS_MOST) {
          person.settled = true
          return
        }
      }
      person.frontier = [Number.NEGATIVE_INFINITY, 0]
      catchUp(person)
      person.complete = true
      person.settled = true
      first.resolve(person)
    } finally {
      await rows.close()
      await snapshot.close()
    }
  }

  async function loadTexts(
    { uid, index }: Person,
    events: readonly IndexedEvent[],
    snapshot: Snapshot,
  ): Promise<void> {
    const missing = events.map(({ number }) => number).filter((number) => !index.hasText(number))
    if (missing.length === 0) return
    const texts: ReadonlyMap<number, Level0<string>> = await commandTexts(db, uid, missing, snapshot)
    for (const [number, text] of texts) index.setText(number, revealLevel0(text))
  }

  /** What is not below the frontier any more. */
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
      if (now - usedAt > IDLE_MS || isTooLarge) people.delete(uid)
    }
  }

  return {
    begun: (uid) => recalled(uid).first.promise,
    begin: (uid) => void recalled(uid),
    whole(uid) {
      const person = people.get(uid)
      if (person !== undefined) person.usedAt = clock.monotonic()
      return person?.complete ? person : undefined
    },
    stored(events, numbers) {
      if (people.size === 0) return
      letGo()
      for (const [i, event] of events.entries()) {
        const number = numbers[i]!
        const person = people.get(event.uid)
        if (person === undefined) continue
        if (!person.index.hasText(number)) person.index.setText(number, revealLevel0(event.command))
        apply(person, { add: { ...event, number, cwd: revealLevel0(event.cwd) } })
      }
    },
    removed(uid, keys) {
      const person = people.get(uid)
      if (person === undefined) return
      for (const key of keys)
        apply(person, { remove: { start_us: startOfKey(key), tag: readU32(key, TAG_AT) } })
    },
    textsRemoved(uid, numbers) {
      const person = people.get(uid)
      if (person !== undefined) for (const number of numbers) person.index.forgetText(number)
    },
  }
}

function eventOfRow(key: Uint8Array, value: Uint8Array): IndexedEvent {
  const event = decodeWhole(key, value, NO_TEXT)
  return { ...event, number: readEventKey(key).command, cwd: revealLevel0(event.cwd) }
}
