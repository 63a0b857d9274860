// A query's result for people: the data as tables, then who answered and why the others did not.
import { styleText } from 'node:util'
import type { Coverage, QueryResult } from '../../api/contract/shapes.ts'
import { duration, printable } from '../../base/format.ts'
import { fitted } from '../terminal/text.ts'
import { whoAnswered } from './query-coverage.ts'
import { dataView, perNodeView, type Screen } from './query-data.ts'

const ENDED: Readonly<Record<QueryResult['ended_by'], string>> = {
  all_done: '',
  deadline: ', stopped at the deadline',
  cancelled: ', cancelled',
}

/** Ends with a newline. `before`: the last answer to the same question, to tell what is new. */
export function queryView(result: QueryResult, screen: Screen, before?: QueryResult): string {
  const sections = [
    dataView(result, screen, before) || `${nothingIn(result)}\n`,
    perNodeView(result, screen),
    coverageView(result, screen),
  ]
  return sections.filter((section) => section !== '').join('\n')
}

/** Why there are no numbers, and what brings some. */
function nothingIn({ status, coverage, filters, query_type }: QueryResult): string {
  if (status === 'access_denied') {
    return `No numbers: the nodes that were asked do not share these with this node.
Somebody who works on such a node can allow it there: karo share allow <this node>`
  }
  if (status === 'withheld') {
    const type = ASKED_AS[query_type]
    return `No totals: the other nodes may not give any, for the reason below.
What can be asked for are the numbers of nodes that share theirs with you: karo query ${type} --level 1`
  }
  // Silence is not the same as nothing to say.
  const silent = status === 'no_data' && coverage.known > 0 && coverage.answered === 0
  if (silent)
    return 'Nobody answered, and this node has nothing of its own. karo peers says which nodes are connected.'
  if (filters !== undefined)
    return 'Nothing fits the filters: leave out a --where, or ask for more time with --last.'
  return status === 'success' ? 'No numbers.' : 'Nothing was recorded in that time.'
}

const ASKED_AS: Readonly<Record<QueryResult['query_type'], string>> = {
  ToolUsage: 'tools',
  SafetyPosture: 'safety',
  ActivityPatterns: 'activity',
  Anomalies: 'anomalies',
  NodeHealth: 'health',
}

/** While a question is under way, for one line of a terminal; no newline. */
export function progressLine({ known, answered, denied, withheld, failed }: Coverage): string {
  const refused = denied + withheld + failed
  const others = known === 1 ? 'other' : 'others'
  return `${answered} of ${known} ${others} answered${refused === 0 ? '' : `, ${refused} gave no numbers`} …`
}

/** Always there: whose numbers these are, of which time, and why each of the others gave none. */
function coverageView(result: QueryResult, screen: Screen): string {
  const { coverage, ended_by, timing, time_range, notes } = result
  const { line, rows } = whoAnswered(result)
  const said = fitted(`${printable(line)} (${duration(timing.elapsed_ms)}${ENDED[ended_by]})`, screen.columns)
  const colour = coverage.complete ? 'green' : 'yellow'
  const lines = [screen.colour ? styleText(colour, said, { validateStream: false }) : said]
  // How nodes are is about now.
  if (result.query_type !== 'NodeHealth')
    lines.push(`  ${utc(time_range.start)} to ${utc(time_range.end)} UTC`)
  for (const row of [...rows, ...notes, ...filterNotes(result)])
    lines.push(fitted(`  ${printable(row)}`, screen.columns))
  return `${lines.join('\n')}\n`
}

/** What a filter leaves whole, which looks as if it were filtered too. */
function filterNotes({ data, filters = [] }: QueryResult): string[] {
  const about = (field: string): boolean => filters.some((filter) => filter.field === field)
  const [hour, day] = [about('hour'), about('day')]
  if (!('hourly' in data) || data.total_commands === 0 || !(hour || day)) return []
  if (hour && day) return ['Only the hours and the days are filtered; the totals are of the whole range.']
  return [
    hour
      ? 'Only the hours are filtered; the totals and the days are of the whole range.'
      : 'Only the days are filtered; the totals and the hours are of the whole range.',
  ]
}

/** Ranges are whole hours. */
const utc = (rfc3339: string): string => rfc3339.slice(0, 16).replace('T', ' ')
