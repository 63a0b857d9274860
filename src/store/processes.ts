// Level 0: what the processes of hooked shells used, by time and person, and the most that each command line needed.
import { type Level0, revealLevel0 } from '../observe/level0.ts'
import { type Change, compact, type Database } from './database.ts'
import { idOfEvent } from './event-rows.ts'
import { keyRange, makeKey } from './keyspace.ts'
import { decodeValue, encodeValue } from './value.ts'

export interface ProcessRow {
  /** Milliseconds since the epoch. */
  readonly started_at: number
  readonly pid: number
  /** As the kernel has it, at most 15 bytes. */
  readonly name: Level0<string>
  /** Name of the shell it was started in. */
  readonly shell: string
  readonly duration_ms: number
  readonly peak_rss_bytes: number | null
  readonly cpu_ms: number
  /** Of its command line. */
  readonly exit_code: number | null
  /** Its command line, as in the history. */
  readonly event_id: string | null
}

/** The most memory that any one process of a command line held. */
interface LinePeak {
  readonly event_id: string
  /** 0: of none of them could it be read. */
  readonly peak_rss_bytes: number
  /** When the last of its processes began, ms since the epoch. */
  readonly last_start: number
}

export interface ProcessBatch {
  readonly uid: number
  readonly rows: readonly ProcessRow[]
  readonly peaks: readonly LinePeak[]
}

