// Removes events for their age, and the texts that no event names any more; each batch leaves a whole database.

import { createSerial, type Limiter } from '../../base/async/limiter.ts'
import { type Change, compact, type Database, delRow } from '../level/database.ts'
import { commandOfKey, eventsBetween, eventsOf, readU32, startOfKey, TAG_AT } from '../level/key-of-event.ts'
import { keyRange } from '../level/keyspace.ts'
import { createNumberSet } from '../level/number-set.ts'
import { pages } from '../level/pages.ts'
import { decodeValue } from '../level/value.ts'
import { putRollupsFrom, readRollupsFrom } from '../rollups/from.ts'
import { createRollupRepository, rollupsBefore } from '../rollups/rollups.ts'
import {
  type CommandTable,
  hashKey,
  highestNumber,
  left,
  type Mark,
  markKey,
  NUMBER_AT,
  putMark,
  textOf,
  textsOf,
  UNPURGED,
  UNSWEPT,
} from './commands.ts'
import type { EventCounts } from './counts.ts'
import type { ImportLists } from './imports/lists.ts'
import type { Recall } from './recall.ts'
import type { RollupWriter } from './rollup-writer.ts'

/** Rows removed in one batch: some milliseconds, in which nothing else is written. */
const BATCH = 500

/** Where anything of a person's events lies. */
const PURGED = [
  'events',
  'commands',
  'rollups_hour',
  'rollups_day',
  'command_days',
  'processes',
  'imports',
] as const

export interface RetentionDeps {
  readonly db: Database
  readonly serially: Limiter
  readonly commands: CommandTable
  readonly rollups: RollupWriter
  readonly counts: EventCounts
  readonly recall: Pick<Recall, 'removed' | 'textsRemoved'>
  readonly lists: Pick<ImportLists, 'takeOff'>
}

export type EventRetention = ReturnType<typeof createEventRetention>

export function createEventRetention({
  db,
  serially,
  commands,
  rollups,
  counts,
  recall,
  lists,
}: RetentionDeps) {
  /** Numbers are watched for one at a time. */
  const oneByOne = createSerial()
  const purging = createSerial()

  const isMarked = async (uid: number, mark: Mark): Promise<boolean> =>
    (await db.get(markKey(uid, mark))) !== undefined

  /** Marks the person before the removal. A removal that a crash ended is still marked, so it is done again. */
  const begun = (uid: number, mark: Mark): Promise<void> => db.batch([putMark(uid, mark, 'begun')])

  const done = (uid: number, mark: Mark): Promise<void> =>
    serially(async () => {
      const key = markKey(uid, mark)
      const value = await db.get(key)
      if (value !== undefined && !decodeValue<boolean>(value)) await db.del(key)
    })

  async function removeSome(uid: number, time: number): Promise<number> {
    const range = eventsBetween(uid, 0, time)
    const keys = await db.keys({ ...range, limit: BATCH }).all()
    if (keys.length === 0) return 0
    const changes: Change[] = keys.map(delRow)
    const ids = keys.map((key) => ({ start_us: startOfKey(key), tag: readU32(key, TAG_AT) }))
    await lists.takeOff(uid, ids, changes)
    changes.push(...left(uid))
    try {
      await counts.add(uid, -keys.length, changes)
      await db.batch(changes)
    } catch (error) {
      counts.reset()
      throw error
    }
    recall.removed(uid, keys)
    return keys.length
  }

  async function removeTexts(uid: number, signal: AbortSignal): Promise<number> {
    if (!(await isMarked(uid, UNSWEPT))) return 0
    // Numbers given out from here on are not among these events, so they stay.
    const { used, keys } = await serially(async () => {
      await begun(uid, UNSWEPT)
      return { used: commands.watch(uid), keys: db.keys(eventsOf(uid)) }
    })
    const named = createNumberSet()
    try {
      for await (const page of pages(keys)) {
        signal.throwIfAborted()
        for (const key of page) named.add(commandOfKey(key))
      }
      return await removeUnnamed()
    } finally {
      commands.unwatch()
    }

    async function removeUnnamed(): Promise<number> {
      let removed = 0
      for await (const page of pages(db.iterator(textsOf(uid)), BATCH)) {
        signal.throwIfAborted()
        await serially(async () => {
          const changes: Change[] = []
          const some: number[] = []
          for (const [key, value] of page) {
            const number = readU32(key, NUMBER_AT)
            if (named.has(number) || used.has(number)) continue
            some.push(number)
            changes.push(delRow(key), delRow(hashKey(uid, textOf(value))))
          }
          if (some.length === 0) return
          // Rollups of days hold numbers of texts, so a number is never given twice.
          changes.push(await highestNumber(db, uid), putMark(uid, UNPURGED, 'left'))
          await db.batch(changes)
          commands.forget(uid)
          recall.textsRemoved(uid, some)
          removed += some.length
        })
      }
      await done(uid, UNSWEPT)
      return removed
    }
  }

  return {
    /** Everybody who has events here, or numbers. */
    async people() {
      return [...new Set([...(await counts.people()), ...(await createRollupRepository(db).uids())])]
    },

    /**
     * Removes this person's events that began before `time` (ms since the epoch), the oldest first, in batches between
     * which others are written. A kill loses nothing but time. Resolves with how many.
     */
    async removeEvents(uid: number, time: number, signal: AbortSignal) {
      let removed = 0
      for (;;) {
        signal.throwIfAborted()
        const some = await serially(() => removeSome(uid, Math.floor(time)))
        removed += some
        if (some < BATCH) return removed
      }
    },

    /** Removes the texts that no event names, if any event was removed since the last time; resolves with how many. */
    removeTexts: (uid: number, signal: AbortSignal) => oneByOne(() => removeTexts(uid, signal)),

    /** Removes the rollups of days before `day` (since 1970-01-01); resolves with the number of rows. */
    async removeRollups(uid: number, day: number, signal: AbortSignal) {
      let removed = 0
      // The mark is written before the first rollup goes, so that a repair does not take removed rollups for lost ones.
      if (day > (await readRollupsFrom(db, uid))) await db.batch([putRollupsFrom(uid, day)])
      for (const range of rollupsBefore(uid, day)) {
        for (;;) {
          signal.throwIfAborted()
          const some = await serially(async () => {
            const keys = await db.keys({ ...range, limit: BATCH }).all()
            if (keys.length === 0) return 0
            // The caches still have the removed rollups, and further counting would write them back.
            rollups.reset()
            await db.batch(keys.map(delRow))
            return keys.length
          })
          removed += some
          if (some < BATCH) break
        }
      }
      return removed
    },

    /** Takes removed rows out of the files; runs beside reading and writing. */
    purge: (uid: number) =>
      purging(async () => {
        await serially(() => begun(uid, UNPURGED))
        for (const keyspace of PURGED) await compact(db, keyRange(keyspace, { u32: uid }))
        await done(uid, UNPURGED)
      }),

    /** True where a removal was ended before it was out of the files. */
    isUnpurged: (uid: number) => isMarked(uid, UNPURGED),
  }
}
