// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: the numbers are what they are.
// How much each feature of the ranking counts, the number before all of them first; written by `npm run ask:fit`.
export const WEIGHTS: readonly number[] = [
  -6.761, 0.529, 0.773, 1.559, 0.806, 0.19, 0.315, 0.66, 1.184, 1.321, 0.568, 1.591, 3.218, -3.555, -1.073,
  -1.811, -0.42, -0.482, -0.521, -1.304,
]
/** The least chance of an answer that stands alone. */
export const ANSWER = 0.835
