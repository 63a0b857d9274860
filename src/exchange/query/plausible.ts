// Whether one node's numbers can be at all: what a sum cannot be is refused before it is added to anything.
import { COUNT_MAX, possibleActivity, possibleSafety, possibleTools } from '../../../protocols/counts.ts'
import type { NodeData } from './answering/gather.ts'

/** `projected`: filters were applied to them, so parts need not add up to their whole. */
export function plausible(data: NodeData, projected = false): boolean {
  switch (data.query_type) {
    case 'ToolUsage':
      return possibleTools(data.tools)
    case 'SafetyPosture':
      return possibleSafety(data.safety, projected)
    case 'ActivityPatterns':
      return possibleActivity(data.activity)
    case 'NodeHealth':
      return data.health.events_24h <= COUNT_MAX
  }
}
