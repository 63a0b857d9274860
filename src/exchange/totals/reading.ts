// What rows of released totals come to over several periods: answers and reports read totals in this way alone.
import type { TimeRange } from '../../insight/statistics/index.ts'
import type { BatchTotals, BucketTotals } from './types.ts'

/** What was opened of one period, of all its machines or of some. */
export interface OpenedBucket
  extends Pick<BatchTotals, 'contributors' | 'rows'>,
    Partial<Pick<BatchTotals, 'partly' | 'off'>> {
  readonly bucket: TimeRange
}

export interface Reading {
  /** In the order of time; several of one period are of different machines. */
  readonly buckets: readonly OpenedBucket[]
  /** Machines behind a period; of several periods the most of one. */
  readonly machines: number
  /** Rows that any of the periods tells. */
  names(): readonly string[]
  /** The sum of a row over the periods that tell it; null: none does. */
  value(row: string): number | null
  /** Machines that have any of it; of several periods the most of one. */
  nodes(row: string): number
  /** Whether all machines of each period are in the value. */
  isWhole(row: string): boolean
}

export function readingOf(buckets: readonly OpenedBucket[]): Reading {
  const told = (row: string) =>
    buckets.flatMap(({ bucket, rows }) => {
      const found = rows.get(row)
      return found === undefined ? [] : [{ bucket, count: found.nodes, value: found.values[0] ?? 0 }]
    })
  return {
    buckets,
    machines: mostOf(buckets.map(({ bucket, contributors }) => ({ bucket, count: contributors }))),
    names: () => [...new Set(buckets.flatMap(({ rows }) => [...rows.keys()]))],
    value(row) {
      const found = told(row)
      return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0)
    },
    nodes: (row) => mostOf(told(row)),
    isWhole: (row) =>
      buckets.length > 0 && buckets.every(({ rows, partly }) => rows.has(row) && !partly?.has(row)),
  }
}

/** The parts of a bucket are of different machines, so they add up. */
function mostOf(parts: readonly { readonly bucket: TimeRange; readonly count: number }[]): number {
  const sums = new Map<number, number>()
  for (const { bucket, count } of parts) sums.set(bucket.start, count + (sums.get(bucket.start) ?? 0))
  return Math.max(0, ...sums.values())
}

export const openedIn = (buckets: readonly BucketTotals[]): readonly OpenedBucket[] =>
  buckets.flatMap(({ start, end, batches }) => batches.map((batch) => ({ bucket: { start, end }, ...batch })))

/** The buckets of the latest time: a state belongs to the time of its bucket, so states do not add up over several. */
export function latestOf(buckets: readonly OpenedBucket[]): readonly OpenedBucket[] {
  const latest = Math.max(...buckets.map(({ bucket }) => bucket.start))
  return buckets.filter(({ bucket }) => bucket.start === latest)
}
