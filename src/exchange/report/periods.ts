// What was released of one kind of numbers, period by period, and rows compared with those of earlier periods.
import { openedIn, type Reading, readingOf } from '../totals/reading.ts'
import type { BucketTotals } from '../totals/types.ts'
import type { Change, Figure, Span } from './types.ts'

/** One closed period. Of a row that it does not tell nothing is known: nobody has any of it, or too few do. */
export type Period = Reading & Pick<BucketTotals, 'start' | 'end'>

export interface Pair {
  readonly now: Period
  readonly before: Period
}

/** The released ones of `buckets`, oldest first. */
export const periodsOf = (buckets: readonly BucketTotals[]): readonly Period[] =>
  buckets
    .filter(({ why }) => why === undefined)
    .map((bucket) => ({ start: bucket.start, end: bucket.end, ...readingOf(openedIn([bucket])) }))
    .sort((a, b) => a.start - b.start)

export const together = (periods: readonly Period[]): Reading =>
  readingOf(periods.flatMap(({ buckets }) => buckets))

/** A time by which a period finds the one that lies so many ms before it. The first period of a mesh is shorter than a day. */
export const spanName = ({ start, end }: Pick<Period, 'start' | 'end'>, back = 0): string =>
  `${start - back} ${end - back}`

/** Each period of `now` beside that of `before` which lies `back` ms earlier; those without one are left out. */
export function pairsOf(now: readonly Period[], before: readonly Period[], back: number): readonly Pair[] {
  const earlier = new Map(before.map((period) => [spanName(period), period]))
  return now.flatMap((period) => {
    const found = earlier.get(spanName(period, back))
    return found === undefined ? [] : [{ now: period, before: found }]
  })
}

/** Null without periods. */
export function machinesIn(periods: readonly Pick<Period, 'machines'>[]): Span | null {
  if (periods.length === 0) return null
  const counts = periods.map(({ machines }) => machines)
  return { least: Math.min(...counts), most: Math.max(...counts) }
}

/** A row over all periods, and against the earlier ones of `pairs`. */
export function figureOf(all: Reading, pairs: readonly Pair[], row: string): Figure {
  const value = all.value(row)
  return {
    value,
    machines: value === null ? null : all.nodes(row),
    at_least: value !== null && !all.isWhole(row),
    change: changeOf(pairs, row),
  }
}

/** Over the pairs that show the row whole on both sides: of what some machines left out no difference is a change. */
function changeOf(pairs: readonly Pair[], row: string): Change | null {
  const whole = pairs.filter(({ now, before }) => now.isWhole(row) && before.isWhole(row))
  if (whole.length === 0) return null
  const of = (periods: readonly Period[]) => ({
    sum: periods.reduce((sum, period) => sum + (period.value(row) ?? 0), 0),
    machines: machinesIn(periods) as Span,
  })
  const [before, now] = [of(whole.map((pair) => pair.before)), of(whole.map((pair) => pair.now))]
  return {
    before: before.sum,
    now: now.sum,
    share: before.sum === 0 ? null : (now.sum - before.sum) / before.sum,
    periods: whole.length,
    of: pairs.length,
    machines: { before: before.machines, now: now.machines },
  }
}
