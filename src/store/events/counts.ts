// Counts each person's stored events, apart from the rollups, which may outlive the events.
import { type Change, type Database, putRow } from '../level/database.ts'
import { readU32, UID_AT } from '../level/key-of-event.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { pages } from '../level/pages.ts'
import { decodeValue, encodeValue } from '../level/value.ts'

export const countKey = (uid: number): Buffer => makeKey('event_counts', { u32: uid })

export type EventCounts = ReturnType<typeof createEventCounts>

/** One per database; only one call of `add` at a time. */
export function createEventCounts(db: Database) {
  const known = new Map<number, number>()
  async function of(uid: number): Promise<number> {
    const value = await db.get(countKey(uid))
    return value === undefined ? 0 : decodeValue<number>(value)
  }
  return {
    of,
    /** The uids of people who have events, or had some. */
    people: async () => (await db.keys(keyRange('event_counts')).all()).map((key) => readU32(key, UID_AT)),
    /** Appends the new count, to be written with the events that come (or, below 0, go). */
    async add(uid: number, more: number, changes: Change[]) {
      const count = Math.max(0, (known.get(uid) ?? (await of(uid))) + more)
      known.set(uid, count)
      changes.push(putRow(countKey(uid), encodeValue(count)))
    },
    /** Forgets the counts added since the last written batch, because their batch was not written. */
    reset: () => known.clear(),
  }
}

/** Schema 3: counts the events there are. */
export async function countEvents(db: Database): Promise<readonly Change[]> {
  const counts = new Map<number, number>()
  for await (const page of pages(db.keys(keyRange('events')))) {
    for (const key of page) counts.set(readU32(key, UID_AT), (counts.get(readU32(key, UID_AT)) ?? 0) + 1)
  }
  return [...counts].map(([uid, count]) => putRow(countKey(uid), encodeValue(count)))
}
