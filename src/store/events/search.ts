// Finds a person's events, newest first, and their distinct commands by worth: in the index, or in the database itself.

import { RISK_LEVELS } from '../../assist/risk/index.ts'
import type { Limiter } from '../../base/async/limiter.ts'
import { markLevel0, revealLevel0 } from '../../base/level0/level0.ts'
import { parseEventId } from '../../base/words/event-id.ts'
import type { Database, Snapshot } from '../level/database.ts'
import { commandOfKey, eventsBetween, eventsOf, FLAGS_AT, startOfKey } from '../level/key-of-event.ts'
import { pages } from '../level/pages.ts'
import { findCommands, numbersOfTexts, textsThere } from './commands.ts'
import type { EventCounts } from './counts.ts'
import { type EventFilter, fitsValue, indexFilter, isUnfiltered, textFits, VALUE_FILTERS } from './filter.ts'
import type { EventIndex } from './index.ts'
import { createInspect } from './inspect.ts'
import { type Ranking, rankIn } from './rank.ts'
import type { Recall, Recalled } from './recall.ts'
import {
  decodeWithoutText,
  type EventKeyParts,
  eventKeyOf,
  FAILED_BIT,
  idOfKey,
  RISK_BITS,
  type StoredEvent,
} from './rows.ts'
import { keysOfEvents, readEvents } from './transfer.ts'

interface RankedCommand {
  /** The newest use that fits. */
  readonly event: StoredEvent
  /** Uses that fit, and of these the failed ones. */
  readonly uses: number
  readonly failures: number
  /** Uses whose exit code is not known. */
  readonly unknown: number
}

interface RankedCommands {
  /** Best first. */
  readonly commands: readonly RankedCommand[]
  /** Distinct commands that fit. */
  readonly total: number
  /** False while only the newest events were looked at, and more are coming. */
  readonly complete: boolean
}

/** Long texts read at a time: each may have 64 KB. */
const LONG_PAGE = 64

