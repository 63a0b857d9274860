// The spans of `karo stats`: so many of the owner's days up to now, and as many before them up to the same time of day.
import { DAY_MS, startOfLocalDay } from '../../base/calendar.ts'
import type { Statistics, TimeRange } from './types.ts'

/** Local days that each period looks back on, today included. */
export const PERIOD_DAYS: Readonly<Record<Statistics['period'], number>> = {
  today: 1,
  week: 7,
  month: 30,
  year: 365,
}

export interface Span {
  /** First day, since 1970-01-01 of the local date. */
  readonly first: number
  /** Last day; it is counted up to `range.end` only. */
  readonly last: number
  readonly range: TimeRange
}

/** `today` is the local day of `now` (ms since the epoch). */
export function spanOf(period: Statistics['period'], today: number, now: number): Span {
  const first = today - PERIOD_DAYS[period] + 1
  return { first, last: today, range: { start: startOfLocalDay(first), end: now } }
}

/**
 * The span of the same length that ended one such length earlier, when clocks showed the same time: after a change to or
 * from summer time as well. So what is not over yet is compared with what was not over yet then.
 */
export function spanBefore({ first, last, range }: Span): Span {
  const length = last - first + 1
  const now = new Date(range.end)
  const day = new Date((last - length) * DAY_MS)
  const end = new Date(
    ...([day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate()] as const),
    ...([now.getHours(), now.getMinutes(), now.getSeconds(), now.getMilliseconds()] as const),
  ).getTime()
  return {
    first: first - length,
    last: last - length,
    range: { start: startOfLocalDay(first - length), end },
  }
}
