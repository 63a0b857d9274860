// ToolUsage: how often each tool of the public dictionary was used, how often it failed, and how that changed.
import { possibleTools } from '../../../../protocols/counts.ts'
import type { ComparedToolUse, ToolUse } from '../../../../protocols/messages/numbers.ts'
import { byText } from '../../../base/by-text.ts'
import { OTHER, TOOL_NAMES, toolOf } from '../../../base/words/dictionary.ts'
import { defineMeasure } from './measure.ts'
import { type Cells, liveSums, type Sums } from './sums.ts'
import { unknownIn } from './type.ts'

/** The public dictionary, and `other` for everything else. */
const TOOL_ROWS: ReadonlySet<string> = new Set(TOOL_NAMES)
const ALL_USES = 'all:uses'
const ALL_FAILED = 'all:failed'
/** One sum for all tools: a layout has no room for a third row of each. */
const ALL_UNKNOWN = 'all:unknown'
const FAILED = 'failed:'
/** The row of a tool's failures. Many machines use a tool and one may fail, so that failures have a count of machines of their own. */
export const failedRow = (tool: string): string => `${FAILED}${tool}`
/** Of single nodes only: uses of a tool whose exit code is not known, and uses by the category that a node files a tool under. */
const UNKNOWN = 'unknown:'
const FILED = 'filed:'
/** Whether a row is one of uses of one tool. */
const isToolRow = (row: string): boolean => TOOL_ROWS.has(row)

const rowOf = (tool: string): string => (isToolRow(tool) ? tool : OTHER.tool)