export function createEventSearch(deps: {
  readonly db: Database
  readonly serially: Limiter
  readonly counts: EventCounts
  readonly recall: Recall
}) {
  const { db, serially, counts, recall } = deps
  const inspect = createInspect(deps)

  /** Adds whether long texts fit, of which the index keeps only the beginning. A number always means the same text. */
  async function addLong(
    long: Map<number, boolean>,
    { uid, index, fits }: { uid: number; index: EventIndex; fits: (text: string) => boolean },
  ): Promise<void> {
    const numbers = index.longTexts().filter((number) => !long.has(number))
    for (let at = 0; at < numbers.length; at += LONG_PAGE) {
      const texts = await textsThere(db, uid, numbers.slice(at, at + LONG_PAGE))
      for (const [number, text] of texts) long.set(number, fits(revealLevel0(text).toLowerCase()))
    }
  }

  /** Undefined where the index gets no changes any more. */
  async function inIndex(
    uid: number,
    { index, isTold }: Pick<Recalled, 'index' | 'isTold'>,
    filter: EventFilter,
  ): Promise<{ hits: readonly EventKeyParts[]; total: number; snapshot: Snapshot } | undefined> {
    const fits = textFits(filter)
    const long = new Map<number, boolean>()
    // Long texts are read from disk while others write; only the changes of the meantime are read in turn.
    if (fits !== undefined) await addLong(long, { uid, index, fits })
    return serially(async () => {
      if (!isTold()) return undefined
      if (fits !== undefined) await addLong(long, { uid, index, fits })
      return foundIn(index, filter, fits && ((n) => long.get(n) ?? fits(index.text(n) ?? '')))
    })
  }

  function foundIn(
    index: EventIndex,
    filter: EventFilter,
    fits: ((number: number) => boolean) | undefined,
  ): { hits: readonly EventKeyParts[]; total: number; snapshot: Snapshot } {
    const hits: EventKeyParts[] = []
    const seen = filter.unique ? new Uint8Array(index.numbers()) : undefined
    let total = 0
    index.each({ ...indexFilter(filter), fits }, (chunk, at) => {
      if (seen !== undefined) {
        const number = chunk.number[at]!
        if (seen[number] === 1) return true
        seen[number] = 1
      }
      total++
      if (hits.length < filter.limit) hits.push(index.hit(chunk, at))
      return true
    })
    return { hits, total, snapshot: db.snapshot() }
  }

  /** Keys of the given events that are there, in the order of ids. */
  async function keysOf(uid: number, ids: readonly string[], snapshot: Snapshot): Promise<Uint8Array[]> {
    const keys = await keysOfEvents(
      db,
      uid,
      ids.flatMap((id) => parseEventId(id) ?? []),
      snapshot,
    )
    return keys.filter((key) => key !== undefined)
  }

  async function usesOf(uid: number, number: number, snapshot: Snapshot): Promise<string[]> {
    const ids: string[] = []
    for await (const page of pages(db.keys({ ...eventsOf(uid), reverse: true, snapshot }))) {
      for (const key of page) if (commandOfKey(key) === number) ids.push(idOfKey(key))
    }
    return ids
  }

  async function atOneMoment<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
    const snapshot = db.snapshot()
    try {
      return await work(snapshot)
    } finally {
      await snapshot.close()
    }
  }

  /** Searches the database as of `snapshot`, in which events removed meanwhile are still there. */
  async function inDatabase(
    snapshot: Snapshot,
    uid: number,
    filter: EventFilter,
    enough = isUnfiltered(filter),
  ): Promise<{ keys: readonly Uint8Array[]; total: number }> {
    const fits = textFits(filter)
    const wanted = fits && (await findCommands(db, uid, fits))
    if (wanted?.size === 0) return { keys: [], total: 0 }
    const least = filter.risk === undefined ? 0 : RISK_LEVELS.indexOf(filter.risk)
    const until = filter.until === undefined ? Number.POSITIVE_INFINITY : Math.ceil(filter.until) * 1000
    const byValue = VALUE_FILTERS.some((name) => filter[name] !== undefined)
    const hits: Uint8Array[] = []
    const seen = filter.unique ? new Set<number>() : undefined
    let total = 0
    for await (const page of pages(
      db.keys({ ...eventsBetween(uid, filter.since ?? 0), reverse: true, snapshot }),
    )) {
      const fitting = page.filter((key) => {
        const flags = key[FLAGS_AT]!
        if ((flags & RISK_BITS) < least || (filter.failed && (flags & FAILED_BIT) === 0)) return false
        return startOfKey(key) < until && (!wanted || wanted.has(commandOfKey(key)))
      })
      const values = byValue ? await db.getMany<Uint8Array, Uint8Array>(fitting, { snapshot }) : []
      for (const [i, key] of fitting.entries()) {
        if (byValue && !fitsValue(decodeWithoutText(key, values[i]!), filter)) continue
        if (seen !== undefined) {
          const command = commandOfKey(key)
          if (seen.has(command)) continue
          seen.add(command)
        }
        total++
        if (hits.length < filter.limit) hits.push(key)
      }
      if (enough && hits.length >= filter.limit) break
    }
    if (isUnfiltered(filter)) total = await counts.of(uid)
    return { keys: hits, total }
  }

  return {
    /** Newest first; `total` counts all that match, not only the first `limit`. */
    async search(uid: number, filter: EventFilter) {
      // The newest events alone need no index, so a person who only looks at them loads none.
      const whole = isUnfiltered(filter) ? undefined : await recall.whole(uid, filter.since)
      const found = whole && (await inIndex(uid, whole, filter))
      if (found === undefined) {
        return atOneMoment(async (snapshot) => {
          const { keys, total } = await inDatabase(snapshot, uid, filter)
          return { events: await readEvents(db, { uid, keys, snapshot }), total }
        })
      }
      const { hits, total, snapshot } = found
      try {
        const keys = hits.map((hit) => eventKeyOf(uid, hit))
        return { events: await readEvents(db, { uid, keys, snapshot }), total }
      } finally {
        await snapshot.close()
      }
    },

    /**
     * Ids, newest first: of the events that fit the filter, of all uses of one text, or of the given events that are there. Behind
     * the filter's limit nothing is looked at, so a long history that is removed in parts is read once.
     */
    find: (
      uid: number,
      wanted: readonly string[] | { readonly text: string } | Omit<EventFilter, 'unique'>,
    ) =>
      atOneMoment(async (snapshot) => {
        if ('text' in wanted) {
          const [number] = await numbersOfTexts(db, uid, [markLevel0(wanted.text)], snapshot)
          return number === undefined ? [] : usesOf(uid, number, snapshot)
        }
        if (!('words' in wanted)) {
          const keys = await keysOf(uid, [...new Set(wanted)].toSorted().reverse(), snapshot)
          return keys.map(idOfKey)
        }
        const { keys } = await inDatabase(snapshot, uid, wanted, true)
        return keys.map(idOfKey)
      }),

    /** The events with these ids, in their order; ids that are not there are left out. */
    read: (uid: number, ids: readonly string[]) =>
      atOneMoment(async (snapshot) => {
        const keys = await keysOf(uid, ids, snapshot)
        return readEvents(db, { uid, keys, snapshot })
      }),

    /** The details of one command, by one of its uses; undefined if there is no such event. */
    async inspect(uid: number, id: string) {
      const event = parseEventId(id)
      return event && inspect(uid, event)
    },

    /** Distinct commands, best first, of the events that the filter lets through; its words are the ranking's. */
    async rank(
      uid: number,
      filter: Omit<EventFilter, 'words' | 'unique'>,
      ranking: Ranking,
    ): Promise<RankedCommands> {
      const looked = () =>
        recall.begun(uid, (recalled) =>
          serially(async () => {
            if (!recalled.isTold()) return undefined
            const ranked = rankIn(recalled.index, filter, ranking)
            return { ranked, snapshot: db.snapshot(), complete: recalled.settled }
          }),
        )
      let found = await looked()
      // The index broke or grew too large, so it is loaded again.
      while (found === undefined) found = await looked()
      const { ranked, snapshot, complete } = found
      try {
        const keys = ranked.best.map(({ hit }) => eventKeyOf(uid, hit))
        const events = await readEvents(db, { uid, keys, snapshot })
        const commands = ranked.best.map(({ uses, failures, unknown }, i) => ({
          event: events[i]!,
          uses,
          failures,
          unknown,
        }))
        return { commands, total: ranked.total, complete }
      } finally {
        await snapshot.close()
      }
    },
  }
}
