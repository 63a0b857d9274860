// Which two aggregators a bucket has: drawn from the policy bundle's list by rendezvous, so that nobody chooses.
import { type Bucket, slotOfBucket } from '../../../protocols/buckets.ts'
import { blake3 } from '../../base/hash.ts'
import type { Pair } from './types.ts'

/** One entry of the policy bundle. */
export interface Aggregator {
  readonly key: Uint8Array
  /** Who runs it, by name: the two halves of a total must not meet at one operator. */
  readonly operator: string
}

const DOMAIN = 'karo-pair-v1'

/**
 * The pair of a bucket, the leader first: the aggregator whose BLAKE3("karo-pair-v1" ‖ mesh ‖ slot ‖ key) is largest, and of
 * those with another operator (and another key) the one whose is. Undefined where the list has no two operators. It follows from what is
 * public before the bucket ends, and an aggregator that is off is not replaced: both halves would be with a third one then.
 */
export function pairOf(
  mesh: Uint8Array,
  bucket: Bucket,
  aggregators: readonly Aggregator[],
): Pair | undefined {
  const slot = slotOfBucket(bucket)
  const drawn = aggregators
    .map((one) => ({ ...one, weight: blake3([DOMAIN, mesh, slot, one.key]) }))
    .sort((a, b) => Buffer.compare(b.weight, a.weight))
  const leader = drawn[0]
  const other = drawn.find(
    ({ key, operator }) =>
      leader !== undefined && operator !== leader.operator && Buffer.compare(key, leader.key) !== 0,
  )
  return leader === undefined || other === undefined ? undefined : [leader.key, other.key]
}
