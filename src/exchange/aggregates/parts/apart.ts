// Sums of the cells of a group as two aggregators tell them each other, and what they come to: rows told part by part.
import {
  CELLS_MAX,
  LISTED_BYTES,
  LISTED_MAX,
  PART_NODES_BYTES,
  PART_VALUE_BYTES,
  PARTS_MAX,
  SHARE_CELLS_MAX,
  TEAMS_BYTES_MAX,
} from '../../../../protocols/messages/aggregate.ts'
import type { Agreement, Settlement } from '../../../../protocols/messages/tally.ts'
import { bitsOf, placesIn } from '../../../base/bits.ts'
import { cellsOf, indicatorsOf, openCells, outerRows, valuesOf } from '../layout.ts'
import { CELL_BYTES } from '../shares.ts'
import { areWithin, isPossibleRow, type Opening } from '../suppress.ts'
import type { Layout } from '../types.ts'
import { breakdownOf } from './breakdown.ts'

type Layouts = readonly Layout[]
type Sums = readonly BigUint64Array[]
type SaidCells = Agreement['groups'][number]['cells']
type SettledCells = Settlement['groups'][number]['cells']

/** Of a part in a tally, besides its sums. */
const PART_BYTES = 64 + TEAMS_BYTES_MAX

/**
 * How many parts of each group two tallies have room for, the groups in their order: what the list and the groups' own sums
 * leave. As both count it, from the list and the groups alone.
 */
export function roomsFor(groups: readonly Layouts[], listed: number): readonly number[] {
  const counters = groups.flat().reduce((sum, layout) => sum + cellsOf(layout), 0)
  let left = (SHARE_CELLS_MAX - counters) * CELL_BYTES + (LISTED_MAX - listed) * LISTED_BYTES
  return groups.map((layouts) => {
    const rows = layouts.reduce((sum, of) => sum + of.rows.length, 0)
    const values = layouts.reduce((sum, of) => sum + cellsOf(of) - of.rows.length, 0)
    // The schema has no room for more in one field.
    if (rows > SHARE_CELLS_MAX || values > SHARE_CELLS_MAX) return 0
    const one = rows * PART_NODES_BYTES + values * PART_VALUE_BYTES + PART_BYTES + Math.ceil(listed / 8)
    const room = Math.max(0, Math.min(PARTS_MAX, Math.floor(left / one)))
    left -= room * one
    return room
  })
}

function packed(numbers: readonly bigint[], width: number): Uint8Array {
  const bytes = Buffer.alloc(numbers.length * width)
  for (const [at, number] of numbers.entries()) {
    bytes.writeUIntBE(Number(BigInt.asUintN(width * 8, number)), at * width, width)
  }
  return bytes
}

function unpacked(bytes: Uint8Array, width: number): readonly number[] {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / width }, (_, at) => view.readUIntBE(at * width, width))
}

/** One aggregator's sums of the indicators of a cell, all types one after the other. */
export const toldCellIndicators = (layouts: Layouts, sums: Sums): Uint8Array =>
  packed(
    layouts.flatMap((layout, at) => [...indicatorsOf(layout, sums[at]!)]),
    PART_NODES_BYTES,
  )

/** Which rows are told apart, and how many machines of each cell have each. */
export interface Split {
  readonly sizes: readonly number[]
  readonly thresholds: readonly number[]
  /** By type, cell and row. */
  readonly nodes: readonly (readonly (readonly number[])[])[]
  /** By type and row. */
  readonly isTold: readonly (readonly boolean[])[]
}

const rowsIn = (layouts: Layouts): number => layouts.reduce((sum, { rows }) => sum + rows.length, 0)

/** Whether what was told of cells are indicators of these types: of all cells but the last. */
export const areCellIndicators = (
  layouts: Layouts,
  cells: readonly { readonly indicators: Uint8Array }[],
): boolean =>
  cells.every(
    ({ indicators }, at) =>
      indicators.length === (at === cells.length - 1 ? 0 : rowsIn(layouts) * PART_NODES_BYTES),
  )

