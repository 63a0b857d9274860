// What this node has to say to each type of question: one table for its answers to others and for its own part.
import type { ComparedToolUse, ToolUse } from '../../../../protocols/messages/numbers.ts'
import type { QueryType, SealedAnswer } from '../../../../protocols/messages/query.ts'
import { type Insight, type TimeRange, widenToHours } from '../../../insight/statistics/index.ts'

/** One node's numbers, as an answer carries them. */
export type NodeData = Extract<SealedAnswer, { status: 'success' }>['data']
export type NodeDataOf<T extends NodeData['query_type']> = Extract<NodeData, { query_type: T }>

export type GatherInsight = Pick<
  Insight,
  'uids' | 'toolUsage' | 'safetyPosture' | 'activityPatterns' | 'nodeHealth'
>
type Gather = (insight: GatherInsight, uids: readonly number[], range: TimeRange) => Promise<NodeData | null>

/** Null instead of a function: this release does not answer it. Null as data: nothing to say. */
export const GATHER: Readonly<Record<QueryType, Gather | null>> = {
  async ToolUsage(insight, uids, range) {
    const asked = widenToHours(range)
    const tools = await insight.toolUsage(uids, asked)
    const before = { start: Math.max(0, 2 * asked.start - asked.end), end: asked.start }
    const earlier = before.start < before.end ? await insight.toolUsage(uids, before) : []
    const compared = compareUses(tools, earlier)
    return compared.length === 0 ? null : { query_type: 'ToolUsage', tools: compared }
  },
  // Also without one command: that the guard is on, or a hook silent, is something to say.
  async SafetyPosture(insight, uids, range) {
    return { query_type: 'SafetyPosture', safety: await insight.safetyPosture(uids, widenToHours(range)) }
  },
  async ActivityPatterns(insight, uids, range) {
    const activity = await insight.activityPatterns(uids, widenToHours(range))
    return activity.total_commands === 0 ? null : { query_type: 'ActivityPatterns', activity }
  },
  Anomalies: null,
  async NodeHealth(insight) {
    return { query_type: 'NodeHealth', health: await insight.nodeHealth() }
  },
}

/** Each tool's uses beside those of the period before; tools of that one only come last, with 0 uses. */
function compareUses(tools: readonly ToolUse[], earlier: readonly ToolUse[]): ComparedToolUse[] {
  const before = new Map(earlier.map((use) => [use.tool, use.uses]))
  const compared = tools.map((use) => ({ ...use, previous: before.get(use.tool) ?? 0 }))
  for (const { tool } of tools) before.delete(tool)
  const gone = earlier.filter((use) => before.has(use.tool))
  return [
    ...compared,
    ...gone.map(({ tool, category, uses }) => ({ tool, category, uses: 0, failures: 0, previous: uses })),
  ]
}
