// Which command line a process was started by: pure, from when it began and what had the terminal.
import type { RanLine } from '../record/index.ts'

/** Clocks differ: /proc counts in hundredths of a second, and so do the hooks of fish and sh. */
const SLACK_MS = 50

export interface Begun {
  /** Milliseconds since the epoch, as `foregroundAt`. */
  readonly startedAt: number
  /** When it was last seen in the foreground of its terminal. */
  readonly foregroundAt: number | undefined
}

/**
 * True when the process began while the line ran. At the line's very end it may have been the next one that started it:
 * that one had the terminal when the line was over.
 */
export function startedBy({ startedAt, foregroundAt }: Begun, line: RanLine): boolean {
  const [begin, end] = spanOf(line)
  if (end === undefined || startedAt < begin - SLACK_MS || startedAt > end + SLACK_MS) return false
  const atItsEnd = startedAt > end - SLACK_MS
  return !(atItsEnd && foregroundAt !== undefined && foregroundAt > end + SLACK_MS)
}

/** Milliseconds since the epoch; the end is undefined when it is not known. */
export function spanOf({
  start_us,
  duration_us,
}: RanLine): readonly [begin: number, end: number | undefined] {
  return [start_us / 1000, duration_us === null ? undefined : (start_us + duration_us) / 1000]
}
