// Work at hours, or on a weekday, that were always free.
import { weekdayOf } from '../../../base/calendar.ts'
import type { Finding } from '../../../base/words/signal.ts'
import type { Look } from '../look.ts'
import { severity } from '../numbers.ts'

/** A look at a log at night is not work. */
const TIMING_LEAST = 10
/** A whole free day of the week takes more. */
const TIMING_LEAST_DAY = 20
/** A weekday counts as free when the person typed nothing on it in so many weeks. */
const FREE_WEEKS = 6
/** Subjects, by the number of the weekday. */
const WEEKDAYS = 'Monday Tuesday Wednesday Thursday Friday Saturday Sunday'.split(' ')

/**
 * The hours of a day at which nothing was ever typed, nor in the hour before or after; and weekdays likewise, whose name
 * is the subject. Hours that were always free lie on both sides of those of work: what is told is one stretch of them,
 * so that the times named are true of every hour between.
 */
export function timing({ day, rollup, baseline, span }: Look): readonly Finding[] {
  const { hours, weekdays, weeks, days } = baseline
  const worked = (hour: number): boolean => (hours[(hour + 24) % 24] ?? 0) > 0
  const strange = Array.from({ length: 24 }, (_, hour) => hour).filter(
    (hour) => !worked(hour - 1) && !worked(hour) && !worked(hour + 1),
  )
  const typed = (stretch: readonly number[]): number =>
    stretch.reduce((sum, hour) => sum + (rollup.hourly[hour] ?? 0), 0)
  const stretch = stretchesOf(strange).toSorted((a, b) => typed(b) - typed(a))[0] ?? []
  const observed = typed(stretch)
  if (observed >= TIMING_LEAST) {
    const active = stretch.filter((hour) => (rollup.hourly[hour] ?? 0) > 0)
    const distance = Math.max(...active.map((hour) => awayFrom(hour, worked)))
    // As clocks show it: on a day when summer time begins or ends, hours do not lie as far from midnight.
    const at = (hour: number): number => new Date(span.start).setHours(hour)
    const window = { start: at(Math.min(...active)), end: Math.min(span.end, at(Math.max(...active) + 1)) }
    return [
      {
        kind: 'timing',
        subject: null,
        unit: 'commands',
        observed,
        expected: 0,
        spread: null,
        window,
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
      kind: 'timing',
      subject: WEEKDAYS[weekdayOf(day)]!,
      unit: 'commands',
      observed: rollup.count,
      expected: 0,
      spread: null,
      n: days.length,
      window: span,
      severity: severity(3.4 + Math.min(1, Math.log2(rollup.count / TIMING_LEAST_DAY) / 2)),
    },
  ]
}

/** Numbers in order, in runs without a gap. */
function stretchesOf(hours: readonly number[]): readonly (readonly number[])[] {
  const found: number[][] = []
  for (const hour of hours) {
    if (found.at(-1)?.at(-1) === hour - 1) found.at(-1)!.push(hour)
    else found.push([hour])
  }
  return found
}

/** Hours from this hour to the nearest working hour, around midnight as well. */
function awayFrom(hour: number, worked: (hour: number) => boolean): number {
  for (let away = 1; away < 12; away++) if (worked(hour - away) || worked(hour + away)) return away
  return 12
}
