// One process that is, or was, watched, as the watch remembers it, and which command line it was started by.
import { markLevel0 } from '../../base/level0/level0.ts'
import type { ProcessRow } from '../../store/processes/processes.ts'
import type { RanLine } from '../record/index.ts'
import type { ProcStat } from './proc.ts'

/** The command line that started a process, and the most memory that any of its processes held. */
export interface Line {
  readonly uid: number
  readonly id: string
  readonly exitCode: number | null
  /** Milliseconds since the epoch. */
  readonly end: number
  /** Bytes; -1 while no process of the line has been seen. */
  peak: number
  /** When the last process of the line began, in milliseconds since the epoch. */
  lastStart: number
  /** The person deleted the line: nothing about its processes may be stored. */
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
  /** When the process is looked at next (monotonic ms), and how long after that again. */
  dueAt: number
  everyMs: number
}

/** Brings a member up to date from another look at its process. */
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
    pid,
    shell,
    name: markLevel0(member.name),
    started_at: Math.floor(startedAt),
    duration_ms: Math.round(ageMs),
    peak_rss_bytes: peak ?? null,
    cpu_ms: cpuMs,
    // A process in the background does not end together with its line.
    exit_code: ended && startedAt + ageMs <= line.end + END_SLACK_MS ? line.exitCode : null,
    event_id: line === undefined || line.deleted ? null : line.id,
  }
}

const END_SLACK_MS = 50

/** Clocks differ: /proc counts in hundredths of a second, and so do the hooks of fish and sh. */
const SLACK_MS = 50
/** The hook of fish sets its clock by `date`. On a busy machine that clock is wrong by up to half of the time that `date` took. */
const FISH_SLACK_MS = 150

/**
 * True when the process began while the line ran. At the line's very end it may have been the next one that started it:
 * that one had the terminal when the line was over.
 */
export function startedBy({ startedAt, foregroundAt, shell }: Member, line: RanLine): boolean {
  const [begin, end] = spanOf(line)
  const slack = shell === 'fish' ? FISH_SLACK_MS : SLACK_MS
  if (end === undefined || startedAt < begin - slack || startedAt > end + slack) return false
  const atItsEnd = startedAt > end - slack
  return !(atItsEnd && foregroundAt !== undefined && foregroundAt > end + slack)
}

/** Milliseconds since the epoch; the end is undefined when it is not known. */
export function spanOf({
  start_us,
  duration_us,
}: RanLine): readonly [begin: number, end: number | undefined] {
  return [start_us / 1000, duration_us === null ? undefined : (start_us + duration_us) / 1000]
}
