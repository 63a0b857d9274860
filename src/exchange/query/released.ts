// What query types have as totals: the rows that machines count, and what the rows of a total come to as a result.

import { GUARD_STATES, HOOK_STATES } from '../../../protocols/messages/numbers.ts'
import { TOOL_NAMES, toolOf } from '../../base/words/dictionary.ts'
import { RISK_LEVELS } from '../../base/words/risk-levels.ts'
import type { Insight, TimeRange } from '../../insight/statistics/index.ts'
import type { Counts, Layout, LayoutRow } from '../aggregates/index.ts'
import type { BucketTotals, Measure, TotalRow } from '../totals/index.ts'
import { type AskedType, type QueryData, type QueryDataOf, queryType, WEEKDAYS } from './query-types/index.ts'

type Named = ReadonlyMap<string, readonly number[]>

interface ReleasedType<T extends AskedType> {
  readonly layout: Layout
  /** Rows by name, only those that there is anything of. */
  measure(insight: Pick<Insight, 'during'>, uids: readonly number[], bucket: TimeRange): Promise<Named>
  /** `sums`: rows of all buckets, `nodes` the most of one bucket. */
  result(sums: ReadonlyMap<string, TotalRow>, buckets: readonly BucketTotals[]): QueryDataOf<T>
}

const row = (name: string, family: string, values: readonly string[]): LayoutRow => ({
  ...{ name, family, values },
  counts: values.length > 0,
})

const tools: ReleasedType<'ToolUsage'> = {
  layout: {
    ...{ version: 1, type: 'ToolUsage' },
    rows: [...TOOL_NAMES].sort().map((name) => row(name, 'commands', ['uses', 'failures'])),
  },
  async measure(insight, uids, bucket) {
    const sums = new Map<string, readonly number[]>()
    for (const { tool, uses, failures } of await insight.during(bucket).toolUsage(uids)) {
      const name = TOOL_NAMES.has(tool) ? tool : 'other'
      const [u = 0, f = 0] = sums.get(name) ?? []
      sums.set(name, [u + uses, f + failures])
    }
    return sums
  },
  result: (sums) => ({
    tools: [...sums]
      .map(
        ([
          tool,
          {
            nodes,
            values: [uses = 0, failures = 0],
          },
        ]) => ({
          ...{ tool, category: toolOf(tool).category, uses, nodes },
          failure_rate: uses === 0 ? 0 : failures / uses,
          change: null,
        }),
      )
      .sort((a, b) => b.uses - a.uses || (a.tool < b.tool ? -1 : 1)),
  }),
}

const safety: ReleasedType<'SafetyPosture'> = {
  layout: {
    ...{ version: 1, type: 'SafetyPosture' },
    rows: [
      ...RISK_LEVELS.map((level) => row(`risk:${level}`, 'commands', ['commands'])),
      ...['blocked', 'confirmed', 'generated'].map((name) => row(name, name, ['commands'])),
      ...GUARD_STATES.map((state) => row(`guard:${state}`, 'guard', [])),
      ...HOOK_STATES.map((state) => row(`hook:${state}`, 'hook', [])),
    ],
  },
  async measure(insight, uids, bucket) {
    const { by_risk_level, blocked, confirmed_risky, karo_generated, guard, hook } = await insight
      .during(bucket)
      .safetyPosture(uids)
    const counts: (readonly [string, number])[] = [
      ...RISK_LEVELS.map((level) => [`risk:${level}`, by_risk_level[level]] as const),
      ...([
        ['blocked', blocked],
        ['confirmed', confirmed_risky],
        ['generated', karo_generated],
      ] as const),
    ]
    return new Map<string, readonly number[]>([
      ...counts.filter(([, count]) => count > 0).map(([name, count]) => [name, [count]] as const),
      ...([
        [`guard:${guard}`, []],
        [`hook:${hook}`, []],
      ] as const),
    ])
  },
  result(sums, buckets) {
    const value = (name: string): number => sums.get(name)?.values[0] ?? 0
    // The guard and the hooks are as they were last.
    const last = buckets.at(-1)?.rows
    const nodes = (name: string): number => last?.get(name)?.nodes ?? 0
    return {
      by_risk_level: {
        ...{ safe: value('risk:safe'), moderate: value('risk:moderate') },
        ...{ high: value('risk:high'), critical: value('risk:critical') },
      },
      ...{ blocked: value('blocked'), confirmed_risky: value('confirmed') },
      karo_generated: value('generated'),
      nodes_reporting: buckets.at(-1)?.contributions?.contributed ?? 0,
      guard: {
        ...{ on: nodes('guard:on'), partly: nodes('guard:partly') },
        ...{ off: nodes('guard:off'), unknown: nodes('guard:unknown') },
      },
      hook: { on: nodes('hook:on'), silent: nodes('hook:silent'), none: nodes('hook:none') },
      change: null,
    }
  },
}

const HOURS = Array.from({ length: 24 }, (_, hour) => `hour:${hour}`)

const activity: ReleasedType<'ActivityPatterns'> = {
  layout: {
    ...{ version: 1, type: 'ActivityPatterns' },
    rows: HOURS.map((name) => row(name, 'commands', ['commands'])),
  },
  async measure(insight, uids, bucket) {
    const { hourly } = await insight.during(bucket).activityPatterns(uids)
    return new Map(
      HOURS.map((name, hour) => [name, [hourly[hour] ?? 0]] as const).filter(([, [count]]) => count! > 0),
    )
  },
  result(sums, buckets) {
    const hourly = HOURS.map((name) => sums.get(name)?.values[0] ?? 0)
    const daily = WEEKDAYS.map(() => 0)
    for (const { start, rows } of buckets) {
      // The day of the bucket in UTC; Monday first.
      const day = (new Date(start).getUTCDay() + 6) % 7
      for (const { values } of rows.values()) daily[day]! += values[0] ?? 0
    }
    const total_commands = hourly.reduce((sum, count) => sum + count, 0)
    return { hourly, daily, total_commands, unique_commands: 0, change: null }
  },
}

const RELEASED: Readonly<Partial<Record<AskedType, ReleasedType<AskedType>>>> = {
  ToolUsage: tools as ReleasedType<AskedType>,
  SafetyPosture: safety as ReleasedType<AskedType>,
  ActivityPatterns: activity as ReleasedType<AskedType>,
}

/** How machines count for totals, one for each type that has any. */
export function measuresOf(insight: Pick<Insight, 'during'>): readonly Measure[] {
  return Object.entries(RELEASED).map(([type, { layout, measure }]) => {
    const rows = new Map(layout.rows.map(({ name }, at) => [name, at]))
    return {
      ...{ type, layout, action: queryType(type as AskedType).action },
      async count(uids, bucket): Promise<Counts> {
        const named = await measure(insight, uids, bucket)
        return new Map(
          [...named].flatMap(([name, values]) => (rows.has(name) ? [[rows.get(name)!, values]] : [])),
        )
      },
    }
  })
}

/** The result that released buckets come to, oldest first; undefined for a type without totals. */
export function resultOfTotals(type: AskedType, buckets: readonly BucketTotals[]): QueryData | undefined {
  const sums = new Map<string, TotalRow>()
  for (const [name, { nodes, values }] of buckets.flatMap(({ rows }) => [...rows])) {
    const before = sums.get(name)
    sums.set(name, {
      nodes: Math.max(nodes, before?.nodes ?? 0),
      values: values.map((value, at) => value + (before?.values[at] ?? 0)),
    })
  }
  return RELEASED[type]?.result(sums, buckets)
}
