// View of what this machine gives to a role's totals: the rows that somebody has, what is declined and why, and to whom it goes.
import type { TotalsPreviewShape } from '../../../api/contract/shapes.ts'
import { printable } from '../../../base/format.ts'
import { paint, pairs, type Screen } from '../../terminal/table.ts'
import { fitted } from '../../terminal/text.ts'
import { readerWords } from './readers.ts'

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
export function totalsPreviewView(role: string, totals: TotalsPreviewShape, screen: Screen): string {
  const { bucket, state, why, types } = totals
  const when = bucket === null ? '' : ` of ${nameOf(bucket)}, ${STATE[state]}`
  const heading = `Totals for the role ${printable(role)}${when}`
  const title = paint('bold', heading, screen)
  if (why !== null) return fitted(`${title}\nNothing is given: ${WHY[why]}.\n`, screen.columns)
  const given = types.filter((one) => one.given)
  const rows = [...typeRows(types), ...(given.length === 0 ? [] : whom(totals))]
  const list = pairs(
    screen,
    rows.map(({ subject, says }) => [`  ${subject}`, says] as const),
    'dim',
  )
  const end =
    given.length === 0
      ? 'Nothing is given. This machine says so in a share of the same length, so that nobody sees who gives.\n'
      : 'Each number is split into two halves that say nothing alone, one for each of the two nodes.\n'
  return `${fitted(`${title}\n`, screen.columns)}${list}${fitted(end, screen.columns)}`
}

const nameOf = ({ start, end }: NonNullable<TotalsPreviewShape['bucket']>): string =>
  printable(`${start.slice(0, 16).replace('T', ' ')} to ${end.slice(0, 16).replace('T', ' ')} UTC`)

interface Row {
  readonly subject: string
  readonly says: string
}

const typeRows = (types: TotalsPreviewShape['types']): Row[] =>
  types.map(({ type, given, reason, rows, own }) => {
    if (!given) return { subject: type, says: `not given: ${reason ?? ''}` }
    const zero = `${rows - own.length} other rows are 0`
    const said = own.map(({ row, values }) => `${row.replaceAll(':', ' ')}${valuesIn(values)}`)
    return { subject: type, says: [...said, zero].join(', ') }
  })

/** ` 4 uses, 1 failures` becomes ` (uses 4, failures 1)`; values of 0 are left out. */
function valuesIn(values: Readonly<Record<string, number>>): string {
  const some = Object.entries(values).filter(([, value]) => value !== 0)
  return some.length === 0 ? '' : ` (${some.map(([name, value]) => `${name} ${value}`).join(', ')})`
}

function whom({ pair, readers, operators, k, k_min }: TotalsPreviewShape): Row[] {
  const named = pair.map(
    ({ node: { name, fingerprint }, operator }) =>
      `${printable(name || fingerprint)} (run by ${printable(operator)})`,
  )
  return [
    { subject: 'whose', says: "yours; other people's numbers are added before, and not shown" },
    { subject: 'halves to', says: named.join(' and ') },
    { subject: 'read by', says: readerWords({ nodes: readers, operators }) },
    {
      subject: 'at least',
      says: `${Math.max(k, k_min)} machines in each total, the two nodes and those that read it not counted`,
    },
  ]
}
