// Derives one period's summary for one group from insight, for exactly the people who share each category.
import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Period } from '../../../protocols/periods.ts'
import type { Numbers } from '../../insight/statistics/index.ts'
import type { SharingCategory } from '../../trust/policy/index.ts'
import type { Entitlement, SummaryCategory } from './groups.ts'

/** The numbers of a summary. */
export type SummaryParts = Omit<
  NodeSummary,
  'node_id' | 'granularity' | 'start' | 'end' | 'generated_at' | 'closed'
>

/** What summaries have of one kind of numbers; handed in, because this room knows none by name. */
export interface Summarized {
  /** Whose consent covers them. */
  readonly category: SharingCategory | 'any' | null
  parts(numbers: Numbers, uids: readonly number[]): Promise<SummaryParts>
}

/** `numbers`: the period's. `generatedAt`: now, ms since the epoch; it decides whether the period is over. */
export async function deriveSummary(
  numbers: Numbers,
  author: NodeId,
  period: Period,
  entitlement: Entitlement,
  generatedAt: number,
  measures: readonly Summarized[],
): Promise<NodeSummary> {
  const found: SummaryParts[] = []
  for (const { category, parts } of measures) {
    const uids = entitlement[category as SummaryCategory]
    if (uids !== undefined) found.push(await parts(numbers, uids))
  }
  const counted = found.flatMap((parts) => parts.counted ?? [])
  return {
    node_id: author,
    granularity: period.granularity,
    start: period.start,
    end: period.end,
    generated_at: generatedAt,
    closed: generatedAt >= period.end,
    ...Object.assign({}, ...found),
    counted: counted.length > 0 ? counted : undefined,
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
