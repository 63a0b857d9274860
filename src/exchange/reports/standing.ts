// Which thresholds stand crossed, and for which numbers that was judged last: what is kept of them over a restart.
import type { Config } from '../../config/index.ts'
import { type Limits, type Standing, THRESHOLDS, type Threshold } from '../report/index.ts'
import type { BucketTotals } from '../totals/types.ts'

export const NOTHING_KNOWN = { risky: null, coverage: null, anomalies: null, missing: null }

export function limitsOf(reports: Config['reports']): Limits {
  const limits: Partial<Record<Threshold, number>> = {}
  for (const threshold of THRESHOLDS) {
    const limit = reports.thresholds[threshold]
    if (limit !== 'off') limits[threshold] = limit
  }
  return limits
}

/** Changes with each further batch of the newest period, and with the limits. */
export const markOf = ({ end, batches }: BucketTotals, limits: Limits): string =>
  `${end} ${batches.map(({ contributors }) => contributors).join('+')} ${JSON.stringify(limits)}`

export interface State {
  readonly standing: Standing
  readonly mark: string | null
}

/** What the last run of the daemon knew; what cannot be is nothing. */
export function stateOf(found: unknown): State {
  const { standing, mark } = (typeof found === 'object' && found !== null ? found : {}) as Record<
    string,
    unknown
  >
  const before = (typeof standing === 'object' && standing !== null ? standing : {}) as Record<
    string,
    unknown
  >
  const entries = THRESHOLDS.flatMap((threshold) => {
    const is = before[threshold]
    return typeof is === 'boolean' ? [[threshold, is] as const] : []
  })
  return { standing: Object.fromEntries(entries), mark: typeof mark === 'string' ? mark : null }
}
