// What somebody who knows some sums can work out by adding and subtracting them, by linear algebra.
import { breakdownOf } from '../../../../src/exchange/aggregates/parts/breakdown.ts'
import { openingOf } from '../../../../src/exchange/aggregates/suppress.ts'
import type { Layout } from '../../../../src/exchange/aggregates/types.ts'

/** A machine of the part `cell` of all, and which rows it has. */
export interface Marked {
  readonly cell: number
  readonly has: readonly boolean[]
}

/** By row of a layout, or of several after each other. */
export interface Released {
  /** It is opened. */
  readonly isOpen: readonly boolean[]
  /** It is told of each part. */
  readonly isTold: readonly boolean[]
}

/** A number of one machine's, which stands in each of these rows. */
export interface Unknown {
  readonly owner: number
  readonly cell: number
  readonly rows: readonly number[]
}

/** Of each part how many machines it has. */
export const sizesOf = (machines: readonly Marked[], cells: number): readonly number[] =>
  Array.from({ length: cells }, (_, cell) => machines.filter((one) => one.cell === cell).length)

/** By row how many of these machines have it. */
const countOf = ({ rows }: Layout, machines: readonly Marked[]): readonly number[] =>
  rows.map((_, row) => machines.filter(({ has }) => has[row]).length)

/** What is released of these machines, by layouts: each is told of all parts, of at least `k` machines each. */
export function releasedOf(
  tables: readonly { readonly layout: Layout; readonly machines: readonly Marked[] }[],
  cells: number,
  k: number,
): Released & { readonly told: readonly (readonly boolean[])[] } {
  const sizes = sizesOf(tables[0]!.machines, cells)
  const opened = tables.map(({ layout, machines }) => ({
    layout,
    opening: openingOf(layout, BigUint64Array.from(countOf(layout, machines), BigInt), machines.length, k)!,
    nodes: sizes.map((_, cell) =>
      countOf(
        layout,
        machines.filter((one) => one.cell === cell),
      ),
    ),
  }))
  const told = breakdownOf(
    opened,
    sizes.map(() => k),
    sizes,
  )!
  return { isOpen: opened.flatMap(({ opening }) => opening.isOpen), isTold: told.flat(), told }
}

/** The sums of these that are released; none that is of nothing. */
export function sumsOf(
  unknowns: readonly Unknown[],
  { isOpen, isTold }: Released,
  cells: number,
): readonly (readonly number[])[] {
  const of = (row: number, cell?: number) =>
    unknowns.map((one) => (one.rows.includes(row) && (cell === undefined || one.cell === cell) ? 1 : 0))
  const known = [...isOpen.keys()].flatMap((row) => [
    ...(isOpen[row] ? [of(row)] : []),
    ...(isTold[row] ? Array.from({ length: cells }, (_, cell) => of(row, cell)) : []),
  ])
  return known.filter((row) => row.includes(1))
}

/** A prime; no minor of a 0/1 matrix of rank up to 18 is as large, so ranks modulo it are those over the rationals. */
const PRIME = 67_108_859

const times = (a: number, b: number): number => (a * b) % PRIME

function inverse(of: number): number {
  let [result, base, exponent] = [1, of, PRIME - 2]
  for (; exponent > 0; exponent = Math.floor(exponent / 2)) {
    if (exponent % 2 === 1) result = times(result, base)
    base = times(base, base)
  }
  return result
}

/** Rows in echelon form. */
function reduced(rows: readonly (readonly number[])[]): number[][] {
  const left = rows.map((row) => row.map((one) => ((one % PRIME) + PRIME) % PRIME))
  const found: number[][] = []
  for (let column = 0; column < (rows[0]?.length ?? 0); column++) {
    const at = left.findIndex((row) => row[column] !== 0)
    if (at < 0) continue
    const [pivot] = left.splice(at, 1) as [number[]]
    const factor = inverse(pivot[column]!)
    for (const row of left) {
      const by = times(row[column]!, factor)
      if (by === 0) continue
      for (let one = column; one < row.length; one++)
        row[one] = (row[one]! + PRIME - times(by, pivot[one]!)) % PRIME
    }
    found.push(pivot)
  }
  return found
}

/**
 * Owners, `size` of them or fewer, about whom alone some sum of the known ones is; undefined: there are none. Each known sum
 * is of unknowns, each of which has an owner. A sum that is about some owners alone vanishes on all unknowns of the others:
 * there is one when the known sums have a smaller rank there.
 */
export function toldApart(
  known: readonly (readonly number[])[],
  owners: readonly number[],
  size: number,
): readonly number[] | undefined {
  if (known.length === 0) return undefined
  const basis = reduced(known)
  for (const some of subsets([...new Set(owners)], size)) {
    const others = basis.map((row) => row.filter((_, at) => !some.includes(owners[at]!)))
    if (reduced(others).length < basis.length) return some
  }
  return undefined
}

function* subsets(all: readonly number[], size: number): Generator<readonly number[]> {
  if (size >= all.length) yield all
  else if (size === 0) yield []
  else {
    for (const [at, one] of all.entries()) {
      if (all.length - at < size) return
      for (const more of subsets(all.slice(at + 1), size - 1)) yield [one, ...more]
    }
  }
}
