// Turns today's findings into signals: a continuing anomaly is one signal with the strongest numbers seen.
import { DAY_MS } from '../../base/calendar.ts'
import { type Finding, type Signal, targetOf } from '../../base/words/signal.ts'

/** A finding within a week of the last one continues its signal; a later finding begins a new signal. */
const SAME_MS = 7 * DAY_MS

export interface Settled {
  /** Signals that are new or say something else than before. */
  readonly changed: readonly Signal[]
  /** The new signals among them. */
  readonly begun: readonly Signal[]
}

/**
 * `known`: the person's signals. `day` is the local day that was looked at. Finding the same again, with the same
 * numbers, changes nothing.
 */
export function settle(
  known: readonly Signal[],
  found: readonly Finding[],
  day: number,
  newId: () => string,
): Settled {
  const changed: Signal[] = []
  const begun: Signal[] = []
  for (const finding of found) {
    const target = targetOf(finding)
    const { start, end } = finding.window
    const same = known.find(
      (signal) =>
        targetOf(signal) === target &&
        start - signal.last_seen <= SAME_MS &&
        signal.first_seen - end <= SAME_MS,
    )
    if (same === undefined) {
      const signal = {
        ...finding,
        id: newId(),
        first_seen: start,
        last_seen: end,
        count: 1,
        last_day: day,
        seen: false,
      }
      changed.push(signal)
      begun.push(signal)
      continue
    }
    const stronger =
      finding.severity > same.severity || (finding.severity === same.severity && same.last_day === day)
    const next: Signal = {
      ...same,
      ...(stronger ? finding : {}),
      first_seen: Math.min(same.first_seen, start),
      last_seen: Math.max(same.last_seen, end),
      count: same.count + (day > same.last_day ? 1 : 0),
      last_day: Math.max(same.last_day, day),
    }
    if (JSON.stringify(same) !== JSON.stringify(next)) changed.push(next)
  }
  return { changed, begun }
}
