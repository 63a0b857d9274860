// Every kind of anomaly as a row of one table: what it needs to have seen, how it is tested, and what it says in words.
import { HOUR_MS, weekdayOf } from '../base/calendar.ts'
import type { Rollup } from '../store/rollups.ts'
import type { Baseline, Day } from './baseline.ts'
import { riskyOf } from './baseline.ts'
import { binomialTail, meanAndVariance, median, quantile, robustSpread, severity } from './numbers.ts'
import type { Finding, Kind } from './signal.ts'

/** One day of one person, as it is known now. */
export interface Look {
  /** Since 1970-01-01 of the local date. */
  readonly day: number
  /** From its midnight to its end, or to now, ms since the epoch. */
  readonly span: { readonly start: number; readonly end: number }
  readonly rollup: Rollup
  /** Its hours of UTC, since the epoch, in order. */
  readonly hours: readonly { readonly hour: number; readonly rollup: Rollup }[]
  readonly baseline: Baseline
  /** Interactive shells that run programs while their hook says nothing. */
  readonly silent: readonly { readonly shell: string; readonly since: number }[]
}

interface KindRow {
  /** Active days of baseline before it may say anything. */
  readonly needs: number
  readonly find: (look: Look) => readonly Finding[]
}

/**
 * Two working weeks, or two months of weekends: with fewer, the median and its spread are themselves guesses, and every
 * hour and tool is new.
 */
export const WARM_UP_DAYS = 14

/** Of one kind on one day: a new project brings many new tools, and is one thing. */
const FINDINGS_MOST = 2

export const KIND_TABLE: Readonly<Record<Kind, KindRow>> = {
  unusual_pattern: { needs: WARM_UP_DAYS, find: unusualPattern },
  failure_rate: { needs: WARM_UP_DAYS, find: failureRate },
  timing: { needs: WARM_UP_DAYS, find: timing },
  repeated_risk: { needs: 0, find: repeatedRisk },
  deviation: { needs: WARM_UP_DAYS, find: deviation },
  hook_silent: { needs: 0, find: hookSilent },
}

/** Everything unusual about that day. */
export function findings(look: Look): readonly Finding[] {
  return Object.values(KIND_TABLE).flatMap(({ needs, find }) =>
    look.baseline.days.length < needs
      ? []
      : find(look)
          .toSorted((a, b) => b.severity - a.severity)
          .slice(0, FINDINGS_MOST),
  )
}

/**
 * Iglewicz and Hoaglin (How to Detect and Handle Outliers, 1993): modified z-scores above 3.5 are outliers. Commands a
 * day vary by factors, so it is their logarithm that is looked at.
 */
const DEVIATION_Z = 3.5
/** Whoever types as much every day would otherwise be told of a third more. */
const DEVIATION_LEAST_SPREAD = 0.25
/** Half as much again as on any day of two months: a day that once was is no anomaly. */
const DEVIATION_OVER_MOST = 1.5
/** Below this nothing is much. */
const DEVIATION_LEAST = 50

function deviation({ rollup, baseline, span }: Look): readonly Finding[] {
  const counts = baseline.days.map((day) => day.rollup.count)
  const logs = counts.map(Math.log1p)
  const middle = median(logs)
  const spread = Math.max(DEVIATION_LEAST_SPREAD, robustSpread(logs))
  const z = (Math.log1p(rollup.count) - middle) / spread
  const most = Math.max(...counts)
  if (rollup.count < DEVIATION_LEAST || z < DEVIATION_Z || rollup.count < DEVIATION_OVER_MOST * most)
    return []
  const expected = Math.expm1(middle)
  return [
    {
      ...{ kind: 'deviation', subject: null, unit: 'commands', observed: rollup.count, window: span },
      expected: Math.round(expected),
      // One step of it upwards.
      spread: Math.round(Math.expm1(middle + spread) - expected),
      n: counts.length,
      // Twice as much as ever: 5; four times: 7.
      severity: severity(3 + 2 * Math.log2(rollup.count / most)),
    },
  ]
}

