// The proofs of shares: against the draft's test vectors, and that no other vector, half or proof passes than those of 0 and 1.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { add, addEach, MODULUS } from '../../../../src/exchange/aggregates/proof/field.ts'
import {
  elementsFrom,
  HELPER,
  type Instance,
  inputBytes,
  isProved,
  jointSeed,
  LEADER,
  NONCE_BYTES,
  RANDOM_BYTES,
  type Sharded,
  shard,
  vectorOf,
  verifierBytes,
  verifierOf,
} from '../../../../src/exchange/aggregates/proof/prio3.ts'
import { toBytes } from '../../../../src/exchange/aggregates/shares.ts'
import fc, { forAll, forAllIn } from '../../../support/run/properties.ts'
import { seeded } from './world.ts'

interface Computed {
  readonly length: number
  readonly chunk: number
  readonly measurement: string
  readonly context: string
  readonly nonce: string
  readonly random: string
  readonly key: string
  readonly public_share: string
  readonly input_shares_sha256: readonly string[]
  readonly verifier_shares_sha256: readonly string[]
}

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../vectors/${name}`, import.meta.url), 'utf8'))
const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const hex = (of: Uint8Array) => Buffer.from(of).toString('hex')
const sha256 = (of: Uint8Array) => createHash('sha256').update(of).digest('hex')

const bothSay = (
  instance: Instance,
  key: Uint8Array,
  nonce: Uint8Array,
  { open, leader, helper }: Sharded,
): [Uint8Array, Uint8Array] => [
  verifierOf(instance, key, LEADER, nonce, open, leader),
  verifierOf(instance, key, HELPER, nonce, open, helper),
]

it('elements are added in words as they are one by one', () => {
  const element = fc.oneof(
    fc.bigInt({ min: 0n, max: MODULUS - 1n }),
    fc.constantFrom(0n, 1n, 0xffff_ffffn, 0x1_0000_0000n, MODULUS - 1n, MODULUS - 2n, 0xffff_fffe_ffff_ffffn),
  )
  forAll(fc.array(fc.tuple(element, element), { minLength: 1, maxLength: 20 }), (pairs) => {
    const [left, right] = [0, 1].map((at) => BigUint64Array.from(pairs, (pair) => pair[at]!))
    // From the middle of longer vectors too.
    expect([...addEach(left!, right!)]).toEqual(pairs.map(([a, b]) => add(a, b)))
    expect([...addEach(left!.subarray(1), right!.subarray(1))]).toEqual(
      pairs.slice(1).map(([a, b]) => add(a, b)),
    )
  })
})

describe('what the draft computes', () => {
  const of = read('Prio3SumVecWithMultiproof_0.json')
  const bits = Math.ceil(Math.log2(of.max_measurement + 1))
  const instance = { length: of.length * bits, chunk: of.chunk_length, context: bytes(of.ctx) }

  it.each([...of.reports.entries()])('is computed here, report %i', (_, report) => {
    const vector = report.measurement.flatMap((value: number) =>
      Array.from({ length: bits }, (_, bit) => BigInt((value >> bit) & 1)),
    )
    const shares = shard(instance, vector, bytes(report.nonce), bytes(report.rand))
    expect(hex(shares.open)).toBe(report.public_share)
    expect([shares.leader, shares.helper].map(hex)).toEqual(report.input_shares)
    const verifiers = bothSay(instance, bytes(of.verify_key), bytes(report.nonce), shares)
    expect(verifiers.map(hex)).toEqual(report.verifier_shares[0])
    expect(isProved(instance, shares.open, verifiers)).toBe(true)
    expect(isProved(instance, Buffer.concat([shares.open, Buffer.of(0)]), verifiers)).toBe(false)
    const parts = verifiers.map((one) => one.subarray(-32))
    expect(hex(jointSeed(instance, parts))).toBe(report.verifier_messages[0])
    for (const whose of [LEADER, HELPER] as const) {
      const half = vectorOf(instance, whose, whose === LEADER ? shares.leader : shares.helper)
      const out = new BigUint64Array(of.length)
      for (const [at, element] of half.entries()) {
        const place = Math.floor(at / bits)
        out[place] = (out[place]! + (element << BigInt(at % bits))) % MODULUS
      }
      expect(hex(new Uint8Array(out.buffer))).toBe(report.out_shares[whose])
    }
  })

  it.each(read('prio3-bits.json') as readonly Computed[])(
    'and its program for $length bits in calls of $chunk',
    ({ length, chunk, measurement, context, nonce, random, key, ...made }) => {
      const one = { length, chunk, context: bytes(context) }
      const shares = shard(one, Array.from(measurement, BigInt), bytes(nonce), bytes(random))
      expect(hex(shares.open)).toBe(made.public_share)
      expect([shares.leader, shares.helper].map(sha256)).toEqual(made.input_shares_sha256)
      const verifiers = bothSay(one, bytes(key), bytes(nonce), shares)
      expect(verifiers.map(sha256)).toEqual(made.verifier_shares_sha256)
    },
  )
})

describe('a share', () => {
  const key = seeded('key').bytes(32)
  const nonce = seeded('nonce').bytes(NONCE_BYTES)
  const instanceOf = (length: number, chunk = 5): Instance => ({
    length,
    chunk,
    context: new Uint8Array(Buffer.from('for tests')),
  })
  const shared = (instance: Instance, vector: readonly bigint[], seed = 'random') =>
    shard(instance, vector, nonce, seeded(seed).bytes(RANDOM_BYTES))
  const passes = (instance: Instance, share: Sharded) =>
    isProved(instance, share.open, bothSay(instance, key, nonce, share))
  const elements = fc.array(fc.bigInt(0n, 1n), { minLength: 1, maxLength: 60 })

  it('of 0 and 1 passes, adds up to what was shared, and has a length that follows from its vector alone', () => {
    forAllIn(
      { numRuns: 25 },
      elements,
      fc.integer({ min: 1, max: 20 }),
      fc.string(),
      (vector, chunk, seed) => {
        const instance = instanceOf(vector.length, chunk)
        const share = shared(instance, vector, seed)
        expect(passes(instance, share)).toBe(true)
        expect(share.leader).toHaveLength(inputBytes(instance, LEADER))
        expect(share.helper).toHaveLength(inputBytes(instance, HELPER))
        const [ours, theirs] = [LEADER, HELPER].map((whose) =>
          vectorOf(instance, whose as 0, whose === LEADER ? share.leader : share.helper),
        )
        expect(Array.from(ours!, (half, at) => (half + theirs![at]!) % MODULUS)).toEqual(vector)
      },
    )
  })

  it('with any other element does not', () => {
    forAllIn({ numRuns: 25 }, elements, fc.nat(), fc.bigInt(2n, MODULUS - 1n), (vector, at, other) => {
      for (const value of [other, 2n, MODULUS - 1n]) {
        const instance = instanceOf(vector.length)
        expect(passes(instance, shared(instance, vector.with(at % vector.length, value)))).toBe(false)
      }
    })
  })

  it('of which anything was changed does not: half, proof, seed, blind, what is open, nonce, context', () => {
    const instance = instanceOf(23)
    const vector = Array.from({ length: 23 }, (_, at) => BigInt(at % 2))
    const share = shared(instance, vector)
    forAllIn(
      { numRuns: 200 },
      fc.constantFrom('open', 'leader', 'helper'),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      (part, at, by) => {
        const changed = Uint8Array.from(share[part])
        changed[at % changed.length] = changed[at % changed.length]! ^ by
        try {
          expect(passes(instance, { ...share, [part]: changed })).toBe(false)
        } catch (error) {
          // A number beyond the field is no half at all.
          if (!(error instanceof RangeError)) throw error
        }
      },
    )
    const [ours, theirs] = bothSay(instance, key, nonce, share)
    const holdsWith = (said: Uint8Array) => isProved(instance, share.open, [ours, said])
    const other = { ...instance, context: new Uint8Array(9) }
    const again = seeded('other').bytes(16)
    expect(holdsWith(verifierOf(other, key, HELPER, nonce, share.open, share.helper))).toBe(false)
    expect(holdsWith(verifierOf(instance, key, HELPER, again, share.open, share.helper))).toBe(false)
    expect(holdsWith(theirs)).toBe(true)
  })

  it('does not pass by what one of the two made up', () => {
    const instance = instanceOf(23)
    const share = shared(instance, new Array(23).fill(1n))
    const [ours, theirs] = bothSay(instance, key, nonce, share)
    for (let at = 0; at < theirs.length; at += 13) {
      const changed = Uint8Array.from(theirs)
      changed[at] = changed[at]! ^ 1
      expect(isProved(instance, share.open, [ours, changed])).toBe(false)
    }
    const zeros = new Uint8Array(verifierBytes(instance))
    for (const pair of [
      [ours, zeros],
      [zeros, zeros],
      [ours, ours],
      [theirs, ours],
      [ours, theirs.subarray(1)],
    ] as const)
      expect(isProved(instance, share.open, [...pair])).toBe(false)
    expect(isProved(instance, share.open, [ours, new Uint8Array(theirs.length).fill(255)])).toBe(false)
  })
})

it('a number that is no element is left out, and the next one is drawn', () => {
  const drawn = [MODULUS, 5n, MODULUS - 1n, 2n ** 64n - 1n, 7n, 9n]
  const stream = toBytes(BigUint64Array.from(drawn), 'little')
  let from = 0
  const next = (length: number): Uint8Array => {
    from += length
    return stream.subarray(from - length, from)
  }
  expect([...elementsFrom(next, 4)]).toEqual([5n, MODULUS - 1n, 7n, 9n])
})
