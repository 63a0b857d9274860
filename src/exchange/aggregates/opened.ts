// What is opened of a group and of its parts, as both aggregators compute it from what they told each other.
import type { Agreement, TallyPlain } from '../../../protocols/messages/tally.ts'
import { placesIn } from '../../base/bits.ts'
import { widestOf } from './noise.ts'
import { apartTotals, areCellIndicators, areCellValues, type Split, splitOf } from './parts/apart.ts'
import type { Opening } from './suppress.ts'
import { areIndicators, areValues, type GroupTotals, groupTotals, openings } from './totals.ts'
import type { Layout } from './types.ts'

type Layouts = readonly Layout[]
type Settled = NonNullable<TallyPlain['settlement']>
type Answer = NonNullable<TallyPlain['opening']>

export interface OpenedGroup {
  /** Rows of the group, by type. */
  readonly opened: readonly (Opening | undefined)[]
  /** Undefined: it is not told apart. */
  readonly split: Split | undefined
}

/** What is opened of group number `at`, with noise or without; undefined: the leader's sums are not of that. */
export function openedBy(
  layouts: Layouts,
  agreement: Agreement,
  settlement: Settled,
  at: number,
  isNoisy: boolean,
): OpenedGroup | undefined {
  const [theirs, group] = [settlement.groups[at], agreement.groups[at]!]
  if (theirs === undefined || settlement.groups.length !== agreement.groups.length) return undefined
  if (!areIndicators(layouts, theirs.indicators)) return undefined
  const n = placesIn(group.members).length
  const highest = Math.max(theirs.threshold, group.threshold)
  const opened = openings(layouts, theirs.indicators, group.indicators, n, highest, isNoisy)
  if (!areValues(layouts, opened, theirs.opened)) return undefined
  const { cells } = theirs
  if (cells.length > 0 && cells.length !== group.cells.length) return undefined
  if (!areCellIndicators(layouts, cells)) return undefined
  const split = splitOf(layouts, group.cells, cells, opened, isNoisy)
  return areCellValues(layouts, split, cells) ? { opened, split } : undefined
}

/** A group with its totals by type, in the order of its keys. */
export interface TalliedGroup {
  readonly keys: Agreement['groups'][number]['keys']
  readonly totals: readonly GroupTotals[]
  /** As they were agreed to; empty: it has no parts. */
  readonly cells: readonly {
    readonly teams: readonly string[]
    readonly n: number
    readonly threshold: number
  }[]
  /** The two know other teams of its machines, so that it is not told apart. */
  readonly isUndivided: boolean
}

/**
 * The totals of group number `at` by what both opened, with the noise in values of `scale`; undefined: one of them opened
 * something else.
 */
export function talliedGroup(
  layouts: Layouts,
  agreement: Agreement,
  settlement: Settled,
  answer: Answer,
  at: number,
  scale: number,
): TalliedGroup | undefined {
  const found = openedBy(layouts, agreement, settlement, at, scale > 0)
  const [group, theirs, ours] = [agreement.groups[at]!, answer.groups[at], settlement.groups[at]]
  if (found === undefined || theirs === undefined || ours === undefined) return undefined
  const { opened, split } = found
  const areBoth =
    theirs.cells.length === ours.cells.length &&
    areValues(layouts, opened, theirs.opened) &&
    areCellValues(layouts, split, theirs.cells)
  if (!areBoth) return undefined
  const n = placesIn(group.members).length
  const threshold = Math.max(group.threshold, ours.threshold)
  const widest = widestOf(scale)
  const noise = widest * Math.max(1, split?.sizes.length ?? 1)
  const whole = groupTotals(layouts, opened, ours.opened, theirs.opened, { n, threshold, noise })
  const values = whole.map((totals) => totals.opened?.values)
  const apart = split && apartTotals(layouts, split, ours.cells, theirs.cells, values, widest)
  return {
    keys: group.keys,
    isUndivided: group.cells.length > 0 && ours.cells.length === 0,
    cells: group.cells.map(({ teams }, cell) => ({
      teams,
      n: split?.sizes[cell] ?? 0,
      threshold: split?.thresholds[cell] ?? 0,
    })),
    totals: whole.map((totals, type) => ({ ...totals, apart: apart?.[type] })),
  }
}
