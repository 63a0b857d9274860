// ToolUsage: how often each tool of the public dictionary was used, how often it failed, and how that changed.
import { possibleTools } from '../../../../protocols/counts.ts'
import type { ComparedToolUse, ToolUse } from '../../../../protocols/messages/numbers.ts'
import type { NodeSummary } from '../../../../protocols/messages/summary.ts'
import { byText } from '../../../base/by-text.ts'
import { OTHER, TOOL_NAMES, toolOf } from '../../../base/words/dictionary.ts'
import { changeOf, layoutRows, measured, openedRow } from './released.ts'
import { defineQueryType, filteredBy, type ReleaseLayout } from './type.ts'

export interface ToolRow {
  readonly tool: string
  readonly category: string
  readonly uses: number
  /** Nodes that used it, oneself included. */
  readonly nodes: number
  /** 0 to 1. */
  readonly failure_rate: number
  /**
   * Uses less those in the period of equal length before, both of the nodes that know both periods; null when no node
   * does. The open hour counts as far as it has come.
   */
  readonly change: number | null
}

export interface ToolData {
  readonly tools: readonly ToolRow[]
}

/** The public dictionary, and `other` for everything else. */
const LAYOUT = {
  ...{ type: 'ToolUsage', version: 1, values: ['uses', 'failures'] },
  rows: layoutRows(TOOL_NAMES),
} as const satisfies ReleaseLayout
const ROWS: ReadonlySet<string> = new Set(LAYOUT.rows)
const rowOf = (tool: string): string => (ROWS.has(tool) ? tool : OTHER.tool)
const mostUsedFirst = (a: ToolRow, b: ToolRow): number => b.uses - a.uses || byText(a.tool, b.tool)

export const toolUsage = defineQueryType('ToolUsage', {
  word: 'tools',
  meaning: 'which are used',
  action: 'query.tool_usage',
  fields: {
    tool: { kind: 'text', applied: 'owners', meaning: 'name in the public dictionary of tools' },
    category: { kind: 'text', applied: 'owners', meaning: 'its category, e.g. git' },
    uses: { kind: 'number', applied: 'here', meaning: 'uses over all nodes' },
    nodes: { kind: 'number', applied: 'here', meaning: 'nodes that used it' },
    failure_rate: { kind: 'number', applied: 'here', meaning: '0 to 1', range: [0, 1] },
    change: { kind: 'number', applied: 'here', meaning: 'uses more than in the period before' },
  },
  async gather(insight, uids, range, before) {
    const tools = await insight.during(range).toolUsage(uids)
    const earlier = before === undefined ? undefined : await insight.during(before).toolUsage(uids)
    const compared = earlier === undefined ? tools : compareUses(tools, earlier)
    return compared.length === 0 ? null : { query_type: 'ToolUsage', tools: compared }
  },
  plausible: ({ tools }) =>
    possibleTools(tools) && new Set(tools.map(({ previous }) => previous === undefined)).size <= 1,
  filterNode(data, { all }) {
    const tools = data.tools.filter(({ tool, category }) => all({ tool, category }))
    return tools.length === 0 ? null : { ...data, tools }
  },
  compares,
  contributes: ({ tools }) => tools.some(({ uses }) => uses > 0),
  merge: (parts): ToolData => ({ tools: mergeTools(parts.map(({ tools }) => tools)) }),
  filterResult: ({ tools }, { all }) => ({ tools: tools.filter((row) => all({ ...row })) }),
  unknownTo({ tools }, { filters }) {
    const others = filters.filter(({ field }) => field !== 'change')
    if (others.length === filters.length) return 0
    return tools.filter((row) => row.change === null && filteredBy(others).all({ ...row })).length
  },
  perNode({ tools }, merged) {
    const shown = new Set(merged.tools.map(({ tool }) => tool))
    return { tools: mergeTools([tools]).filter(({ tool }) => shown.has(tool)) }
  },
  fromSummaries(summaries, before) {
    const tools = sharedTools(summaries)
    if (tools === undefined) return undefined
    const earlier = before && (sharedTools(before) ?? [])
    return { query_type: 'ToolUsage', tools: earlier === undefined ? tools : compareUses(tools, earlier) }
  },
  released: {
    layout: LAYOUT,
    async measure(insight, uids, bucket) {
      const sums = new Map<string, [uses: number, failures: number]>()
      for (const { tool, uses, failures } of await insight.during(bucket).toolUsage(uids)) {
        const [more, failed] = sums.get(rowOf(tool)) ?? [0, 0]
        sums.set(rowOf(tool), [more + uses, failed + failures])
      }
      return measured(sums)
    },
    fromReleased({ buckets, before }): ToolData {
      const rows = LAYOUT.rows.flatMap((tool) => {
        const row = openedRow(buckets, tool)
        if (row === undefined) return []
        const [uses = 0, failures = 0] = row.values
        if (uses === 0) return []
        return {
          ...{ tool, category: toolOf(tool).category, uses, nodes: row.nodes },
          ...{ failure_rate: failures / uses, change: changeOf(buckets, before, tool) },
        }
      })
      return { tools: rows.sort(mostUsedFirst) }
    },
  },
  schemas({ z }) {
    const row = z
      .strictObject({
        tool: z.string().max(32).describe('name in the public dictionary of tools, else `other`'),
        category: z.string().max(24).describe('its category in the public dictionary'),
        uses: z.int().min(0).describe('uses'),
        nodes: z.int().min(0).describe('nodes that used it, this one included'),
        failure_rate: z.number().min(0).max(1).describe('0 to 1'),
        change: z
          .int()
          .describe(
            'uses more than in the period before, of the nodes that know both periods (`compared` of the result says how many); null when none of those that used it does',
          )
          .nullable(),
      })
      .meta({ id: 'ToolRow' })
    const tools = z.array(row).max(100_000).readonly()
    return { result: z.strictObject({ tools }).meta({ id: 'ToolUsage' }), part: { tools } }
  },
})

