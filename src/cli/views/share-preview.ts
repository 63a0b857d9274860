// View of what summaries would tell: a block for each period and group of readers, with every number.
import {
  type AskedType,
  queryType,
  type SharePreviewShape,
  type SummaryShape,
  type TotalsPreviewShape,
} from '../../api/contract/shapes.ts'
import { bytes, clauses, duration, fitted, paint, pairs, printable, type Screen } from '../kit.ts'
import { nameOf, WEEKDAYS } from './lines.ts'
import { utc } from './query/reach.ts'
import { readerWords } from './totals.ts'

const WHY: Readonly<Record<NonNullable<TotalsPreviewShape['why']>, string>> = {
  no_aggregators: 'the mesh names no two nodes of different operators that compute totals',
  no_audience: 'no totals are computed for this role',
  aggregators_not_apart:
    'certificates do not say that two different people run the two nodes that would get half of each number',
  aggregator_refused: 'one of the two nodes that would get half of each number is denied or revoked here',
  before_records: 'it ended before this machine recorded anything, or before it joined the mesh',
  too_old: 'it ended more than a week ago, and nothing was given then',
  budget: 'this machine gave to as many periods of the last seven days as sharing.budget allows',
  overlapping: 'this machine gave to a longer or shorter period of the same time already',
}

const STATE: Readonly<Record<TotalsPreviewShape['state'], string>> = {
  open: 'not over yet: the numbers so far',
  due: 'over, and not given yet',
  given: 'given; these are the numbers that stand here now',
}

/** Ends with a newline. */
function totalsPreviewView(role: string, totals: TotalsPreviewShape, screen: Screen): string {
  const { bucket, state, why, types } = totals
  const isAhead = bucket !== null && Date.parse(bucket.start) > Date.now()
  const when =
    bucket === null
      ? ''
      : ` of ${printable(`${utc(bucket.start)} to ${utc(bucket.end)} UTC`)}, ${isAhead ? 'not begun yet' : STATE[state]}`
  const heading = `Totals for the role ${printable(role)}${when}`
  const title = paint('bold', heading, screen)
  if (why !== null) return fitted(`${title}\nNothing is given: ${WHY[why]}.\n`, screen)
  const given = types.filter((one) => one.given)
  const rows = { ...typeRows(types), ...(given.length > 0 && whom(totals)) }
  const list = pairs(screen, indented(rows), 'dim')
  const end =
    given.length === 0
      ? 'Nothing is given. This machine says so in a share of the same length, so that nobody sees who gives.\n'
      : 'Each number is split into two halves that say nothing alone, one for each of the two nodes.\n'
  return `${fitted(`${title}\n`, screen)}${list}${fitted(end, screen)}`
}

/** By what they are about. */
type Rows = Readonly<Record<string, string>>

const indented = (rows: Rows): Rows =>
  Object.fromEntries(Object.entries(rows).map(([subject, says]) => [`  ${subject}`, says]))

const typeRows = (types: TotalsPreviewShape['types']): Rows =>
  Object.fromEntries(
    types.map(({ type, given, reason, rows, own }) => {
      if (!given) return [type, `not given: ${reason ?? ''}`]
      const zero = `${rows - own.length} other rows are 0`
      const said = own.map(({ row, values }) => `${row.replaceAll(':', ' ')}${valuesIn(values)}`)
      return [type, [...said, zero].join(', ')]
    }),
  )

/** ` 4 uses, 1 failures` becomes ` (uses 4, failures 1)`; values of 0 are left out. */
function valuesIn(values: Readonly<Record<string, number>>): string {
  const some = Object.entries(values).filter(([, value]) => value !== 0)
  return some.length === 0 ? '' : ` (${some.map(([name, value]) => `${name} ${value}`).join(', ')})`
}

function whom({ pair, readers, operators, k, k_min }: TotalsPreviewShape): Rows {
  const named = pair.map(({ node, operator }) => `${nameOf(node)} (run by ${operator})`)
  return {
    whose: "yours; other people's numbers are added before, and not shown",
    'halves to': `${named.join(' and ')}, for this period; --at shows those of another`,
    'read by': readerWords({ nodes: readers, operators }),
    'at least': `${Math.max(k, k_min)} machines in each total, the two nodes and those that read it not counted`,
  }
}

