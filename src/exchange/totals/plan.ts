// What the organisation's signed policy says of totals: who adds them up, for whom, over which spans of time; and into which buckets
// the time of a mesh is divided: spans of one length, after a first one that comes earlier.
import {
  type Bucket,
  type BucketLength,
  bucketOf,
  bucketOfSlot,
  overlap,
  SHARE_KEPT_MS,
} from '../../../protocols/buckets.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { HOUR_MS } from '../../base/calendar.ts'
import { type Aggregator, NOISE_DEFAULT, type Pair, pairOf } from '../aggregates/index.ts'
import type { Documents } from '../documents/index.ts'

/** How the time of one mesh is divided. */
interface Calendar {
  readonly length: BucketLength
  /** When the mesh first named who computes totals, ms since the epoch; undefined: nobody said so. */
  readonly began?: number | undefined
}

/** Who computed totals before, and over which spans of time. */
interface Former {
  /** When others followed, ms since the epoch. */
  readonly until: number
  readonly length: BucketLength
  readonly aggregators: readonly Aggregator[]
}

/** Of the bundle in force. */
export interface Plan extends Calendar {
  /** BLAKE3 of the root's key, 32 bytes. */
  readonly mesh: Uint8Array
  /** Number of the bundle. */
  readonly bundle: number
  /** Fewest machines of a total; undefined: the bundle does not say. */
  readonly k: number | undefined
  /** Scale of the noise in totals; undefined: the bundle does not say. */
  readonly noise?: number | undefined
  /** Role names, in the order of the bundle. */
  readonly audiences: readonly string[]
  readonly aggregators: readonly Aggregator[]
  /** What earlier bundles said, as the one in force repeats it, oldest first; absent: nothing. */
  readonly former?: readonly Former[]
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
function* bucketsFrom(calendar: Calendar, time: number): Generator<Bucket, never> {
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

/** A bucket with noise tells so much less of one machine that it counts as one of so many of the budget. */
const NOISY_PER_ONE = 6

/**
 * Whether a machine gives to this bucket too; `given` are those of the last seven days that it gave to, and `budget` is how many
 * those of any seven days may be. Every question is about the same releases, so it does not matter how often, over which times
 * and by whom they are asked.
 */
export function isWithinBudget(
  { noise = 0 }: Pick<Plan, 'noise'>,
  { start, end }: Bucket,
  given: readonly Bucket[],
  now: number,
  budget: number,
): boolean {
  const known = given.filter((one) => one.end > end - SHARE_KEPT_MS).length
  // Which older ones of the seven days before a late bucket were given is not known any more: perhaps each.
  const forgotten = Math.max(0, Math.floor((now - end) / (end - start)))
  return known + forgotten < budget * (noise >= NOISE_DEFAULT ? NOISY_PER_ONE : 1)
}

/** By whom something may have been released. */
export type Releasing = Pick<Plan, 'mesh' | 'aggregators' | 'former'>

/** Buckets that are over and still take shares at `now`, oldest first; `now` and the ends are ms since the epoch. */
export function closedBuckets(calendar: Calendar, now: number): readonly Bucket[] {
  const found: Bucket[] = []
  for (const bucket of bucketsFrom(calendar, now - SHARE_KEPT_MS)) {
    if (bucket.end > now) break
    if (bucket.end + SHARE_KEPT_MS > now) found.push(bucket)
  }
  return found
}

/** Buckets that lie wholly inside a range and are over at `now`, oldest first. */
function bucketsIn(
  calendar: Calendar,
  { start, end }: { readonly start: number; readonly end: number },
  now: number,
): readonly Bucket[] {
  const found: Bucket[] = []
  for (const bucket of bucketsFrom(calendar, start)) {
    if (bucket.end > end || bucket.end > now) break
    if (bucket.start >= start) found.push(bucket)
  }
  return found
}

/** Buckets of a range that are over, oldest first: of the time of an earlier bundle those of its length. */
export function bucketsUnder(
  { length, began, former = [] }: Pick<Plan, 'length' | 'began' | 'former'>,
  range: { readonly start: number; readonly end: number },
  now: number,
): readonly Bucket[] {
  const found: Bucket[] = []
  let from = range.start
  for (const { until, length: earlier } of former) {
    const calendar = { length: earlier, began }
    const buckets = bucketsIn(calendar, { start: from, end: Math.min(range.end, until) }, now)
    found.push(...buckets)
    from = buckets.at(-1)?.end ?? from
  }
  return [...found, ...bucketsIn({ length, began }, { start: from, end: range.end }, now)]
}

/** Who may have released a bucket: the list in force, and for what was over while an earlier bundle held, its list as well. */
const pairsOf = ({ mesh, aggregators, former = [] }: Releasing, bucket: Bucket): readonly Pair[] =>
  [aggregators, ...former.filter(({ until }) => bucket.end <= until).map((one) => one.aggregators)].flatMap(
    (list) => {
      const pair = pairOf(mesh, bucket, list)
      return pair === undefined ? [] : [pair]
    },
  )

/** Nobody but the pair that is drawn for a bucket releases it: any other two aggregators could have chosen whom they add up. */
export const isDrawn = (plan: Releasing, bucket: Bucket, pair: readonly Uint8Array[]): boolean =>
  pairsOf(plan, bucket).some((drawn) =>
    drawn.every((key, at) => Buffer.compare(key, pair[at] ?? new Uint8Array()) === 0),
  )

/** Every node that may have released something, those of the bundle in force first. */
export function authorsUnder({
  aggregators,
  former = [],
}: Pick<Plan, 'aggregators' | 'former'>): readonly NodeId[] {
  const all = [...aggregators, ...former.toReversed().flatMap((one) => one.aggregators)]
  return [...new Set(all.map(({ key }) => formatNodeId(key)))]
}

/**
 * Buckets of which both that were drawn have said to everybody whose shares are counted: no other bucket may reach over the same
 * time, whatever a bundle says of lengths and of the beginning. One alone, or one of before, keeps nobody from totals.
 */
export function toldBuckets(plan: Releasing, documents: Pick<Documents, 'slots'>): readonly Bucket[] {
  const saidBy = (node: NodeId) => documents.slots(node, 'counted')
  return [...new Set(authorsUnder(plan).flatMap(saidBy))].flatMap((slot) => {
    const bucket = bucketOfSlot(slot)!
    const pairs = pairsOf(plan, bucket)
    const isTold = pairs.some((pair) => pair.every((key) => saidBy(formatNodeId(key)).includes(slot)))
    return isTold ? bucket : []
  })
}

export const overlapsAny = (bucket: Bucket, others: readonly Bucket[]): boolean =>
  others.some((other) => overlap(bucket, other))
