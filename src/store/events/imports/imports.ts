// Brings in what other programs recorded: none of it twice, and with it the list by which an import can be undone.

import type { Limiter } from '../../../base/async/limiter.ts'
import { KaroError } from '../../../base/errors.ts'
import { createRecent } from '../../../base/recent.ts'
import { idOfEvent } from '../../../base/words/event-id.ts'
import type { Change, Database, Snapshot } from '../../level/database.ts'
import { commandOfKey, eventsOf, isCounted, startOfKey } from '../../level/key-of-event.ts'
import { makeKey } from '../../level/keyspace.ts'
import { numbersOfTexts } from '../commands.ts'
import type { EventRemoval } from '../removal.ts'
import { SAME_US } from '../replaced.ts'
import { decodeWithoutText, type EventInput, sameShell } from '../rows.ts'
import { unknownEvents } from '../transfer.ts'
import type { ImportLists } from './lists.ts'
import {
  decodePiece,
  type ImportAbout,
  type ImportRecord,
  newestPieces,
  nextImport,
  putImport,
  readImport,
  readImports,
  removeImport,
} from './pieces.ts'

/** An event from elsewhere, and how it is recognised. */
export interface Arrival {
  readonly event: EventInput
  /** An event is known by its id alone, as `karo export` wrote it. Else also by its time, or by how often its text is there. */
  readonly exact: boolean
  /** Position, from 1, of an event without a time among the events with the same text in the file. */
  readonly nth: number
}

export interface Importing {
  /** The number of the import in the list; null until it brought an event. */
  number(): number | null
  /**
   * All or none of these; resolves with how many were new. One call at a time. KaroError `bad_request` where those without
   * a time are of too many shells.
   */
  add(arrivals: readonly Arrival[]): Promise<number>
  /** Resolves with the import's number; null when it brought nothing. */
  finish(now: number): Promise<number | null>
  /** Releases what the import holds; stored events stay, and can be undone. */
  close(): Promise<void>
}

export interface EventImports {
  /** Compares with the events that are there now; events that other ways bring meanwhile are not looked at. */
  beginImport(uid: number, about: ImportAbout, dryRun: boolean): Promise<Importing>
  /** Newest first, at most `most`. */
  imports(uid: number, most: number): Promise<readonly ImportRecord[]>
  /**
   * Takes out some of what an import brought, the last first: about `most` events in one call. `left`: how many it still
   * has; 0 when it is gone. Undefined for a number that nobody has. A kill in it leaves an import that can be undone further.
   */
  undoImport(
    uid: number,
    number: number,
    most: number,
    signal: AbortSignal,
  ): Promise<{ readonly removed: number; readonly left: number } | undefined>
}

const PAGE = 2_048
/** Rows that are read before one is looked for: reading one costs a hundredth of looking for it. */
const PASSED = 100
/** Names of shells in one import without times, each of which is counted once: a file has one, and `?`. */
const SHELLS_MOST = 8
/** Matches that are remembered, so that two arriving events are not both taken for one stored event. */
const REMEMBERED = 8_192

interface Deps {
  readonly db: Database
  readonly serially: Limiter
  readonly store: (events: readonly EventInput[], changes: Change[]) => Promise<void>
  readonly remove: EventRemoval['remove']
  readonly lists: ImportLists
}

