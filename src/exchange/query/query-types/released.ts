// What query types do with totals of many nodes: rows of layouts, and opened rows added up over buckets.
import type { OpenedBucket, OpenedRow } from './type.ts'

/** In one order everywhere: by code units, each name once. */
export const layoutRows = (names: Iterable<string>): readonly string[] => [...new Set(names)].sort()

/**
 * A row over several buckets: the sum of its values, and the most nodes that one bucket had. Undefined: no bucket opened it. Where
 * some did not, the sum is of those that did.
 */
export function openedRow(buckets: readonly OpenedBucket[], row: string): OpenedRow | undefined {
  const opened = buckets.flatMap(({ bucket, rows }) => {
    const found = rows.get(row)
    return found === undefined ? [] : [{ bucket, ...found }]
  })
  if (opened.length === 0) return undefined
  const width = opened[0]!.values.length
  return {
    nodes: Math.max(...perBucket(opened, ({ nodes }) => nodes)),
    values: Array.from({ length: width }, (_, i) => opened.reduce((sum, { values }) => sum + values[i]!, 0)),
  }
}

/** The value of a row that has exactly one; null: no bucket opened it. */
export const openedValue = (buckets: readonly OpenedBucket[], row: string): number | null =>
  openedRow(buckets, row)?.values[0] ?? null

/** Whether all contributors of each bucket are in the sums of a row. */
export const isWholeRow = (buckets: readonly OpenedBucket[], row: string): boolean =>
  buckets.length > 0 && buckets.every(({ rows, partly }) => rows.has(row) && partly?.has(row) !== true)

/** As `openedValue`, and null too for a row that is not whole: of what some left out no difference is a change. */
export const wholeValue = (buckets: readonly OpenedBucket[], row: string): number | null =>
  isWholeRow(buckets, row) ? openedValue(buckets, row) : null

/** The most nodes that stand behind one bucket. */
export const mostContributors = (buckets: readonly OpenedBucket[]): number =>
  Math.max(0, ...perBucket(buckets, ({ contributors }) => contributors))

/** The buckets of the latest time: a state belongs to the time of its bucket, so states do not add up over several. */
export function latestOf(buckets: readonly OpenedBucket[]): readonly OpenedBucket[] {
  const latest = Math.max(...buckets.map(({ bucket }) => bucket.start))
  return buckets.filter(({ bucket }) => bucket.start === latest)
}

/** Less that of the period before; null where one of the two is not known. */
export const lessBefore = (now: number | null, before: number | null): number | null =>
  now === null || before === null ? null : now - before

/** One bucket may come in several parts, of different nodes. */
function perBucket<T extends Pick<OpenedBucket, 'bucket'>>(
  parts: readonly T[],
  count: (part: T) => number,
): readonly number[] {
  const sums = new Map<number, number>()
  for (const part of parts) sums.set(part.bucket.start, (sums.get(part.bucket.start) ?? 0) + count(part))
  return [...sums.values()]
}
