// What of a group's totals is opened: rows that enough machines have, and nothing from which the others follow.
import { CLAMP, outerRows } from './layout.ts'
import type { Layout } from './types.ts'

/** Rows by number. A row of no machine is open too: its values are all zero. */
export interface Opening {
  /** Machines that have any of each row. */
  readonly nodes: readonly number[]
  readonly isOpen: readonly boolean[]
}

/**
 * Which rows are opened. A row of 1 to `threshold` - 1 machines is withheld. Where a family has such a row, its smallest open
 * one is withheld too: together they are of at least `threshold` machines, whatever total of the family another type shows.
 * A row within another one is withheld where that one is: that nobody has any of it would say so of the few who have the
 * other one. With noise, `isNoisy`, no other row is withheld for a row of few: the noise hides what follows by subtraction, and
 * that the other row is gone would say that the few are there. Undefined: a row is of more machines than the group has, or than the row that it is within, so somebody lied,
 * and nothing is opened.
 */
export function openingOf(
  layout: Layout,
  indicators: BigUint64Array,
  n: number,
  threshold: number,
  isNoisy = false,
): Opening | undefined {
  if (indicators.length !== layout.rows.length || indicators.some((total) => total > BigInt(n)))
    return undefined
  const nodes = Array.from(indicators, Number)
  const outer = outerRows(layout)
  const isWithin = (row: number): boolean => outer[row] !== undefined
  if (nodes.some((total, row) => isWithin(row) && total > nodes[outer[row]!]!)) return undefined
  const isOpen = nodes.map((total) => total === 0 || total >= threshold)
  const families = [...Map.groupBy(nodes.keys(), (row) => layout.rows[row]?.family).values()]
  const inOrder = [
    ...families.filter((rows) => !rows.some(isWithin)),
    ...families.filter((rows) => rows.some(isWithin)),
  ]
  for (const rows of inOrder) {
    for (const row of rows) if (isWithin(row) && !isOpen[outer[row]!]) isOpen[row] = false
    const closed = rows.filter((row) => !isOpen[row])
    if (isNoisy || closed.length === 0 || closed.some((row) => nodes[row]! >= threshold)) continue
    let smallest: number | undefined
    for (const row of rows) {
      if (!isOpen[row] || nodes[row] === 0) continue
      if (smallest === undefined || (nodes[row] as number) < (nodes[smallest] as number)) smallest = row
    }
    if (smallest !== undefined) isOpen[smallest] = false
  }
  return { nodes, isOpen }
}

/** Whether the first value of each row is at most that of the row that it is within; `noise`: the most that each has of it. */
export const areWithin = (
  outer: readonly (number | undefined)[],
  totals: ReadonlyMap<number, readonly number[]>,
  noise: number,
): boolean =>
  [...totals].every(([row, [part = 0]]) => {
    const whole = outer[row] === undefined ? undefined : totals.get(outer[row])
    return whole === undefined || part <= (whole[0] ?? 0) + 2 * noise
  })

/** Whether so many machines can have these values of a row, of which each has at most `noise` more or less than they. */
export function isPossibleRow(
  { rows }: Layout,
  row: number,
  nodes: number,
  values: readonly number[],
  noise: number,
): boolean {
  if (values.some((value) => value < -noise || value > nodes * CLAMP + noise)) return false
  return !rows[row]!.counts || values.length === 0 || values[0]! >= nodes - noise
}

/** Whether a row's values are sent: it is open, and somebody has some. */
export const isSent = ({ nodes, isOpen }: Opening): readonly boolean[] =>
  isOpen.map((open, row) => open && nodes[row]! > 0)

/**
 * The values of each open row that machines have. Undefined: a value is above what so many machines can have, or below
 * what they must have where the row counts; somebody lied, and nothing is shown. `noise`: the most that a value has of it.
 */
export function totalsOf(
  layout: Layout,
  opening: Opening,
  values: BigUint64Array,
  noise: number,
): ReadonlyMap<number, readonly number[]> | undefined {
  const totals = new Map<number, readonly number[]>()
  let at = 0
  for (const [row, sent] of isSent(opening).entries()) {
    if (!sent) continue
    const { length } = layout.rows[row]!.values
    const found = Array.from(values.subarray(at, at + length), (value) => Number(BigInt.asIntN(64, value)))
    at += length
    if (found.length < length || !isPossibleRow(layout, row, opening.nodes[row]!, found, noise))
      return undefined
    totals.set(row, found)
  }
  if (!areWithin(outerRows(layout), totals, noise)) return undefined
  return at === values.length ? totals : undefined
}
