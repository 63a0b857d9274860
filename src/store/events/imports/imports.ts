// Brings in what other programs recorded: none of it twice, and with it the list by which an import can be undone.

import type { Limiter } from '../../../base/async/limiter.ts'
import { idOfEvent } from '../../../base/words/event-id.ts'
import { type Change, type Database, delRow } from '../../level/database.ts'
import type { EventRemoval } from '../removal.ts'
import type { EventInput } from '../rows.ts'
import { unknownEvents } from '../transfer.ts'
import type { ImportLists } from './lists.ts'
import { type Arrival, createLook } from './look.ts'
import {
  decodePiece,
  type ImportAbout,
  newestPieces,
  nextImport,
  putImport,
  readImport,
  readImports,
  removeImport,
} from './pieces.ts'

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

interface Deps {
  readonly db: Database
  readonly serially: Limiter
  readonly store: (events: readonly EventInput[], changes: Change[]) => Promise<void>
  readonly remove: EventRemoval['remove']
  readonly lists: ImportLists
}

export function createEventImports({ db, serially, store, remove, lists }: Deps) {
  return {
    /** Compares with the events that are there now; events that other ways bring meanwhile are not looked at. */
    async beginImport(uid: number, about: ImportAbout, dryRun: boolean): Promise<Importing> {
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

    /** Newest first, at most `most`. */
    imports: (uid: number, most: number) => readImports(db, uid, most),

    /**
     * Takes out some of what an import brought, the last first: about `most` events in one call. `left`: how many it still
     * has; 0 when it is gone. Undefined for a number that nobody has. A kill in it leaves an import that can be undone further.
     */
    async undoImport(uid: number, number: number, most: number, signal: AbortSignal) {
      if ((await readImport(db, uid, number)) === undefined) return undefined
      const { keys, ids, last } = await newestPieces(db, uid, number, most)
      const names = ids.map(({ start_us, tag }) => idOfEvent(start_us, tag))
      const { events: removed } = await remove(uid, names, signal, { more: !last })
      // The removal took the events off the list. Events that a repair could not save are still on it.
      const left = await serially(async () => {
        const record = await readImport(db, uid, number)
        if (record === undefined) return 0
        const changes: Change[] = keys.map(delRow)
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
