// A person's own numbers: one period of days, the one before it, and what became of each.
import { DAY_MS, localDay, startOfLocalDay, weekdayOf } from '../../base/calendar.ts'
import type { Clock } from '../../base/clock.ts'
import {
  failureRate,
  known,
  type Rollup,
  type RollupRepository,
  type Tally,
} from '../../store/rollups/types.ts'
import { type Folded, fold } from './fold.ts'
import { hoursBetween } from './time.ts'
import type { Failing, Statistics, TimeRange } from './types.ts'

export interface StatisticsDeps {
  readonly rollups: RollupRepository
  /** Counts events that began in [from, to), ms since the epoch, for the part of an hour that no rollup covers. */
  readonly countBetween: (uid: number, from: number, to: number) => Promise<Rollup>
  readonly clock: Clock
}

type Days = Awaited<ReturnType<RollupRepository['sumOfDays']>>['days']

/** Local days that each period looks back on, today included. */
const PERIOD_DAYS: Readonly<Record<Statistics['period'], number>> = {
  today: 1,
  week: 7,
  month: 30,
  year: 365,
}

interface Span {
  /** First day, since 1970-01-01 of the local date. */
  readonly first: number
  /** Last day; it is counted up to `range.end` only. */
  readonly last: number
  readonly range: TimeRange
}

/** Failing tools that are shown; a person would not look at more. */
const FAILING_MOST = 5
/** Streaks are looked for this far back: as far as the longest period. */
const STREAK_DAYS = PERIOD_DAYS.year
/** A point of a year is a week. */
const WEEK = 7

export function createStatistics({ rollups, countBetween, clock }: StatisticsDeps) {
  /** A day up to a moment of it: whole hours of UTC as they were counted, and events where an hour is cut. */
  async function partOfDay(uid: number, { last, range: { end } }: Span): Promise<readonly Rollup[]> {
    const start = startOfLocalDay(last)
    const { from, to, edges } = hoursBetween(start, end)
    const hours = await rollups.hours(uid, from, to)
    const parts = await Promise.all(edges.map((edge) => countBetween(uid, edge.start, edge.end)))
    return [...hours.map(({ rollup }) => rollup), ...parts]
  }

  /** Undefined when only part of the period was recorded, because numbers seem to grow when compared with a part. */
  async function foldBefore(
    uid: number,
    span: Span,
    firstDay: number | undefined,
  ): Promise<Folded | undefined> {
    if (firstDay === undefined || firstDay > span.first) return undefined
    const { sum } = await rollups.sumOfDays(uid, span.first, span.last)
    return fold([sum, ...(await partOfDay(uid, span))])
  }

  return async function statistics(uid: number, period: Statistics['period']): Promise<Statistics> {
    const span = spanOf(period, clock.now())
    const today = span.last
    const earlier = spanBefore(span)
    const firstDay = await rollups.firstDay(uid)
    const before = await foldBefore(uid, earlier, firstDay)
    const { sum, days } = await rollups.sumOfDays(uid, span.first, today + 1)
    const folded = fold([sum])
    const worked = days.filter(({ count }) => count > 0)
    const heat = heatOf(days)
    return {
      period,
      range: span.range,
      total_commands: folded.count,
      unique_commands: await rollups.uniqueCommands(uid, span.first, today + 1),
      failures: folded.failures,
      unknown: folded.unknown,
      total_duration_ms: folded.duration_ms,
      by_risk_level: folded.risk,
      guard: folded.guard,
      generated: folded.generated,
      answered: folded.answered,
      ...rankings(folded, before),
      hourly: folded.hourly,
      daily: heat.map((hours) => hours.reduce((sum, count) => sum + count, 0)),
      heat,
      timeline: timelineOf(period, span, days),
      busiest: busiestOf(worked),
      active_days: worked.length,
      streak: streakOf(await rollups.dayNumbers(uid, today - STREAK_DAYS, today + 1), today),
      recorded_since: firstDay === undefined ? null : dateOf(firstDay),
      change: changeOf(folded.count, before?.count),
      before:
        before === undefined
          ? null
          : {
              range: earlier.range,
              total_commands: before.count,
              failures: before.failures,
              unknown: before.unknown,
              total_duration_ms: before.duration_ms,
              by_risk_level: before.risk,
              guard: before.guard,
              generated: before.generated,
              answered: before.answered,
            },
    }
  }
}

/** A period that ends now, `now` in ms since the epoch. */
export function spanOf(period: Statistics['period'], now: number): Span {
  const last = localDay(now)
  const first = last - PERIOD_DAYS[period] + 1
  return { first, last, range: { start: startOfLocalDay(first), end: now } }
}

/**
 * The span of the same length that ended one such length earlier, when clocks showed the same time: after a change to or
 * from summer time as well. So what is not over yet is compared with what was not over yet then.
 */
function spanBefore({ first, last, range }: Span): Span {
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

/** `2026-11-20` of a day since 1970-01-01. */
const dateOf = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10)

