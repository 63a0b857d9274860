// Prio3SumVec with several proofs over Field64, of draft-irtf-cfrg-vdaf-20, for two aggregators and bits: a vector is cut into
// two halves that come with proofs, and the two find out together that each element is 0 or 1, and nothing else.
//
// Written from the draft and compared with its test vectors. Numbers that are multiplied are BigInts, so how long something takes
// depends on secrets: whoever can measure that runs on the same machine as the daemon.
import { createXof, isSame } from '../../../trust/identity/index.ts'
import { fromBytes, toBytes } from '../shares.ts'
import {
  type Circuit,
  callsOf,
  decide,
  proofLength,
  prove,
  query,
  seedsOf,
  verifierLength,
} from './circuit.ts'
import { addEach, areElements, ELEMENT_BYTES, isElement, subtract } from './field.ts'

/** By the draft at least three for a field of 64 bits: a lie can be tried again and again before it is sent. */
const PROOFS = 3
const SEED_BYTES = 32
export const NONCE_BYTES = 16
/** Of all that is random in a share. */
export const RANDOM_BYTES = 4 * SEED_BYTES

/** Which vectors are shared, and what for: nothing that is made for one is of use for another. */
export interface Instance extends Circuit {
  readonly context: Uint8Array
}

/** As the draft numbers them: the leader's half is written out, the helper's comes from a seed. */
export const LEADER = 0
export const HELPER = 1
export type Aggregator = typeof LEADER | typeof HELPER

const VERSION = 18
/** Of the draft's test vectors; numbers from 0xffff0000 on are nobody's. */
const ALGORITHM = [0xff, 0xff, 0xff, 0xff]
const USAGE = {
  vector: 1,
  proof: 2,
  joint: 3,
  prove: 4,
  query: 5,
  jointSeed: 6,
  jointPart: 7,
} as const
const NO_SEED = new Uint8Array(SEED_BYTES)
/** Of TurboSHAKE's inputs, those of this use. */
const DOMAIN = 1

type Usage = (typeof USAGE)[keyof typeof USAGE]

/** What follows from a seed, of any length, piece by piece. */
function stream({ context }: Instance, seed: Uint8Array, usage: Usage, binder: readonly Uint8Array[]) {
  const tag = Buffer.concat([Uint8Array.of(VERSION, 0, ...ALGORITHM, 0, usage), context])
  const lengths = [Uint8Array.of(tag.length & 0xff, tag.length >> 8), Uint8Array.of(seed.length)] as const
  return createXof(DOMAIN, [lengths[0], tag, lengths[1], seed, ...binder])
}

/** The next that are elements: one number of four thousand million is none. */
export function elementsFrom(next: (length: number) => Uint8Array, count: number): BigUint64Array {
  const drawn = fromBytes(next(count * ELEMENT_BYTES), 'little')
  if (areElements(drawn)) return drawn
  const kept = drawn.filter(isElement)
  return BigUint64Array.of(...kept, ...elementsFrom(next, count - kept.length))
}

/** Throws RangeError for a number that is no element. */
function elementsIn(bytes: Uint8Array): BigUint64Array {
  const found = fromBytes(bytes, 'little')
  if (!areElements(found)) throw new RangeError('a number that is no element of the field')
  return found
}

const proofBytes = (instance: Circuit): number => PROOFS * proofLength(instance) * ELEMENT_BYTES

/** Of one half as it is sent. */
export const inputBytes = (instance: Circuit, whose: Aggregator): number =>
  whose === HELPER ? 2 * SEED_BYTES : instance.length * ELEMENT_BYTES + proofBytes(instance) + SEED_BYTES

export const verifierBytes = (instance: Circuit): number =>
  PROOFS * verifierLength(instance) * ELEMENT_BYTES + SEED_BYTES

const vectorFrom = (instance: Instance, seed: Uint8Array): BigUint64Array =>
  elementsFrom(stream(instance, seed, USAGE.vector, [Uint8Array.of(HELPER)]), instance.length)

const proofsFrom = (instance: Instance, seed: Uint8Array): BigUint64Array =>
  elementsFrom(
    stream(instance, seed, USAGE.proof, [Uint8Array.of(PROOFS, HELPER)]),
    PROOFS * proofLength(instance),
  )

const jointPart = (
  instance: Instance,
  whose: Aggregator,
  blind: Uint8Array,
  vector: BigUint64Array,
  nonce: Uint8Array,
): Uint8Array =>
  stream(instance, blind, USAGE.jointPart, [Uint8Array.of(whose), nonce, toBytes(vector, 'little')])(
    SEED_BYTES,
  )

export const jointSeed = (instance: Instance, parts: readonly Uint8Array[]): Uint8Array =>
  stream(instance, NO_SEED, USAGE.jointSeed, parts)(SEED_BYTES)

/** Random elements that follow from both halves, so that nobody knows them before the vector is settled: those of each proof. */
function jointOf(instance: Instance, parts: readonly Uint8Array[]): bigint[][] {
  const calls = callsOf(instance)
  const next = stream(instance, jointSeed(instance, parts), USAGE.joint, [Uint8Array.of(PROOFS)])
  return each(elementsFrom(next, PROOFS * calls), calls)
}

const each = (all: BigUint64Array, length: number): bigint[][] =>
  Array.from({ length: PROOFS }, (_, at) => [...all.slice(at * length, (at + 1) * length)])

export interface Sharded {
  /** For both, the same. */
  readonly open: Uint8Array
  readonly leader: Uint8Array
  readonly helper: Uint8Array
}

