// A person's events as they are, in the order of time; and which of some are not among them yet.

import type { Level0 } from '../../base/level0/level0.ts'
import type { Database, Snapshot } from '../level/database.ts'
import { commandOfKey, eventsBetween, eventsOf, TAG_AT } from '../level/key-of-event.ts'
import { makeKey } from '../level/keyspace.ts'
import { pages } from '../level/pages.ts'
import { commandTexts } from './commands.ts'
import { decodeEvent, decodeWhole, type EventInput, type StoredEvent } from './rows.ts'

/** An event without its owner and without the local hour and day, which depend on the receiving machine. */
export type WholeEvent = Omit<EventInput, 'uid' | 'local'>

const PAGE = 1_000
const ID_END = TAG_AT + 4

export function createEventTransfer(db: Database) {
  return {
    /** All of one person as of the first step, oldest first, in pages; `from` and `before`: ms since the epoch. */
    async *whole(uid: number, { from, before }: { readonly from?: number; readonly before?: number }) {
      const snapshot = db.snapshot()
      try {
        for await (const page of pages(
          db.iterator({ ...eventsBetween(uid, from ?? 0, before), snapshot }),
          PAGE,
        )) {
          const numbers = page.map(([key]) => commandOfKey(key))
          const texts: ReadonlyMap<number, Level0<string>> = await commandTexts(db, uid, numbers, snapshot)
          yield page.map(([key, value], i) => decodeWhole(key, value, texts.get(numbers[i]!)!))
        }
      } finally {
        await snapshot.close()
      }
    },
  }
}

/**
 * The keys of one person's events that began in [from, to], microseconds since the epoch, in order; undefined when there
 * are more than `most`. Far faster than to look for each of many that lie near each other.
 */
export async function keysBetween(
  db: Database,
  uid: number,
  { from, to, most, snapshot }: { from: number; to: number; most: number; snapshot?: Snapshot },
): Promise<readonly Uint8Array[] | undefined> {
  const found: Uint8Array[] = []
  for await (const page of pages(
    db.keys({
      gte: makeKey('events', { u32: uid }, { u64: Math.max(0, from) }),
      lt: makeKey('events', { u32: uid }, { u64: to + 1 }),
      snapshot,
    }),
    PAGE,
  )) {
    if (found.length + page.length > most) return undefined
    found.push(...page)
  }
  return found
}

/** How many keys are read at once, for so many that are looked for: reading one costs a hundredth of looking for it. */
const mostAtOnce = (wanted: number): number => 1_000 + 10 * wanted

/** The keys of one person's named events, in the order they are named; undefined for events that are not there. */
export async function keysOfEvents(
  db: Database,
  uid: number,
  events: readonly { readonly start_us: number; readonly tag: number }[],
  snapshot?: Snapshot,
): Promise<readonly (Uint8Array | undefined)[]> {
  const found: (Uint8Array | undefined)[] = []
  // One iterator seeks from event to event, because a person's events lie together.
  const keys = db.keys({ ...eventsOf(uid), snapshot })
  try {
    for (const event of events) {
      const id = beginOf(uid, event)
      keys.seek(id)
      const key = await keys.next()
      found.push(key !== undefined && Buffer.compare(key.subarray(0, ID_END), id) === 0 ? key : undefined)
    }
  } finally {
    await keys.close()
  }
  return found
}

/** The events with these keys, which are there as of the snapshot, in their order. */
export async function readEvents(
  db: Database,
  { uid, keys, snapshot }: { uid: number; keys: readonly Uint8Array[]; snapshot: Snapshot },
): Promise<StoredEvent[]> {
  const numbers = keys.map(commandOfKey)
  const texts = await commandTexts(db, uid, numbers, snapshot)
  const values = await db.getMany<Uint8Array, Uint8Array>([...keys], { snapshot })
  return keys.map((key, i) => decodeEvent(key, values[i]!, texts.get(numbers[i]!)!))
}

const beginOf = (uid: number, { start_us, tag }: { start_us: number; tag: number }): Buffer =>
  makeKey('events', { u32: uid }, { u64: start_us }, { u32: tag })

/** Of an event's key: its start and tag, which no other event of the person has. */
export const nameOf = (key: Uint8Array): string => Buffer.from(key.subarray(0, ID_END)).toString('latin1')

/** The events of one person that are not stored yet, by start and tag, each once. */
async function unknownOf(
  db: Database,
  uid: number,
  events: readonly EventInput[],
): Promise<readonly EventInput[]> {
  const sorted = events.toSorted((a, b) => a.start_us - b.start_us || a.tag - b.tag)
  const each = sorted.filter(({ start_us, tag }, i) => {
    const before = sorted[i - 1]
    return before?.start_us !== start_us || before.tag !== tag
  })
  const [from, to] = [sorted[0]?.start_us ?? 0, sorted.at(-1)?.start_us ?? 0]
  const among = await keysBetween(db, uid, { from, to, most: mostAtOnce(events.length) })
  if (among !== undefined) {
    const names = new Set(among.map(nameOf))
    return each.filter((event) => !names.has(nameOf(beginOf(uid, event))))
  }
  const keys = await keysOfEvents(db, uid, each)
  return each.filter((_, i) => keys[i] === undefined)
}

/** The events of several people that are not stored yet; start and tag name an event. */
export async function unknownEvents(
  db: Database,
  events: readonly EventInput[],
): Promise<readonly EventInput[]> {
  const found: EventInput[] = []
  for (const [uid, own] of Map.groupBy(events, (event) => event.uid))
    found.push(...(await unknownOf(db, uid, own)))
  return found
}
