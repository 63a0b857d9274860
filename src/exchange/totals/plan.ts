// What the organisation's signed policy says of totals: who adds them up, for whom, over which spans of time.
import { type Bucket, type BucketLength, bucketOf, SHARE_KEPT_MS } from '../../../protocols/buckets.ts'
import type { Aggregator } from '../aggregates/index.ts'

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
export function bucketsIn(
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
