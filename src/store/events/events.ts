// Level 0: every command that ran, stored with its spool offset and rollups in one atomic batch, and searched.
import { createSerial, type Limiter } from '../../base/async/limiter.ts'
import { type Clock, systemClock } from '../../base/clock.ts'
import type { Level0 } from '../../base/level0/level0.ts'
import { type Change, type Database, putRow, writeBatch } from '../level/database.ts'
import {
  commandOfKey,
  eventsBetween,
  eventsOf,
  FLAGS_AT,
  isCounted,
  startOfKey,
  UNTIMED_BIT,
} from '../level/key-of-event.ts'
import { pages } from '../level/pages.ts'
import { count, emptyRollup } from '../rollups/count.ts'
import type { Rollup } from '../rollups/types.ts'
import { commandTexts, createCommandTable } from './commands.ts'
import { createEventCounts } from './counts.ts'
import { createEventImports } from './imports/imports.ts'
import { createImportLists } from './imports/lists.ts'
import { createRecall, type Recall } from './recall.ts'
import { createEventRemoval, type RemovedWith } from './removal.ts'
import { createReplaced } from './replaced.ts'
import { createEventRetention } from './retention.ts'
import { createRollupWriter, type GuardNote } from './rollup-writer.ts'
import { countableOf, type EventInput, encodeEvent, eventKey, FAILED_BIT, isEndKnown } from './rows.ts'
import { createEventSearch } from './search.ts'
import {
  deletePosition,
  putDropped,
  putPosition,
  readDropped,
  readPositions,
  readRepaired,
  type SpoolPosition,
} from './spool-positions.ts'
import { createEventTransfer, unknownEvents } from './transfer.ts'

export { idOfEvent } from '../../base/words/event-id.ts'
export { type EventFilter, isIn, isUnfiltered, textFits } from './filter.ts'
export type { Importing } from './imports/imports.ts'
export type { Arrival } from './imports/look.ts'
export type { Ranking } from './rank.ts'
export type { RemovedWith } from './removal.ts'
export type { GuardNote } from './rollup-writer.ts'
export { type EventInput, IMPORTED, NO_SESSION, type StoredEvent } from './rows.ts'
export type { SpoolPosition } from './spool-positions.ts'
export type { WholeEvent } from './transfer.ts'

interface EventBatch {
  readonly events: readonly EventInput[]
  /** The guard's notes from the same records; they are counted and not kept. */
  readonly guarded?: readonly GuardNote[]
  /** Where these events were read up to. */
  readonly position: SpoolPosition
  /** Records found to be lost since the last batch. */
  readonly dropped: number
}

/** Whose all of them are; undefined where they are of several people, or of none. */
function onlyPerson(events: readonly EventInput[]): number | undefined {
  const uid = events[0]?.uid
  return events.every((event) => event.uid === uid) ? uid : undefined
}

/** A spool file is one person's, so that most batches need no grouping. */
function byPerson(events: readonly EventInput[]): Iterable<readonly [uid: number, readonly EventInput[]]> {
  const uid = onlyPerson(events)
  return uid === undefined ? Map.groupBy(events, (event) => event.uid) : [[uid, events]]
}

export type EventRepository = ReturnType<typeof createEventRepository>

