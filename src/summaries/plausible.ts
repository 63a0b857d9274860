// Whether a summary that somebody wrote can be at all: what contradicts itself is not added to anything.
import type { NodeSummary, SealedSummaryBody } from '../../protocols/messages/summary.ts'
import type { NodeId } from '../../protocols/node-id.ts'

/** Thirty thousand commands a second for a year; sums over eight thousand such nodes are exact in a double. */
const COUNT_MAX = 2 ** 40

/** What is wrong with it, or undefined: `author` and `envelope` are what the document around it says. */
export function flawOf(
  summary: NodeSummary,
  author: NodeId,
  envelope: Pick<SealedSummaryBody, 'granularity' | 'start' | 'end' | 'version'>,
): string | undefined {
  const { granularity, start, end, generated_at, closed } = summary
  if (summary.node_id !== author) return 'it is about another node than its author'
  if (granularity !== envelope.granularity || start !== envelope.start || end !== envelope.end) {
    return 'it is about another period than its document'
  }
  if (generated_at < start || generated_at > envelope.version) return 'it was derived at another time'
  if (closed !== generated_at >= end) return 'it says wrongly whether its period was over'
  return flawOfSums(summary)
}

function flawOfSums(summary: NodeSummary): string | undefined {
  const { command_patterns = [], tool_usage, activity_pattern, safety_stats } = summary
  const tools = tool_usage?.tools ?? []
  const counts: number[] = []
  for (const { count, failures } of command_patterns) {
    if (failures > count) return 'more commands of a category failed than ran'
    counts.push(count)
  }
  for (const { uses, failures } of tools) {
    if (failures > uses) return 'a tool failed more often than it was used'
    counts.push(uses)
  }
  if (!distinct(command_patterns.map(({ category }) => category))) return 'a category comes twice'
  if (!distinct(tools.map(({ tool }) => tool))) return 'a tool comes twice'
  if (activity_pattern !== undefined) {
    const { hourly, daily, total_commands, unique_commands } = activity_pattern
    if (total(hourly) !== total_commands || total(daily) !== total_commands) {
      return 'its hours, its days and its total do not agree'
    }
    if (unique_commands > total_commands) return 'more commands are unique than there are'
    counts.push(total_commands)
  }
  if (safety_stats !== undefined) {
    const { by_risk_level, blocked, confirmed_risky, karo_generated } = safety_stats
    const levels = Object.values(by_risk_level)
    if (karo_generated > total(levels)) return 'Karo generated more commands than ran'
    counts.push(...levels, blocked, confirmed_risky)
  }
  return counts.some((count) => count > COUNT_MAX) ? 'nobody runs that many commands' : undefined
}

const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)
const distinct = (names: readonly string[]): boolean => new Set(names).size === names.length
