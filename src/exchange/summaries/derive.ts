// Derives one period's summary for one group from insight, for exactly the people who share each category.
import type { CountedRows } from '../../../protocols/messages/numbers.ts'
import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Period } from '../../../protocols/periods.ts'
import type { Numbers } from '../../insight/statistics/index.ts'
import type { SharingCategory } from '../../trust/policy/index.ts'
import type { Entitlement, SummaryCategory } from './groups.ts'

type Parts = Omit<NodeSummary, 'node_id' | 'granularity' | 'start' | 'end' | 'generated_at' | 'closed'>

const PARTS: Readonly<
  Record<SummaryCategory, (numbers: Numbers, uids: readonly number[]) => Promise<Parts>>
> = {
  tool_usage: async (numbers, uids) => ({
    command_patterns: await numbers.commandPatterns(uids),
    tool_usage: { tools: await numbers.toolUsage(uids) },
  }),
  activity_patterns: async (numbers, uids) => ({ activity_pattern: await numbers.activityPatterns(uids) }),
  safety_stats: async (numbers, uids) => ({ safety_stats: await numbers.safetyPosture(uids) }),
}

/** Numbers that are counted rows, as other rooms describe them. */
export interface CountedNumbers {
  readonly query_type: string
  /** Whose consent covers them. */
  readonly category: SharingCategory | 'any' | null
  rows(numbers: Numbers, uids: readonly number[]): Promise<CountedRows>
}

/** `numbers`: the period's. `generatedAt`: now, ms since the epoch; it decides whether the period is over. */
export async function deriveSummary(
  numbers: Numbers,
  author: NodeId,
  period: Period,
  entitlement: Entitlement,
  generatedAt: number,
  measures: readonly CountedNumbers[] = [],
): Promise<NodeSummary> {
  const parts: Parts[] = []
  for (const [category, uids] of Object.entries(entitlement)) {
    parts.push(await PARTS[category as SummaryCategory](numbers, uids))
  }
  const counted: NonNullable<NodeSummary['counted']>[number][] = []
  for (const { query_type, category, rows } of measures) {
    const uids = entitlement[category as SummaryCategory]
    const own = uids === undefined ? [] : await rows(numbers, uids)
    if (own.length > 0) counted.push({ query_type, rows: own })
  }
  return {
    node_id: author,
    granularity: period.granularity,
    start: period.start,
    end: period.end,
    generated_at: generatedAt,
    closed: generatedAt >= period.end,
    ...Object.assign({}, ...parts),
    ...(counted.length > 0 && { counted }),
  }
}

/** Commands it speaks of; parts may be of different people, so the largest counts. 0: there is nothing to tell. */
export function commandsIn(summary: NodeSummary): number {
  const { command_patterns = [], tool_usage, activity_pattern, safety_stats } = summary
  return Math.max(
    total(command_patterns.map(({ count }) => count)),
    total((tool_usage?.tools ?? []).map(({ uses }) => uses)),
    activity_pattern?.total_commands ?? 0,
    total(Object.values(safety_stats?.by_risk_level ?? {})),
  )
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)
