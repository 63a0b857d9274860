// Far more commands in a day than ever: by the median of the days before and how far they lie from it.

import type { Finding } from '../../../base/words/signal.ts'
import type { Look } from '../look.ts'
import { median, robustSpread, severity } from '../numbers.ts'

/**
 * Iglewicz and Hoaglin (How to Detect and Handle Outliers, 1993): modified z-scores above 3.5 are outliers. Commands a
 * day vary by factors, so it is their logarithm that is looked at.
 */
const DEVIATION_Z = 3.5
/** A person whose days are all alike would otherwise get a signal for a third more commands. */
const DEVIATION_LEAST_SPREAD = 0.25
/** Half as much again as on any day of two months: a day that once was is no anomaly. */
const DEVIATION_OVER_MOST = 1.5
/** Below this nothing is much. */
const DEVIATION_LEAST = 50

export function deviation({ rollup, baseline, span }: Look): readonly Finding[] {
  const counts = baseline.days.map((day) => day.rollup.count)
  const logs = counts.map(Math.log1p)
  const middle = median(logs)
  const spread = Math.max(DEVIATION_LEAST_SPREAD, robustSpread(logs))
  const z = (Math.log1p(rollup.count) - middle) / spread
  const most = Math.max(...counts)
  if (rollup.count < DEVIATION_LEAST || z < DEVIATION_Z || rollup.count < DEVIATION_OVER_MOST * most)
    return []
  const expected = Math.expm1(middle)
  return [
    {
      kind: 'deviation',
      subject: null,
      unit: 'commands',
      observed: rollup.count,
      window: span,
      expected: Math.round(expected),
      // The width of one standard deviation above the middle, in commands.
      spread: Math.round(Math.expm1(middle + spread) - expected),
      n: counts.length,
      // Twice as much as ever: 5; four times: 7.
      severity: severity(3 + 2 * Math.log2(rollup.count / most)),
    },
  ]
}
