// A person's events as they are, in the order of time; and which of some are not among them yet.

import type { Level0 } from '../observe/level0.ts'
import type { Database, Snapshot } from './database.ts'
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
}

const PAGE = 1_000
const ID_END = TAG_AT + 4

export function createEventTransfer(db: Database): EventTransfer {
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
  }
}

/** Where the events of a moment begin, ms since the epoch. */
const at = (uid: number, ms: number): Buffer =>
  makeKey(
    'events',
    { u32: uid },
    { u64: Math.min(Math.max(0, Math.ceil(ms)) * 1000, Number.MAX_SAFE_INTEGER) },
  )

/**
 * The keys of one person's events that began in [from, to], microseconds since the epoch, in order; undefined when there
 * are more than `most`. Far faster than to look for each of many that lie near each other.
 */
export async function keysBetween(
  db: Database,
  uid: number,
  { from, to, most, snapshot }: { from: number; to: number; most: number; snapshot?: Snapshot },
): Promise<readonly Uint8Array[] | undefined> {
  const keys = db.keys({
    gte: makeKey('events', { u32: uid }, { u64: Math.max(0, from) }),
    lt: makeKey('events', { u32: uid }, { u64: to + 1 }),
    ...(snapshot && { snapshot }),
  })
  const found: Uint8Array[] = []
  try {
    for (let page = await keys.nextv(PAGE); page.length > 0; page = await keys.nextv(PAGE)) {
      if (found.length + page.length > most) return undefined
      found.push(...page)
    }
  } finally {
    await keys.close()
  }
  return found
}

/** How many keys are read at once, for so many that are looked for: reading one costs a hundredth of looking for it. */
const mostAtOnce = (wanted: number): number => 1_000 + 10 * wanted

const nameOf = (key: Uint8Array): string => Buffer.from(key.subarray(0, ID_END)).toString('latin1')

/** Those of one person's events that are not there yet, by start and tag, each once. */
async function unknownOf(
  db: Database,
  uid: number,
  events: readonly EventInput[],
): Promise<readonly EventInput[]> {
  const found: EventInput[] = []
  const seen = new Set<string>()
  const sorted = events.toSorted((a, b) => a.start_us - b.start_us || a.tag - b.tag)
  const [from, to] = [sorted[0]?.start_us ?? 0, sorted.at(-1)?.start_us ?? 0]
  const there = await keysBetween(db, uid, { from, to, most: mostAtOnce(events.length) })
  if (there !== undefined) for (const key of there) seen.add(nameOf(key))
  // One iterator that goes from each to the next: a person's events lie together.
  const keys = db.keys(eventsOf(uid))
  try {
    for (const event of sorted) {
      const id = makeKey('events', { u32: uid }, { u64: event.start_us }, { u32: event.tag })
      const name = id.toString('latin1')
      if (seen.has(name)) continue
      seen.add(name)
      if (there !== undefined) {
        found.push(event)
        continue
      }
      keys.seek(id)
      const key = await keys.next()
      if (key === undefined || Buffer.compare(key.subarray(0, ID_END), id) !== 0) found.push(event)
    }
  } finally {
    await keys.close()
  }
  return found
}

/** Those that are not there yet, of several people: one event is one start and tag. */
export async function unknownEvents(
  db: Database,
  events: readonly EventInput[],
): Promise<readonly EventInput[]> {
  const found: EventInput[] = []
  for (const [uid, own] of Map.groupBy(events, (event) => event.uid))
    found.push(...(await unknownOf(db, uid, own)))
  return found
}
