// What the tests of one day look at: its numbers so far, and what was usual on the days with commands of the eight weeks before it.
import { HOUR_MS, startOfLocalDay, weekdayOf } from '../../base/calendar.ts'
import { NO_ROLLUP } from '../../store/rollups/rollups.ts'
import type { Rollup, RollupRepository } from '../../store/rollups/types.ts'

/**
 * Eight weeks: eight of each weekday are enough to call one of them unused, and a habit that is taken up or given up is
 * forgotten within two months.
 */
export const BASELINE_DAYS = 56

/**
 * Two working weeks, or two months of weekends: with fewer, the median and its spread are themselves guesses, and every
 * hour and tool is new.
 */
export const WARM_UP_DAYS = 14

export interface Day {
  /** Since 1970-01-01 of the local date. */
  readonly day: number
  readonly rollup: Rollup
}

interface Baseline {
  /** Days with commands, oldest first; never the day that is looked at. */
  readonly days: readonly Day[]
  /** How often each hour of the day (0 to 23) had commands, by days. */
  readonly hours: readonly number[]
  /** Days with commands by weekday, Monday first. */
  readonly weekdays: readonly number[]
  /** Weeks that it covers since the first of its days. */
  readonly weeks: number
  /** Risky commands on each of `days`: see `riskyOf`. */
  readonly risky: readonly number[]
}

/** `day` itself and later ones are left out: a clock that ran ahead must not teach what is usual. */
export function baselineOf(all: readonly Day[], day: number): Baseline {
  const days = all.filter((one) => one.day < day && one.day >= day - BASELINE_DAYS && one.rollup.count > 0)
  const hours = new Array<number>(24).fill(0)
  const weekdays = new Array<number>(7).fill(0)
  for (const one of days) {
    weekdays[weekdayOf(one.day)]! += 1
    for (let hour = 0; hour < 24; hour++) if ((one.rollup.hourly[hour] ?? 0) > 0) hours[hour]! += 1
  }
  const weeks = days.length === 0 ? 0 : Math.floor((day - days[0]!.day) / 7)
  return { days, hours, weekdays, weeks, risky: days.map(({ rollup }) => riskyOf(rollup)) }
}

/** Commands of high and critical risk, and lines that the guard kept from running. */
export const riskyOf = ({ risk, guard }: Rollup): number =>
  risk.high + risk.critical + guard.blocked + guard.declined

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
 * `day`: local date, since 1970-01-01; `now` in ms since the epoch. `days`: `day` and the eight weeks before it; others among
 * them change nothing.
 */
export async function lookAt(
  rollups: RollupRepository,
  uid: number,
  day: number,
  now: number,
  silent: Look['silent'],
  days: readonly Day[],
): Promise<Look> {
  const span = { start: startOfLocalDay(day), end: Math.min(now, startOfLocalDay(day + 1)) }
  const hours = await rollups.hours(uid, Math.floor(span.start / HOUR_MS), Math.ceil(span.end / HOUR_MS))
  const own = days.find((one) => one.day === day)
  return { day, span, rollup: own?.rollup ?? NO_ROLLUP, hours, baseline: baselineOf(days, day), silent }
}
