// Layouts: which counters a vector has, in which order, and how what a machine counted becomes one.
import { encodeValue } from '../../../protocols/messagepack.ts'
import { CELLS_MAX, ROW_VALUES_MAX, ROWS_MAX } from '../../../protocols/messages/aggregate.ts'
import { blake3 } from '../../base/hash.ts'
import type { Counts, Layout } from './types.ts'

/**
 * The largest value of one machine: one that is larger counts as this, so that no machine is most of a total. Values are not
 * proved, so it is also what one that lies can add to each. Rows count commands of a day at most.
 */
export const CLAMP = 1_000

interface Facts {
  readonly hash: Uint8Array
  readonly cells: number
  /** Place of each row's first value. */
  readonly starts: readonly number[]
  /** By row, the number of the row that it is within; undefined: it stands by itself. */
  readonly outer: readonly (number | undefined)[]
}

const known = new WeakMap<Layout, Facts>()

function factsOf(layout: Layout): Facts {
  const before = known.get(layout)
  if (before !== undefined) return before
  const starts: number[] = []
  let cells = layout.rows.length
  for (const { values } of layout.rows) {
    if (values.length > ROW_VALUES_MAX) throw new RangeError(`a row has at most ${ROW_VALUES_MAX} values`)
    starts.push(cells)
    cells += values.length
  }
  if (starts.length > ROWS_MAX || cells > CELLS_MAX) {
    throw new RangeError(`${layout.type}: a layout has at most ${ROWS_MAX} rows and ${CELLS_MAX} cells`)
  }
  const { version, type, rows } = layout
  const said = {
    clamp: CLAMP,
    rows: rows.map(({ name, values, counts, family, within }) => ({
      counts,
      family,
      name,
      values,
      within,
    })),
    type,
    version,
  }
  const facts = { hash: blake3([encodeValue(said)]), cells, starts, outer: outerOf(layout) }
  known.set(layout, facts)
  return facts
}

function outerOf({ type, rows }: Layout): Facts['outer'] {
  const numbers = new Map(rows.map(({ name }, row) => [name, row]))
  const apart = new Set(rows.flatMap(({ within, family }) => (within === undefined ? family : [])))
  return rows.map(({ name, within, family }) => {
    if (within === undefined) return undefined
    const outer = numbers.get(within)
    if (outer === undefined || rows[outer]?.within !== undefined || apart.has(family)) {
      throw new RangeError(
        `${type}: the row ${name} is within no row that stands by itself in another family`,
      )
    }
    return outer
  })
}

/** By row, the number of the row that it is within, if it is. */
export const outerRows = (layout: Layout): Facts['outer'] => factsOf(layout).outer

/** Place of each row's first value in a vector. */
export const startsOf = (layout: Layout): Facts['starts'] => factsOf(layout).starts

/** BLAKE3-256 of the layout in canonical MessagePack, its clamp included: equal only where every cell means the same. */
export const hashOf = (layout: Layout): Uint8Array => factsOf(layout).hash

/** Counters of a vector: an indicator for each row, and then the values of all rows. */
export const cellsOf = (layout: Layout): number => factsOf(layout).cells

const clamped = (value: number): number =>
  Number.isFinite(value) ? Math.min(CLAMP, Math.max(0, Math.trunc(value))) : 0

/**
 * The vector of what one machine counted. A row has its indicator when it says anything: its first value is at least 1
 * where the row counts, any value elsewhere, and being there where the row has no values. Throws RangeError for a row
 * that the layout does not have, or another number of values than it has.
 */
export function encodeVector(layout: Layout, counts: Counts): BigUint64Array {
  const { cells, starts } = factsOf(layout)
  const vector = new BigUint64Array(cells)
  for (const [number, given] of counts) {
    const [row, start] = [layout.rows[number], starts[number]]
    if (row === undefined || start === undefined || given.length !== row.values.length) {
      throw new RangeError(`${layout.type} has no row ${number} of ${given.length} values`)
    }
    const values = given.map(clamped)
    const has = row.counts ? (values[0] ?? 1) > 0 : values.length === 0 || values.some((value) => value > 0)
    if (!has) continue
    vector[number] = 1n
    for (const [at, value] of values.entries()) vector[start + at] = BigInt(value)
  }
  return vector
}

/** The indicators of a vector, or of a sum of vectors, one for each row. */
export const indicatorsOf = (layout: Layout, vector: BigUint64Array): BigUint64Array =>
  vector.slice(0, layout.rows.length)

/** The values of some rows of a vector, or of a sum of vectors, in the order of rows. */
export function valuesOf(layout: Layout, vector: BigUint64Array, isOpen: readonly boolean[]): BigUint64Array {
  const starts = startsOf(layout)
  const values: bigint[] = []
  for (const [number, { values: names }] of layout.rows.entries()) {
    if (isOpen[number] !== true) continue
    const start = starts[number]!
    for (let at = 0; at < names.length; at++) values.push(vector[start + at] as bigint)
  }
  return BigUint64Array.from(values)
}

/** How many values `valuesOf` gives. */
export const openCells = (layout: Layout, isOpen: readonly boolean[]): number =>
  layout.rows.reduce((sum, { values }, row) => sum + (isOpen[row] === true ? values.length : 0), 0)