/** As many as never before of a category: an afternoon's work with it, not a look. */
const NEW_CATEGORY_LEAST = 15
const NEW_TOOL_LEAST = 25
/** Of what was used before, but far less. */
const MORE_LEAST = 40
/** Use comes in bursts, so its variance is that of the days themselves; so far out is none of them. */
const MORE_Z = 8
const MORE_OVER_MOST = 3

function unusualPattern(look: Look): readonly Finding[] {
  const { rollup, baseline } = look
  const categories = Object.entries(rollup.categories).flatMap(([name, { count }]) =>
    // What has no category has nothing in common.
    name === 'other'
      ? []
      : unusual(look, name, count, (day) => day.rollup.categories[name]?.count ?? 0, NEW_CATEGORY_LEAST, 3.4),
  )
  const told = new Set(categories.map(({ subject }) => subject))
  const tools = Object.entries(rollup.tools).flatMap(([name, { count, category }]) =>
    told.has(category) || name === 'other'
      ? []
      : unusual(look, name, count, (day) => day.rollup.tools[name]?.count ?? 0, NEW_TOOL_LEAST, 2.9),
  )
  return baseline.days.length === 0 ? [] : [...categories, ...tools]
}

function unusual(
  { baseline, span }: Look,
  subject: string,
  observed: number,
  before: (day: Day) => number,
  least: number,
  base: number,
): readonly Finding[] {
  if (observed < least) return []
  const counts = baseline.days.map(before)
  const most = Math.max(...counts)
  const { mean, variance } = meanAndVariance(counts)
  // Never less than that of chance alone (Poisson).
  const spread = Math.sqrt(Math.max(variance, mean, 1))
  const more =
    observed >= MORE_LEAST && observed >= MORE_OVER_MOST * most && (observed - mean) / spread >= MORE_Z
  if (most > 0 && !more) return []
  const size = most === 0 ? Math.log2(observed / least) : Math.log2(observed / (MORE_OVER_MOST * most))
  return [
    {
      ...{ kind: 'unusual_pattern', subject, unit: 'commands', observed, window: span },
      ...{ expected: mean, spread, n: counts.length },
      // Doubling what it takes to be told: one step, and two at most.
      severity: severity(base + Math.min(2, size / 1.5)),
    },
  ]
}

/** Fewer commands say too little about a rate. */
const FAILURES_LEAST_DAY = 30
const FAILURES_LEAST_HOUR = 25
const FAILURES_LEAST_TOOL = 15
/** What the usual rate is learnt from. */
const FAILURES_LEAST_KNOWN = 50
/** By chance once in a hundred thousand days of so many commands … */
const FAILURES_CHANCE_DAY = 1e-5
/** … and in a hundred million hours, or uses of a tool, of which there are many more. */
const FAILURES_CHANCE_PART = 1e-8
/** Days differ by themselves: a day of debugging fails more, and failures come in a row. */
const FAILURES_Z = 4
const FAILURES_LEAST_SPREAD = 0.03
/** Above the usual rate: less is nothing to tell. */
const FAILURES_ABOVE_DAY = 0.15
const FAILURES_ABOVE_PART = 0.4

