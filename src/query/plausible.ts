// Whether one node's numbers can be at all: what a sum cannot be is refused before it is added to anything.
import type { NodeData } from './gather.ts'

/**
 * The most of anything one node may claim: thirty thousand commands a second for a year. Sums over eight thousand such
 * nodes are still exact in a double.
 */
export const COUNT_MAX = 2 ** 40

/**
 * False for numbers that contradict each other or are beyond COUNT_MAX. `projected`: filters were applied to them, so
 * parts need not add up to their whole.
 */
export function plausible(data: NodeData, projected = false): boolean {
  switch (data.query_type) {
    case 'ToolUsage': {
      const names = new Set(data.tools.map((use) => use.tool))
      return (
        names.size === data.tools.length &&
        data.tools.every((use) => use.failures <= use.uses && bounded(use.uses) && bounded(use.previous ?? 0))
      )
    }
    case 'SafetyPosture': {
      const { by_risk_level, blocked, confirmed_risky, karo_generated } = data.safety
      const levels = Object.values(by_risk_level)
      return (
        [...levels, blocked, confirmed_risky, karo_generated].every(bounded) &&
        (projected || karo_generated <= total(levels))
      )
    }
    case 'ActivityPatterns': {
      const { hourly, daily, total_commands, unique_commands } = data.activity
      return (
        bounded(total_commands) &&
        unique_commands <= total_commands &&
        total(hourly) === total_commands &&
        total(daily) === total_commands
      )
    }
    case 'NodeHealth':
      return bounded(data.health.events_24h)
  }
}

const bounded = (count: number): boolean => count <= COUNT_MAX
const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)
