// View of a query's result: the data as tables, then which nodes answered and why the others did not.
import { type AskedType, type Coverage, type QueryResult, queryType } from '../../../api/contract/shapes.ts'
import { duration, formatFingerprint, printable } from '../../../base/format.ts'
import { onlyTotals } from '../../../trust/policy/roles.ts'
import { paint, type Screen } from '../../terminal/table.ts'
import { fitted } from '../../terminal/text.ts'
import { whoAnswered } from './coverage.ts'
import { dataView, filterNotes, isOfNow, perNodeView } from './index.ts'
import { reachRows, utc } from './reach.ts'
import { isOfTotals, whoContributed } from './totals.ts'

const ENDED: Readonly<Record<QueryResult['ended_by'], string>> = {
  all_done: '',
  deadline: ', stopped at the deadline',
  cancelled: ', cancelled',
}

/** Ends with a newline. `before` is the last answer to the same question, to show changes. */
export function queryView(result: QueryResult, screen: Screen, before?: QueryResult): string {
  const sections = [
    dataView(result, screen, before) || `${nothingIn(result)}\n`,
    perNodeView(result, screen),
    coverageView(result, screen),
  ]
  return sections.filter((section) => section !== '').join('\n')
}

/** Why there are no numbers, and what to do about it. */
export function nothingIn(result: QueryResult): string {
  const { status, coverage, filters, query_type, asked_as, compared, reach, notes } = result
  const asker = asked_as === undefined ? 'this node' : printable(asked_as.name)
  // Whoever has that role has what is given to them by name, as any other member. It opens named anomalies by itself.
  const givenTo =
    query_type === 'Anomalies'
      ? ''
      : `\nThe role security opens none of these: people give them to ${asker}, a team or everybody (karo share allow).`
  if (isOfTotals(result)) {
    return status === 'success'
      ? nothingOpened(result)
      : `No totals, for the reason below. --level 1 asks for numbers of single nodes.${givenTo}`
  }
  const who =
    coverage.answered > 0
      ? 'the nodes that answered have none of this period, and the others'
      : 'the nodes that were asked'
  if (status === 'access_denied') {
    const allows =
      asked_as === undefined
        ? ': karo share allow <this node>'
        : onlyTotals(asked_as.roles)
          ? `, for a team or this person: karo share allow ${asked_as.operator}`
          : ', for a role or a team: karo share allow role:<role>'
    const unless = notes.length === 0 ? '' : ', if no note below says otherwise'
    return `No numbers: ${who} do not share these with ${asker}.
Their people can change that${unless}${allows}`
  }
  if (status === 'withheld') {
    return `No totals: other nodes may not give any, for the reason below.
You can ask for the numbers of nodes that share theirs with you: karo query ${queryType(query_type as AskedType).word} --level 1${givenTo}`
  }
  // No answer at all is not the same as answers without numbers.
  const silent = status === 'no_data' && coverage.known > 0 && coverage.answered === 0
  if (silent)
    return 'No node answered, and this node has no numbers of its own. karo peers shows which nodes are connected.'
  const unheard = unheardIn(coverage)
  if (filters !== undefined) {
    const unknown = compared?.nodes === 0 && filters.some(({ field }) => field === 'change')
    const nothing = unknown
      ? 'Nothing can match: no change is known, because no node has records of the period before.'
      : 'Nothing matches the filters: leave out a --where, or ask for more time with --last.'
    return `${nothing}${unheard}`
  }
  if (status === 'success') return `No numbers.${unheard}`
  // That nobody typed is known only of a time that records reach over.
  const known = reach === null || reach.whole > 0 || reach.short.some(({ covers }) => covers !== null)
  return `${known ? 'Nothing was recorded in this period.' : 'No node that answered has records of this period.'}${unheard}`
}

const nothingOpened = ({ filters }: Pick<QueryResult, 'filters'>): string =>
  filters === undefined
    ? 'Nothing that enough machines have in common was recorded in this period.'
    : 'Nothing that was released matches the filters: leave out a --where, or ask for more time with --last.'

/** A line about the nodes that gave no numbers, so that nobody takes the others for all. */
function unheardIn({ known, answered, from_summary }: Coverage): string {
  const missing = known - answered - from_summary
  if (missing === 0) return ''
  return `\nOf ${missing === 1 ? 'one node' : `${missing} nodes`} that gave no numbers this is unknown.`
}

/** Progress of a question in one line of a terminal, without a newline. */
export function progressLine({ known, answered, denied, withheld, failed }: Coverage): string {
  const refused = denied + withheld + failed
  const others = known === 1 ? 'other' : 'others'
  return `${answered} of ${known} ${others} answered${refused === 0 ? '' : `, ${refused} gave no numbers`} …`
}

/** Always there: whose numbers these are, of which time, and why each of the others gave none. */
function coverageView(result: QueryResult, screen: Screen): string {
  const { coverage, ended_by, timing, time_range, notes } = result
  const { line, rows } = isOfTotals(result) ? whoContributed(result) : whoAnswered(result)
  const said = fitted(`${printable(line)} (${duration(timing.elapsed_ms)}${ENDED[ended_by]})`, screen.columns)
  const colour = coverage.complete ? 'green' : 'yellow'
  const lines = [paint(colour, said, screen)]
  if (result.age_ms !== undefined)
    lines.push(`  asked ${duration(result.age_ms)} ago, and kept since (--max-age 0 asks anew)`)
  if (result.asked_as !== undefined) lines.push(fitted(`  ${askedAs(result.asked_as)}`, screen.columns))
  if (!isOfNow(result)) lines.push(`  ${utc(time_range.start)} to ${utc(time_range.end)} UTC`)
  for (const row of [...rows, ...reachRows(result), ...notes, ...filterNotes(result)])
    lines.push(fitted(`  ${printable(row)}`, screen.columns))
  return `${lines.join('\n')}\n`
}

function askedAs({ name, fingerprint, roles, teams }: NonNullable<QueryResult['asked_as']>): string {
  const has = [...roles.map((role) => `role ${role}`), ...teams.map((team) => `team ${team}`)]
  return `asked as ${[`${name} (${formatFingerprint(fingerprint)})`, ...has].map(printable).join(', ')}`
}