function failureRate(look: Look): readonly Finding[] {
  const { rollup, hours, baseline, span } = look
  const days = baseline.days.filter((day) => day.rollup.count >= 20)
  const rates = days.map((day) => day.rollup.failures / day.rollup.count)
  const usual = median(rates)
  const known = baseline.days.reduce((sum, day) => sum + day.rollup.count, 0)
  if (known < FAILURES_LEAST_KNOWN) return []
  const between = Math.max(FAILURES_LEAST_SPREAD, robustSpread(rates))
  const pooled = Math.max(usual, FAILURES_LEAST_SPREAD)
  const found: Finding[] = []
  const tell = (
    subject: string | null,
    of: { readonly count: number; readonly failures: number },
    numbers: { readonly expected: number; readonly spread: number | null; readonly n: number },
    window: Look['span'],
    height: number,
  ): void => {
    found.push({
      ...{ kind: 'failure_rate', subject, unit: 'failures_of_100', window, n: numbers.n },
      observed: percent(of.failures / of.count),
      expected: percent(numbers.expected),
      spread: numbers.spread === null ? null : percent(numbers.spread),
      severity: severity(height),
    })
  }
  const rate = rollup.failures / Math.max(1, rollup.count)
  const spread = Math.hypot(between, Math.sqrt((pooled * (1 - pooled)) / Math.max(1, rollup.count)))
  const above = rate - usual
  if (
    rollup.count >= FAILURES_LEAST_DAY &&
    above >= FAILURES_ABOVE_DAY &&
    above / spread >= FAILURES_Z &&
    binomialTail(rollup.failures, rollup.count, pooled) <= FAILURES_CHANCE_DAY
  ) {
    tell(null, rollup, { expected: usual, spread, n: known }, span, 3.5 + 8 * above)
  }
  const worst = hours
    .filter((hour) => partFails(hour.rollup, FAILURES_LEAST_HOUR, pooled))
    .toSorted((a, b) => b.rollup.failures - a.rollup.failures)[0]
  if (found.length === 0 && worst !== undefined) {
    const { count, failures } = worst.rollup
    tell(
      null,
      worst.rollup,
      { expected: usual, spread: null, n: known },
      windowOf(worst.hour),
      2.5 + 6 * (failures / count - usual),
    )
  }
  for (const [tool, tally] of Object.entries(rollup.tools)) {
    const before = baseline.days.map((day) => day.rollup.tools[tool]).filter((one) => one !== undefined)
    const uses = before.reduce((sum, one) => sum + one.count, 0)
    if (uses < FAILURES_LEAST_KNOWN || tool === 'other') continue
    const own = before.reduce((sum, one) => sum + one.failures, 0) / uses
    if (!partFails(tally, FAILURES_LEAST_TOOL, Math.max(own, FAILURES_LEAST_SPREAD))) continue
    tell(
      tool,
      tally,
      { expected: own, spread: null, n: uses },
      span,
      3 + 2 * (tally.failures / tally.count - own),
    )
  }
  return found
}

const partFails = (
  { count, failures }: { readonly count: number; readonly failures: number },
  least: number,
  usual: number,
): boolean =>
  count >= least &&
  failures / count >= usual + FAILURES_ABOVE_PART &&
  binomialTail(failures, count, usual) <= FAILURES_CHANCE_PART

/** A look at a log at night is not work. */
const TIMING_LEAST = 10
/** A whole free day of the week takes more. */
const TIMING_LEAST_DAY = 20
/** So many of a weekday have to have been free before it is one. */
const FREE_WEEKS = 6

/** The hours of a day at which nothing was ever typed, nor in the hour before or after; and weekdays likewise. */
function timing({ day, rollup, baseline, span }: Look): readonly Finding[] {
  const { hours, weekdays, weeks, days } = baseline
  const worked = (hour: number): boolean => (hours[(hour + 24) % 24] ?? 0) > 0
  const strange = Array.from({ length: 24 }, (_, hour) => hour).filter(
    (hour) => !worked(hour - 1) && !worked(hour) && !worked(hour + 1),
  )
  const active = strange.filter((hour) => (rollup.hourly[hour] ?? 0) > 0)
  const observed = active.reduce((sum, hour) => sum + (rollup.hourly[hour] ?? 0), 0)
  if (observed >= TIMING_LEAST) {
    const distance = Math.max(...active.map((hour) => awayFrom(hour, worked)))
    const [first, last] = [Math.min(...active), Math.max(...active)]
    const window = {
      start: Math.max(span.start, span.start + first * HOUR_MS),
      end: Math.min(span.end, span.start + (last + 1) * HOUR_MS),
    }
    return [
      {
        ...{ kind: 'timing', subject: null, unit: 'commands', observed, expected: 0, spread: null, window },
        n: days.length,
        // Two hours later than ever: 4; in the middle of the night: 6, and more with more commands.
        severity: severity(
          3 + Math.min(3, distance / 2) + Math.min(1.5, Math.log2(observed / TIMING_LEAST) / 2),
        ),
      },
    ]
  }
  if (weeks < FREE_WEEKS || (weekdays[weekdayOf(day)] ?? 0) > 0 || rollup.count < TIMING_LEAST_DAY) return []
  return [
    {
      ...{
        kind: 'timing',
        subject: null,
        unit: 'commands',
        observed: rollup.count,
        expected: 0,
        spread: null,
      },
      ...{ n: days.length, window: span },
      severity: severity(3.4 + Math.min(1, Math.log2(rollup.count / TIMING_LEAST_DAY) / 2)),
    },
  ]
}

