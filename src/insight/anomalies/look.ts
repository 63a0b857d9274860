// Gathers what the tests of one day look at: its numbers so far, and the eight weeks before it.
import { HOUR_MS, startOfLocalDay } from '../../base/calendar.ts'
import { NO_ROLLUP } from '../../store/rollups/rollups.ts'
import type { Rollup, RollupRepository } from '../../store/rollups/types.ts'
import { BASELINE_DAYS, type Baseline, baselineOf, type Day } from './baseline.ts'

/** One day of one person, as it is known now. */
export interface Look {
  /** Since 1970-01-01 of the local date. */
  readonly day: number
  /** From the day's midnight to its end, or to now, ms since the epoch. */
  readonly span: { readonly start: number; readonly end: number }
  readonly rollup: Rollup
  /** The day's UTC hours, counted since the epoch, in order. */
  readonly hours: readonly { readonly hour: number; readonly rollup: Rollup }[]
  readonly baseline: Baseline
  /** Interactive shells that run programs while their hook says nothing. */
  readonly silent: readonly { readonly shell: string; readonly since: number }[]
}

/** Whole hours of UTC from `hour` (since the epoch) on. */
export const windowOf = (hour: number, hours = 1): Look['span'] => ({
  start: hour * HOUR_MS,
  end: (hour + hours) * HOUR_MS,
})

/**
 * `day`: local date, since 1970-01-01; `now` in ms since the epoch. `known`: days already read, among them `day` and the
 * eight weeks before it; others change nothing.
 */
export async function lookAt(
  rollups: Pick<RollupRepository, 'days' | 'hours'>,
  uid: number,
  day: number,
  now: number,
  silent: Look['silent'],
  known?: readonly Day[],
): Promise<Look> {
  const span = { start: startOfLocalDay(day), end: Math.min(now, startOfLocalDay(day + 1)) }
  const days = known ?? (await rollups.days(uid, day - BASELINE_DAYS, day + 1))
  const hours = await rollups.hours(uid, Math.floor(span.start / HOUR_MS), Math.ceil(span.end / HOUR_MS))
  const own = days.find((one) => one.day === day)
  return { day, span, rollup: own?.rollup ?? NO_ROLLUP, hours, baseline: baselineOf(days, day), silent }
}