/** `removedWith`: removes rows beside events that have to go with them. */
export function createEventRepository(
  db: Database,
  removedWith: readonly RemovedWith[] = [],
  clock: Clock = systemClock,
) {
  const serially = createSerial()
  const commands = createCommandTable(db)
  const rollups = createRollupWriter(db)
  const counts = createEventCounts(db)
  const recall = createRecall({ db, serially, clock })
  const lists = createImportLists(db)
  const retention = createEventRetention({ db, serially, commands, rollups, counts, recall, lists })
  const { removeSome, ...removal } = createEventRemoval({
    db,
    serially,
    rollups,
    counts,
    retention,
    recall,
    removedWith: [lists.takeOff, ...removedWith],
  })
  const replacedBy = createReplaced({ db, lists })
  let dropped: number | undefined
  let repairedUs: number | undefined

  async function number(events: readonly EventInput[], changes: Change[]): Promise<readonly number[]> {
    const uid = onlyPerson(events)
    if (uid !== undefined) {
      const texts = events.map(({ command }) => command)
      return commands.number(uid, texts, changes)
    }
    const numbers = new Array<number>(events.length)
    const byUid = Map.groupBy(events.keys(), (i) => events[i]!.uid)
    for (const [uid, places] of byUid) {
      const texts = places.map((i) => events[i]!.command)
      const found = await commands.number(uid, texts, changes)
      for (const [j, place] of places.entries()) numbers[place] = found[j]!
    }
    return numbers
  }

  /** Microseconds since the epoch; 0 when nothing was ever lost. */
  async function repaired(): Promise<number> {
    repairedUs ??= await readRepaired(db)
    return repairedUs
  }

  /**
   * A repair may have lost how far the spool was read, and not the events: what is as old as that is looked for first,
   * so that it is not counted twice.
   */
  async function notKnownYet(events: readonly EventInput[]): Promise<readonly EventInput[]> {
    const from = await repaired()
    if (events.every((one) => one.start_us > from)) return events
    const [old, younger] = [
      events.filter((one) => one.start_us <= from),
      events.filter((one) => one.start_us > from),
    ]
    return [...(await unknownEvents(db, old)), ...younger]
  }

  /**
   * A note has no name to be known by: what a repair may have counted already is not counted again. A repair while the
   * clock was ahead was not after now.
   */
  async function notCountedYet(notes: readonly GuardNote[]): Promise<readonly GuardNote[]> {
    const from = Math.min(await repaired(), clock.now() * 1000)
    return notes.filter((note) => note.at_us > from)
  }

  /** Appends to `changes` and writes them all. */
  async function store(
    events: readonly EventInput[],
    changes: Change[],
    notes: readonly GuardNote[] = [],
  ): Promise<void> {
    let numbers: readonly number[] = []
    try {
      if (events.length + notes.length > 0) {
        numbers = await number(events, changes)
        await rollups.fold(events, numbers, notes, changes)
        for (const [uid, own] of byPerson(events)) {
          await counts.add(uid, own.length, changes)
        }
        for (const [i, event] of events.entries())
          changes.push(putRow(eventKey(event, numbers[i]!), encodeEvent(event)))
      }
      await writeBatch(db, changes)
    } catch (error) {
      // The batch failed, so the caches hold numbers that were never written.
      commands.reset()
      rollups.reset()
      counts.reset()
      throw error
    }
    recall.stored(events, numbers)
  }

  return {
    /** All or nothing: events, distinct commands, rollups, unique counts and the spool position in one Level batch. */
    ingest: (batch: EventBatch) =>
      serially(async () => {
        const changes: Change[] = [putPosition(batch.position)]
        dropped ??= await readDropped(db)
        if (batch.dropped > 0) changes.push(putDropped(dropped + batch.dropped))
        const fresh = await notKnownYet(batch.events)
        // Replaced events go in a batch of their own. After a kill before the next batch the record is still in the spool.
        for (const [uid, own] of byPerson(fresh)) {
          const replaced = await replacedBy(uid, own)
          if (replaced.length > 0) await removeSome(uid, replaced)
        }
        await store(fresh, changes, await notCountedYet(batch.guarded ?? []))
        dropped += batch.dropped
      }),

    ...createEventTransfer(db),
    ...retention,
    ...removal,
    ...createEventSearch({ db, serially, counts, recall }),
    ...createEventImports({ db, serially, store, remove: removal.remove, lists }),

    /** Writes the position once more and waits for the disk (fsync): everything before it is then safe to delete. */
    settle: (position: SpoolPosition) => serially(() => db.batch([putPosition(position)], { sync: true })),

    /** Removes the positions of spool files that are gone. */
    forget: (names: readonly string[]) => serially(() => db.batch(names.map(deletePosition))),

    positions: () => readPositions(db),

    /** Records that were written, or were to be written, and never came to be events. */
    async dropped() {
      return dropped ?? readDropped(db)
    },

    /** Events of one person. */
    count: counts.of,

    /** Loads the index of the people who typed last, so that their first search does not wait. Resolves when all is loaded. */
    async prepareSearch() {
      const newest = await Promise.all(
        (await counts.people()).map(async (uid) => {
          const [key] = await db.keys({ ...eventsOf(uid), reverse: true, limit: 1 }).all()
          return { uid, start_us: key === undefined ? 0 : startOfKey(key) }
        }),
      )
      const typed = newest.filter(({ start_us }) => start_us > 0).sort((a, b) => b.start_us - a.start_us)
      await recall.prepare(typed.map(({ uid }) => uid))
    },

    /** Counts events that began in [from, to), ms since the epoch, as a rollup does; for spans of an hour or less. */
    countBetween: (uid: number, from: number, to: number) => countBetween(db, uid, from, to),
    /** The commands used in [since, until), ms since the epoch, the most used first; reads all of these events, once. */
    mostUsed: (uid: number, since: number, until: number, limit: number) =>
      mostUsed({ db, serially, recall }, uid, since, until, limit),
  }
}

