// The statistics under the tests: against sums by hand and against what they must be whatever the numbers are.

import { describe, expect, test } from 'vitest'
import {
  binomialTail,
  meanAndVariance,
  median,
  quantile,
  robustSpread,
  severity,
} from '../../../../src/insight/anomalies/numbers.ts'
import fc, { forAll } from '../../../support/run/properties.ts'

test('median, spread, quantile, mean and variance of small lists', () => {
  expect([median([]), median([5]), median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([0, 5, 2, 2.5])
  // Deviations from 3: 2 1 0 1 97, of which the median is 1.
  expect(robustSpread([1, 2, 3, 4, 100])).toBeCloseTo(1.4826)
  expect([
    quantile([], 0.9),
    quantile([7], 0.1),
    quantile([1, 2, 3, 4], 0.5),
    quantile([1, 2, 3, 4], 0.95),
  ]).toEqual([0, 7, 2, 4])
  expect(meanAndVariance([2, 4, 6])).toEqual({ mean: 4, variance: 4 })
  expect(meanAndVariance([3])).toEqual({ mean: 3, variance: 0 })
})

test('one wild value moves neither median nor spread by much', () => {
  const usual = fc.array(fc.integer({ min: 90, max: 110 }), { minLength: 20, maxLength: 60 })
  forAll(usual, fc.integer({ min: 0, max: 1e9 }), (values, wild) => {
    expect(Math.abs(median([...values, wild]) - median(values))).toBeLessThanOrEqual(20)
    expect(robustSpread([...values, wild])).toBeLessThanOrEqual(1.4826 * 20)
  })
})

describe('the binomial tail', () => {
  test('is what dice say', () => {
    // Two or more sixes in four throws: 1 - (5/6)^4 - 4 (1/6) (5/6)^3.
    expect(binomialTail(2, 4, 1 / 6)).toBeCloseTo(1 - (5 / 6) ** 4 - (4 / 6) * (5 / 6) ** 3, 12)
    expect(binomialTail(10, 10, 0.5)).toBeCloseTo(2 ** -10, 15)
    expect([
      binomialTail(0, 5, 0.1),
      binomialTail(6, 5, 0.9),
      binomialTail(1, 5, 0),
      binomialTail(5, 5, 1),
    ]).toEqual([1, 0, 0, 1])
  })
  test('is a chance, falls with more failures and rises with the rate, for large numbers as well', () => {
    const n = fc.integer({ min: 1, max: 5000 })
    const rate = fc.double({ min: 1e-6, max: 0.999, noNaN: true })
    forAll(n, rate, fc.double({ min: 0, max: 1, noNaN: true }), (size, p, part) => {
      const least = Math.floor(part * size)
      const tail = binomialTail(least, size, p)
      expect(tail).toBeGreaterThanOrEqual(0)
      expect(tail).toBeLessThanOrEqual(1)
      expect(binomialTail(least + 1, size, p)).toBeLessThanOrEqual(tail + 1e-9)
      expect(binomialTail(least, size, Math.min(0.9999, p * 1.1))).toBeGreaterThanOrEqual(tail - 1e-9)
    })
  })
})

test('a severity is a whole number from 1 to 10', () => {
  forAll(fc.double({ noNaN: true }), (value) => {
    expect([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]).toContain(severity(value))
  })
})