/** Each tool's uses beside its uses in the period before. Tools used only in that period come last, with 0 uses. */
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

/** Uses added up over summaries; undefined: none of them shares any. */
function sharedTools(summaries: readonly NodeSummary[]): readonly ToolUse[] | undefined {
  const shared = summaries.flatMap(({ tool_usage }) => tool_usage ?? [])
  if (shared.length === 0) return undefined
  const sums = new Map<string, ToolUse>()
  for (const { tool, category, uses, failures } of shared.flatMap(({ tools }) => tools)) {
    const sum = sums.get(tool)
    sums.set(tool, {
      ...{ tool, category },
      uses: uses + (sum?.uses ?? 0),
      failures: failures + (sum?.failures ?? 0),
    })
  }
  return [...sums.values()]
}

/** An owner compares all of its tools or none. */
function compares({ tools }: { readonly tools: readonly ComparedToolUse[] }): boolean {
  return tools.length > 0 && tools.every(({ previous }) => previous !== undefined)
}

interface ToolSum {
  uses: number
  failures: number
  nodes: number
  /** Uses in both periods, of the nodes that know both; undefined: no node does. */
  compared: { now: number; previous: number } | undefined
  /** Nodes of different versions may file a tool differently; the category with the most uses is shown. */
  readonly uses_by_category: Map<string, number>
}

/**
 * One row per tool over all nodes' lists, most used first, then by name. A tool without uses is left out. `change`
 * compares the same nodes in both periods: a node that knows only one of them is left out of it. Where any node compares,
 * a tool that only the others used has not changed as far as anybody knows: null.
 */
function mergeTools(lists: readonly (readonly ComparedToolUse[])[]): ToolRow[] {
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
      change: sum.compared === undefined ? null : sum.compared.now - sum.compared.previous,
    }))
    .sort(mostUsedFirst)
}

function add(sums: Map<string, ToolSum>, use: ComparedToolUse): void {
  const empty = { uses: 0, failures: 0, nodes: 0, compared: undefined, uses_by_category: new Map() }
  const sum: ToolSum = sums.get(use.tool) ?? empty
  sums.set(use.tool, sum)
  if (use.previous !== undefined) {
    sum.compared ??= { now: 0, previous: 0 }
    sum.compared.now += use.uses
    sum.compared.previous += use.previous
  }
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
