// ToolUsage: how often each tool of the public dictionary was used, how often it failed, and how that changed.
import { possibleTools } from '../../../../protocols/counts.ts'
import type { ComparedToolUse, ToolUse } from '../../../../protocols/messages/numbers.ts'
import type { NodeSummary } from '../../../../protocols/messages/summary.ts'
import { byText } from '../../../base/by-text.ts'
import { OTHER, TOOL_NAMES, toolOf } from '../../../base/words/dictionary.ts'
import { changeOf, isWholeRow, layoutRows, measured, openedRow, openedValue, wholeValue } from './released.ts'
import { defineQueryType, filteredBy, type OpenedBucket, type ReleaseLayout } from './type.ts'

export interface ToolRow {
  readonly tool: string
  readonly category: string
  readonly uses: number
  /** Nodes that used it, oneself included. */
  readonly nodes: number
  /**
   * Of the uses whose exit code is known, 0 to 1. Null: none is. In totals of all uses, so that it may be more where some have no
   * exit code; null there also where it is not told, because fewer than k nodes had failures of it, or because such a number
   * could be computed from it.
   */
  readonly failure_rate: number | null
  /**
   * Uses less those in the period of equal length before, both of the nodes that know both periods; null when no node
   * does. The open hour counts as far as it has come.
   */
  readonly change: number | null
}

export interface ToolData {
  readonly tools: readonly ToolRow[]
  /** Of all tools together, those whose rows are withheld too; in totals only, where nothing is left out of both numbers. */
  readonly all?: {
    readonly uses: number
    readonly failures: number
    /** Uses whose exit code is not known; null: not told. */
    readonly unknown: number | null
  }
}

/** The public dictionary, and `other` for everything else. */
const TOOL_ROWS: ReadonlySet<string> = new Set(layoutRows(TOOL_NAMES))
const ALL_USES = 'all:uses'
const ALL_FAILED = 'all:failed'
/** One sum for all tools: a layout has no room for a third row of each. */
const ALL_UNKNOWN = 'all:unknown'
const FAILED = 'failed:'
/** The row of a tool's failures. Many machines use a tool and one may fail, so that failures have a count of machines of their own. */
export const failedRow = (tool: string): string => `${FAILED}${tool}`
/** Whether a row is one of uses of one tool. */
const isToolRow = (row: string): boolean => TOOL_ROWS.has(row)

const LAYOUT = {
  type: 'ToolUsage',
  version: 3,
  values: ['count'],
  rows: layoutRows([...TOOL_ROWS, ...[...TOOL_ROWS].map(failedRow), ALL_USES, ALL_FAILED, ALL_UNKNOWN]),
  // Each of the three sums is a family of its own: other types show what uses add up to.
  familyOf: (row) => (row.startsWith(FAILED) ? 'failed' : isToolRow(row) ? 'tools' : row),
  withinOf: (row) =>
    row.startsWith(FAILED)
      ? row.slice(FAILED.length)
      : row === ALL_FAILED || row === ALL_UNKNOWN
        ? ALL_USES
        : undefined,
} as const satisfies ReleaseLayout
const rowOf = (tool: string): string => (isToolRow(tool) ? tool : OTHER.tool)
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
  filterResult: ({ tools, ...rest }, { filters, all }) => ({
    ...(filters.length === 0 ? rest : {}),
    tools: tools.filter((row) => all({ ...row })),
  }),
  unknownTo({ tools }, { filters }) {
    const isUnknown = (row: ToolRow, field: string): boolean =>
      (field === 'change' || field === 'failure_rate') && row[field] === null
    return tools.filter((row) => {
      const others = filters.filter(({ field }) => !isUnknown(row, field))
      return others.length < filters.length && filteredBy(others).all({ ...row })
    }).length
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
      const sums = new Map<string, readonly [number]>()
      const add = (row: string, more: number) => sums.set(row, [more + (sums.get(row)?.[0] ?? 0)])
      for (const { tool, uses, failures, unknown } of await insight.during(bucket).toolUsage(uids)) {
        for (const row of [rowOf(tool), ALL_USES]) add(row, uses)
        for (const row of [failedRow(rowOf(tool)), ALL_FAILED]) add(row, failures)
        add(ALL_UNKNOWN, unknown)
      }
      return measured(sums)
    },
    fromReleased({ buckets, before }): ToolData {
      const rows = [...TOOL_ROWS].flatMap((tool) => {
        const { nodes = 0, values: [uses = 0] = [] } = openedRow(buckets, tool) ?? {}
        if (uses === 0) return []
        return {
          tool,
          category: toolOf(tool).category,
          uses,
          nodes,
          failure_rate: failureRate(buckets, tool, uses),
          change: changeOf(buckets, before, tool),
        }
      })
      const [uses, failures] = [ALL_USES, ALL_FAILED].map((row) => wholeValue(buckets, row))
      const unknown = wholeValue(buckets, ALL_UNKNOWN)
      const all = uses == null || failures == null ? {} : { all: { uses, failures, unknown } }
      return { tools: rows.sort(mostUsedFirst), ...all }
    },
  },
  schemas({ z }) {
    const row = z
      .strictObject({
        tool: z.string().max(32).describe('name in the public dictionary of tools, else `other`'),
        category: z.string().max(24).describe('its category in the public dictionary'),
        uses: z.int().min(0).describe('uses'),
        nodes: z.int().min(0).describe('nodes that used it, this one included'),
        failure_rate: z
          .number()
          .min(0)
          .max(1)
          .describe(
            'of the uses whose exit code is known, 0 to 1; null: of none it is. In totals of all uses, and null also where it is not told, because fewer than k nodes had failures, or none, or such a number could be computed from it. In totals at least this where `partly` of `released` has `failed:` and the tool',
          )
          .nullable(),
        change: z
          .int()
          .describe(
            'uses more than in the period before, of the nodes that know both periods (`compared` of the result says how many); null when none of those that used it does',
          )
          .nullable(),
      })
      .meta({ id: 'ToolRow' })
    const tools = z.array(row).max(100_000).readonly()
    const sum = (what: string) => z.int().min(0).describe(what)
    const all = z
      .strictObject({
        uses: sum('uses'),
        failures: sum('uses that failed'),
        unknown: sum('uses whose exit code is not known; null: not told').nullable(),
      })
      .describe(
        'of all tools together, withheld rows too; in totals only, where no period or machine left any out',
      )
      .optional()
    return { result: z.strictObject({ tools, all }).meta({ id: 'ToolUsage' }), part: { tools } }
  },
})

