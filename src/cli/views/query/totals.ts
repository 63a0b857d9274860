// Says what totals rest on: how many machines, of which closed periods, and what is left out so that nobody is told apart.
import type { QueryResult } from '../../../api/contract/shapes.ts'
import { clauses } from '../../terminal/text.ts'
import { elsewhereRows } from './elsewhere.ts'
import { hasChange, utc } from './reach.ts'

type Released = NonNullable<QueryResult['released']>

/** Whether totals were asked for, of which nobody was asked; owners may withhold at level 2 by themselves. */
export const isOfTotals = ({
  level,
  released,
  coverage,
}: Pick<QueryResult, 'level' | 'released' | 'coverage'>): boolean =>
  level === 2 && (released !== undefined || coverage.known === 0)

/** As `whoAnswered` says it for numbers of single nodes. */
export function whoContributed(result: QueryResult): {
  readonly line: string
  readonly rows: readonly string[]
} {
  const { coverage, released, privacy, compared, data } = result
  if (released === undefined) return { line: 'no totals', rows: [] }
  const { buckets, audience, team } = released
  const shown = buckets.filter(({ why }) => why === null)
  const { known, answered } = coverage
  const whose = team === undefined ? 'machines' : `machines of the team ${team.name}`
  const line = `${answered} of ${known} ${whose}, ${periodsOf(shown, buckets.length)}, for the role ${audience}`
  const rows = [
    ...covered(result, buckets, shown),
    ...missing(shown),
    ...changing(shown),
    ...elsewhereRows(result),
  ]
  const { cells_suppressed: ofAllOnly, k_min } = privacy
  if (ofAllOnly !== null && ofAllOnly > 0) {
    const rowsAre = ofAllOnly === 1 ? 'row is' : 'rows are'
    rows.push(
      `${ofAllOnly} ${rowsAre} shown for all machines together only: fewer than ${k_min} machines of a team, or outside of it, have such a row, or such a number could be computed from it`,
    )
  }
  if (shown.length > 0)
    rows.push(
      `a number that fewer than ${k_min} machines have is left out, as if no machine had it`,
      `of each number of a machine at most ${released.most} count in a period`,
    )
  const { partly } = released
  if (partly.length > 0)
    rows.push(
      `some periods or machines do not tell these, so they are shown as at least (≥), or not at all: ${named(partly)}`,
    )
  const tellsChanges = 'tools' in data || 'rows' in data || 'change' in data
  if (shown.length > 0 && tellsChanges && compared?.nodes === 0 && !hasChange(data))
    rows.push(
      'no comparison with before: totals of some of these periods, or of the earlier ones (for days: the same weekdays a week before), are missing; `karo report` also compares fewer days',
    )
  return { line: shown.length === 0 ? `no totals for the role ${audience}` : line, rows }
}

/** Rows that are named; of more only their number is told. */
const NAMED_MAX = 8

function named(rows: readonly string[]): string {
  const names = rows
    .slice(0, NAMED_MAX)
    .map((row) => row.replace(/^(?:act|risk):|^rule:\w+:/, '').replace(':', ' '))
  return rows.length > NAMED_MAX
    ? `${names.join(', ')} and ${rows.length - NAMED_MAX} more`
    : names.join(', ')
}

const periodsOf = (shown: readonly unknown[], all: number): string =>
  shown.length === all
    ? all === 1
      ? 'the one closed period'
      : `all ${all} closed periods`
    : `${shown.length} of ${all} closed periods`

/** Periods are whole, so that the totals may be of a part of the asked time; those that are missing are told apart. */
function covered(
  { time_range }: QueryResult,
  buckets: Released['buckets'],
  shown: Released['buckets'],
): string[] {
  const [first, last] = [buckets[0], buckets.at(-1)]
  if (first === undefined || last === undefined || shown.length === 0) return []
  if (first.start === time_range.start && last.end === time_range.end) return []
  return [`the whole periods in this time: ${utc(first.start)} to ${utc(last.end)} UTC`]
}

/** What became of the other machines, in the newest period that is shown. */
function missing(shown: Released['buckets']): string[] {
  const counts = shown.at(-1)?.contributions
  if (counts == null) return []
  const said = clauses(
    counts.declined > 0 && `${counts.declined} did not agree`,
    counts.late > 0 && `${counts.late} came late and wait for more machines`,
    counts.absent > 0 && `${counts.absent} sent nothing`,
    counts.refused > 0 && `${counts.refused} could not be counted`,
  )
  return said.length === 0 ? [] : [`of the other machines ${said.join(', ')}`]
}

/** Totals of several periods may be of different machines, which somebody who compares them has to know. */
function changing(shown: Released['buckets']): string[] {
  const counts = shown.flatMap(({ contributions }) => contributions?.contributed ?? [])
  const [least, most] = [Math.min(...counts), Math.max(...counts)]
  return counts.length < 2 || least === most ? [] : [`${least} to ${most} machines, depending on the period`]
}
