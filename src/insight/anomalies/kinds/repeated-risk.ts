// Risky commands, and lines that the guard stopped, one after the other within an hour or two.

import type { Finding } from '../../../base/words/signal.ts'
import type { Rollup } from '../../../store/rollups/types.ts'
import { type Look, riskyOf, WARM_UP_DAYS, windowOf } from '../look.ts'
import { meanAndVariance, quantile, severity } from '../numbers.ts'

/** Three may be one mistake and two attempts to repair it. */
const RISKY_LEAST_HOUR = 4
/** The hours are those of the clock: what lies across one is seen in two together. */
const RISKY_LEAST_TWO = 6
/** A person who often runs risky commands gets a signal only for more of them in an hour than on 19 of 20 whole days. */
const RISKY_USUAL_SHARE = 0.95

export function repeatedRisk({ hours, baseline }: Look): readonly Finding[] {
  const usual = baseline.days.length < WARM_UP_DAYS ? 0 : quantile(baseline.risky, RISKY_USUAL_SHARE)
  const spans = [
    ...hours
      .filter(({ rollup }) => riskyOf(rollup) >= RISKY_LEAST_HOUR)
      .map(({ hour, rollup }) => riskyIn([rollup], windowOf(hour))),
    ...hours.flatMap(({ hour, rollup }, i) => {
      const next = hours[i + 1]
      if (next?.hour !== hour + 1 || riskyOf(rollup) === 0 || riskyOf(next.rollup) === 0) return []
      const both = riskyIn([rollup, next.rollup], windowOf(hour, 2))
      return both.observed >= RISKY_LEAST_TWO ? [both] : []
    }),
  ]
  const worst = spans.toSorted((a, b) => b.observed - a.observed)[0]
  if (worst === undefined || worst.observed <= usual) return []
  const { observed, window, grave } = worst
  const { mean, variance } = meanAndVariance(baseline.risky)
  return [
    {
      kind: 'repeated_risk',
      subject: null,
      unit: 'commands',
      observed,
      window,
      expected: mean,
      spread: Math.sqrt(Math.max(variance, mean)),
      n: baseline.days.length,
      // Four: 4; eight: 6; one more when something critical or blocked is among them.
      severity: severity(4 + 2 * Math.log2(observed / RISKY_LEAST_HOUR) + (grave ? 1 : 0)),
    },
  ]
}

const riskyIn = (rollups: readonly Rollup[], window: Look['span']) => ({
  observed: rollups.reduce((sum, rollup) => sum + riskyOf(rollup), 0),
  window,
  grave: rollups.some(({ risk, guard }) => risk.critical + guard.blocked > 0),
})