function rankings(
  folded: Folded,
  before: Folded | undefined,
): Pick<Statistics, 'categories' | 'tools' | 'failing'> {
  const categories = new Map(before?.categories.map((row) => [row.category, row]))
  const tools = new Map(before?.tools.map((row) => [row.tool, row]))
  const compared = ({ count }: Tally, earlier: Tally | undefined) => ({
    previous: before === undefined ? null : (earlier?.count ?? 0),
    change: before === undefined ? null : changeOf(count, earlier?.count),
  })
  return {
    categories: folded.categories.map(({ duration_ms, ...row }) => ({
      ...row,
      ...compared(row, categories.get(row.category)),
    })),
    tools: folded.tools.map((row) => ({ ...row, ...compared(row, tools.get(row.tool)) })),
    failing: failingOf(folded.tools, tools),
  }
}

/** Tools that failed at least once: first those whose rate rose, then by number of failures. */
function failingOf(now: Folded['tools'], before: ReadonlyMap<string, Tally>): readonly Failing[] {
  return now
    .filter(({ failures }) => failures > 0)
    .map(({ tool, category, count, failures, unknown }) => {
      const now = { count, failures, unknown }
      const earlier = before.get(tool)
      return {
        tool,
        category,
        ...now,
        rate: failureRate(now) ?? 0,
        previous_rate: earlier === undefined ? null : failureRate(earlier),
        rose: earlier !== undefined && hasRisen(now, earlier),
      }
    })
    .sort((a, b) => Number(b.rose) - Number(a.rose) || b.failures - a.failures || (a.tool < b.tool ? -1 : 1))
    .slice(0, FAILING_MOST)
}

/** Commands by weekday, Monday first, and local hour: exact, because days are counted by both. */
function heatOf(days: Days): readonly (readonly number[])[] {
  const heat = Array.from({ length: 7 }, () => new Array<number>(24).fill(0))
  for (const { day, hourly } of days) {
    const row = heat[weekdayOf(day)]!
    for (let hour = 0; hour < 24; hour++) row[hour]! += hourly[hour] ?? 0
  }
  return heat
}

function timelineOf(period: Statistics['period'], span: Span, days: Days): Statistics['timeline'] {
  if (period === 'today') {
    const hourly = days[0]?.hourly ?? new Array<number>(24).fill(0)
    const midnight = new Date(span.range.start)
    const points = hourly.flatMap((count, hour) => {
      const start = new Date(midnight.getFullYear(), midnight.getMonth(), midnight.getDate(), hour)
      // An hour that summer time leaves out does not exist; one that it repeats is counted as one. Hours to come hold what a traveller
      // typed where it was later than here.
      return start.getHours() === hour && (start.getTime() <= span.range.end || count > 0)
        ? [{ start: start.getTime(), count }]
        : []
    })
    return { unit: 'hour', points }
  }
  const step = period === 'year' ? WEEK : 1
  // The last point ends today, so that it is as long as the others.
  const length = Math.ceil((span.last - span.first + 1) / step)
  const first = span.last + 1 - length * step
  const counts = new Array<number>(length).fill(0)
  for (const { day, count } of days) counts[Math.floor((day - first) / step)]! += count
  const points = counts.map((count, i) => ({
    start: startOfLocalDay(Math.max(span.first, first + i * step)),
    count,
  }))
  return { unit: step === 1 ? 'day' : 'week', points }
}

function busiestOf(days: Days): Statistics['busiest'] {
  let busiest: Days[number] | undefined
  for (const one of days) if (one.count > (busiest?.count ?? 0)) busiest = one
  return busiest === undefined ? null : { date: dateOf(busiest.day), count: busiest.count }
}

/** Days in a row; a streak still runs when nothing was typed yet today. */
function streakOf(days: readonly number[], today: number): Statistics['streak'] {
  let longest = 0
  let run = 0
  let last = Number.NaN
  for (const day of days) {
    run = day === last + 1 ? run + 1 : 1
    last = day
    longest = Math.max(longest, run)
  }
  return { current: last >= today - 1 ? run : 0, longest }
}

/** 0.12 is 12 % more, -1 nothing any more; null where there was nothing before, or nothing is known of it. */
export function changeOf(count: number, before: number | undefined): number | null {
  return before === undefined || before === 0 ? null : (count - before) / before
}

/**
 * Fewer commands of known end say little about a rate: with 20 of them, one failure more or less is already 5 % of all (Wilson's 95 %
 * interval of 2 in 20 goes from 3 to 30 %).
 */
const LEAST_COUNT = 20
/** One-sided: by chance alone one rate in a hundred is seen to rise so far. */
const Z_ROSE = 2.33

/** Whether a rate of failures is higher than before by more than chance explains (two proportions, pooled, z-test). */
export function hasRisen(now: Tally, before: Tally): boolean {
  const [n, m] = [known(now), known(before)]
  if (n < LEAST_COUNT || m < LEAST_COUNT) return false
  const pooled = (now.failures + before.failures) / (n + m)
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
  return spread > 0 && (now.failures / n - before.failures / m) / spread >= Z_ROSE
}
