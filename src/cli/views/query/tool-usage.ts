// How karo query shows tools: one row each, most used first, and with --watch what is new.
import type { QueryDataOf } from '../../../api/contract/shapes.ts'
import { fitted, paint, percent, type Screen, table } from '../../kit.ts'
import { byNode, changeAndNodes, type QueryTypeView, type Shown, signed } from './view.ts'

type ToolRow = QueryDataOf<'ToolUsage'>['tools'][number]

export const toolUsage: QueryTypeView<QueryDataOf<'ToolUsage'>> = {
  data: ({ tools, all }, { screen, least, off }, before) =>
    tools.length === 0
      ? ''
      : `${toolTable(tools, { screen, off, least: leastRate(all, least) }, before?.tools)}${together(all, off.values, screen)}${untold(tools, screen)}`,
  perNode: byNode((node) => (node.tools ?? []).map((tool) => ({ node, tool })), {
    TOOL: { value: ({ tool }) => tool.tool, shrink: true },
    USES: ({ tool }) => tool.uses,
    FAILED: { value: ({ tool }) => failed(tool), align: 'right' },
  }),
}

const failed = ({ failure_rate: rate }: ToolRow): string => (rate === null ? 'unknown' : percent(rate))

/** What all tools come to, those that are not told too; empty where that is not known. */
const together = (all: QueryDataOf<'ToolUsage'>['all'], off: string, screen: Screen): string =>
  all === undefined || all.uses === 0
    ? ''
    : fitted(
        `all tools together, those that are not told too: ${all.uses}${off} uses, ${failedOf(all)}\n`,
        screen,
      )

/** A rate is of the uses whose exit code is known, where it is told how many are not. */
function failedOf({ uses, failures, unknown }: NonNullable<QueryDataOf<'ToolUsage'>['all']>): string {
  const ended = uses - (unknown ?? 0)
  if (ended <= 0) return 'no exit code is known'
  const rate = percent(failures / ended)
  if (unknown === null) return `at least ${rate} failed; how many have no exit code is not told`
  return unknown === 0 ? `${rate} failed` : `${rate} failed of the ${ended} whose exit code is known`
}

/** Totals tell of all tools together how many uses have no exit code: then more of each may have failed. */
const leastRate =
  (all: QueryDataOf<'ToolUsage'>['all'], least: (row: string) => string) =>
  (row: string): string =>
    all !== undefined && all.unknown !== 0 && row.startsWith('failed:') ? '≥ ' : least(row)

/** Ends with a newline; empty where all rates are told. */
function untold(rows: readonly ToolRow[], screen: Screen): string {
  if (rows.every(({ failure_rate }) => failure_rate !== null)) return ''
  const why =
    'unknown: no exit code is recorded; in totals also where none or too few machines had failures, or where such a number could be computed'
  return fitted(`${paint('dim', why, screen)}\n`, screen)
}

function toolTable(
  rows: readonly ToolRow[],
  { screen, least, off }: Pick<Shown, 'screen' | 'least' | 'off'>,
  before?: readonly ToolRow[],
): string {
  const usesBefore = new Map(before?.map((row) => [row.tool, row.uses]))
  const isNew = (row: ToolRow): number => row.uses - (usesBefore.get(row.tool) ?? 0)
  return table(screen, rows, {
    TOOL: { value: 'tool', shrink: true },
    CATEGORY: 'category',
    [`USES${off.values}`]: { value: (row) => `${least(row.tool)}${row.uses}`, align: 'right' },
    NEW: before !== undefined && {
      value: (row) => (isNew(row) === 0 ? '' : signed(isNew(row))),
      align: 'right',
      style: () => 'cyan',
    },
    ...changeAndNodes(rows, ({ uses }) => uses, off),
    FAILED: {
      value: (row) => `${(row.failure_rate ?? 1) < 1 ? least(`failed:${row.tool}`) : ''}${failed(row)}`,
      align: 'right',
      style: (row) => ((row.failure_rate ?? 0) >= 0.5 ? 'red' : undefined),
    },
  })
}
