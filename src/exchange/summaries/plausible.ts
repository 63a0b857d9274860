// Checks whether a summary of another node is possible: contradictory numbers are added to nothing.
import { possibleActivity, possibleRows, possibleSafety, possibleTools } from '../../../protocols/counts.ts'
import type { NodeSummary, SealedSummaryBody } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'

/** The flaw of a summary, or undefined. `author` and `envelope` are from the document around it. */
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
  const categories = command_patterns.map((pattern) => ({ ...pattern, name: pattern.category }))
  if (!possibleRows(categories)) return 'its categories cannot be'
  if (!possibleTools(tool_usage?.tools ?? [])) return 'its tools cannot be'
  if (activity_pattern !== undefined && !possibleActivity(activity_pattern)) return 'its activity cannot be'
  if (safety_stats !== undefined && !possibleSafety(safety_stats)) return 'its risk levels cannot be'
  return undefined
}
