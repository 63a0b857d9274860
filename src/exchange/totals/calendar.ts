// How the time of one mesh is divided into buckets: spans of one length, after a first one that comes earlier.
import { type Bucket, type BucketLength, bucketOf, overlap } from '../../../protocols/buckets.ts'
import { HOUR_MS } from '../../base/calendar.ts'

/** How the time of one mesh is divided. */
export interface Calendar {
  readonly length: BucketLength
  /** When the mesh first named who computes totals, ms since the epoch; undefined: nobody said so. */
  readonly began?: number | undefined
}

/**
 * The bucket with which totals begin. A mesh of days does not wait for a whole one: the quarter of a day around three hours after
 * the beginning takes the place of the day that it lies in, and the rest of that day is in no bucket. Undefined: nobody said when it began.
 */
export function firstBucket({ length, began }: Calendar): Bucket | undefined {
  if (began === undefined) return undefined
  return length === 'day' ? bucketOf('6h', began + 3 * HOUR_MS) : bucketOf(length, began)
}

export function isFirst(calendar: Calendar, { length, start }: Bucket): boolean {
  const first = firstBucket(calendar)
  return first?.length === length && first.start === start
}

/** The buckets of a mesh in their order, without end: from the one on that has the place of the whole span around `time`. */
export function* bucketsFrom(calendar: Calendar, time: number): Generator<Bucket, never> {
  const first = firstBucket(calendar)
  for (let whole = bucketOf(calendar.length, time); ; whole = bucketOf(calendar.length, whole.end))
    yield first !== undefined && overlap(whole, first) ? first : whole
}

/** The bucket of a mesh that `time` lies in, or else the next one. */
export function bucketAt(calendar: Calendar, time: number): Bucket {
  const buckets = bucketsFrom(calendar, time)
  let bucket = buckets.next().value
  while (bucket.end <= time) bucket = buckets.next().value
  return bucket
}
