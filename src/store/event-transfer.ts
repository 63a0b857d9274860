// A person's events as they are, out of the database and into one: in the order of time, and none of them twice.

import type { Serial } from '../base/serial.ts'
import type { Level0 } from '../observe/level0.ts'
import type { Change, Database } from './database.ts'
import { commandTexts } from './event-commands.ts'
import { decodeWhole, type EventInput, readEventKey } from './event-rows.ts'
import { eventsOf, TAG_AT } from './key-of-event.ts'
import { makeKey } from './keyspace.ts'

/** Without what the receiving machine's calendar says. */
export type WholeEvent = Omit<EventInput, 'uid' | 'local'>

export interface EventTransfer {
  /** All of one person as of the first step, oldest first, in pages; `from` and `before`: ms since the epoch. */
  whole(
    uid: number,
    span?: { readonly from?: number; readonly before?: number },
  ): AsyncGenerator<readonly WholeEvent[], void>
  /**
   * Stores those that are not there yet: one event is one start and tag. All or nothing; with `dryRun` nothing.
   * Resolves with how many were new.
   */
  add(events: readonly EventInput[], dryRun: boolean): Promise<number>
}

const PAGE = 1_000
const ID_END = TAG_AT + 4

export function createEventTransfer(
  db: Database,
  serially: Serial,
  store: (events: readonly EventInput[], changes: Change[]) => Promise<void>,
): EventTransfer {
  return {
    async *whole(uid, { from, before } = {}) {
      const snapshot = db.snapshot()
      const rows = db.iterator({
        gte: from === undefined ? eventsOf(uid).gte : at(uid, from),
        lt: before === undefined ? eventsOf(uid).lt : at(uid, before),
        snapshot,
      })
      try {
        for (let page = await rows.nextv(PAGE); page.length > 0; page = await rows.nextv(PAGE)) {
          const numbers = page.map(([key]) => readEventKey(key).command)
          const texts: ReadonlyMap<number, Level0<string>> = await commandTexts(db, uid, numbers, snapshot)
          yield page.map(([key, value], i) => decodeWhole(key, value, texts.get(numbers[i]!)!))
        }
      } finally {
        await rows.close()
        await snapshot.close()
      }
    },

    add: (events, dryRun) =>
      serially(async () => {
        const found = await unknownEvents(db, events)
        if (found.length > 0 && !dryRun) {
          const changes: Change[] = []
          await store(found, changes)
        }
        return found.length
      }),
  }
}

/** Where the events of a moment begin, ms since the epoch. */
const at = (uid: number, ms: number): Buffer =>
  makeKey(
    'events',
    { u32: uid },
    { u64: Math.min(Math.max(0, Math.ceil(ms)) * 1000, Number.MAX_SAFE_INTEGER) },
  )

/** Those of one person's events that are not there yet, by start and tag, each once. */
async function unknownOf(
  db: Database,
  uid: number,
  events: readonly EventInput[],
): Promise<readonly EventInput[]> {
  const found: EventInput[] = []
  const seen = new Set<string>()
  // One iterator that goes from each to the next: a person's events lie together.
  const keys = db.keys(eventsOf(uid))
  try {
    for (const event of events.toSorted((a, b) => a.start_us - b.start_us || a.tag - b.tag)) {
      const id = makeKey('events', { u32: uid }, { u64: event.start_us }, { u32: event.tag })
      const name = id.toString('latin1')
      if (seen.has(name)) continue
      seen.add(name)
      keys.seek(id)
      const key = await keys.next()
      if (key === undefined || Buffer.compare(key.subarray(0, ID_END), id) !== 0) found.push(event)
    }
  } finally {
    await keys.close()
  }
  return found
}

/** The same of several people. */
export async function unknownEvents(
  db: Database,
  events: readonly EventInput[],
): Promise<readonly EventInput[]> {
  const found: EventInput[] = []
  for (const [uid, own] of Map.groupBy(events, (event) => event.uid))
    found.push(...(await unknownOf(db, uid, own)))
  return found
}
