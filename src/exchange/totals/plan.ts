// What the organisation's signed policy says of totals: who adds them up, for whom, over which spans of time.
import { type Bucket, type BucketLength, bucketOf, SHARE_KEPT_MS } from '../../../protocols/buckets.ts'
import { type Aggregator, pairOf } from '../aggregates/index.ts'

/** Who computed totals before, and over which spans of time. */
interface Former {
  /** When others followed, ms since the epoch. */
  readonly until: number
  readonly length: BucketLength
  readonly aggregators: readonly Aggregator[]
}

/** Of the bundle in force. */
export interface Plan {
  /** BLAKE3 of the root's key, 32 bytes. */
  readonly mesh: Uint8Array
  /** Number of the bundle. */
  readonly bundle: number
  /** Fewest machines of a total; undefined: the bundle does not say. */
  readonly k: number | undefined
  readonly length: BucketLength
  /** Role names, in the order of the bundle. */
  readonly audiences: readonly string[]
  readonly aggregators: readonly Aggregator[]
  /** What earlier bundles said, as the one in force repeats it, oldest first; absent: nothing. */
  readonly former?: readonly Former[]
}

/** Buckets that are over and still take shares at `now`, oldest first; `now` and the ends are ms since the epoch. */
export function closedBuckets(length: BucketLength, now: number): readonly Bucket[] {
  const found: Bucket[] = []
  for (let bucket = bucketOf(length, now - SHARE_KEPT_MS); bucket.end <= now; ) {
    if (bucket.end + SHARE_KEPT_MS > now) found.push(bucket)
    bucket = bucketOf(length, bucket.end)
  }
  return found
}

/** Buckets of that length that lie wholly inside a range and are over at `now`, oldest first. */
function bucketsIn(
  length: BucketLength,
  { start, end }: { readonly start: number; readonly end: number },
  now: number,
): readonly Bucket[] {
  const found: Bucket[] = []
  const first = bucketOf(length, start)
  for (let bucket = first.start === start ? first : bucketOf(length, first.end); ; ) {
    if (bucket.end > end || bucket.end > now) return found
    found.push(bucket)
    bucket = bucketOf(length, bucket.end)
  }
}

/** Buckets of a range that are over, oldest first: of the time of an earlier bundle those of its length. */
export function bucketsUnder(
  { length, former = [] }: Pick<Plan, 'length' | 'former'>,
  range: { readonly start: number; readonly end: number },
  now: number,
): readonly Bucket[] {
  const found: Bucket[] = []
  let from = range.start
  for (const { until, length: earlier } of former) {
    const buckets = bucketsIn(earlier, { start: from, end: Math.min(range.end, until) }, now)
    found.push(...buckets)
    from = buckets.at(-1)?.end ?? from
  }
  return [...found, ...bucketsIn(length, { start: from, end: range.end }, now)]
}

/**
 * Nobody but the pair that is drawn for a bucket releases it: any other two aggregators could have chosen whom they add up.
 * For a bucket that was over while an earlier bundle held, the pair of its list counts as well, and for no later one.
 */
export function isDrawn(
  { mesh, aggregators, former = [] }: Pick<Plan, 'mesh' | 'aggregators' | 'former'>,
  bucket: Bucket,
  pair: readonly Uint8Array[],
): boolean {
  const lists = [
    aggregators,
    ...former.filter(({ until }) => bucket.end <= until).map((one) => one.aggregators),
  ]
  return lists.some((list) => {
    const drawn = pairOf(mesh, bucket, list)
    return drawn?.every((key, at) => Buffer.compare(key, pair[at] ?? new Uint8Array()) === 0) === true
  })
}

/** Every key that may have released something, those of the bundle in force first. */
export function authorsUnder({
  aggregators,
  former = [],
}: Pick<Plan, 'aggregators' | 'former'>): readonly Uint8Array[] {
  const keys = [...aggregators, ...former.toReversed().flatMap((one) => one.aggregators)].map(
    ({ key }) => key,
  )
  return keys.filter((key, at) => keys.findIndex((other) => Buffer.compare(other, key) === 0) === at)
}