export interface ProcessRepository {
  /** One Level batch. A process written before is replaced: it is known by its start and its pid. */
  write(batches: readonly ProcessBatch[]): Promise<void>
  /** This person's that began at `since` (ms since the epoch) or later, the oldest first, in pieces. */
  rows(uid: number, since?: number): AsyncGenerator<readonly ProcessRow[], void>
  /** A process with that pid that began within `within` ms of `started_at`; the store may know it from before a restart. */
  find(uid: number, pid: number, started_at: number, within: number): Promise<ProcessRow | undefined>
  /** Of those of these lines of which anything was seen. */
  peaks(uid: number, ids: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Everybody who has rows. */
  people(): Promise<readonly number[]>
  /**
   * Removes what began before `time` (ms since the epoch), and the oldest beyond `most` rows, from the files too;
   * resolves with how many.
   */
  prune(uid: number, time: number, most: number, signal: AbortSignal): Promise<number>
  /** Takes these command lines out: their processes, and what they needed. Resolves with how many rows. */
  forget(uid: number, ids: readonly string[]): Promise<number>
}

const VALUE_VERSION = 1
/** Kinds of keys: processes ‖ uid u32 ‖ kind u8 ‖ … */
const PROCESS = { bytes: Uint8Array.of(1) }
const PEAK = { bytes: Uint8Array.of(2) }
const UID_AT = 1
const KIND_AT = UID_AT + 4
const START_AT = KIND_AT + 1
const PID_AT = START_AT + 8
const KEY_BYTES = PID_AT + 4
const PAGE = 1_000
/** Rows removed in one batch. */
const BATCH = 500
/** 2^32 - 1, the last of all people. */
const LAST_UID = 0xffff_ffff

type Value = readonly [
  name: string,
  shell: string,
  durationMs: number,
  peakRssBytes: number | null,
  cpuMs: number,
  exitCode: number | null,
  eventId: string | null,
]

const atLeast0 = (time: number): number => Math.min(Math.max(0, Math.floor(time)), Number.MAX_SAFE_INTEGER)

const processKey = (uid: number, { started_at, pid }: Pick<ProcessRow, 'started_at' | 'pid'>): Buffer =>
  makeKey('processes', { u32: uid }, PROCESS, { u64: atLeast0(started_at) }, { u32: pid })

const peakKey = (uid: number, id: string): Buffer => makeKey('processes', { u32: uid }, PEAK, { text: id })

/** Those that began from `since` on. */
const processesSince = (uid: number, since: number): { gte: Buffer; lt: Buffer } => ({
  gte: makeKey('processes', { u32: uid }, PROCESS, { u64: atLeast0(since) }),
  lt: keyRange('processes', { u32: uid }, PROCESS).lt,
})

export function createProcessRepository(db: Database): ProcessRepository {
  async function* pages(range: {
    gte: Buffer
    lt: Buffer
  }): AsyncGenerator<[Uint8Array, Uint8Array][], void> {
    const found = db.iterator(range)
    try {
      for (let page = await found.nextv(PAGE); page.length > 0; page = await found.nextv(PAGE)) yield page
    } finally {
      await found.close()
    }
  }

  /** Removes the first rows of a range: all, or at most so many. */
  async function removeFirst(
    range: { gte: Buffer; lt: Buffer },
    most: number,
    signal: AbortSignal,
  ): Promise<number> {
    let removed = 0
    while (removed < most) {
      signal.throwIfAborted()
      const keys = await db.keys({ ...range, limit: Math.min(BATCH, most - removed) }).all()
      if (keys.length === 0) break
      await db.batch(keys.map((key) => ({ type: 'del', key })))
      removed += keys.length
    }
    return removed
  }

  /** What is known of these lines. */
  async function seen(uid: number, ids: readonly string[]): Promise<ReadonlyMap<string, SeenLine>> {
    const values = await db.getMany(ids.map((id) => peakKey(uid, id)))
    const found = new Map<string, SeenLine>()
    for (const [i, value] of values.entries()) {
      const line = value === undefined ? undefined : readPeak(value)
      if (line !== undefined) found.set(ids[i]!, line)
    }
    return found
  }

  async function count(range: { gte: Buffer; lt: Buffer }): Promise<number> {
    const keys = db.keys(range)
    let found = 0
    try {
      for (let page = await keys.nextv(PAGE); page.length > 0; page = await keys.nextv(PAGE))
        found += page.length
    } finally {
      await keys.close()
    }
    return found
  }

  return {
    async write(batches) {
      const changes: Change[] = []
      for (const { uid, rows, peaks } of batches) {
        for (const row of rows) {
          changes.push({ type: 'put', key: processKey(uid, row), value: encodeRow(row) })
        }
        for (const { event_id, peak_rss_bytes, last_start } of peaks) {
          const value = encodeValue(VALUE_VERSION, [peak_rss_bytes, Math.ceil(last_start)])
          changes.push({ type: 'put', key: peakKey(uid, event_id), value })
        }
      }
      if (changes.length > 0) await db.batch(changes)
    },

    async *rows(uid, since = 0) {
      for await (const page of pages(processesSince(uid, since))) {
        yield page.flatMap(([key, value]) => readProcess(key, value) ?? [])
      }
    },

    async find(uid, pid, started_at, within) {
      const range = {
        gte: processesSince(uid, started_at - within).gte,
        lt: processesSince(uid, started_at + within + 1).gte,
      }
      for await (const page of pages(range)) {
        for (const [key, value] of page) {
          const row = readProcess(key, value)
          if (row?.pid === pid) return row
        }
      }
      return undefined
    },

    async peaks(uid, ids) {
      const found = new Map<string, number>()
      for (const [id, { peak }] of await seen(uid, ids)) if (peak > 0) found.set(id, peak)
      return found
    },

    async people() {
      const uids: number[] = []
      for (let from = 0; from <= LAST_UID; ) {
        const [key] = await db
          .keys({
            gte: makeKey('processes', { u32: from }),
            lt: keyRange('processes').lt,
            limit: 1,
          })
          .all()
        if (key === undefined || key.length <= KIND_AT) break
        const uid = Buffer.from(key).readUInt32BE(UID_AT)
        uids.push(uid)
        from = uid + 1
      }
      return uids
    },

    async prune(uid, time, most, signal) {
      const all = keyRange('processes', { u32: uid }, PROCESS)
      const allPeaks = keyRange('processes', { u32: uid }, PEAK)
      const before = atLeast0(time)
      let removed = 0
      if (before > 0) {
        removed += await removeFirst(
          { gte: all.gte, lt: processesSince(uid, before).gte },
          Number.POSITIVE_INFINITY,
          signal,
        )
        const lt = peakKey(uid, idOfEvent(before * 1000, 0))
        removed += await removeFirst({ gte: allPeaks.gte, lt }, Number.POSITIVE_INFINITY, signal)
      }
      for (const range of [all, allPeaks]) {
        const excess = (await count(range)) - most
        if (excess > 0) removed += await removeFirst(range, excess, signal)
      }
      if (removed > 0) await compact(db, keyRange('processes', { u32: uid }))
      return removed
    },

    async forget(uid, ids) {
      const changes: Change[] = []
      for (const [id, { lastStart }] of await seen(uid, ids)) {
        changes.push({ type: 'del', key: peakKey(uid, id) })
        const range = {
          gte: processesSince(uid, startOfId(id) - START_SLACK_MS).gte,
          lt: processesSince(uid, lastStart + 1).gte,
        }
        for await (const page of pages(range)) {
          for (const [key, value] of page) {
            if (readProcess(key, value)?.event_id === id) changes.push({ type: 'del', key })
          }
        }
      }
      if (changes.length > 0) await db.batch(changes)
      return changes.length
    },
  }
}

/** A process may seem to have begun a moment before its line: clocks of kernel and shell count in different steps. */
const START_SLACK_MS = 1_000

/** Milliseconds since the epoch, from an event's id. */
const startOfId = (id: string): number => Math.floor(Number.parseInt(id.slice(0, ID_START_DIGITS), 36) / 1000)
const ID_START_DIGITS = 11

function encodeRow(row: ProcessRow): Buffer {
  const { name, shell, duration_ms, peak_rss_bytes, cpu_ms, exit_code, event_id } = row
  const value: Value = [revealLevel0(name), shell, duration_ms, peak_rss_bytes, cpu_ms, exit_code, event_id]
  return encodeValue(VALUE_VERSION, value)
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** Undefined for a damaged one. */
function readProcess(key: Uint8Array, value: Uint8Array): ProcessRow | undefined {
  if (key.length !== KEY_BYTES || key[KIND_AT] !== PROCESS.bytes[0]) return undefined
  try {
    const [name, shell, duration_ms, peak_rss_bytes, cpu_ms, exit_code, event_id] = decodeValue<Value>(
      VALUE_VERSION,
      value,
    )
    const whole =
      [name, shell].every((text) => typeof text === 'string') &&
      [duration_ms, peak_rss_bytes ?? 0, cpu_ms, exit_code ?? 0].every(isCount) &&
      (event_id === null || typeof event_id === 'string')
    if (!whole) return undefined
    const bytes = Buffer.from(key.buffer, key.byteOffset, key.length)
    return {
      started_at: Number(bytes.readBigUInt64BE(START_AT)),
      pid: bytes.readUInt32BE(PID_AT),
      name: name as unknown as Level0<string>,
      ...{ shell, duration_ms, peak_rss_bytes, cpu_ms, exit_code, event_id },
    }
  } catch {
    return undefined
  }
}

interface SeenLine {
  readonly peak: number
  readonly lastStart: number
}

function readPeak(value: Uint8Array): SeenLine | undefined {
  try {
    const [peak, lastStart] = decodeValue<readonly unknown[]>(VALUE_VERSION, value)
    return isCount(peak) && isCount(lastStart) ? { peak, lastStart } : undefined
  } catch {
    return undefined
  }
}

/** Whether a row of this keyspace is one that this program would write. */
export const isProcessRow = (key: Uint8Array, value: Uint8Array): boolean =>
  key[KIND_AT] === PEAK.bytes[0]
    ? key.length > START_AT && readPeak(value) !== undefined
    : readProcess(key, value) !== undefined
