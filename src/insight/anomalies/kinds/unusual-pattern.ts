// A category or tool that was never used before, or far less: by the mean of the days before and their variance.

import type { Finding } from '../../../base/words/signal.ts'
import type { Day, Look } from '../look.ts'
import { meanAndVariance, severity } from '../numbers.ts'

/** Fewest commands of a category that was never used before: an afternoon's work with it, not a first look. */
const NEW_CATEGORY_LEAST = 15
const NEW_TOOL_LEAST = 25
/** Fewest commands of a category that was used before, but far less. */
const MORE_LEAST = 40
/** Use comes in bursts, so its variance is that of the days themselves; so far out is none of them. */
const MORE_Z = 8
const MORE_OVER_MOST = 3

export function unusualPattern(look: Look): readonly Finding[] {
  const { rollup } = look
  const categories = Object.entries(rollup.categories).flatMap(([name, { count }]) =>
    // Tools without a category have nothing in common.
    name === 'other'
      ? []
      : unusual(look, name, count, (day) => day.rollup.categories[name]?.count ?? 0, NEW_CATEGORY_LEAST, 3.4),
  )
  const told = new Set(categories.map(({ subject }) => subject))
  const tools = Object.entries(rollup.tools).flatMap(([name, { count, category }]) =>
    told.has(category) || name === 'other'
      ? []
      : unusual(look, name, count, (day) => day.rollup.tools[name]?.count ?? 0, NEW_TOOL_LEAST, 2.9),
  )
  return [...categories, ...tools]
}

function unusual(
  { baseline, span }: Look,
  subject: string,
  observed: number,
  before: (day: Day) => number,
  least: number,
  base: number,
): readonly Finding[] {
  if (observed < least) return []
  const counts = baseline.days.map(before)
  const most = Math.max(...counts)
  const { mean, variance } = meanAndVariance(counts)
  // Never less than that of chance alone (Poisson).
  const spread = Math.sqrt(Math.max(variance, mean, 1))
  const more =
    observed >= MORE_LEAST && observed >= MORE_OVER_MOST * most && (observed - mean) / spread >= MORE_Z
  if (most > 0 && !more) return []
  const size = most === 0 ? Math.log2(observed / least) : Math.log2(observed / (MORE_OVER_MOST * most))
  return [
    {
      kind: 'unusual_pattern',
      subject,
      unit: 'commands',
      observed,
      window: span,
      expected: mean,
      spread,
      n: counts.length,
      // One point more for each factor of 2.8 (2 ** 1.5) above the threshold, two points at most.
      severity: severity(base + Math.min(2, size / 1.5)),
    },
  ]
}
