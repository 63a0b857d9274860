// Says which part of the asked time the numbers rest on, and over how many nodes a change was computed.
import type { QueryResult } from '../../../api/contract/shapes.ts'
import { isNews } from './view.ts'

/** Nodes in a row of their own; of more only their number is told. */
const NAMED_MAX = 6

/** No rows when each node has records of the whole time and every change is over all nodes. */
export function reachRows({ reach, compared, data, status, time_range }: QueryResult): string[] {
  if (reach === null || status !== 'success') return []
  const { short } = reach
  const rows: string[] = []
  if (short.length > 0) {
    rows.push(shortWords(reach), ...short.slice(0, NAMED_MAX).map(shortRow))
    if (short.length > NAMED_MAX) rows.push(`  and ${short.length - NAMED_MAX} more: --json names them`)
  }
  if (compared !== null && compared.of > 0) {
    if (compared.nodes === 0) {
      const [start, end] = [Date.parse(time_range.start), Date.parse(time_range.end)]
      const back = 2 * start - end
      const to = back < 0 ? '' : `, back to ${utc(new Date(back).toISOString())}`
      rows.push(`There is no comparison with the period before: no node has records of all of it${to}.`)
    } else if (compared.nodes < compared.of && hasChange(data)) {
      const others = compared.of - compared.nodes === 1 ? 'the other has' : 'the others have'
      rows.push(
        `Changes are for ${compared.nodes} of the ${compared.of} nodes with numbers; ${others} no records of the whole period before.`,
      )
    }
  }
  return rows
}

function shortWords({ nodes, whole }: NonNullable<QueryResult['reach']>): string {
  if (nodes === 1) return 'The records cover only a part of this time:'
  if (whole === 0) return 'No node has records of all of this time:'
  return `The records of ${whole} of ${nodes} nodes cover the whole period; those of the others:`
}

function shortRow({
  name,
  covers,
  source,
  unsaid,
}: NonNullable<QueryResult['reach']>['short'][number]): string {
  const from = source === 'summary' ? ' by its last summary' : ''
  if (unsaid) return `  ${name}: gives numbers without saying which part of the period they cover`
  if (covers === null) return `  ${name}: nothing recorded in this period${from}`
  return `  ${name}: ${utc(covers.start)} to ${utc(covers.end)}${from}`
}

/** Whether a change is shown at all. */
export const hasChange = (data: QueryResult['data']): boolean =>
  'tools' in data
    ? data.tools.some(({ change, uses }) => isNews(change, uses))
    : 'rows' in data
      ? data.rows.some(({ change, count }) => isNews(change, count))
      : 'change' in data && data.change !== null

export const utc = (rfc3339: string): string => rfc3339.slice(0, 16).replace('T', ' ')
