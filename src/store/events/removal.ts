// Removes single events for good, with their texts and their counts; each batch leaves a consistent database.

import type { Limiter } from '../../base/async/limiter.ts'
import { localDay, startOfLocalDay } from '../../base/calendar.ts'
import { parseEventId } from '../../base/words/event-id.ts'
import { type Change, type Database, delRow } from '../level/database.ts'
import { commandOfKey, eventsBetween, isCounted, readU32, startOfKey, TAG_AT } from '../level/key-of-event.ts'
import { pages } from '../level/pages.ts'
import { left } from './commands.ts'
import type { EventCounts } from './counts.ts'
import type { Recall } from './recall.ts'
import type { EventRetention } from './retention.ts'
import type { RollupWriter, Unfolded } from './rollup-writer.ts'
import { countableOf, idOfKey } from './rows.ts'
import { keysOfEvents, nameOf } from './transfer.ts'

/** Events removed in one batch: some milliseconds, in which nothing else is written. */
const BATCH = 1_000

/** A removed event, with the facts that rows beside it are found by. */
interface RemovedEvent {
  readonly id: string
  readonly start_us: number
  readonly tag: number
}

/** Appends what must go with these events of one person, in the same batch. */
export type RemovedWith = (uid: number, events: readonly RemovedEvent[], changes: Change[]) => Promise<void>

export interface RemovalDeps {
  readonly db: Database
  readonly serially: Limiter
  readonly rollups: RollupWriter
  readonly counts: EventCounts
  readonly retention: EventRetention
  readonly recall: Pick<Recall, 'removed'>
  readonly removedWith: readonly RemovedWith[]
}

export type EventRemoval = ReturnType<typeof createEventRemoval>

export function createEventRemoval(deps: RemovalDeps) {
  const { db, serially, rollups, counts, retention, recall, removedWith } = deps
  async function find(uid: number, ids: readonly string[]): Promise<(readonly [Uint8Array, Uint8Array])[]> {
    const events = [...new Set(ids)].toSorted().flatMap((id) => parseEventId(id) ?? [])
    const keys = (await keysOfEvents(db, uid, events)).filter((key) => key !== undefined)
    const values = await db.getMany<Uint8Array, Uint8Array>(keys, {})
    return keys.map((key, i) => [key, values[i]!] as const)
  }

  /** One event for each number that no other event of the same day has. */
  async function lastOfTheirDays(
    uid: number,
    events: readonly (readonly [key: Uint8Array, day: number])[],
  ): Promise<ReadonlySet<Uint8Array>> {
    const last = new Set<Uint8Array>()
    for (const [day, own] of Map.groupBy(events, ([, day]) => day)) {
      const leaving = new Set(own.map(([key]) => nameOf(key)))
      const counted = own.filter(([key]) => isCounted(key))
      const goes = new Map(counted.map(([key]) => [commandOfKey(key), key]))
      if (goes.size === 0) continue
      for await (const page of pages(
        db.keys(eventsBetween(uid, startOfLocalDay(day), startOfLocalDay(day + 1))),
      )) {
        for (const key of page)
          if (isCounted(key) && !leaving.has(nameOf(key))) goes.delete(commandOfKey(key))
        if (goes.size === 0) break
      }
      for (const key of goes.values()) last.add(key)
    }
    return last
  }

  /** For a caller that holds the turn to write; texts and files are left to the next sweep of retention. */
  async function removeSome(uid: number, ids: readonly string[]): Promise<number> {
    const rows = await find(uid, ids)
    if (rows.length === 0) return 0
    const days = rows.map(([key]) => [key, Math.max(0, localDay(startOfKey(key) / 1000))] as const)
    const last = await lastOfTheirDays(uid, days)
    const changes: Change[] = rows.map(([key]) => delRow(key))
    changes.push(...left(uid))
    try {
      const events = rows.flatMap(([key, value], i): readonly Unfolded[] => {
        if (!isCounted(key)) return []
        const event = countableOf(key, value, days[i]![1])
        return [{ ...event, uid, number: commandOfKey(key), lastOfDay: last.has(key) }]
      })
      await rollups.unfold(events, changes)
      await counts.add(uid, -rows.length, changes)
      const removed = rows.map(([key]) => ({
        id: idOfKey(key),
        start_us: startOfKey(key),
        tag: readU32(key, TAG_AT),
      }))
      for (const also of removedWith) await also(uid, removed, changes)
      await db.batch(changes)
    } catch (error) {
      rollups.reset()
      counts.reset()
      throw error
    }
    recall.removed(
      uid,
      rows.map(([key]) => key),
    )
    return rows.length
  }

  return {
    removeSome,
    /**
     * Removes these events of one person, the texts that no event names any more, and what was counted of both; they are
     * out of the files when it resolves, with how many there were. Ids that are not there are passed over. A kill in it
     * leaves a part of them removed, and the next sweep of retention takes the rest of what they left behind. `more`:
     * others follow at once; texts and files, over all of which it goes, are left to the last call.
     */
    async remove(uid: number, ids: readonly string[], signal: AbortSignal, { more = false } = {}) {
      let events = 0
      for (let at = 0; at < ids.length; at += BATCH) {
        signal.throwIfAborted()
        events += await serially(() => removeSome(uid, ids.slice(at, at + BATCH)))
      }
      if (more) return { events, texts: 0 }
      const texts = await retention.removeTexts(uid, signal)
      // Also what a removal left behind that was ended.
      if (events + texts > 0 || (await retention.isUnpurged(uid))) await retention.purge(uid)
      return { events, texts }
    },
  }
}
