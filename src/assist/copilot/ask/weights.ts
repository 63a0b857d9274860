// biome-ignore-all lint/suspicious/noApproximativeNumericConstant: the numbers are what they are.
// How much each feature of the ranking counts, the number before all of them first; written by `npm run ask:fit`.
export const WEIGHTS: readonly number[] = [
  -6.831, 0, 0.473, 0.934, 1.837, 0.768, 0.229, 1.158, 0.581, 1.395, 0.539, 1.59, 1.45, 3.034, -4.411, -1.191,
  -1.485, -0.174, -0.312, -0.046, -0.744, -0.425, -1.354,
]
/** The least chance of an answer that stands alone. */
export const ANSWER = 0.851