/**
 * The split of a group by what both told of its cells; undefined: it has none, a threshold is not met by one of the two
 * counts, or the counts cannot be. `opened`: of the group, by type. `k`: as listed.
 */
export function splitOf(
  layouts: Layouts,
  said: SaidCells,
  settled: SettledCells,
  opened: readonly (Opening | undefined)[],
  isNoisy: boolean,
): Split | undefined {
  if (said.length < 2 || settled.length !== said.length) return undefined
  const sizes = said.map(({ members }) => placesIn(members).length)
  const thresholds = said.map(({ threshold }, at) => Math.max(threshold, settled[at]!.threshold))
  if (sizes.some((size, at) => size < thresholds[at]!)) return undefined
  const told = said.slice(0, -1).map(({ indicators }, at) => {
    const theirs = unpacked(settled[at]!.indicators, PART_NODES_BYTES)
    return unpacked(indicators, PART_NODES_BYTES).map((one, row) => (one + theirs[row]!) & 0xffff)
  })
  let from = 0
  const nodes = layouts.map((layout, type) => {
    const of = told.map((all) => all.slice(from, from + layout.rows.length))
    from += layout.rows.length
    const rest = layout.rows.map(
      (_, row) => (opened[type]?.nodes[row] ?? 0) - of.reduce((sum, one) => sum + one[row]!, 0),
    )
    return opened[type] === undefined ? sizes.map(() => rest.map(() => 0)) : [...of, rest]
  })
  const isTold = breakdownOf(
    layouts.map((layout, type) => ({ layout, opening: opened[type], nodes: nodes[type]! })),
    thresholds,
    sizes,
    isNoisy,
  )
  return isTold && { sizes, thresholds, nodes, isTold }
}

/** By row of a type, whether it is told of a cell, and the cell has it. */
const toldIn = ({ isTold, nodes }: Split, type: number, cell: number): readonly boolean[] =>
  isTold[type]!.map((told, row) => told && nodes[type]![cell]![row]! > 0)

/** How many values are told of a cell. */
const valuesIn = (layouts: Layouts, split: Split, cell: number): number =>
  layouts.reduce((sum, layout, type) => sum + openCells(layout, toldIn(split, type, cell)), 0)

/** One aggregator's sums of the values that are told of a cell; of the last one, and without a split, nothing. */
export function toldCellValues(
  layouts: Layouts,
  split: Split | undefined,
  cell: number,
  sums: Sums,
): Uint8Array {
  if (split === undefined || cell === split.sizes.length - 1) return new Uint8Array(0)
  const values = layouts.flatMap((layout, type) => [
    ...valuesOf(layout, sums[type]!, toldIn(split, type, cell)),
  ])
  return packed(values, PART_VALUE_BYTES)
}

/** Whether what was told are the values of those cells and rows, and no others. */
export const areCellValues = (
  layouts: Layouts,
  split: Split | undefined,
  told: readonly { readonly opened: Uint8Array }[],
): boolean =>
  told.every(({ opened }, cell) => {
    const isSent = split !== undefined && cell < told.length - 1
    return opened.length === (isSent ? valuesIn(layouts, split, cell) * PART_VALUE_BYTES : 0)
  }) &&
  (split === undefined || told.length === split.sizes.length)

/** One type of a group, told part by part. */
export interface ApartTotals {
  /** By row: told of each cell. */
  readonly isTold: readonly boolean[]
  readonly cells: readonly {
    readonly nodes: readonly number[]
    /** Of the told rows that the cell has. */
    readonly values: ReadonlyMap<number, readonly number[]>
  }[]
}

/**
 * By type, what both sums come to; undefined: a value is not one that so many machines can have, so somebody lied and nothing
 * of the type is told apart. `whole`: the values of the group's open rows, by type; the lengths have been checked. `noise`: the
 * most that a value has of it.
 */
