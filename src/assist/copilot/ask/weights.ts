// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: the numbers are what they are.
// How much each feature of the ranking counts, the number before all of them first; written by `npm run ask:fit`.
export const WEIGHTS: readonly number[] = [
  -6.849, 0, 0.005, 0.597, 3.066, 0.626, 0.297, 1.149, 0.67, 1.62, 0.675, 2.464, 1.462, 2.576, -5.236, -1.443,
  -1.282, -0.607, -0.044, -0.514, -0.528, -2.007,
]
/** The least chance of an answer that stands alone. */
export const ANSWER = 0.943
