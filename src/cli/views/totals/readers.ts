// Who may read totals, in the same words wherever it is said.
import type { SharingView } from '../../../api/contract/shapes.ts'
import { printable } from '../../../base/format.ts'
import { fitted } from '../../terminal/text.ts'

type Readers = SharingView['totals'][number]

export const nameOf = ({ name, fingerprint }: Readers['nodes'][number]): string =>
  printable(name || fingerprint)

/** `ciso, carol (operator)`. */
export function readerWords({ nodes, operators }: Omit<Readers, 'audience'>): string {
  const all = [...nodes.map(nameOf), ...operators.map((one) => `${nameOf(one)} (operator)`)]
  return all.length === 0 ? 'nobody else that is known here' : all.join(', ')
}

/** A line for each role; empty where the mesh computes no totals. */
export const readersView = (all: readonly Readers[], columns: number): string =>
  all
    .map((one) => fitted(`May read totals for ${printable(one.audience)}: ${readerWords(one)}.\n`, columns))
    .join('')