/** Hours to the nearest one that is worked at, around midnight as well. */
function awayFrom(hour: number, worked: (hour: number) => boolean): number {
  for (let away = 1; away < 12; away++) if (worked(hour - away) || worked(hour + away)) return away
  return 12
}

/** Three may be one mistake and two attempts to repair it. */
const RISKY_LEAST_HOUR = 4
/** The hours are those of the clock: what lies across one is seen in two together. */
const RISKY_LEAST_TWO = 6
/** Whoever does such things for a living is told of more in that hour than on nineteen of twenty whole days. */
const RISKY_USUAL_SHARE = 0.95

function repeatedRisk({ hours, baseline }: Look): readonly Finding[] {
  const usual = baseline.days.length < WARM_UP_DAYS ? 0 : quantile(baseline.risky, RISKY_USUAL_SHARE)
  const { mean, variance } = meanAndVariance(baseline.risky)
  let worst: { observed: number; window: Look['span']; grave: boolean } | undefined
  for (const [i, { hour, rollup }] of hours.entries()) {
    const next = hours[i + 1]?.hour === hour + 1 ? hours[i + 1] : undefined
    const one = riskyOf(rollup)
    const two = one + (next === undefined ? 0 : riskyOf(next.rollup))
    const grave = rollup.risk.critical + rollup.guard.blocked + (next?.rollup.risk.critical ?? 0) > 0
    const seen =
      one >= RISKY_LEAST_HOUR
        ? { observed: one, window: windowOf(hour), grave }
        : two >= RISKY_LEAST_TWO
          ? { observed: two, window: windowOf(hour, 2), grave }
          : undefined
    if (seen !== undefined && seen.observed > (worst?.observed ?? 0)) worst = seen
  }
  if (worst === undefined || worst.observed <= usual) return []
  const { observed, window, grave } = worst
  return [
    {
      ...{ kind: 'repeated_risk', subject: null, unit: 'commands', observed, window },
      ...{ expected: mean, spread: Math.sqrt(Math.max(variance, mean)), n: baseline.days.length },
      // Four: 4; eight: 6; one more when something critical or blocked is among them.
      severity: severity(4 + 2 * Math.log2(observed / RISKY_LEAST_HOUR) + (grave ? 1 : 0)),
    },
  ]
}

/** A program that runs for some minutes without a line of its shell is nothing. */
const SILENT_LEAST_MS = 10 * 60_000

function hookSilent({ silent, span }: Look): readonly Finding[] {
  return silent
    .filter(({ since }) => span.end - since >= SILENT_LEAST_MS)
    .map(({ shell, since }) => ({
      ...{ kind: 'hook_silent', subject: shell, unit: 'minutes', expected: 0, spread: null, n: 0 },
      observed: Math.round((span.end - since) / 60_000),
      window: { start: since, end: span.end },
      severity: 6,
    }))
}

const windowOf = (hour: number, hours = 1): Look['span'] => ({
  start: hour * HOUR_MS,
  end: (hour + hours) * HOUR_MS,
})

const percent = (rate: number): number => Math.round(rate * 1000) / 10
