// Says what totals rest on: how many machines, of which closed periods, what is left out so that nobody is told apart, and how a
// team compares with the machines beside it.
import type { QueryDataOf, QueryResult } from '../../../api/contract/shapes.ts'
import { clauses, percent } from '../../kit.ts'
import { hasChange } from './reach.ts'

type Released = NonNullable<QueryResult['released']>

/** Whether totals were asked for, of which nobody was asked; owners may withhold at level 2 by themselves. */
export const isOfTotals = ({ level, released, coverage }: QueryResult): boolean =>
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
  const rows = [...missing(shown), ...changing(shown), ...elsewhereRows(result)]
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
      `of each number an honest machine gives at most ${released.most} in a period`,
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

/** What is compared of a type: a name, and how it reads; undefined: it cannot be known, because a part of it is not told. */
type Rates = readonly (readonly [name: string, value: string | undefined])[]

const share = (part: number | null, whole: number | null): string | undefined =>
  part === null || whole === null || whole === 0 ? undefined : percent(part / whole)

const each = (sum: number | null, machines: number): string | undefined =>
  sum === null || machines === 0 ? undefined : String(Math.round((sum / machines) * 10) / 10)

const total = (numbers: readonly (number | null)[]): number | null =>
  numbers.reduce((sum, one) => (sum === null || one === null ? null : sum + one), 0)

/** Of all tools where that is known, else of those that are shown, if all of theirs is. */
function tools({ tools: rows, all }: QueryDataOf<'ToolUsage'>): Rates {
  const failures = rows.map(({ uses, failure_rate }) => (failure_rate === null ? null : uses * failure_rate))
  return all === undefined
    ? [['failures', share(total(failures), total(rows.map(({ uses }) => uses)))]]
    : [['failures', share(all.failures, all.uses - (all.unknown ?? 0))]]
}

/** The least: a period or a machine that does not tell high or critical commands may have some. */
function safety({ by_risk_level: { high, critical }, commands }: QueryDataOf<'SafetyPosture'>): Rates {
  const risky = high === null && critical === null ? null : (high ?? 0) + (critical ?? 0)
  const rate = share(risky, commands ?? null)
  return [['risky commands', rate === undefined ? undefined : `at least ${rate}`]]
}

const RATES: Readonly<Record<string, (data: never, machines: number) => Rates>> = {
  ToolUsage: tools,
  SafetyPosture: safety,
  ActivityPatterns: ({ total_commands }: QueryDataOf<'ActivityPatterns'>, machines) => [
    ['commands a machine', each(total_commands, machines)],
  ],
  Anomalies: ({ signals }: QueryDataOf<'Anomalies'>, machines) => [
    ['anomalies a machine', each(total(signals.map(({ count }) => count)), machines)],
  ],
}

/** A team and the machines beside it: the same rates of both, out of what was released. `ops: failures 15 % against 2 % elsewhere (18 machines)`; empty where nothing is known of both. */
function elsewhereRows({ query_type, data, released, elsewhere }: QueryResult): readonly string[] {
  const rates = RATES[query_type]
  if (rates === undefined || elsewhere === undefined || released?.team === undefined) return []
  const { name, machines } = released.team
  const theirs = rates(elsewhere.data as never, elsewhere.machines)
  const said = rates(data as never, machines).flatMap(([rate, own], at) => {
    const other = theirs[at]?.[1]
    return own === undefined || other === undefined ? [] : [`${rate} ${own} against ${other} elsewhere`]
  })
  const beside = `${elsewhere.machines} ${elsewhere.machines === 1 ? 'machine' : 'machines'}`
  return said.length === 0 ? [] : [`${name}: ${said.join(', ')} (${beside})`]
}
