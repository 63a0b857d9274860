// From single nodes' numbers to the data of a result: pure, and independent of the order in which answers came.
import type { ComparedToolUse, NodeHealthStatus } from '../../../protocols/messages/numbers.ts'
import { byText } from '../../base/by-text.ts'
import type { NodeData, NodeDataOf } from './answering/gather.ts'
import { type ActivityData, type HealthRow, RISK_NAMES, type SafetyData, type ToolRow } from './result.ts'

interface ToolSum {
  uses: number
  failures: number
  nodes: number
  /** Undefined once a node that used the tool did not say how often it did before. */
  previous: number | undefined
  /** Nodes of different versions may file a tool differently; the category with the most uses is shown. */
  readonly uses_by_category: Map<string, number>
}

/**
 * One row per tool over all nodes' lists, most used first, then by name. A tool without uses is left out. `change`
 * compares the same nodes in both periods: it is null when one that used the tool did not say what was before.
 */
export function mergeTools(lists: readonly (readonly ComparedToolUse[])[]): ToolRow[] {
  const sums = new Map<string, ToolSum>()
  for (const list of lists) for (const use of list) add(sums, use)
  return [...sums]
    .filter(([, sum]) => sum.uses > 0)
    .map(([tool, sum]) => ({
      tool,
      category: mostUsed(sum.uses_by_category),
      uses: sum.uses,
      nodes: sum.nodes,
      failure_rate: sum.failures / sum.uses,
      change: sum.previous === undefined ? null : sum.uses - sum.previous,
    }))
    .sort((a, b) => b.uses - a.uses || byText(a.tool, b.tool))
}

function add(sums: Map<string, ToolSum>, use: ComparedToolUse): void {
  const sum = sums.get(use.tool) ?? {
    uses: 0,
    failures: 0,
    nodes: 0,
    previous: 0,
    uses_by_category: new Map(),
  }
  sums.set(use.tool, sum)
  if (use.previous !== undefined) {
    if (sum.previous !== undefined) sum.previous += use.previous
  } else if (use.uses > 0) sum.previous = undefined
  if (use.uses === 0) return
  sum.uses += use.uses
  sum.failures += use.failures
  sum.nodes += 1
  sum.uses_by_category.set(use.category, (sum.uses_by_category.get(use.category) ?? 0) + use.uses)
}

function mostUsed(uses: ReadonlyMap<string, number>): string {
  const [first] = [...uses].sort(([a, m], [b, n]) => n - m || byText(a, b))
  return first?.[0] ?? 'other'
}

/** Sums; of the two flags, how many nodes have them. */
export function mergeSafety(parts: readonly NodeDataOf<'SafetyPosture'>['safety'][]): SafetyData {
  const sum = (count: (part: (typeof parts)[number]) => number): number =>
    parts.reduce((total, part) => total + count(part), 0)
  const by_risk_level = { safe: 0, moderate: 0, high: 0, critical: 0 }
  for (const name of RISK_NAMES) by_risk_level[name] = sum((part) => part.by_risk_level[name])
  return {
    by_risk_level,
    blocked: sum((part) => part.blocked),
    confirmed_risky: sum((part) => part.confirmed_risky),
    karo_generated: sum((part) => part.karo_generated),
    nodes_reporting: parts.length,
    nodes_guarded: sum((part) => Number(part.guarded)),
    hooks_silent: sum((part) => Number(part.hook_silent)),
  }
}

/** Sums, hour by hour and day by day; the same command on two nodes counts as two different ones. */
export function mergeActivity(parts: readonly NodeDataOf<'ActivityPatterns'>['activity'][]): ActivityData {
  const hourly = new Array<number>(24).fill(0)
  const daily = new Array<number>(7).fill(0)
  let total_commands = 0
  let unique_commands = 0
  for (const part of parts) {
    for (const [hour, count] of part.hourly.entries()) hourly[hour] = (hourly[hour] ?? 0) + count
    for (const [day, count] of part.daily.entries()) daily[day] = (daily[day] ?? 0) + count
    total_commands += part.total_commands
    unique_commands += part.unique_commands
  }
  return { hourly, daily, total_commands, unique_commands }
}

/** By name, then fingerprint, so that a list of nodes reads the same every time. */
export function mergeHealth(rows: readonly (NodeHealthStatus | HealthRow)[]): HealthRow[] {
  return [...rows].sort((a, b) => byText(a.name, b.name) || byText(a.fingerprint, b.fingerprint))
}

/** All parts of one type. */
export const partsOfType = <T extends NodeData['query_type']>(
  parts: readonly NodeData[],
  type: T,
): NodeDataOf<T>[] => parts.filter((part): part is NodeDataOf<T> => part.query_type === type)