// Counts the commands between two moments from the events themselves, for the edges of a range that no whole hour covers.

/**
 * One person's events that began in [from, to), ms since the epoch, as a rollup of them; what the guard did is no event
 * and not in it. Costs what there are: for spans of an hour or less.
 */
export async function countBetween(db: Database, uid: number, from: number, to: number): Promise<Rollup> {
  const rollup = emptyRollup()
  if (from >= to) return rollup
  for await (const page of pages(db.iterator(eventsBetween(uid, from, to)))) {
    for (const [key, value] of page) {
      if (!isCounted(key)) continue
      count(rollup, countableOf(key, value, 0))
    }
  }
  return rollup
}

// Which command texts ran most often in a span of time: counted in the index, or from the keys of events and a byte of each.

interface MostUsed {
  readonly command: Level0<string>
  readonly count: number
  /** Uses with another exit code than 0. */
  readonly failures: number
  /** Uses whose exit code is not known. */
  readonly unknown: number
}

/**
 * One person's from `since` until before `until` (ms since the epoch), most often first, then those that were first typed; at most `limit`.
 * Where so many events are not kept in the index, it reads each of them, a second for half a million; others have their turn in between.
 */
export async function mostUsed(
  { db, serially, recall }: { readonly db: Database; readonly serially: Limiter; readonly recall: Recall },
  uid: number,
  since: number,
  until: number,
  limit: number,
): Promise<readonly MostUsed[]> {
  /** By number; numbers without a use are left out. */
  const counts: { readonly number: number; count: number; failures: number; unknown: number }[] = []
  const add = (number: number, flags: number, isEnded: boolean): void => {
    // An event that was imported without a time belongs to no span.
    if (flags & UNTIMED_BIT) return
    counts[number] ??= { number, count: 0, failures: 0, unknown: 0 }
    const tally = counts[number]
    tally.count++
    if (flags & FAILED_BIT) tally.failures++
    if (!isEnded) tally.unknown++
  }
  const whole = await recall.whole(uid, since)
  const { isTold, snapshot } = await serially(async () => {
    const isTold = whole?.isTold() === true
    if (isTold)
      whole.index.each({ since, until }, (chunk, at) => {
        add(chunk.number[at]!, chunk.flags[at]!, whole.index.ended(chunk, at))
        return true
      })
    return { isTold, snapshot: db.snapshot() }
  })
  try {
    if (!isTold)
      for await (const page of pages(db.iterator({ ...eventsBetween(uid, since, until), snapshot }))) {
        for (const [key, value] of page) add(commandOfKey(key), key[FLAGS_AT]!, isEndKnown(key, value))
      }
    const most = counts
      .flat()
      .sort((a, b) => b.count - a.count || a.number - b.number)
      .slice(0, limit)
    const texts = await commandTexts(
      db,
      uid,
      most.map(({ number }) => number),
      snapshot,
    )
    return most.map(({ number, ...tally }) => ({ command: texts.get(number)!, ...tally }))
  } finally {
    await snapshot.close()
  }
}
