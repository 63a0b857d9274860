// Which part of a range one member's summaries reach over: hours in which nobody typed have none, and are known all the same.
import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import { KEPT_MS, type Period, periodOf, periodsInside, SHORTER, slotOf } from '../../../protocols/periods.ts'
import type { TimeRange } from '../../insight/statistics/index.ts'

export interface Held {
  /** Every period that a document of the author is held of, inside the range or not. */
  readonly periods: readonly Period[]
  /** The summaries that stand for the range, oldest first. */
  readonly chosen: readonly NodeSummary[]
  /** The part of `chosen` that tells of anything. */
  readonly telling: readonly NodeSummary[]
  /** When the first of what they tell begins, as exactly as shorter periods inside show it; without any the end of the range. */
  readonly first: number
  /** Whether a summary of a time before the range tells of anything: then records reach back to its beginning. */
  readonly before: boolean
  /** When the newest edition was derived, ms since the epoch: until then an hour without a summary was a quiet one. */
  readonly upTo: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Undefined: none of it. A time between two summaries is one in which nobody typed, or a document was lost. */
export function spanOf(range: TimeRange, held: Held): TimeRange | undefined {
  const { telling, before, now } = held
  const upTo = Math.min(range.end, held.upTo, now)
  const first = telling.length > 0 ? held.first : before ? upTo : range.end
  const last = Math.max(first, ...telling.map(({ end, generated_at }) => Math.min(end, generated_at)))
  const begun = Math.max(range.start, first)
  const start = before ? knownFrom(range.start, begun, held) : begun
  const end = Math.min(range.end, Math.max(last, knownTo(last, upTo, held)))
  return start < end ? { start, end } : undefined
}

/** When what a summary tells of begins: a day may be one on which records began at noon. Nothing shorter is held: its start. */
export function firstIn(
  period: Period,
  summaryOf: (period: Period) => NodeSummary | undefined,
  tells: (summary: NodeSummary) => boolean,
): number {
  for (const one of periodsInside(period)) {
    const summary = summaryOf(one)
    if (summary !== undefined && tells(summary)) return firstIn(one, summaryOf, tells)
  }
  return period.start
}

/** The earliest moment from which nothing up to `to` is hidden in a longer period. */
const knownFrom = (from: number, to: number, held: Held): number =>
  hiding(from, to, held).reduce((known, { end }) => Math.max(known, Math.min(end, to)), from)

/** The latest moment up to which nothing from `from` on is hidden in a longer period. */
const knownTo = (from: number, to: number, held: Held): number =>
  hiding(from, to, held).reduce((known, { start }) => Math.min(known, Math.max(start, from)), to)

/**
 * Periods that touch the time, that are not among the chosen ones, and whose shorter periods are not kept any more: what
 * was typed in that part of them, if anything, nobody can tell.
 */
function hiding(from: number, to: number, { periods, chosen, now }: Held): readonly Period[] {
  const taken = new Set(chosen.map(slotOf))
  return periods.filter((period) => {
    const { granularity, start, end } = period
    if (granularity === 'hour' || end <= from || start >= to || taken.has(slotOf(period))) return false
    const inside = SHORTER[granularity]
    return periodOf(inside, Math.max(start, from)).end + KEPT_MS[inside] <= now
  })
}
