// Sums of halves, and what two aggregators' sums come to: rows, or that somebody lied.
import type { Settlement } from '../../../protocols/messages/tally.ts'
import { cellsOf, indicatorsOf, openCells, valuesOf } from './layout.ts'
import type { ApartTotals } from './parts/apart.ts'
import { added, CELL_BYTES, createSum, fromBytes, toBytes } from './shares.ts'
import { isSent, type Opening, openingOf, totalsOf } from './suppress.ts'
import type { HeldShare, Layout } from './types.ts'

type Sums = Settlement['groups'][number]['opened']

interface Summed {
  readonly layouts: readonly Layout[]
  readonly shares: readonly HeldShare[]
  readonly sums: readonly BigUint64Array[]
}

/** By the first share, once for those who agree: they add up the same shares again to open them, and a share does not change. */
const summed = new WeakMap<HeldShare, Summed>()

const areSame = <T>(some: readonly T[], others: readonly T[]): boolean =>
  some.length === others.length && some.every((one, at) => one === others[at])

/**
 * One aggregator's sums of a group, by type. Each share is expanded once for all types, because that is most of the cost of a
 * batch. Nobody changes what it returns. At least one share. Throws RangeError when a share has no section of one of the types.
 */
function sumsOf(layouts: readonly Layout[], shares: readonly HeldShare[]): readonly BigUint64Array[] {
  const first = shares[0]!
  const before = summed.get(first)
  if (before && areSame(before.layouts, layouts) && areSame(before.shares, shares)) {
    summed.delete(first)
    return before.sums
  }
  const sums = newSumsOf(layouts, shares)
  summed.set(first, { layouts: [...layouts], shares: [...shares], sums })
  return sums
}

function newSumsOf(layouts: readonly Layout[], shares: readonly HeldShare[]): readonly BigUint64Array[] {
  const sums = layouts.map((layout) => createSum(cellsOf(layout)))
  for (const { header, halves } of shares) {
    const all = halves()
    for (const [at, { type }] of layouts.entries()) {
      const half = all[header.sections.findIndex((section) => section.type === type)]
      if (half === undefined) throw new RangeError(`a share without ${type}`)
      sums[at]!.add(half)
    }
  }
  return sums.map((sum) => sum.total())
}

/** One aggregator's sums of a group and, where it has cells, of each of them: then the group's are those of its cells. */
export function sumsOfCells(
  layouts: readonly Layout[],
  members: readonly number[],
  cells: readonly { readonly members: readonly number[] }[],
  shareAt: (place: number) => HeldShare,
): { readonly whole: readonly BigUint64Array[]; readonly cells: readonly (readonly BigUint64Array[])[] } {
  if (cells.length === 0) return { whole: sumsOf(layouts, members.map(shareAt)), cells: [] }
  const of = cells.map((cell) => sumsOf(layouts, cell.members.map(shareAt)))
  const whole = layouts.map((_, type) => of.map((sums) => sums[type]!).reduce(added))
  return { whole, cells: of }
}

/** The indicators among them, as they are told. */
export const toldIndicators = (layouts: readonly Layout[], sums: readonly BigUint64Array[]): Sums =>
  layouts.map((layout, at) => ({
    type: layout.type,
    sums: toBytes(indicatorsOf(layout, sums[at] as BigUint64Array)),
  }))

/** Whether what was told are the indicators of these types, in their order. */
export const areIndicators = (layouts: readonly Layout[], told: Sums): boolean =>
  told.length === layouts.length &&
  layouts.every(
    ({ type, rows }, at) => told[at]?.type === type && told[at]?.sums.length === rows.length * CELL_BYTES,
  )

/** What is opened of each type; undefined: of none, its indicators cannot be. */
export const openings = (
  layouts: readonly Layout[],
  leader: Sums,
  follower: Sums,
  n: number,
  threshold: number,
  isNoisy: boolean,
): readonly (Opening | undefined)[] =>
  layouts.map((layout, at) => {
    // Too few machines by the word of one of the two: nothing is opened, and that is no lie.
    if (n < threshold) return undefined
    const total = added(fromBytes(leader[at]!.sums), fromBytes(follower[at]!.sums))
    return openingOf(layout, total, n, threshold, isNoisy)
  })

/** One aggregator's sums of the values of opened rows, as sent to the other one. */
export const toldValues = (
  layouts: readonly Layout[],
  sums: readonly BigUint64Array[],
  opened: readonly (Opening | undefined)[],
): Sums =>
  layouts.map((layout, at) => {
    const opening = opened[at]
    const values = opening === undefined ? [] : valuesOf(layout, sums[at] as BigUint64Array, isSent(opening))
    return { type: layout.type, sums: toBytes(BigUint64Array.from(values)) }
  })

/** Whether what was told are the values of the rows that are opened, and no others. */
export const areValues = (
  layouts: readonly Layout[],
  opened: readonly (Opening | undefined)[],
  told: Sums,
): boolean =>
  told.length === layouts.length &&
  layouts.every((layout, at) => {
    const opening = opened[at]
    const cells = opening === undefined ? 0 : openCells(layout, isSent(opening))
    return told[at]?.type === layout.type && told[at]?.sums.length === cells * CELL_BYTES
  })

/** What a group's totals of one type come to. */
export interface GroupTotals {
  readonly layout: Layout
  readonly n: number
  readonly threshold: number
  /** Undefined: the sums cannot be, so nothing is shown. */
  readonly opened:
    | { readonly opening: Opening; readonly values: ReadonlyMap<number, readonly number[]> }
    | undefined
  /** Part by part; absent: nothing of the type is told apart. */
  readonly apart?: ApartTotals | undefined
  /** How far 95 of 100 numbers of machines, and values, are off at most because of noise; absent: they have none. */
  readonly off?: { readonly nodes: number; readonly values: number }
}

/** The totals of a group, by type; the lengths of what was told have been checked. `noise`: the most that a value has of it. */
export const groupTotals = (
  layouts: readonly Layout[],
  opened: readonly (Opening | undefined)[],
  leader: Sums,
  follower: Sums,
  { n, threshold, noise }: { readonly n: number; readonly threshold: number; readonly noise: number },
): readonly GroupTotals[] =>
  layouts.map((layout, at) => {
    const opening = opened[at]
    if (opening === undefined) return { layout, n, threshold, opened: undefined }
    const values = totalsOf(
      layout,
      opening,
      added(fromBytes(leader[at]!.sums), fromBytes(follower[at]!.sums)),
      noise,
    )
    return { layout, n, threshold, opened: values === undefined ? undefined : { opening, values } }
  })
