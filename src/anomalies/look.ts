// Gathers what the tests of one day look at: its numbers so far, and the eight weeks before it.
import { HOUR_MS, startOfLocalDay } from '../base/calendar.ts'
import { NO_ROLLUP, type RollupRepository } from '../store/rollups.ts'
import { BASELINE_DAYS, baselineOf } from './baseline.ts'
import type { Look } from './kinds.ts'

/** `day`: local date, since 1970-01-01; `now` in ms since the epoch. */
export async function lookAt(
  rollups: Pick<RollupRepository, 'days' | 'hours'>,
  uid: number,
  day: number,
  now: number,
  silent: Look['silent'],
): Promise<Look> {
  const span = { start: startOfLocalDay(day), end: Math.min(now, startOfLocalDay(day + 1)) }
  const days = await rollups.days(uid, day - BASELINE_DAYS, day + 1)
  const hours = await rollups.hours(uid, Math.floor(span.start / HOUR_MS), Math.ceil(span.end / HOUR_MS))
  const own = days.find((one) => one.day === day)
  return { day, span, rollup: own?.rollup ?? NO_ROLLUP, hours, baseline: baselineOf(days, day), silent }
}
