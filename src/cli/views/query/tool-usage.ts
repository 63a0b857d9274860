// How karo query shows tools: one row each, most used first, and with --watch what is new.
import type { QueryDataOf } from '../../../api/contract/shapes.ts'
import { table } from '../../terminal/table.ts'
import { percent, type QueryTypeView, type Screen, signed } from './view.ts'

type ToolRow = QueryDataOf<'ToolUsage'>['tools'][number]

export const toolUsage: QueryTypeView<QueryDataOf<'ToolUsage'>> = {
  data: ({ tools }, { screen, least }, before) =>
    tools.length === 0 ? '' : toolTable(tools, screen, least, before?.tools),
  perNode(nodes, name, age, screen) {
    const rows = nodes.flatMap((node) => (node.tools ?? []).map((tool) => ({ node, tool })))
    if (rows.length === 0) return ''
    return table(
      rows,
      [
        name,
        { title: 'TOOL', value: ({ tool }) => tool.tool, shrink: true },
        { title: 'USES', value: ({ tool }) => String(tool.uses), align: 'right' },
        { title: 'FAILED', value: ({ tool }) => percent(tool.failure_rate), align: 'right' },
        ...age,
      ],
      screen,
    )
  },
}

/** With nothing before, the change of each tool says what its uses say. */
export const hasChanges = (rows: readonly ToolRow[]): boolean =>
  rows.some(({ change, uses }) => change !== null && change !== uses)

function toolTable(
  rows: readonly ToolRow[],
  screen: Screen,
  least: (row: string) => string,
  before?: readonly ToolRow[],
): string {
  const usesBefore = new Map(before?.map((row) => [row.tool, row.uses]))
  const isNew = (row: ToolRow): number => row.uses - (usesBefore.get(row.tool) ?? 0)
  const compared = hasChanges(rows)
  return table(
    rows,
    [
      { title: 'TOOL', value: (row) => row.tool, shrink: true },
      { title: 'CATEGORY', value: (row) => row.category },
      { title: 'USES', value: (row) => `${least(row.tool)}${row.uses}`, align: 'right' },
      ...(before === undefined
        ? []
        : [
            {
              title: 'NEW',
              value: (row: ToolRow) => (isNew(row) === 0 ? '' : signed(isNew(row))),
              align: 'right' as const,
              style: () => 'cyan' as const,
            },
          ]),
      ...(compared
        ? [
            {
              title: 'CHANGE',
              value: (row: ToolRow) => (row.change === null ? '–' : signed(row.change)),
              align: 'right' as const,
            },
          ]
        : []),
      { title: 'NODES', value: (row) => String(row.nodes), align: 'right' },
      {
        title: 'FAILED',
        value: (row) => percent(row.failure_rate),
        align: 'right',
        style: (row) => (row.failure_rate >= 0.5 ? 'red' : undefined),
      },
    ],
    screen,
  )
}
