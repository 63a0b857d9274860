// The statistics that tests are made of: medians, and how likely so many are by chance.

export function median(values: readonly number[]): number {
  if (values.length === 0) return 0
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** For normally distributed numbers the standard deviation is so many times the median absolute deviation. */
const MAD_TO_SIGMA = 1.4826

/** How far values lie from their median, as a standard deviation that single wild ones do not move. */
export function robustSpread(values: readonly number[]): number {
  const middle = median(values)
  return MAD_TO_SIGMA * median(values.map((value) => Math.abs(value - middle)))
}

/** The value that `share` of them do not exceed (nearest rank). */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return 0
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!
}

export function meanAndVariance(values: readonly number[]): {
  readonly mean: number
  readonly variance: number
} {
  if (values.length === 0) return { mean: 0, variance: 0 }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, variance: values.length === 1 ? 0 : squares / (values.length - 1) }
}

/**
 * The chance of `least` or more failures in `n` when each fails with chance `rate`: the exact sum of the binomial
 * distribution, in logarithms, so that neither large n nor tiny chances overflow. `n` up to some thousands.
 */
export function binomialTail(least: number, n: number, rate: number): number {
  if (least <= 0) return 1
  if (least > n || rate <= 0) return 0
  if (rate >= 1) return 1
  const odds = Math.log(rate) - Math.log1p(-rate)
  // The term of `least`, then each from the one before it.
  let term = n * Math.log1p(-rate)
  for (let k = 1; k <= least; k++) term += Math.log((n - k + 1) / k) + odds
  let sum = 0
  for (let k = least; k <= n; k++) {
    sum += Math.exp(term)
    term += Math.log((n - k) / (k + 1)) + odds
    if (k > n * rate && Math.exp(term) < sum * 1e-12) break
  }
  return Math.min(1, sum)
}

/** A whole number from 1 to 10. */
export const severity = (value: number): number => Math.min(10, Math.max(1, Math.round(value)))
