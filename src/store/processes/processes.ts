// Level 0: what the processes of hooked shells used, by time and person, and the most that each command line needed.

import { parseEventId } from '../../base/words/event-id.ts'
import { type Change, compact, type Database, delRow, putRow } from '../level/database.ts'
import { keyRange } from '../level/keyspace.ts'
import { pages } from '../level/pages.ts'
import { peopleIn } from '../level/table.ts'
import {
  encodePeak,
  encodeProcess,
  type LinePeak,
  type ProcessRow,
  peakKey,
  peaksUntil,
  processesSince,
  processKey,
  type Range,
  readPeak,
  readProcess,
  type SeenLine,
} from './rows.ts'

export type { ProcessRow } from './rows.ts'

export interface ProcessBatch {
  readonly uid: number
  readonly rows: readonly ProcessRow[]
  readonly peaks: readonly LinePeak[]
}

export type ProcessRepository = ReturnType<typeof createProcessRepository>

const PAGE = 1_000
/** Rows removed in one batch. */
const BATCH = 500

export function createProcessRepository(db: Database) {
  /** Removes the first rows of a range: all, or at most so many. */
  async function removeFirst(range: Range, most: number, signal: AbortSignal): Promise<number> {
    let removed = 0
    while (removed < most) {
      signal.throwIfAborted()
      const keys = await db.keys({ ...range, limit: Math.min(BATCH, most - removed) }).all()
      if (keys.length === 0) break
      await db.batch(keys.map(delRow))
      removed += keys.length
    }
    return removed
  }

  /** The stored facts of these lines. */
  async function seen(uid: number, ids: readonly string[]): Promise<ReadonlyMap<string, SeenLine>> {
    const values = await db.getMany(ids.map((id) => peakKey(uid, id)))
    const found = new Map<string, SeenLine>()
    for (const [i, value] of values.entries()) {
      const line = value === undefined ? undefined : readPeak(value)
      if (line !== undefined) found.set(ids[i]!, line)
    }
    return found
  }

  async function count(range: Range): Promise<number> {
    let found = 0
    for await (const page of pages(db.keys(range), PAGE)) found += page.length
    return found
  }

  /** A range in pieces, the oldest first; rows that cannot be read are left out. */
  async function* stored(range: Range) {
    for await (const page of pages(db.iterator(range), PAGE)) {
      yield page.flatMap(([key, value]) => {
        const row = readProcess(key, value)
        return row === undefined ? [] : [{ key, row }]
      })
    }
  }

  return {
    /** One Level batch. A process written before is replaced: it is known by its start and its pid. */
    async write(batches: readonly ProcessBatch[]) {
      const changes: Change[] = []
      for (const { uid, rows, peaks } of batches) {
        for (const row of rows) {
          changes.push(putRow(processKey(uid, row), encodeProcess(row)))
        }
        for (const peak of peaks) {
          changes.push(putRow(peakKey(uid, peak.event_id), encodePeak(peak)))
        }
      }
      if (changes.length > 0) await db.batch(changes)
    },

    /** One person's processes that began at `since` (ms since the epoch) or later, the oldest first, in pieces. */
    async *rows(uid: number, since: number = 0) {
      for await (const piece of stored(processesSince(uid, since))) yield piece.map(({ row }) => row)
    },

    /** A process with that pid that began within `within` ms of `started_at`; the store may know it from before a restart. */
    async find(uid: number, pid: number, started_at: number, within: number) {
      const range = processesSince(uid, started_at - within, started_at + within + 1)
      for await (const piece of stored(range)) {
        const found = piece.find(({ row }) => row.pid === pid)
        if (found !== undefined) return found.row
      }
      return undefined
    },

    /** The peak memory of each of these lines that was seen at all. */
    async peaks(uid: number, ids: readonly string[]) {
      const found = new Map<string, number>()
      for (const [id, { peak }] of await seen(uid, ids)) if (peak > 0) found.set(id, peak)
      return found
    },

    /** The uids of all people who have rows. */
    people: () => peopleIn(db, 'processes'),

    /**
     * Removes what began before `time` (ms since the epoch), and the oldest beyond `most` rows, from the files too;
     * resolves with how many.
     */
    async prune(uid: number, time: number, most: number, signal: AbortSignal) {
      let removed = 0
      for (const range of [processesSince(uid, 0, time), peaksUntil(uid, time)])
        removed += await removeFirst(range, Number.POSITIVE_INFINITY, signal)
      for (const range of [processesSince(uid, 0), peaksUntil(uid)]) {
        const excess = (await count(range)) - most
        if (excess > 0) removed += await removeFirst(range, excess, signal)
      }
      if (removed > 0) await compact(db, keyRange('processes', { u32: uid }))
      return removed
    },

    /** Appends the removal of these command lines' processes and peaks to `changes`. */
    async forget(uid: number, ids: readonly string[], changes: Change[]) {
      for (const [id, { lastStart }] of await seen(uid, ids)) {
        changes.push(delRow(peakKey(uid, id)))
        const range = processesSince(uid, startOfId(id) - START_SLACK_MS, lastStart + 1)
        for await (const piece of stored(range)) {
          for (const { key, row } of piece) if (row.event_id === id) changes.push(delRow(key))
        }
      }
    },
  }
}

/** A process may seem to have begun a moment before its line: clocks of kernel and shell count in different steps. */
const START_SLACK_MS = 1_000

/** Milliseconds since the epoch, from an event's id. */
const startOfId = (id: string): number => Math.floor((parseEventId(id)?.start_us ?? 0) / 1000)
