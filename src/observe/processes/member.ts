// One process that is, or was, watched, as the watch remembers it.
import { markLevel0 } from '../../base/level0/level0.ts'
import type { ProcessRow } from '../../store/processes/processes.ts'
import type { ProcStat } from './proc.ts'

/** The line that started it, and the most that any process of it held. */
export interface Line {
  readonly uid: number
  readonly id: string
  readonly exitCode: number | null
  /** Milliseconds since the epoch. */
  readonly end: number
  /** Bytes; -1: nothing was told of it yet. */
  peak: number
  /** When the last of them began, as `end`. */
  lastStart: number
  /** It was deleted: nothing of what it started is to be kept. */
  deleted: boolean
}

export interface Member {
  readonly pid: number
  readonly uid: number
  readonly shell: string
  /** Key of the shell, as the watch has it. */
  readonly of: string
  /** 1: a child of the shell itself. */
  readonly depth: number
  /** Since the boot, ms. */
  readonly startedMs: number
  /** Milliseconds since the epoch; kept, whatever happens to the clock. */
  startedAt: number
  name: string
  /** Age when it was last seen alive. */
  ageMs: number
  cpuMs: number
  peak: number | undefined
  threads: number
  foregroundAt: number | undefined
  /** When a look found it gone, as startedAt. */
  goneAt: number | undefined
  kids: ReadonlySet<number>
  line: Line | undefined
  /** Looked at again from then on (monotonic), and after that so much later. */
  dueAt: number
  everyMs: number
}

/** What has become of it, from another look. */
export function update(member: Member, stat: ProcStat, uptimeMs: number, now: number): void {
  member.name = stat.name
  member.cpuMs = stat.cpuMs
  member.threads = stat.threads
  member.ageMs = Math.max(0, uptimeMs - member.startedMs)
  if (stat.group === stat.foreground) member.foregroundAt = now
}

/** It ended between two looks: when its line did so too, both did at once, as nearly as can be told. */
export function endWithLine(member: Member): void {
  const { line, goneAt, startedAt, ageMs } = member
  if (line === undefined || goneAt === undefined) return
  if (line.end > startedAt + ageMs && line.end <= goneAt) member.ageMs = line.end - startedAt
}

export function rowOf(member: Member): ProcessRow {
  const { pid, shell, startedAt, ageMs, peak, cpuMs, line, depth, goneAt } = member
  const ended = goneAt !== undefined && depth === 1 && line !== undefined
  return {
    ...{ pid, shell },
    name: markLevel0(member.name),
    started_at: Math.floor(startedAt),
    duration_ms: Math.round(ageMs),
    peak_rss_bytes: peak ?? null,
    cpu_ms: cpuMs,
    // What goes on in the background has another end than its line.
    exit_code: ended && startedAt + ageMs <= line.end + END_SLACK_MS ? line.exitCode : null,
    event_id: line === undefined || line.deleted ? null : line.id,
  }
}

const END_SLACK_MS = 50
