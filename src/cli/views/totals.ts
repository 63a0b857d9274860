// Totals of many nodes: who may read them, in the same words wherever it is said, and those that this machine took part in.
import type { AskersShape, SharingView } from '../../api/contract/shapes.ts'
import { ago, fitted, printable, type Screen, table } from '../kit.ts'
import { nameOf, toldApart } from './lines.ts'
import { utc } from './query/reach.ts'

type Readers = SharingView['totals'][number]

/** `ciso, carol (operator)`. */
export function readerWords({ nodes, operators }: Omit<Readers, 'audience'>): string {
  const all = [...toldApart(nodes).map(nameOf), ...operators.map((one) => `${nameOf(one)} (operator)`)]
  return all.length === 0 ? 'nobody else that is known here' : all.join(', ')
}

/** A line for each role; empty where the mesh computes no totals. */
export const readersView = (all: readonly Readers[], screen: Screen): string =>
  all
    .map((one) => fitted(`May read totals for ${printable(one.audience)}: ${readerWords(one)}.\n`, screen))
    .join('')

type Totals = AskersShape['totals']
type Given = Totals['given'][number]

/** Empty where this machine took part in none and showed none. */
export function givenView({ given, may_read, fetched }: Totals, screen: Screen, now: number): string {
  const told = [
    given.length > 0 && takenPart(given, screen),
    readersView(may_read, screen),
    fetched.length > 0 && fetches(fetched, screen, now),
  ].filter(Boolean)
  if (told.length === 0) return ''
  const elsewhere =
    'Who fetched totals from another node, karo query health tells. Who read them on a node that holds them stands in the ledger of that node alone.\n'
  return `\n${told.join('')}${fitted(elsewhere, screen)}`
}

function takenPart(given: readonly Given[], screen: Screen): string {
  const all = given.flatMap(({ aggregators }) => aggregators)
  return table(screen, given, {
    'TOTALS FROM': ({ start }) => `${utc(start)} UTC`,
    FOR: 'audiences',
    'HALVES TO': ({ aggregators }) => toldApart(aggregators, all).map(nameOf).join(', '),
    COUNTED: ({ outcome, types }) =>
      types.length === 0 ? '–' : outcome === null ? 'not known yet' : WORDS[outcome],
    MACHINES: machinesIn,
    GAVE: { value: ({ types }) => types.join(', ') || 'nothing', wrap: true },
  })
}

const WORDS = {
  counted: 'yes',
  waiting: 'no, too few share the same',
  late: 'no, it came too late',
  left_out: 'NO, it was left out',
  unproved: 'NO, its proof fails',
  disagree: 'the aggregators disagree',
} as const

/** Of what this machine released itself; another one does not know how many were in it. */
function machinesIn({ released }: Given): string {
  const counts = released.flatMap(({ types }) => types.map(({ machines }) => machines))
  const [most, threshold] = [Math.max(...counts), Math.max(...released.map((one) => one.threshold ?? 0))]
  return counts.length === 0 ? 'not known here' : `${most}, rows from ${threshold} on`
}

function fetches(fetched: Totals['fetched'], screen: Screen, now: number): string {
  const nodes = toldApart(fetched.map(({ node }) => node))
  const rows = nodes.map((node, i) => ({ ...fetched[i]!, node }))
  return table(screen, rows, {
    'FETCHED BY': { value: ({ node, operator }) => nameOf(operator ?? node), shrink: true },
    VIA: { value: ({ node, operator }) => (operator === null ? '–' : nameOf(node)), shrink: true },
    FOR: 'audience',
    ABOUT: 'query_type',
    OF: ({ start, end }) => `${utc(start)} to ${utc(end)}`,
    WHEN: ({ at }) => ago(now - Date.parse(at)),
  })
}
