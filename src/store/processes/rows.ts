// How the process watch's rows are kept: one for each process, by person and start, and one for each command line.

import { type Level0, revealLevel0 } from '../../base/level0/level0.ts'
import { idOfEvent } from '../../base/words/event-id.ts'
import { type Checked, natural, orNull, text, tuple } from '../level/is.ts'
import { keyRange, makeKey } from '../level/keyspace.ts'
import { encodeValue, readValue } from '../level/value.ts'

export interface ProcessRow {
  /** Milliseconds since the epoch. */
  readonly started_at: number
  readonly pid: number
  /** The kernel's name of the process, at most 15 bytes. */
  readonly name: Level0<string>
  /** Name of the shell it was started in. */
  readonly shell: string
  readonly duration_ms: number
  readonly peak_rss_bytes: number | null
  readonly cpu_ms: number
  /** Exit code of the command line that the process belonged to. */
  readonly exit_code: number | null
  /** Id of the process's command line in the history. */
  readonly event_id: string | null
}

/** The most memory that any one process of a command line held. */
export interface LinePeak {
  readonly event_id: string
  /** 0: of none of them could it be read. */
  readonly peak_rss_bytes: number
  /** When the last of its processes began, ms since the epoch. */
  readonly last_start: number
}

/** Kinds of keys: processes ‖ uid u32 ‖ kind u8 ‖ … */
const PROCESS = { bytes: Uint8Array.of(1) }
const PEAK = { bytes: Uint8Array.of(2) }
const UID_AT = 1
const KIND_AT = UID_AT + 4
const START_AT = KIND_AT + 1
const PID_AT = START_AT + 8
const KEY_BYTES = PID_AT + 4

/** Name, shell, duration, peak of memory, processor time, exit code and id of the event. */
const isProcess = tuple(text, text, natural, orNull(natural), natural, orNull(natural), orNull(text))
const isPeak = tuple(natural, natural)

const atLeast0 = (time: number): number => Math.min(Math.max(0, Math.floor(time)), Number.MAX_SAFE_INTEGER)

export const processKey = (
  uid: number,
  { started_at, pid }: Pick<ProcessRow, 'started_at' | 'pid'>,
): Buffer => makeKey('processes', { u32: uid }, PROCESS, { u64: atLeast0(started_at) }, { u32: pid })

export const peakKey = (uid: number, id: string): Buffer =>
  makeKey('processes', { u32: uid }, PEAK, { text: id })

export interface Range {
  readonly gte: Buffer
  readonly lt: Buffer
}

/** One person's processes that began from `since` (ms since the epoch) on, and before `until`. */
export const processesSince = (uid: number, since: number, until?: number): Range => ({
  gte: makeKey('processes', { u32: uid }, PROCESS, { u64: atLeast0(since) }),
  lt:
    until === undefined
      ? keyRange('processes', { u32: uid }, PROCESS).lt
      : makeKey('processes', { u32: uid }, PROCESS, { u64: atLeast0(until) }),
})

/** One person's command lines that began before `until` (ms since the epoch), or all without it. */
export const peaksUntil = (uid: number, until?: number): Range => {
  const { gte, lt } = keyRange('processes', { u32: uid }, PEAK)
  return { gte, lt: until === undefined ? lt : peakKey(uid, idOfEvent(atLeast0(until) * 1000, 0)) }
}

export function encodeProcess(row: ProcessRow): Buffer {
  const { name, shell, duration_ms, peak_rss_bytes, cpu_ms, exit_code, event_id } = row
  const value: Checked<typeof isProcess> = [
    revealLevel0(name),
    shell,
    duration_ms,
    peak_rss_bytes,
    cpu_ms,
    exit_code,
    event_id,
  ]
  return encodeValue(value)
}

export const encodePeak = ({ peak_rss_bytes, last_start }: LinePeak): Buffer =>
  encodeValue([peak_rss_bytes, Math.ceil(last_start)])

/** Undefined for a damaged one. */
export function readProcess(key: Uint8Array, value: Uint8Array): ProcessRow | undefined {
  if (key.length !== KEY_BYTES || key[KIND_AT] !== PROCESS.bytes[0]) return undefined
  const fields = readValue(value)
  if (!isProcess(fields)) return undefined
  const [name, shell, duration_ms, peak_rss_bytes, cpu_ms, exit_code, event_id] = fields
  const bytes = Buffer.from(key.buffer, key.byteOffset, key.length)
  return {
    started_at: Number(bytes.readBigUInt64BE(START_AT)),
    pid: bytes.readUInt32BE(PID_AT),
    name: name as unknown as Level0<string>,
    shell,
    duration_ms,
    peak_rss_bytes,
    cpu_ms,
    exit_code,
    event_id,
  }
}

export interface SeenLine {
  readonly peak: number
  readonly lastStart: number
}

/** Undefined for a damaged one. */
export function readPeak(value: Uint8Array): SeenLine | undefined {
  const fields = readValue(value)
  return isPeak(fields) ? { peak: fields[0], lastStart: fields[1] } : undefined
}

/** Whether this program would write such a row of this keyspace. */
export const isProcessRow = (key: Uint8Array, value: Uint8Array): boolean =>
  key[KIND_AT] === PEAK.bytes[0]
    ? key.length > START_AT && readPeak(value) !== undefined
    : readProcess(key, value) !== undefined
