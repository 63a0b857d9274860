// Released totals to make reports of: days of a small mesh, as the reader of totals gives them.
import { DAY_MS } from '../../../../src/base/calendar.ts'
import type { Findings, Found } from '../../../../src/exchange/report/index.ts'
import type { BucketTotals, TotalRow } from '../../../../src/exchange/totals/types.ts'

/** Monday, 2026-11-16, UTC. */
export const MONDAY = Date.UTC(2026, 10, 16)
const WEEK_MS = 7 * DAY_MS

export interface Day {
  /** Days from Monday. */
  readonly day: number
  /** By row: machines, and the values. Of a row that is left out, as of one that nobody has, nothing is told. */
  readonly rows?: Readonly<Record<string, readonly [nodes: number, ...values: number[]]>>
  readonly machines?: number
  readonly partly?: readonly string[]
  readonly why?: BucketTotals['why']
  readonly declined?: number
  readonly absent?: number
}

export function bucket({
  day,
  rows = {},
  machines = 8,
  partly = [],
  why,
  declined = 0,
  absent = 0,
}: Day): BucketTotals {
  const start = MONDAY + day * DAY_MS
  const opened = new Map<string, TotalRow>(
    Object.entries(rows).flatMap(([name, [nodes, ...values]]) =>
      nodes === 0 ? [] : [[name, { nodes, values }] as const],
    ),
  )
  const isReleased = why === undefined
  return {
    start,
    end: start + DAY_MS,
    why,
    implausible: false,
    batches: isReleased ? [{ contributors: machines, rows: opened, partly: new Set(partly) }] : [],
    k: isReleased ? 5 : 0,
    contributions: isReleased ? { contributed: machines, declined, late: 0, absent, refused: 0 } : undefined,
  }
}

/** `now` and `before`, a week apart. */
export const foundOf = (now: readonly Day[], before: readonly Day[] = []): Found => ({
  withheld: undefined,
  back: before.length === 0 ? 0 : WEEK_MS,
  now: now.map(bucket),
  before: before.map(bucket),
})

export const NOTHING: Found = { withheld: undefined, now: [], before: [], back: 0 }

export const findingsOf = (found: Partial<Findings['found']>, more: Partial<Findings> = {}): Findings => ({
  now: MONDAY + WEEK_MS + 3_600_000,
  period: { start: MONDAY, end: MONDAY + WEEK_MS },
  node: { name: 'hq', fingerprint: '73759d20c49e8cef' },
  askedAs: null,
  team: null,
  audience: 'security',
  notes: [],
  found: { tool_usage: NOTHING, safety_stats: NOTHING, anomalies: NOTHING, ...found },
  machines: { enrolled: 8, seen: 8, missing: [], missing_total: 0, never_enrolled: 0 },
  source: { since: '2026-11-22T00:00:00.000Z', asked: 4, average_ms: 81.4, answered: 9 },
  ...more,
})

const safety = (safe: number, high: number, critical: number): NonNullable<Day['rows']> => ({
  'all:commands': [8, safe + 10 + high + critical],
  'risk:safe': [8, safe],
  'risk:moderate': [8, 10],
  'risk:high': [6, high],
  'risk:critical': [critical === 0 ? 0 : 5, critical],
  'act:blocked': [5, 3],
  'act:confirmed_risky': [0, 0],
  'guard:on': [8, 8],
  'guard:off': [0, 0],
})

/** What a small mesh had in two weeks, with one day of which nothing was released. */
export const TWO_WEEKS = findingsOf(
  {
    tool_usage: foundOf(
      [
        {
          day: 0,
          rows: {
            git: [8, 100],
            kubectl: [8, 30],
            make: [6, 20],
            svn: [0, 0],
            'all:uses': [8, 170],
            'all:failed': [8, 17],
            'all:unknown': [5, 20],
            'failed:git': [5, 8],
            'failed:kubectl': [0, 0],
            'failed:make': [6, 7],
          },
          declined: 1,
        },
        {
          day: 1,
          rows: { git: [8, 120], kubectl: [8, 44], svn: [0, 0], 'failed:git': [6, 6] },
          declined: 1,
          absent: 2,
        },
        { day: 2, why: 'few' },
      ],
      [
        {
          day: -7,
          rows: { git: [7, 80], kubectl: [0, 0], make: [6, 25], svn: [5, 9], 'failed:git': [5, 9] },
          machines: 7,
        },
        { day: -6, rows: { git: [7, 100], kubectl: [0, 0], svn: [5, 7] }, machines: 7 },
      ],
    ),
    safety_stats: foundOf(
      [
        { day: 0, rows: { ...safety(80, 6, 4), 'rule:high:git-clean': [5, 4], 'rule:high:other': [5, 2] } },
        {
          day: 1,
          rows: { ...safety(90, 8, 0), 'rule:high:git-clean': [0, 0], 'rule:critical:rm-root': [5, 4] },
        },
        { day: 2, why: 'few' },
      ],
      [{ day: -7, rows: safety(90, 6, 0), machines: 7 }],
    ),
    anomalies: foundOf([
      { day: 0, rows: { 'timing:high': [6, 7], 'timing:low': [0, 0], learning: [5, 5] } },
      { day: 1, rows: { 'timing:low': [0, 0] } },
      { day: 2, why: 'few' },
    ]),
  },
  {
    counted: [
      {
        query_type: 'PrivilegedUse',
        title: 'What runs by sudo',
        names: 'category',
        counts: 'commands',
        found: foundOf(
          [
            { day: 0, rows: { system: [8, 40], file_ops: [5, 6], git: [0, 0], 'all:names': [8, 49] } },
            { day: 1, rows: { system: [8, 31] } },
            { day: 2, why: 'few' },
          ],
          [{ day: -7, rows: { system: [7, 20] }, machines: 7 }],
        ),
      },
    ],
    machines: {
      enrolled: 10,
      seen: 8,
      missing_total: 2,
      never_enrolled: 1,
      missing: [
        { name: 'fir', fingerprint: '0123456789abcdef', last_seen: '2026-11-18T09:12:00.000Z' },
        { name: 'gum', fingerprint: 'fedcba9876543210', last_seen: null },
      ],
    },
  },
)
