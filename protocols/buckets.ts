// Buckets: the closed spans of UTC that released totals are about, of one length in a whole mesh.

/** The first is what a mesh has whose policy bundle says nothing. */
export const BUCKET_LENGTHS = ['day', '6h', 'hour'] as const
export type BucketLength = (typeof BUCKET_LENGTHS)[number]

export interface Bucket {
  readonly length: BucketLength
  /** Milliseconds since the Unix epoch, a multiple of the length. */
  readonly start: number
  /** Exclusive. */
  readonly end: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const LENGTH_MS: Readonly<Record<BucketLength, number>> = { day: DAY_MS, '6h': 6 * HOUR_MS, hour: HOUR_MS }

/** How long after its end a bucket takes shares; a machine that is off for longer is not in its totals. */
export const SHARE_KEPT_MS = 7 * DAY_MS
/** Longer than shares, so that totals which the last share began can end. */
export const TALLY_KEPT_MS = 9 * DAY_MS
/** How long after a bucket's end its totals are kept. */
export const RELEASE_KEPT_MS = 400 * DAY_MS

/** The bucket of that length which `time` (ms since the epoch) lies in. */
export function bucketOf(length: BucketLength, time: number): Bucket {
  const ms = LENGTH_MS[length]
  const start = Math.floor(time / ms) * ms
  return { length, start, end: start + ms }
}

/** True when start and end are those of one bucket. */
export function isBucket({ length, start, end }: Bucket): boolean {
  const whole = bucketOf(length, start)
  return whole.start === start && whole.end === end
}

/** The name of a bucket among one author's documents: `day:20619`, `6h:82476`, `hour:494877`; counted from the epoch. */
export const slotOfBucket = ({ length, start }: Bucket): string =>
  `${length}:${Math.floor(start / LENGTH_MS[length])}`

/** The name of an attempt at a bucket among one aggregator's tallies: `day:20619:0`. */
export const slotOfTally = (bucket: Bucket, attempt: number): string => `${slotOfBucket(bucket)}:${attempt}`

/** The name of one part of what an aggregator says of the proofs of a bucket's shares: `day:20619:0`. */
export const slotOfCheck = (bucket: Bucket, part: number): string => `${slotOfBucket(bucket)}:${part}`

/** The name of a bucket's totals for one audience, of which `audience` is the short hash: `day:20619:91d3a6c0`. */
export const slotOfRelease = (bucket: Bucket, audience: Uint8Array): string =>
  `${slotOfBucket(bucket)}:${Array.from(audience, (byte) => byte.toString(16).padStart(2, '0')).join('')}`

/** The bucket that `slotOfBucket` names so; undefined for any other text. */
export function bucketOfSlot(slot: string): Bucket | undefined {
  const [, length, digits] = /^(day|6h|hour):([0-9]{1,15})$/.exec(slot) ?? []
  if (length === undefined) return undefined
  const bucket = bucketOf(length as BucketLength, Number(digits) * LENGTH_MS[length as BucketLength])
  return slotOfBucket(bucket) === slot ? bucket : undefined
}

/**
 * Whether two different buckets have time in common. A machine gives to one of them only, also where the mesh changed the
 * length between: totals of a day less those of its hours would be about an hour that nobody released.
 */
export const overlap = (a: Bucket, b: Bucket): boolean =>
  a.length !== b.length && a.start < b.end && b.start < a.end
