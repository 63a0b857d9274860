// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: the numbers are what they are.
// How much each feature of the ranking counts, the number before all of them first; written by `npm run ask:fit`.
export const WEIGHTS: readonly number[] = [
  -5.853, 1.975, 0.417, 1.264, 0.181, 0.427, 0.155, 1.388, 1.165, 0.645, 1.535, 0.641, 2.706, -2.939, -0.962,
  -1.871, -0.86, -2.095, -0.483, -1.669, -0.199,
]
/** The least chance of an answer that stands alone. */
export const ANSWER = 0.868