/** The two halves of a vector of 0 and 1. `random`: RANDOM_BYTES of them that nobody else has, as is the nonce. */
export function shard(
  instance: Instance,
  bits: readonly bigint[],
  nonce: Uint8Array,
  random: Uint8Array,
): Sharded {
  const seed = (at: number): Uint8Array => random.subarray(at * SEED_BYTES, (at + 1) * SEED_BYTES)
  const [helperSeed, helperBlind, leaderBlind, proveSeed] = [seed(0), seed(1), seed(2), seed(3)]
  const theirs = vectorFrom(instance, helperSeed)
  const ours = BigUint64Array.from(bits, (bit, at) => subtract(bit, theirs[at]!))
  const parts = [
    jointPart(instance, LEADER, leaderBlind, ours, nonce),
    jointPart(instance, HELPER, helperBlind, theirs, nonce),
  ]
  const joints = jointOf(instance, parts)
  const seeds = elementsFrom(
    stream(instance, proveSeed, USAGE.prove, [Uint8Array.of(PROOFS)]),
    PROOFS * seedsOf(instance),
  )
  const proofs = each(seeds, seedsOf(instance)).flatMap((of, at) => prove(instance, bits, of, joints[at]!))
  const masks = proofsFrom(instance, helperSeed)
  const shared = BigUint64Array.from(proofs, (element, at) => subtract(element, masks[at]!))
  return {
    open: Buffer.concat(parts),
    leader: Buffer.concat([toBytes(ours, 'little'), toBytes(shared, 'little'), leaderBlind]),
    helper: Buffer.concat([helperSeed, helperBlind]),
  }
}

interface Input {
  readonly vector: BigUint64Array
  readonly proofs: BigUint64Array
  readonly blind: Uint8Array
}

function inputOf(instance: Instance, whose: Aggregator, input: Uint8Array): Input {
  if (input.length !== inputBytes(instance, whose)) throw new RangeError(`a half of ${input.length} bytes`)
  const blind = input.subarray(-SEED_BYTES)
  if (whose === HELPER) {
    const seed = input.subarray(0, SEED_BYTES)
    return { vector: vectorFrom(instance, seed), proofs: proofsFrom(instance, seed), blind }
  }
  const elements = elementsIn(input.subarray(0, -SEED_BYTES))
  return { vector: elements.subarray(0, instance.length), proofs: elements.subarray(instance.length), blind }
}

/** Whether bytes as long as a half are one: of elements. */
export const isInput = (whose: Aggregator, input: Uint8Array): boolean =>
  whose === HELPER || areElements(fromBytes(input.subarray(0, -SEED_BYTES), 'little'))

/** One half of the vector. Throws RangeError for what is no half. */
export function vectorOf(instance: Instance, whose: Aggregator, input: Uint8Array): BigUint64Array {
  return whose === HELPER
    ? vectorFrom(instance, input.subarray(0, SEED_BYTES))
    : elementsIn(input.subarray(0, instance.length * ELEMENT_BYTES))
}

/**
 * What one of the two tells the other about a half: both together say whether the vector is as it should be. `key` is known
 * to the two only, and to be the same whenever a half is looked at: a second look with another one would tell more. Throws
 * RangeError for what is no half.
 */
export function verifierOf(
  instance: Instance,
  key: Uint8Array,
  whose: Aggregator,
  nonce: Uint8Array,
  open: Uint8Array,
  input: Uint8Array,
): Uint8Array {
  const { vector, proofs, blind } = inputOf(instance, whose, input)
  const part = jointPart(instance, whose, blind, vector, nonce)
  const parts = partsOf(open)
  parts[whose] = part
  const joints = jointOf(instance, parts)
  const points = elementsFrom(stream(instance, key, USAGE.query, [Uint8Array.of(PROOFS), nonce]), PROOFS)
  const told = each(proofs, proofLength(instance)).map((proof, at) =>
    query(instance, vector, proof, points[at]!, joints[at]!),
  )
  // Nobody accepts zeros, because the parts do not fit.
  if (!told.every((one) => one !== undefined)) return new Uint8Array(verifierBytes(instance))
  return Buffer.concat([toBytes(BigUint64Array.from(told.flat()), 'little'), part])
}

const partsOf = (open: Uint8Array): Uint8Array[] => [
  open.subarray(0, SEED_BYTES),
  open.subarray(SEED_BYTES, 2 * SEED_BYTES),
]

/** Whether a vector is of 0 and 1 only, by what both tell of their halves, the leader's first. */
export function isProved(
  instance: Circuit,
  open: Uint8Array,
  verifiers: readonly [Uint8Array, Uint8Array],
): boolean {
  if (verifiers.some(({ length }) => length !== verifierBytes(instance))) return false
  if (open.length !== 2 * SEED_BYTES) return false
  // What each derived from its half is what the author had in the proofs.
  const parts = partsOf(open)
  if (!verifiers.every((one, at) => isSame(one.subarray(-SEED_BYTES), parts[at]!))) return false
  const [ours, theirs] = verifiers.map((one) => fromBytes(one.subarray(0, -SEED_BYTES), 'little'))
  if (!areElements(ours!) || !areElements(theirs!)) return false
  const [sums, length] = [addEach(ours!, theirs!), verifierLength(instance)]
  const told = Array.from({ length: PROOFS }, (_, at) => sums.subarray(at * length, (at + 1) * length))
  return told.every(decide)
}
