// View of a query's result: the data as tables by the view of its type, then which nodes answered and why the others did not.
import {
  type AskedType,
  type CountedType,
  type Coverage,
  passes,
  type QueryData,
  type QueryDataOf,
  type QueryResult,
  queryType,
} from '../../../api/contract/shapes.ts'
import { onlyTotals } from '../../../trust/policy/roles.ts'
import {
  ago,
  clauses,
  duration,
  fitted,
  formatFingerprint,
  paint,
  printable,
  type Screen,
  table,
} from '../../kit.ts'
import { toldApart } from '../lines.ts'
import { names, whoAnswered } from './coverage.ts'
import { reachRows, utc } from './reach.ts'
import { VIEWS } from './rows.ts'
import { isOfTotals, whoContributed } from './totals.ts'
import { byNode, changeAndNodes, known, type NodeColumns, type QueryTypeView, since } from './view.ts'

const ENDED: Readonly<Record<QueryResult['ended_by'], string>> = {
  all_done: '',
  deadline: ', stopped at the deadline',
  cancelled: ', cancelled',
}

/** Ends with a newline. `before` is the last answer to the same question, to show changes. */
export function queryView(asked: QueryResult, screen: Screen, before?: QueryResult): string {
  const { coverage, nodes = [], reach } = asked
  const all = [...coverage.nodes, ...nodes, ...(reach?.short ?? [])]
  const result = {
    ...asked,
    coverage: { ...coverage, nodes: toldApart(coverage.nodes, all) },
    nodes: toldApart(nodes, all),
    reach: reach && { ...reach, short: toldApart(reach.short, all) },
  }
  const sections = [
    dataView(result, screen, before) || `${nothingIn(result)}\n`,
    perNodeView(result, screen),
    coverageView(result, screen),
  ]
  return sections.filter((section) => section !== '').join('\n')
}

/** Why there are no numbers, and what to do about it. */
export function nothingIn(result: QueryResult): string {
  const { status, coverage, filters, query_type, asked_as, compared, reach } = result
  const asker = asked_as === undefined ? 'this node' : printable(asked_as.name)
  // Whoever has that role has what is given to them by name, as any other member. It opens named anomalies by itself.
  const givenTo =
    query_type === 'Anomalies' || (asked_as !== undefined && !onlyTotals(asked_as.roles))
      ? ''
      : `\nThe role security opens none of these: people give them to ${asker}, a team or everybody (karo share allow).`
  if (isOfTotals(result))
    return status === 'success'
      ? result.filters === undefined
        ? 'Nothing that enough machines have in common was recorded in this period.'
        : 'Nothing that was released matches the filters: leave out a --where, or ask for more time with --last.'
      : `No totals, for the reason below. --level 1 asks for numbers of single nodes.${givenTo}`
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
    return `No numbers: ${who} do not share these with ${asker}.
Their people can change that where no policy forbids it (karo policy show)${allows}`
  }
  if (status === 'withheld') {
    return `No totals: other nodes may not give any, for the reason below.
You can ask for the numbers of nodes that share theirs with you: karo query ${queryType(query_type as AskedType).word} --level 1${givenTo}`
  }
  // No answer at all is not the same as answers without numbers.
  const silent = status === 'no_data' && coverage.known > 0 && coverage.answered === 0
  if (silent)
    return 'No other node answered, and this node gave no numbers. karo peers shows which nodes are connected.'
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

/** A line about the nodes that gave no numbers, so that nobody takes the others for all. */
function unheardIn({ known, answered, from_summary }: Coverage): string {
  const missing = known - answered - from_summary
  if (missing === 0) return ''
  return `\nOf ${missing === 1 ? 'one node' : `${missing} nodes`} that gave no numbers this is unknown.`
}

/** Progress of a question in one line of a terminal, without a newline. */
export function progressLine({ known, answered, denied, withheld, failed, nodes }: Coverage): string {
  const refused = denied + withheld + failed
  const others = known === 1 ? 'other' : 'others'
  const rest = nodes.filter(({ outcome }) => outcome === 'unreachable')
  const parts = clauses(
    `${answered} of ${known} ${others} answered`,
    refused > 0 && `${refused} gave no numbers`,
    rest.length > 0 && `nothing yet from ${names(rest)}`,
  )
  return printable(`${parts.join(', ')} …`)
}

