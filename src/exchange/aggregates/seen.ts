// What readers see of a group whose totals have noise: numbers of machines with some too, without rows that then seem too few.
//
// How many machines have a row both aggregators know. The draws of what readers see of that follow from what the two told each
// other, so both release the same.
import { CLAMP, outerRows } from './layout.ts'
import { type Draws, drawsOf } from './noise.ts'
import type { TalliedGroup } from './opened.ts'
import type { GroupTotals } from './totals.ts'
import type { Layout } from './types.ts'

/** The scale of the noise of numbers of machines: of each of these a machine is one. */
const NODES_SCALE = 1
/** With noise, a row is told if that many machines more than the threshold seem to have it: one of just enough machines is told in 1 of 1,500 buckets. */
const MARGIN = 7
/** How far 95 of 100 draws are from 0 at most, in scales: ln 20. */
const USUAL = 3

/** Of a row, what a reader sees: how many machines, and the values. */
interface Seen {
  readonly nodes: number
  readonly values: readonly number[]
}

/**
 * A group as readers see it: with draws in its numbers of machines, without the rows that then seem too few, and with values
 * that so many machines can have. Rows that are told apart have a draw in each cell, and their whole is the sum of the cells.
 */
export function seenGroup(group: TalliedGroup, scale: number, seed: Uint8Array): TalliedGroup {
  if (scale === 0) return group
  const draw = drawsOf(seed)
  return { ...group, totals: group.totals.map((totals) => seenTotals(totals, group.cells, scale, draw)) }
}

function seenTotals(
  totals: GroupTotals,
  cells: TalliedGroup['cells'],
  scale: number,
  draw: Draws,
): GroupTotals {
  const { layout, n, threshold, opened, apart } = totals
  if (opened === undefined) return totals
  const outer = outerRows(layout)
  const whole = new Map<number, Seen>()
  const parts = cells.map(() => new Map<number, Seen>())
  const isApart = new Set<number>()
  const rows = [...opened.values.keys()].sort(
    (a, b) => Number(outer[a] !== undefined) - Number(outer[b] !== undefined) || a - b,
  )
  for (const row of rows) {
    const within = outer[row]
    const having = apart?.isTold[row] === true ? apart.cells.map(({ nodes }) => nodes[row]!) : []
    const drawn = having.map((nodes) => nodes + draw(NODES_SCALE))
    const nodes =
      drawn.length > 0
        ? drawn.reduce((sum, one) => sum + one, 0)
        : opened.opening.nodes[row]! + draw(NODES_SCALE)
    if (nodes < threshold + MARGIN || (within !== undefined && !whole.has(within))) continue
    const areMany = drawn.every((one, cell) => one >= cells[cell]!.threshold + MARGIN)
    if (drawn.length > 0 && areMany && (within === undefined || isApart.has(within))) {
      isApart.add(row)
      for (const [cell, of] of parts.entries()) {
        const values = apart!.cells[cell]!.values.get(row)
        if (values !== undefined)
          of.set(
            row,
            possible(layout, row, { nodes: drawn[cell]!, values }, cells[cell]!.n, seenIn(of, within)),
          )
      }
      const told = parts.flatMap((of) => of.get(row) ?? [])
      whole.set(row, {
        nodes: told.reduce((sum, one) => sum + one.nodes, 0),
        values: opened.values
          .get(row)!
          .map((_, at) => told.reduce((sum, { values }) => sum + values[at]!, 0)),
      })
    } else {
      whole.set(
        row,
        possible(layout, row, { nodes, values: opened.values.get(row)! }, n, seenIn(whole, within)),
      )
    }
  }
  const nodesOf = (of: ReadonlyMap<number, Seen>): readonly number[] =>
    layout.rows.map((_, row) => of.get(row)?.nodes ?? 0)
  const valuesOf = (of: ReadonlyMap<number, Seen>): ReadonlyMap<number, readonly number[]> =>
    new Map([...of].map(([row, { values }]) => [row, values]))
  const draws = apart === undefined ? 1 : cells.length
  return {
    ...totals,
    opened: { opening: { ...opened.opening, nodes: nodesOf(whole) }, values: valuesOf(whole) },
    apart: apart && {
      isTold: layout.rows.map((_, row) => isApart.has(row)),
      cells: parts.map((of) => ({ nodes: nodesOf(of), values: valuesOf(of) })),
    },
    off: {
      nodes: Math.ceil(USUAL * NODES_SCALE * Math.sqrt(draws)),
      values: Math.ceil(USUAL * scale * Math.sqrt(2 * draws)),
    },
  }
}

const seenIn = (of: ReadonlyMap<number, Seen>, row: number | undefined): Seen | undefined =>
  row === undefined ? undefined : of.get(row)

/** The nearest that `most` machines, or those of the row that it is within, can have. */
function possible(layout: Layout, row: number, { nodes, values }: Seen, most: number, within?: Seen): Seen {
  const machines = Math.min(Math.max(1, nodes), most, within?.nodes ?? most)
  const { counts } = layout.rows[row]!
  return {
    nodes: machines,
    values: values.map((value, at) => {
      const top = Math.min(machines * CLAMP, (at === 0 ? within?.values[0] : undefined) ?? machines * CLAMP)
      return Math.max(counts && at === 0 ? machines : 0, Math.min(value, top))
    }),
  }
}