/**
 * The part of a tool's uses that is known to have failed; null: nothing is known. Of failures that some buckets or machines
 * withheld it is the least that the rate of these uses can be, and none at all is no knowledge.
 */
function failureRate(buckets: readonly OpenedBucket[], tool: string, uses: number): number | null {
  const failures = openedValue(buckets, failedRow(tool))
  if (failures === null || (failures === 0 && !isWholeRow(buckets, failedRow(tool)))) return null
  return failures / uses
}

/** Each tool's uses beside its uses in the period before. Tools used only in that period come last, with 0 uses. */
function compareUses(tools: readonly ToolUse[], earlier: readonly ToolUse[]): ComparedToolUse[] {
  const before = new Map(earlier.map((use) => [use.tool, use.uses]))
  const compared = tools.map((use) => ({ ...use, previous: before.get(use.tool) ?? 0 }))
  for (const { tool } of tools) before.delete(tool)
  const gone = earlier.filter((use) => before.has(use.tool))
  return [
    ...compared,
    ...gone.map(({ tool, category, uses }) => ({
      tool,
      category,
      uses: 0,
      failures: 0,
      unknown: 0,
      previous: uses,
    })),
  ]
}

/** Uses added up over summaries; undefined: none of them shares any. */
function sharedTools(summaries: readonly NodeSummary[]): readonly ToolUse[] | undefined {
  const shared = summaries.flatMap(({ tool_usage }) => tool_usage ?? [])
  if (shared.length === 0) return undefined
  const sums = new Map<string, ToolUse>()
  for (const { tool, category, uses, failures, unknown } of shared.flatMap(({ tools }) => tools)) {
    const sum = sums.get(tool)
    sums.set(tool, {
      tool,
      category,
      uses: uses + (sum?.uses ?? 0),
      failures: failures + (sum?.failures ?? 0),
      unknown: unknown + (sum?.unknown ?? 0),
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
  unknown: number
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
      failure_rate: sum.uses === sum.unknown ? null : sum.failures / (sum.uses - sum.unknown),
      change: sum.compared === undefined ? null : sum.compared.now - sum.compared.previous,
    }))
    .sort(mostUsedFirst)
}

function add(sums: Map<string, ToolSum>, use: ComparedToolUse): void {
  const empty = {
    uses: 0,
    failures: 0,
    unknown: 0,
    nodes: 0,
    compared: undefined,
    uses_by_category: new Map(),
  }
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
  sum.unknown += use.unknown
  sum.nodes += 1
  sum.uses_by_category.set(use.category, (sum.uses_by_category.get(use.category) ?? 0) + use.uses)
}

function mostUsed(uses: ReadonlyMap<string, number>): string {
  const [first] = [...uses].sort(([a, m], [b, n]) => n - m || byText(a, b))
  return first?.[0] ?? 'other'
}
