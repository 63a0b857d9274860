// Which command line a process was started by: pure, from when it began and what had the terminal.
import type { RanLine } from '../record/index.ts'

/** Clocks differ: /proc counts in hundredths of a second, and so do the hooks of fish and sh. */
const SLACK_MS = 50
/** The hook of fish sets its clock by `date`. On a busy machine that clock is wrong by up to half of the time that `date` took. */
const FISH_SLACK_MS = 150

export interface Begun {
  /** Milliseconds since the epoch, as `foregroundAt`. */
  readonly startedAt: number
  /** When it was last seen in the foreground of its terminal. */
  readonly foregroundAt: number | undefined
  /** The program that reads the lines, as `bash`. */
  readonly shell: string
}

/**
 * True when the process began while the line ran. At the line's very end it may have been the next one that started it:
 * that one had the terminal when the line was over.
 */
export function startedBy({ startedAt, foregroundAt, shell }: Begun, line: RanLine): boolean {
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
