// Compares numbers with the period before: ratios where both periods have enough, and tools that fail more often.
import { known, type Tally } from '../../store/rollups/types.ts'

/** 0.12 is 12 % more, -1 nothing any more; null where there was nothing before, or nothing is known of it. */
export function changeOf(count: number, before: number | undefined): number | null {
  return before === undefined || before === 0 ? null : (count - before) / before
}

/**
 * Fewer commands of known end say little about a rate: with 20 of them, one failure more or less is already 5 % of all (Wilson's 95 %
 * interval of 2 in 20 goes from 3 to 30 %).
 */
const LEAST_COUNT = 20
/** One-sided: by chance alone one rate in a hundred is seen to rise so far. */
const Z_ROSE = 2.33

/** Whether a rate of failures is higher than before by more than chance explains (two proportions, pooled, z-test). */
export function hasRisen(now: Tally, before: Tally): boolean {
  const [n, m] = [known(now), known(before)]
  if (n < LEAST_COUNT || m < LEAST_COUNT) return false
  const pooled = (now.failures + before.failures) / (n + m)
  const spread = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
  return spread > 0 && (now.failures / n - before.failures / m) / spread >= Z_ROSE
}
