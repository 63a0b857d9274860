// A query's result for people: the data as tables, then who answered and why the others did not.
import { styleText } from 'node:util'
import type { Coverage, Outcome, QueryResult } from '../../api/shapes.ts'
import { duration, formatFingerprint, printable } from '../format.ts'
import { fitted } from '../text.ts'
import { dataView, perNodeView, type Screen } from './query-data.ts'

const SAID: Readonly<Record<Outcome, string>> = {
  answered: 'answered',
  from_summary: 'from a stored summary',
  denied: 'denied',
  withheld: 'withheld',
  busy: 'busy',
  error: 'failed',
  not_supported: 'does not support this',
  bad_signature: 'answered with a bad signature',
  unreachable: 'unreachable',
}

const NOTHING: Readonly<Record<QueryResult['status'], string>> = {
  success: 'No numbers.',
  no_data: 'Nothing was recorded in that time.',
  access_denied: 'Nobody lets this node have that.',
  withheld: 'That is withheld.',
}

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

function nothingIn({ status, coverage, filters }: QueryResult): string {
  // Silence is not the same as nothing to say.
  const silent = status === 'no_data' && coverage.known > 0 && coverage.answered === 0
  if (silent) return 'Nobody answered, and this node has nothing of its own.'
  return filters !== undefined && (status === 'success' || status === 'no_data')
    ? 'Nothing that fits the filters.'
    : NOTHING[status]
}

/** While a question is under way, for one line of a terminal; no newline. */
export function progressLine({ known, answered, denied, withheld, failed }: Coverage): string {
  const refused = denied + withheld + failed
  return `${answered} of ${known} known ${plural(known)} answered${refused === 0 ? '' : `, ${refused} will not`} …`
}

/** Always there: how many are known, how many answered, and why each of the others did not. */
function coverageView(result: QueryResult, screen: Screen): string {
  const { coverage, ended_by, timing, time_range, notes } = result
  const { known, answered, complete, nodes } = coverage
  const who =
    known === 0 ? 'no other node is known' : `${answered} of ${known} known ${plural(known)} answered`
  const took = `${duration(timing.elapsed_ms)}${ENDED[ended_by]}`
  // How nodes are is about now.
  const range =
    result.query_type === 'NodeHealth' ? '' : `${utc(time_range.start)} to ${utc(time_range.end)} UTC: `
  const line = `${range}${who} (${took})`
  const lines = [
    screen.colour ? styleText(complete ? 'green' : 'yellow', line, { validateStream: false }) : line,
  ]
  const silent = new Map<Outcome, string[]>()
  for (const { outcome, name, fingerprint } of nodes) {
    if (outcome === 'answered') continue
    silent.set(outcome, [...(silent.get(outcome) ?? []), name === '' ? formatFingerprint(fingerprint) : name])
  }
  for (const [outcome, names] of silent)
    lines.push(fitted(`  ${SAID[outcome]}: ${names.map(printable).join(', ')}`, screen.columns))
  for (const note of [...notes, ...filterNotes(result)])
    lines.push(fitted(`  ${printable(note)}`, screen.columns))
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
const plural = (count: number): string => (count === 1 ? 'node' : 'nodes')
