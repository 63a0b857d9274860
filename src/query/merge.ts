// From single answers to the data of a result: pure, and independent of the order in which answers came.
import type { NodeHealthStatus, ToolUse } from '../../protocols/messages/numbers.ts'
import { byText } from '../base/by-text.ts'
import type { ToolRow } from './result.ts'

interface ToolSum {
  uses: number
  failures: number
  nodes: number
  /** Nodes of different versions may file a tool differently; the category with the most uses is shown. */
  readonly uses_by_category: Map<string, number>
}

/** One row per tool over all nodes' lists, most used first, then by name. A tool without uses is left out. */
export function mergeTools(lists: readonly (readonly ToolUse[])[]): ToolRow[] {
  const sums = new Map<string, ToolSum>()
  for (const list of lists) for (const use of list) add(sums, use)
  return [...sums]
    .map(([tool, sum]) => ({
      tool,
      category: mostUsed(sum.uses_by_category),
      uses: sum.uses,
      nodes: sum.nodes,
      failure_rate: sum.failures / sum.uses,
      change: null,
    }))
    .sort((a, b) => b.uses - a.uses || byText(a.tool, b.tool))
}

function add(sums: Map<string, ToolSum>, use: ToolUse): void {
  if (use.uses === 0) return
  const sum = sums.get(use.tool) ?? { uses: 0, failures: 0, nodes: 0, uses_by_category: new Map() }
  sum.uses += use.uses
  sum.failures += use.failures
  sum.nodes += 1
  sum.uses_by_category.set(use.category, (sum.uses_by_category.get(use.category) ?? 0) + use.uses)
  sums.set(use.tool, sum)
}

function mostUsed(uses: ReadonlyMap<string, number>): string {
  const [first] = [...uses].sort(([a, m], [b, n]) => n - m || byText(a, b))
  return first?.[0] ?? 'other'
}

/** By name, then fingerprint, so that a list of nodes reads the same every time. */
export function mergeHealth(answers: readonly NodeHealthStatus[]): NodeHealthStatus[] {
  return [...answers].sort((a, b) => byText(a.name, b.name) || byText(a.fingerprint, b.fingerprint))
}