export function createEventImports({ db, serially, store, remove, lists }: Deps): EventImports {
  return {
    async beginImport(uid, about, dryRun) {
      const snapshot = db.snapshot()
      const look = createLook(db, uid, snapshot)
      let number: number | null = null
      let pieces = 0

      async function write(events: readonly EventInput[]): Promise<void> {
        const changes: Change[] = []
        let own = number
        if (own === null) {
          const next = await nextImport(db, uid)
          own = next.number
          changes.push(next.change)
        }
        // Some or all events of this import may have been removed since.
        const there = await readImport(db, uid, own)
        const record = there ?? { ...about, number: own, finished_at: null, events: 0 }
        // A number that was written, whatever came then, is not used again.
        const piece = pieces++
        await lists.add(uid, { number: own, piece }, events, changes)
        changes.push(putImport(uid, { ...record, events: record.events + events.length }))
        await store(events, changes)
        number = own
      }

      return {
        number: () => number,
        async add(arrivals) {
          const fresh = await look.unknown(arrivals)
          return serially(async () => {
            const events = await unknownEvents(
              db,
              fresh.map(({ event }) => event),
            )
            if (events.length > 0 && !dryRun) await write(events)
            return events.length
          })
        },
        async finish(now) {
          const own = number
          if (own === null) return null
          return serially(async () => {
            const record = await readImport(db, uid, own)
            if (record === undefined) return null
            await db.batch([putImport(uid, { ...record, finished_at: now })])
            return own
          })
        },
        close: () => snapshot.close(),
      }
    },

    imports: (uid, most) => readImports(db, uid, most),

    async undoImport(uid, number, most, signal) {
      if ((await readImport(db, uid, number)) === undefined) return undefined
      const { keys, ids, last } = await newestPieces(db, uid, number, most)
      const names = ids.map(({ start_us, tag }) => idOfEvent(start_us, tag))
      const { events: removed } = await remove(uid, names, signal, { more: !last })
      // The removal took the events off the list. Events that a repair could not save are still on it.
      const left = await serially(async () => {
        const record = await readImport(db, uid, number)
        if (record === undefined) return 0
        const changes: Change[] = keys.map((key) => ({ type: 'del', key }))
        const stale = (await db.getMany([...keys])).reduce(
          (sum, value) => sum + (value === undefined ? 0 : decodePiece(value).length),
          0,
        )
        const events = Math.max(1, record.events - stale)
        changes.push(last ? removeImport(uid, number) : putImport(uid, { ...record, events }))
        await db.batch(changes)
        return last ? 0 : events
      })
      return { removed, left }
    },
  }
}

