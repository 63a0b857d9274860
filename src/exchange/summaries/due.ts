// Finds the periods to look at again: open ones, ones just over, and older ones while late events may come.
import { GRANULARITIES, KEPT_MS, type Period, periodOf, slotOf } from '../../../protocols/periods.ts'
import { DAY_MS } from '../../base/calendar.ts'

/**
 * How long after its end a period may still change: what was typed while this node did not run waits in the spool. As
 * long as an hour is of use to anybody, and as relays keep one.
 */
const LATE_MS = 7 * DAY_MS

/** The hour, the day and the week that `now` (ms since the epoch) lies in. */
export const openPeriods = (now: number): readonly Period[] =>
  GRANULARITIES.map((granularity) => periodOf(granularity, now))

/** Periods that ended within LATE_MS, newest first, back to the one that `since` lies in. */
export const latePeriods = (now: number, since = 0): readonly Period[] =>
  endedWithin(now, () => LATE_MS, since)

/** Periods that are over and still kept by any node, newest first, back to the one that `since` lies in. */
export const closedPeriods = (now: number, since: number): readonly Period[] =>
  endedWithin(now, (granularity) => KEPT_MS[granularity], since)

function endedWithin(
  now: number,
  span: (granularity: Period['granularity']) => number,
  since: number,
): readonly Period[] {
  const found: Period[] = []
  for (const granularity of GRANULARITIES) {
    let period = periodOf(granularity, periodOf(granularity, now).start - 1)
    while (period.end > now - span(granularity) && period.end > since && period.start >= 0) {
      found.push(period)
      period = periodOf(granularity, period.start - 1)
    }
  }
  return found
}

/** Each period once, in the order given. */
export function distinctPeriods(periods: readonly Period[]): readonly Period[] {
  return [...new Map(periods.map((period) => [slotOf(period), period])).values()]
}
