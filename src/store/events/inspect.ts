// The details of one command: its uses, exit codes and durations, and the commands around it in its shell session.
import type { Limiter } from '../../base/async/limiter.ts'
import type { Database, Snapshot } from '../level/database.ts'
import { commandOfKey, eventsOf, FLAGS_AT, UNTIMED_BIT } from '../level/key-of-event.ts'
import { pages } from '../level/pages.ts'
import type { Recall } from './recall.ts'
import {
  decodeWithoutText,
  type EventKeyParts,
  eventKeyOf,
  FAILED_BIT,
  IMPORTED,
  isEndKnown,
  NO_SESSION,
  type StoredEvent,
} from './rows.ts'
import { keysOfEvents, readEvents } from './transfer.ts'

/** Uses that are given one by one, the newest first. */
const USES_SHOWN = 8
/** Commands given before and after it. */
const NEIGHBOURS = 3
/** Rows that are read for neighbours in each direction: other shells may have been busy meanwhile. */
const ROWS_LOOKED_AT = 500

interface Inspection {
  readonly event: StoredEvent
  readonly uses: number
  readonly failures: number
  /** Uses whose exit code is not known. */
  readonly unknown: number
  /** Uses that were imported without a time. */
  readonly untimed: number
  /** Milliseconds since the epoch. */
  readonly first: number
  /** Milliseconds, of the uses whose duration is known. */
  readonly took: { readonly least: number; readonly median: number; readonly most: number } | undefined
  readonly recent: readonly StoredEvent[]
  /** In the same shell session, in the order of time; none where the session is not known. */
  readonly before: readonly StoredEvent[]
  readonly after: readonly StoredEvent[]
  /** False where only the newest events are loaded, because the rest comes later or is too much. */
  readonly complete: boolean
}

interface Uses
  extends Pick<Inspection, 'uses' | 'failures' | 'unknown' | 'untimed' | 'first' | 'took' | 'complete'> {
  readonly newest: readonly EventKeyParts[]
  readonly snapshot: Snapshot
}

/** Undefined where the person has no such event. */
export type Inspect = (
  uid: number,
  event: { readonly start_us: number; readonly tag: number },
) => Promise<Inspection | undefined>

export function createInspect(deps: {
  readonly db: Database
  readonly serially: Limiter
  readonly recall: Recall
}): Inspect {
  const { db, serially, recall } = deps

  /** Undefined where the index gets no changes any more. */
  const usesOf = (
    uid: number,
    own: EventKeyParts & { readonly isEndKnown: boolean },
  ): Promise<Uses | undefined> =>
    recall.begun(uid, (recalled) =>
      serially(async () => {
        if (!recalled.isTold()) return undefined
        const { index } = recalled
        const newest: EventKeyParts[] = []
        const durations: number[] = []
        let [uses, failures, unknown, untimed, first] = [0, 0, 0, 0, own.start_us / 1000]
        let hasOwn = false
        const add = (use: EventKeyParts, isEnded: boolean): void => {
          uses++
          if (use.flags & FAILED_BIT) failures++
          if (use.flags & UNTIMED_BIT) untimed++
          if (!isEnded) unknown++
          if (newest.length < USES_SHOWN) newest.push(use)
          first = Math.min(first, use.start_us / 1000)
        }
        index.each({ fits: (one) => one === own.number }, (chunk, at) => {
          const hit = index.hit(chunk, at)
          hasOwn ||= hit.start_us === own.start_us && hit.tag === own.tag
          add(hit, index.ended(chunk, at))
          const took = index.took(chunk, at)
          if (took !== undefined) durations.push(took)
          return true
        })
        // Commands that are not loaded yet are older than the loaded ones.
        if (!hasOwn) add(own, own.isEndKnown)
        const sorted = Float64Array.from(durations).sort()
        const took =
          sorted.length === 0
            ? undefined
            : { least: sorted[0]!, median: sorted[sorted.length >>> 1]!, most: sorted.at(-1)! }
        const { complete } = recalled
        return { uses, failures, unknown, untimed, first, took, newest, complete, snapshot: db.snapshot() }
      }),
    )

  /** The nearest commands of the session in one direction, the nearest first. */
  async function neighbours(
    { uid, key, session }: { uid: number; key: Uint8Array; session: number },
    direction: 'before' | 'after',
    snapshot: Snapshot,
  ): Promise<Uint8Array[]> {
    const { gte, lt } = eventsOf(uid)
    const range =
      direction === 'before' ? { gte, lt: Buffer.from(key), reverse: true } : { gt: Buffer.from(key), lt }
    const found: Uint8Array[] = []
    for await (const page of pages(db.iterator({ ...range, limit: ROWS_LOOKED_AT, snapshot }), 50)) {
      for (const [near, value] of page) {
        if (decodeWithoutText(near, value).session === session) found.push(near)
        if (found.length === NEIGHBOURS) return found
      }
    }
    return found
  }

  return async (uid, wanted) => {
    const [key] = await keysOfEvents(db, uid, [wanted])
    const stored = key && (await db.get(key))
    if (key === undefined || stored === undefined) return undefined
    const own = {
      ...wanted,
      number: commandOfKey(key),
      flags: key[FLAGS_AT] as number,
      isEndKnown: isEndKnown(key, stored),
    }
    let found = await usesOf(uid, own)
    // The index broke or grew too large, so it is loaded again.
    while (found === undefined) found = await usesOf(uid, own)
    const { newest, snapshot, ...counted } = found
    try {
      const value = await db.get<Uint8Array, Uint8Array>(key, { snapshot })
      // Deleted meanwhile.
      if (value === undefined) return undefined
      const { session } = decodeWithoutText(key, value)
      const isKnown = session !== IMPORTED && session !== NO_SESSION
      const place = { uid, key, session }
      const before = isKnown ? (await neighbours(place, 'before', snapshot)).reverse() : []
      const after = isKnown ? await neighbours(place, 'after', snapshot) : []
      const recent = newest.map((hit) => eventKeyOf(uid, hit))
      const [event, ...others] = await readEvents(db, {
        uid,
        snapshot,
        keys: [key, ...recent, ...before, ...after],
      })
      return {
        ...counted,
        event: event!,
        recent: others.slice(0, recent.length),
        before: others.slice(recent.length, recent.length + before.length),
        after: others.slice(recent.length + before.length),
      }
    } finally {
      await snapshot.close()
    }
  }
}
