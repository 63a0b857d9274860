// Adding rollups up from their bytes is the same as decoding each and folding them; what is no rollup is refused whole.

import { expect, test } from 'vitest'
import { fold } from '../../../src/insight/statistics/fold.ts'
import { decodeRollup, encodeRollup, ROLLUP_VERSION } from '../../../src/store/rollups/rollups.ts'
import { createRollupSum } from '../../../src/store/rollups/sum.ts'
import type { Rollup } from '../../../src/store/rollups/types.ts'
import fc from '../../support/run/properties.ts'

const count = fc.oneof(
  fc.nat(200),
  fc.nat(70_000),
  fc.nat(2 ** 31 - 1),
  fc.maxSafeNat().map((n) => Math.floor(n / 1e6)),
)
/** Of most tallies everything is known. */
const unknown = fc.oneof(fc.constant(0), count)
const name = fc.oneof(
  fc.constantFrom('git', 'ls', 'docker', 'g++', 'ключ'),
  fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }).filter((text) => text !== '__proto__'),
)
const rollup: fc.Arbitrary<Rollup> = fc.record({
  count,
  failures: count,
  unknown: count,
  duration_ms: count,
  generated: count,
  guard_active: count,
  answered: count,
  categories: fc.dictionary(
    name,
    fc.record(
      {
        count,
        failures: count,
        unknown,
        duration_ms: count,
        privileged: fc.integer({ min: 1, max: 70_000 }),
      },
      { requiredKeys: ['count', 'failures', 'unknown', 'duration_ms'] },
    ),
    { maxKeys: 20 },
  ),
  tools: fc.dictionary(
    name,
    fc.record({ category: fc.constantFrom('git', 'npm'), count, failures: count, unknown }),
    {
      maxKeys: 60,
    },
  ),
  rules: fc.dictionary(name, count, { maxKeys: 20 }),
  risk: fc.record({ safe: count, moderate: count, high: count, critical: count }),
  hourly: fc.array(count, { minLength: 24, maxLength: 24 }),
  guard: fc.record({ blocked: count, confirmed: count, declined: count, unjudged: count }),
})
/** Most rows have none of the last members. */
const row = fc.oneof(
  rollup,
  rollup.map((one) => ({
    ...one,
    generated: 0,
    answered: 0,
    rules: {},
    guard: { blocked: 0, confirmed: 0, declined: 0, unjudged: 0 },
  })),
)

test('is what decoding and folding them is', () => {
  fc.assert(
    fc.property(fc.array(row, { maxLength: 8 }), (rollups) => {
      const sums = createRollupSum()
      for (const one of rollups) {
        const value = encodeRollup(one)
        const { count: own, hourly } = decodeRollup(value)
        expect(sums.add(value, ROLLUP_VERSION)).toEqual({ count: own, hourly })
      }
      expect(fold([sums.sum()])).toEqual(fold(rollups.map((one) => decodeRollup(encodeRollup(one)))))
    }),
  )
})

test('bytes that are no rollup are refused, and none of them is counted', () => {
  fc.assert(
    fc.property(row, fc.nat(), fc.nat(255), (one, place, byte) => {
      const value = encodeRollup(one)
      const sums = createRollupSum()
      for (const bad of [
        value.subarray(0, place % value.length),
        Buffer.concat([value, Buffer.from([byte])]),
      ]) {
        expect(() => sums.add(bad, ROLLUP_VERSION)).toThrow(RangeError)
      }
      expect(() => sums.add(value, ROLLUP_VERSION + 1)).toThrow(RangeError)
      expect(sums.sum()).toEqual(createRollupSum().sum())
      // One wrong byte is refused, or makes other numbers; never another error.
      const wrong = Buffer.from(value)
      wrong[place % wrong.length] = byte
      try {
        sums.add(wrong, ROLLUP_VERSION)
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }),
  )
})
