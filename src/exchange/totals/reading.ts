// What rows of released totals come to over several periods: answers and reports read totals in this way alone.
import type { TimeRange } from '../../insight/statistics/index.ts'
import type { BatchTotals, BucketTotals } from './types.ts'

/** What was opened of one period, of all its machines or of some. */
export type OpenedBucket = Pick<BatchTotals, 'contributors' | 'rows'> &
  Partial<BatchTotals> & { readonly bucket: TimeRange }

/** The most of one period; its parts, which are of different machines, come one after the other and add up. */
const peakOf = () => ({ start: Number.NaN, sum: 0, most: 0 })

function raise(peak: ReturnType<typeof peakOf>, start: number, count: number): void {
  peak.sum = count + (peak.start === start ? peak.sum : 0)
  peak.start = start
  peak.most = Math.max(peak.most, peak.sum)
}

const nothing = () => ({ value: 0, whole: 0, nodes: peakOf() })

export type Reading = ReturnType<typeof readingOf>

/** Goes through all rows once: a year of hours has millions. */
export function readingOf(buckets: readonly OpenedBucket[]) {
  const machines = peakOf()
  const sums = new Map<string, ReturnType<typeof nothing>>()
  for (const { bucket, contributors, rows, partly } of buckets) {
    raise(machines, bucket.start, contributors)
    for (const [name, { nodes, values }] of rows) {
      const sum = sums.get(name) ?? nothing()
      sums.set(name, sum)
      sum.value += values[0] ?? 0
      if (!partly?.has(name)) sum.whole++
      raise(sum.nodes, bucket.start, nodes)
    }
  }
  return {
    /** In the order of time; several of one period are of different machines. */
    buckets,
    /** Machines behind a period; of several periods the most of one. */
    machines: machines.most,
    /** Rows that any of the periods tells. */
    names: () => [...sums.keys()],
    /** The sum of a row over the periods that tell it; null: none does. */
    value: (row: string) => sums.get(row)?.value ?? null,
    /** Machines that have any of it; of several periods the most of one. */
    nodes: (row: string) => sums.get(row)?.nodes.most ?? 0,
    /** Whether all machines of each period are in the value. */
    isWhole: (row: string) => sums.get(row)?.whole === buckets.length,
  }
}

export const openedIn = (buckets: readonly BucketTotals[]): readonly OpenedBucket[] =>
  buckets.flatMap(({ start, end, batches }) => batches.map((batch) => ({ bucket: { start, end }, ...batch })))

/** The buckets of the latest time: a state belongs to the time of its bucket, so states do not add up over several. */
export function latestOf(buckets: readonly OpenedBucket[]): readonly OpenedBucket[] {
  const latest = Math.max(...buckets.map(({ bucket }) => bucket.start))
  return buckets.filter(({ bucket }) => bucket.start === latest)
}
