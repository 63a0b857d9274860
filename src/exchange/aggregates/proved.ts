// The halves of a share: values split by addition, and indicators with a proof that each of them is 0 or 1.
//
// Halves of an indicator add up to it mod p, the order of the proofs' field; as plain numbers they add up to p more, because one
// of them is random (but for one chance in 2^62, where the type of its group is found implausible). So the second aggregator
// takes p away from its halves, and from there on all sums are mod 2^64.
import { hkdfSync } from 'node:crypto'
import type { Bucket } from '../../../protocols/buckets.ts'
import { PROOF_CHUNK, VERIFIER_BYTES } from '../../../protocols/messages/aggregate.ts'
import type { ShareHeader } from '../../../protocols/messages/share.ts'
import { FrameError } from '../../../protocols/reject.ts'
import type { Random } from '../../base/clock.ts'
import { type Identity, isSame, sealingKeyOf } from '../../trust/identity/index.ts'
import { verifyData } from './documents/associated.ts'
import { MODULUS } from './proof/field.ts'
import {
  type Aggregator,
  HELPER,
  type Instance,
  inputBytes,
  isInput,
  isProved,
  LEADER,
  NONCE_BYTES,
  RANDOM_BYTES,
  shard,
  vectorOf,
  verifierOf,
} from './proof/prio3.ts'
import { added, CELL_BYTES, expandAll, fromBytes, SEED_BYTES, split, toBytes } from './shares.ts'
import type { HeldShare, Pair } from './types.ts'

/** How many indicators and counters each section has. */
type Sections = readonly Pick<ShareHeader['sections'][number], 'rows' | 'cells'>[]

const KEY_BYTES = 32
const NONE = new Uint8Array(0)

/** The leader of a pair has the half that comes from a seed, whom the draft calls the helper. */
const sideOf = (index: 0 | 1): Aggregator => (index === 0 ? HELPER : LEADER)

const instanceOf = (sections: Sections, context: Uint8Array): Instance => ({
  length: sections.reduce((sum, { rows }) => sum + rows, 0),
  chunk: PROOF_CHUNK,
  context,
})

const valuesIn = ({ rows, cells }: Sections[number]): number => cells - rows

/** Bytes of the half of the aggregator with that place in the pair. */
export function halfBytes(sections: Sections, index: 0 | 1): number {
  if (sections.length === 0) return 0
  const values = sections.reduce((sum, section) => sum + valuesIn(section), 0)
  const input = inputBytes(instanceOf(sections, NONE), sideOf(index))
  return input + (index === 0 ? SEED_BYTES : values * CELL_BYTES)
}

/** The two halves of vectors, one for each section, and what both aggregators have of their proof. `context`: what they are for. */
export function splitProved(
  vectors: readonly { readonly rows: number; readonly vector: BigUint64Array }[],
  context: Uint8Array,
  random: Pick<Random, 'bytes'>,
): { readonly proof: Uint8Array; readonly halves: readonly [Uint8Array, Uint8Array] } {
  const sections = vectors.map(({ rows, vector }) => ({ rows, cells: vector.length }))
  const { seed, rest } = split(
    vectors.map(({ rows, vector }) => vector.subarray(rows)),
    random,
  )
  const bits = vectors.flatMap(({ rows, vector }) => [...vector.subarray(0, rows)])
  const nonce = random.bytes(NONCE_BYTES)
  const { open, leader, helper } = shard(
    instanceOf(sections, context),
    bits,
    nonce,
    random.bytes(RANDOM_BYTES),
  )
  return {
    proof: Buffer.concat([nonce, open]),
    halves: [Buffer.concat([seed, helper]), Buffer.concat([...rest.map((half) => toBytes(half)), leader])],
  }
}

/**
 * One half of a share, and what its holder tells the other aggregator of the proof. A seed is expanded each time, because what
 * follows from it is two hundred times as long. RangeError for what is no half.
 */
export function readHalf(
  { sections, proof }: Pick<ShareHeader, 'sections' | 'proof'>,
  index: 0 | 1,
  bytes: Uint8Array,
  context: Uint8Array,
): Pick<HeldShare, 'halves' | 'verifier'> {
  if (bytes.length !== halfBytes(sections, index)) throw new RangeError('a half of another length')
  if (sections.length === 0) return { halves: () => [], verifier: () => new Uint8Array(VERIFIER_BYTES) }
  // A copy, because a part of the plaintext would keep all of it in memory.
  const half = Uint8Array.from(bytes)
  const [instance, side] = [instanceOf(sections, context), sideOf(index)]
  const input = half.subarray(half.length - inputBytes(instance, side))
  const values = half.subarray(0, half.length - input.length)
  if (!isInput(side, input)) throw new RangeError('a number that is no element of the field')
  return {
    halves() {
      const counts = sections.map(valuesIn)
      const expanded = index === 0 ? expandAll(values, counts) : cut(fromBytes(values), counts)
      const indicators = vectorOf(instance, side, input)
      // Mod 2^64, as an array of that type counts.
      const cells = cut(
        index === 1 ? added(indicators, new BigUint64Array(indicators.length).fill(-MODULUS)) : indicators,
        sections.map(({ rows }) => rows),
      )
      return cells.map((of, at) => joined(of, expanded[at]!))
    },
    verifier: (key) =>
      verifierOf(instance, key, side, proof.subarray(0, NONCE_BYTES), proof.subarray(NONCE_BYTES), input),
  }
}

function cut(all: BigUint64Array, lengths: readonly number[]): readonly BigUint64Array[] {
  let from = 0
  return lengths.map((length) => {
    from += length
    return all.subarray(from - length, from)
  })
}

function joined(indicators: BigUint64Array, values: BigUint64Array): BigUint64Array {
  const all = new BigUint64Array(indicators.length + values.length)
  all.set(indicators)
  all.set(values, indicators.length)
  return all
}

/** Whether a share's indicators are 0 or 1, by what both aggregators told of their halves, the leader first. */
export function isProvedBy(
  { sections, proof }: Pick<ShareHeader, 'sections' | 'proof'>,
  [leader, other]: readonly [Uint8Array, Uint8Array],
): boolean {
  if (sections.length === 0) return true
  return isProved(instanceOf(sections, NONE), proof.subarray(NONCE_BYTES), [other, leader])
}

/**
 * The key that the two look at the proofs of a bucket with: HKDF-SHA256(ikm = X25519 of the pair, salt = none, info =
 * `verifyData`). Neither of the two can choose it, no contributor knows it, and a second attempt at the bucket has the same.
 */
export function verifyKeyOf(
  { publicKey, agree }: Pick<Identity, 'publicKey' | 'agree'>,
  { mesh, bucket, pair }: { readonly mesh: Uint8Array; readonly bucket: Bucket; readonly pair: Pair },
): Uint8Array {
  const other = pair.find((key) => !isSame(key, publicKey))
  const theirs = other && sealingKeyOf(other)
  const shared = theirs && agree(theirs)
  if (shared === undefined) throw new FrameError('malformed', 'the other aggregator has no usable key')
  const key = new Uint8Array(hkdfSync('sha256', shared, NONE, verifyData(mesh, bucket, pair), KEY_BYTES))
  shared.fill(0)
  return key
}