/** Ends with a newline. */
export function previewView(shape: SharePreviewShape, screen: Screen): string {
  const { role, totals } = shape
  if (role === null || totals === null) return summariesView(shape, screen)
  const summaries = shape.summaries.length === 0 ? '' : `${summariesView(shape, screen)}\n`
  return `${summaries}${totalsPreviewView(role, totals, screen)}`
}

function summariesView({ to, role, categories, summaries }: SharePreviewShape, screen: Screen): string {
  const reader = to === null ? role && `nodes with the role ${role}` : nameOf(to)
  const whom = reader === null ? '' : ` to ${printable(reader)}`
  const blocks = summaries.map((one) => block(one, screen)).join('\n')
  if (categories !== null) {
    const what = categories.join(', ')
    return summaries.length === 0
      ? `You have recorded no commands that count for ${what} yet.\n`
      : `If you allowed ${what}${whom} and nothing else, this would be sent. This preview allows nothing.\n\n${blocks}`
  }
  if (summaries.length === 0) {
    return `Nothing would be sent${whom}: no node may read your summaries, or you have recorded no commands to sum up.
karo share show says who may have what; karo history shows whether anything is recorded.\n`
  }
  return blocks
}

function block({ recipients, summary, bytes: size, digest }: SummaryShape, screen: Screen): string {
  const heading = `${periodName(summary)}, ${summary.closed ? 'over' : 'not over yet'}`
  const title = paint('bold', heading, screen)
  const rows = {
    to: recipients.map(nameOf).join(', '),
    ...parts(summary),
    plaintext: `${bytes(size)}, BLAKE3 ${digest.slice(0, 16)}…`,
  }
  return `${title}\n${pairs(screen, indented(rows), 'dim')}`
}

/** `hour 2026-11-20 10:00 UTC`, `day 2026-11-20 UTC`, `week from 2026-11-16 UTC`. */
function periodName({ granularity, start }: SummaryShape['summary']): string {
  const [day, time] = start.split('T') as [string, string]
  if (granularity === 'hour') return `hour ${day} ${time.slice(0, 5)} UTC`
  return granularity === 'day' ? `day ${day} UTC` : `week from ${day} UTC`
}

function parts(summary: SummaryShape['summary']): Rows {
  const { command_patterns, tool_usage, activity_pattern, safety_stats, counted = [] } = summary
  const found: Record<string, string> = {}
  if (command_patterns !== undefined) {
    const each = command_patterns.map(
      ({ category, count, failures, unknown, avg_duration_ms }) =>
        `${category} ${count}${failed(failures, unknown)} ⌀ ${duration(avg_duration_ms)}`,
    )
    found.categories = each.join(', ')
  }
  if (tool_usage !== undefined) {
    const each = tool_usage.tools.map(
      ({ tool, uses, failures, unknown }) => `${tool} ${uses}${failed(failures, unknown)}`,
    )
    found.tools = each.join(', ')
  }
  if (activity_pattern !== undefined) {
    const { hourly, daily, total_commands, unique_commands } = activity_pattern
    found.commands = `${total_commands}, ${unique_commands} unique`
    found['by hour'] = named(hourly, (hour) => `${hour}h`)
    found['by weekday'] = named(daily, (day) => WEEKDAYS[day] as string)
  }
  if (safety_stats !== undefined) {
    const {
      by_risk_level,
      blocked,
      confirmed_risky,
      declined = 0,
      karo_generated,
      guard,
      hook,
    } = safety_stats
    const levels = Object.entries(by_risk_level).map(([level, count]) => `${level} ${count}`)
    const acts = `blocked ${blocked}, confirmed ${confirmed_risky}, declined ${declined}, run by AI tools and programs ${karo_generated}`
    const state = `guard ${guard}, hook ${hook}`
    found.risk = `${levels.join(', ')}; ${acts}; ${state}`
  }
  for (const { query_type, rows } of counted)
    found[queryType(query_type as AskedType).word] = rows
      .map(({ name, count }) => `${name} ${count}`)
      .join(', ')
  return found
}

function failed(failures: number, unknown: number): string {
  const parts = clauses(failures > 0 && `${failures} failed`, unknown > 0 && `${unknown} of unknown end`)
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`
}

/** The counts that are not 0, each with its name. */
const named = (counts: readonly number[], name: (index: number) => string): string =>
  counts.flatMap((count, index) => (count === 0 ? [] : [`${name(index)} ${count}`])).join(', ')
