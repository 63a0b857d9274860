// Says which part of the asked time the numbers rest on, and over how many nodes a change was computed.
import type { QueryResult } from '../../../api/contract/shapes.ts'

type Short = NonNullable<QueryResult['reach']>['short'][number]

/** Nodes in a row of their own; of more only their number is told. */
const NAMED_MAX = 6

/** None where all records reach over all of it, and where no number is compared with others. */
export function reachRows({ reach, compared, data, status }: QueryResult): string[] {
  if (reach === null || status !== 'success') return []
  const { nodes, whole, short } = reach
  const rows: string[] = []
  if (short.length > 0) {
    const of = nodes === 1 ? 'The records do not reach' : `The records of ${whole} of ${nodes} nodes reach`
    rows.push(`${of} over all of that time:`, ...short.slice(0, NAMED_MAX).map(shortRow))
    if (short.length > NAMED_MAX) rows.push(`  and ${short.length - NAMED_MAX} more: --json names them`)
  }
  if (compared !== null && compared.of > 0) {
    if (compared.nodes === 0) rows.push('No change is shown: no records reach back over the time before.')
    else if (compared.nodes < compared.of && hasChange(data))
      rows.push(
        `Changes are those of ${compared.nodes} of ${compared.of} nodes, which know the time before too.`,
      )
  }
  return rows
}

function shortRow({ name, covers, source }: Short): string {
  const from = source === 'summary' ? ' by its last summary' : ''
  if (covers === null) return `  ${name}: nothing recorded in it`
  return `  ${name}: ${utc(covers.start)} to ${utc(covers.end)}${from}`
}

/** Whether the numbers have a change at all. */
const hasChange = (data: QueryResult['data']): boolean =>
  'tools' in data
    ? data.tools.some(({ change }) => change !== null)
    : 'change' in data && data.change !== null

const utc = (rfc3339: string): string => rfc3339.slice(0, 16).replace('T', ' ')
