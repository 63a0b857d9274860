// Whether a report's numbers cross what the configuration allows; a number that is not known crosses nothing and ends nothing.
import type { Report } from './types.ts'

export const THRESHOLDS = ['risky', 'coverage', 'anomalies', 'missing'] as const
export type Threshold = (typeof THRESHOLDS)[number]

/** Absent: it is not watched. Shares are in percent. */
export type Limits = Partial<Readonly<Record<Threshold, number>>>

/** Null: the report does not know the number. */
type Crossed = Readonly<Record<Threshold, boolean | null>>

export function judged(report: Report, limits: Limits): Crossed {
  const { risk, anomalies, coverage } = report
  const share = risk.state === 'shown' ? risk.risky.share : null
  const row = coverage.rows[0]
  const signals =
    anomalies.state === 'shown' ? anomalies.rows.reduce((sum, { value }) => sum + (value ?? 0), 0) : null
  const over = (limit: number | undefined, value: number | null): boolean | null =>
    limit === undefined || value === null ? null : value > limit
  const contributed = row === undefined || row.expected === 0 ? null : (100 * row.contributed) / row.expected
  return {
    risky: over(limits.risky, share === null ? null : share * 100),
    coverage: limits.coverage === undefined || contributed === null ? null : contributed < limits.coverage,
    anomalies: over(limits.anomalies, signals),
    missing: over(limits.missing, row?.absent ?? null),
  }
}

export type Standing = Partial<Readonly<Record<Threshold, boolean>>>
interface Turn {
  readonly threshold: Threshold
  readonly state: 'crossed' | 'ended'
}

/** What is so now, and what has begun or ended since `before`. What is not watched any more ends. */
export function turned(
  before: Standing,
  now: Crossed,
  limits: Limits,
): { readonly standing: Standing; readonly turns: readonly Turn[] } {
  const standing: Partial<Record<Threshold, boolean>> = {}
  const turns: Turn[] = []
  for (const threshold of THRESHOLDS) {
    const was = before[threshold]
    const is = limits[threshold] === undefined ? undefined : (now[threshold] ?? was)
    if (is !== undefined) standing[threshold] = is
    if (is === true && was !== true) turns.push({ threshold, state: 'crossed' })
    if (is !== true && was === true) turns.push({ threshold, state: 'ended' })
  }
  return { standing, turns }
}