export function apartTotals(
  layouts: Layouts,
  split: Split,
  leader: readonly { readonly opened: Uint8Array }[],
  follower: readonly { readonly opened: Uint8Array }[],
  whole: readonly (ReadonlyMap<number, readonly number[]> | undefined)[],
  noise: number,
): readonly (ApartTotals | undefined)[] {
  const last = split.sizes.length - 1
  const found: Map<number, readonly number[]>[][] = layouts.map(() => split.sizes.map(() => new Map()))
  for (let cell = 0; cell < last; cell++) {
    const theirs = unpacked(follower[cell]!.opened, PART_VALUE_BYTES)
    const sums = unpacked(leader[cell]!.opened, PART_VALUE_BYTES).map((one, at) => (one + theirs[at]!) | 0)
    let from = 0
    for (const [type, { rows }] of layouts.entries()) {
      for (const [row, told] of toldIn(split, type, cell).entries()) {
        if (!told) continue
        const { length } = rows[row]!.values
        found[type]![cell]!.set(row, sums.slice(from, from + length))
        from += length
      }
    }
  }
  return layouts.map((layout, type) => {
    const of = whole[type]
    if (of === undefined) return undefined
    for (const [row, values] of of) {
      if (!split.isTold[type]![row]) continue
      const others = found[type]!.slice(0, last)
      const left = values.map((value, at) =>
        others.reduce((rest, cell) => rest - (cell.get(row)?.[at] ?? 0), value),
      )
      if (split.nodes[type]![last]![row]! > 0) found[type]![last]!.set(row, left)
      else if (left.some((value) => value !== 0)) return undefined
    }
    const cells = found[type]!.map((values, cell) => ({ nodes: split.nodes[type]![cell]!, values }))
    const isPossible = cells.every(
      ({ nodes, values }) =>
        [...values].every(([row, numbers]) => isPossibleRow(layout, row, nodes[row]!, numbers, noise)) &&
        areWithin(outerRows(layout), values, noise),
    )
    return isPossible ? { isTold: split.isTold[type]!, cells } : undefined
  })
}

/** How a release has it: rows as bits, then by cell their machines and values. */
export function packedTotals({ isTold, cells }: ApartTotals): {
  readonly told: Uint8Array
  readonly cells: readonly { readonly nodes: Uint8Array; readonly values: Uint8Array }[]
} {
  const rows = [...isTold.keys()]
  const told = rows.filter((row) => isTold[row] && cells.some(({ nodes }) => nodes[row]! > 0))
  return {
    told: bitsOf(told, isTold.length),
    cells: cells.map(({ nodes, values }) => ({
      nodes: packed(
        told.map((row) => BigInt(nodes[row]!)),
        PART_NODES_BYTES,
      ),
      values: packed(
        told.flatMap((row) => (values.get(row) ?? []).map(BigInt)),
        PART_VALUE_BYTES,
      ),
    })),
  }
}

/** The rows of one cell of a release; undefined: its lengths do not fit its layout. Rows that it does not have are zero. */
export function cellRows(
  layout: Layout,
  told: readonly number[],
  cell: { readonly nodes: Uint8Array; readonly values: Uint8Array },
): ReadonlyMap<number, { readonly nodes: number; readonly values: readonly number[] }> | undefined {
  if (cell.nodes.length !== told.length * PART_NODES_BYTES) return undefined
  if (cell.values.length % PART_VALUE_BYTES !== 0 || cell.values.length > CELLS_MAX * PART_VALUE_BYTES)
    return undefined
  const counts = unpacked(cell.nodes, PART_NODES_BYTES)
  const values = unpacked(cell.values, PART_VALUE_BYTES)
  const rows = new Map<number, { readonly nodes: number; readonly values: readonly number[] }>()
  let from = 0
  for (const [at, row] of told.entries()) {
    const names = layout.rows[row]?.values
    if (names === undefined) return undefined
    const nodes = counts[at]!
    rows.set(row, {
      nodes,
      values: nodes > 0 ? values.slice(from, from + names.length) : names.map(() => 0),
    })
    if (nodes > 0) from += names.length
  }
  return from === values.length ? rows : undefined
}