export const toolUsage = defineMeasure('ToolUsage', {
  word: 'tools',
  title: 'Which tools are used',
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
  take: (numbers, uids) => numbers.toolUsage(uids),
  cells: cellsOf,
  dataOf: (now, before) => ({ query_type: 'ToolUsage', tools: usesIn(now, before) }),
  plausible: ({ tools }) =>
    possibleTools(tools) && new Set(tools.map(({ previous }) => previous === undefined)).size <= 1,
  filterNode(data, { all }) {
    const tools = data.tools.filter(({ tool, category }) => all({ tool, category }))
    return tools.length === 0 ? null : { ...data, tools }
  },
  counted: ({ tools }) => ({ now: cellsOf(tools), before: beforeOf(tools) }),
  read,
  filterResult: ({ tools, ...rest }, { filters, all }) => ({
    ...(filters.length === 0 ? rest : {}),
    tools: tools.filter((row) => all({ ...row })),
  }),
  unknownTo: ({ tools }, filtered) => unknownIn(tools, filtered),
  perNode({ tools }, merged) {
    const shown = new Set(merged.tools.map(({ tool }) => tool))
    return {
      tools: toolsIn(liveSums([{ now: cellsOf(tools), before: beforeOf(tools) }])).filter(({ tool }) =>
        shown.has(tool),
      ),
    }
  },
  summary: {
    async of(tools, numbers, uids) {
      return { command_patterns: await numbers.commandPatterns(uids), tool_usage: { tools } }
    },
    read: ({ tool_usage }) => tool_usage?.tools,
  },
  rows: {
    version: 3,
    counts: 'count',
    names: [...TOOL_ROWS, ...[...TOOL_ROWS].map(failedRow), ALL_USES, ALL_FAILED, ALL_UNKNOWN],
    // Each of the three sums is a family of its own: other types show what uses add up to.
    familyOf: (row) => (row.startsWith(FAILED) ? 'failed' : isToolRow(row) ? 'tools' : row),
    withinOf: (row) =>
      row.startsWith(FAILED)
        ? row.slice(FAILED.length)
        : row === ALL_FAILED || row === ALL_UNKNOWN
          ? ALL_USES
          : undefined,
  },
  addsTo(cell) {
    const [of, tool] = cell.split(':') as [string, string | undefined]
    if (tool === undefined) return [rowOf(of), ALL_USES]
    if (cell.startsWith(FAILED)) return [failedRow(rowOf(tool)), ALL_FAILED]
    return cell.startsWith(UNKNOWN) ? [ALL_UNKNOWN] : []
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

function cellsOf(tools: readonly ToolUse[]): Cells {
  return new Map(
    tools.flatMap(({ tool, category, uses, failures, unknown }) => [
      [tool, uses],
      [failedRow(tool), failures],
      [`${UNKNOWN}${tool}`, unknown],
      [`${FILED}${tool}:${category}`, uses],
    ]),
  )
}

/** An owner compares all of its tools or none. */
function beforeOf(tools: readonly ComparedToolUse[]): Cells | undefined {
  const compared = tools.flatMap(({ tool, previous }) =>
    previous === undefined ? [] : [[tool, previous] as const],
  )
  return compared.length === 0 ? undefined : new Map(compared)
}

/** Tools that were used only in the period before come last, with 0 uses. */
function usesIn(now: Sums, before: Sums | undefined): readonly ComparedToolUse[] {
  const filed = filedIn([now, ...(before ? [before] : [])])
  const count = (row: string, of = now): number => of.value(row) ?? 0
  return [...new Set([...now.rows, ...(before?.rows ?? [])])].filter(isTool).map((tool) => ({
    tool,
    category: filed(tool),
    uses: count(tool),
    failures: count(failedRow(tool)),
    unknown: count(`${UNKNOWN}${tool}`),
    previous: before && count(tool, before),
  }))
}

const isTool = (row: string): boolean => !row.includes(':')

/** Nodes of different versions may file a tool differently; the category with the most uses is shown. */
function filedIn(all: readonly Sums[]): (tool: string) => string {
  const filed = all.flatMap((sums) =>
    sums.rows.flatMap((row) => {
      const [of, tool = '', category = ''] = row.split(':')
      return `${of}:` === FILED ? [{ tool, category, uses: sums.value(row) ?? 0 }] : []
    }),
  )
  const most = new Map(
    filed
      .sort((a, b) => a.uses - b.uses || byText(b.category, a.category))
      .map(({ tool, category }) => [tool, category]),
  )
  return (tool) => most.get(tool) ?? toolOf(tool).category
}

/** Each tool with uses, most used first, then by name. */
function toolsIn(sums: Sums) {
  const filed = filedIn([sums])
  return sums.rows
    .filter((row) => isTool(row) && sums.value(row) !== 0)
    .map((tool) => {
      const uses = sums.value(tool) ?? 0
      return {
        tool,
        category: filed(tool),
        uses,
        nodes: sums.nodes(tool),
        failure_rate: failureRate(sums, tool, uses),
        change: sums.change(tool),
      }
    })
    .sort((a, b) => b.uses - a.uses || byText(a.tool, b.tool))
}
export type ToolRow = ReturnType<typeof toolsIn>[number]

/**
 * The part of a tool's uses that is known to have failed; null: nothing is known. Totals do not tell of each tool how many
 * uses have no exit code. Of failures that some buckets or machines withheld it is the least that the rate of these uses can
 * be, and none at all is no knowledge.
 */
function failureRate(sums: Sums, tool: string, uses: number): number | null {
  const failures = sums.value(failedRow(tool))
  if (failures === null || (failures === 0 && !sums.isWhole(failedRow(tool)))) return null
  const ended = uses - (sums.value(`${UNKNOWN}${tool}`) ?? 0)
  return ended === 0 ? null : failures / ended
}

/** With the sums of all tools in totals, where nothing is left out of uses and failures. */
function read(sums: Sums) {
  const whole = (row: string): number | null => (sums.buckets && sums.isWhole(row) ? sums.value(row) : null)
  const [uses, failures] = [whole(ALL_USES), whole(ALL_FAILED)]
  const all =
    uses === null || failures === null ? {} : { all: { uses, failures, unknown: whole(ALL_UNKNOWN) } }
  return { tools: toolsIn(sums), ...all }
}