/** Always there: whose numbers these are, of which time, and why each of the others gave none. */
function coverageView(result: QueryResult, screen: Screen): string {
  const { coverage, ended_by, timing, time_range, notes, data, filters = [] } = result
  const view = viewOf(result)
  const { line, rows } = isOfTotals(result) ? whoContributed(result) : whoAnswered(result)
  const said = fitted(`${printable(line)} (${duration(timing.elapsed_ms)}${ENDED[ended_by]})`, screen)
  const colour = coverage.complete ? 'green' : 'yellow'
  const lines = [paint(colour, said, screen)]
  if (result.age_ms !== undefined)
    lines.push(`  asked ${duration(result.age_ms)} ago, and kept since (--max-age 0 asks anew)`)
  if (result.asked_as !== undefined) lines.push(fitted(`  ${askedAs(result.asked_as)}`, screen))
  if (view.ofNow !== true) lines.push(`  ${utc(time_range.start)} to ${utc(time_range.end)} UTC`)
  const about = view.notes?.(data, new Set(filters.map(({ field }) => field))) ?? []
  for (const row of [...rows, ...reachRows(result), ...notes, ...about])
    lines.push(fitted(`  ${printable(row)}`, screen))
  return `${lines.join('\n')}\n`
}

function askedAs({ name, fingerprint, roles, teams }: NonNullable<QueryResult['asked_as']>): string {
  const has = [...roles.map((role) => `role ${role}`), ...teams.map((team) => `team ${team}`)]
  return `asked as ${[`${name} (${formatFingerprint(fingerprint)})`, ...has].map(printable).join(', ')}`
}

/** The view of a result; the daemon answers only with the type that was asked for, so the data fits the view. */
function viewOf({ query_type }: QueryResult): QueryTypeView<QueryData> {
  const { headings } = queryType(query_type as AskedType)
  const view = headings === undefined ? VIEWS[query_type as keyof typeof VIEWS] : countedView(headings)
  return view as unknown as QueryTypeView<QueryData>
}

/** The data of a result; empty if there is none. `before` is the last answer to the same question, to show changes. */
function dataView(result: QueryResult, screen: Screen, before?: QueryResult): string {
  const { data, filters = [], privacy } = result
  const partly = new Set(result.released?.partly)
  const shown = {
    screen,
    least: (row: string) => (partly.has(row) ? '≥ ' : ''),
    off: {
      nodes: privacy.noise === null ? '' : ` ±${privacy.noise.nodes}`,
      values: privacy.noise === null ? '' : ` ±${privacy.noise.values}`,
    },
    passes: (field: string, value: string) =>
      filters.every((filter) => filter.field !== field || passes(filter, value)),
  }
  return viewOf(result).data(data, shown, before?.query_type === result.query_type ? before.data : undefined)
}

/** The numbers of each node, for `--per-node`; empty if the data is by node already. */
function perNodeView(result: QueryResult, screen: Screen): string {
  const { nodes = [] } = result
  const age: NodeColumns = {
    'AS OF': nodes.some(({ source }) => source === 'summary') && {
      value: ({ node }) => (node.source === 'live' ? 'now' : ago(Date.now() - Date.parse(node.as_of))),
      style: ({ node }) => (node.source === 'live' ? undefined : 'yellow'),
    },
  }
  const name: NodeColumns = { NODE: { value: ({ node }) => node.name, shrink: true } }
  return viewOf(result).perNode?.(nodes, name, age, screen) ?? ''
}

/** A number that is counted by names: one row each, the most first, and what all come to. */
const countedView = (headings: {
  readonly name: string
  readonly count: string
}): QueryTypeView<QueryDataOf<CountedType>> => ({
  data({ rows, all }, { screen, least, off }, before) {
    if (rows.length === 0) return ''
    const [what, counts] = [headings.name.toUpperCase(), headings.count.toUpperCase()]
    const countBefore = (name: string) => before && (before.rows.find((row) => row.name === name)?.count ?? 0)
    const list = table(screen, rows, {
      [what]: { value: 'name', shrink: true },
      [`${counts}${off.values}`]: {
        value: ({ name, count }) => `${least(name)}${count}${since(count, countBefore(name))}`,
        align: 'right',
      },
      ...changeAndNodes(rows, ({ count }) => count, off),
    })
    return `${list}${all === null ? '' : `all together: ${known(all)}${off.values} ${headings.count}\n`}`
  },
  perNode: byNode((node) => (node.counted ?? []).map((row) => ({ node, row })), {
    [headings.name.toUpperCase()]: { value: ({ row }) => row.name, shrink: true },
    [headings.count.toUpperCase()]: ({ row }) => row.count,
  }),
})