/** Finds which arriving events are in the database already, as of `snapshot`. */
function createLook(db: Database, uid: number, snapshot: Snapshot) {
  const taken = createRecent<string, true>(REMEMBERED)
  /** How often each command was there, by its number; by shell. */
  const counts = new Map<string, Promise<Uint32Array>>()
  /** The shells of the events that arrived without a time. */
  const shells = new Set<string>()

  const numbersOf = (events: readonly EventInput[]): Promise<readonly (number | undefined)[]> =>
    numbersOfTexts(
      db,
      uid,
      events.map(({ command }) => command),
      snapshot,
    )

  async function countAll(shell: string): Promise<Uint32Array> {
    let counted = new Uint32Array(1024)
    const rows = db.iterator({ ...eventsOf(uid), snapshot })
    try {
      for (let page = await rows.nextv(PAGE); page.length > 0; page = await rows.nextv(PAGE)) {
        for (const [key, value] of page) {
          if (!sameShell(decodeWithoutText(key, value).shell, shell)) continue
          const number = commandOfKey(key)
          if (number >= counted.length) {
            const larger = new Uint32Array(Math.max(number + 1, counted.length * 2))
            larger.set(counted)
            counted = larger
          }
          counted[number]!++
        }
      }
    } finally {
      await rows.close()
    }
    return counted
  }

  /** Compares by number: if a text is there n times, the first n events of the file with that text are known. */
  async function unknownUntimed(arrivals: readonly Arrival[]): Promise<readonly Arrival[]> {
    for (const { event } of arrivals) {
      if (!shells.has(event.shell) && shells.size === SHELLS_MOST)
        throw new KaroError(
          'bad_request',
          `one import takes commands without a time of at most ${SHELLS_MOST} shells`,
          {
            where: 'entries',
            hint: 'Import the history of each shell by itself.',
          },
        )
      shells.add(event.shell)
    }
    const numbers = await numbersOf(arrivals.map(({ event }) => event))
    const fresh: Arrival[] = []
    for (const [i, arrival] of arrivals.entries()) {
      const number = numbers[i]
      const { shell } = arrival.event
      if (number !== undefined && !counts.has(shell)) counts.set(shell, countAll(shell))
      const there = number === undefined ? 0 : ((await counts.get(shell)!)[number] ?? 0)
      if (arrival.nth > there) fresh.push(arrival)
    }
    return fresh
  }

  /** Compares by time: each stored event stands for one arriving event with the same text at about that time. */
  async function unknownTimed(arrivals: readonly Arrival[]): Promise<readonly Arrival[]> {
    const sorted = arrivals.toSorted((a, b) => a.event.start_us - b.event.start_us)
    const numbers = await numbersOf(sorted.map(({ event }) => event))
    // A whole history may have one second (bash's, for lines without a time), so events are compared with the same text only.
    const unanswered = Map.groupBy(sorted.keys(), (i) => numbers[i])
    unanswered.delete(undefined)
    const known = new Set<number>()
    const compared = sorted.filter((_, i) => numbers[i] !== undefined)
    for await (const [key, value] of nearby(compared)) {
      const own = unanswered.get(commandOfKey(key))
      if (own === undefined) continue
      const at = startOfKey(key)
      while (own.length > 0 && sorted[own[0]!]!.event.start_us < at - SAME_US) own.shift()
      const name = Buffer.from(key).toString('latin1')
      if (own.length === 0 || taken.get(name) !== undefined) continue
      const { shell } = decodeWithoutText(key, value)
      for (const [place, i] of own.entries()) {
        const arrival = sorted[i]!
        if (arrival.event.start_us > at + SAME_US) break
        if (!sameSecond(key, arrival) && !(isCounted(key) && sameShell(shell, arrival.event.shell))) continue
        own.splice(place, 1)
        known.add(i)
        taken.set(name, true)
        break
      }
    }
    return sorted.filter((_, i) => !known.has(i))
  }

  /** The rows from 2 s before to 2 s after any of `sorted` (in order of time), each row once. */
  async function* nearby(sorted: readonly Arrival[]): AsyncGenerator<[Uint8Array, Uint8Array], void> {
    if (sorted.length === 0) return
    const rows = db.iterator({ ...eventsOf(uid), snapshot })
    try {
      let row: [Uint8Array, Uint8Array] | undefined
      for (const { event } of sorted) {
        const from = Math.max(0, event.start_us - SAME_US)
        for (let n = 0; n < PASSED && row !== undefined && startOfKey(row[0]) < from; n++)
          row = await rows.next()
        if (row === undefined || startOfKey(row[0]) < from) {
          rows.seek(makeKey('events', { u32: uid }, { u64: from }))
          row = await rows.next()
        }
        for (; row !== undefined && startOfKey(row[0]) <= event.start_us + SAME_US; row = await rows.next())
          yield row
        // Nothing is there behind it.
        if (row === undefined) return
      }
    } finally {
      await rows.close()
    }
  }

  return {
    /** The arriving events that are not there yet, in any order. */
    async unknown(arrivals: readonly Arrival[]): Promise<readonly Arrival[]> {
      const exact = arrivals.filter((one) => one.exact)
      const untimed = arrivals.filter((one) => !one.exact && one.event.untimed)
      const timed = arrivals.filter((one) => !one.exact && !one.event.untimed)
      return [
        ...exact,
        ...(untimed.length > 0 ? await unknownUntimed(untimed) : []),
        ...(timed.length > 0 ? await unknownTimed(timed) : []),
      ]
    },
  }
}

/** The same text in the same second is one event, whatever shell is named: nobody types it into two shells so precisely. */
const sameSecond = (key: Uint8Array, { event }: Arrival): boolean =>
  Math.floor(startOfKey(key) / 1_000_000) === Math.floor(event.start_us / 1_000_000)
