// Which rows of a group are told part by part: those that enough machines of every part have, and nothing from which the
// others follow.
//
// A row is told of all parts or of none. Were single numbers of such a table withheld, and others instead of them so that no row
// and no part gives them away, then of a hidden number, its row's other one and its part's other one the last could be alone in
// its own row, and all three would follow. What is left to know of rows that are withheld is their total over the group, and the
// total of a part and a family where some other family shows that. docs/decisions/totals-of-teams.md has the proof.
import { outerRows } from '../layout.ts'
import type { Opening } from '../suppress.ts'
import type { Layout } from '../types.ts'

/** One type of a group, and how many machines of each cell have each row. */
export interface Table {
  readonly layout: Layout
  /** The group's own; undefined: nothing of the type is opened. */
  readonly opening: Opening | undefined
  /** By cell, then by row. */
  readonly nodes: readonly (readonly number[])[]
}

/** A family of rows of one type. */
interface Family {
  readonly table: number
  /** Rows that somebody of the group has. */
  readonly rows: readonly number[]
  readonly isTold: Map<number, boolean>
}

/**
 * By type and row, whether it is told of each cell; a row that nobody has is, and none within a row that is not. `thresholds`:
 * of the cells. Undefined: a cell has a row more often than it has machines, `sizes`, or the row that it is within, so
 * somebody lied, and nothing is told apart. With noise, `isNoisy`, a row is told that enough machines of every cell have, whatever
 * others have: noise hides what follows by subtraction, and a row that is gone, or of none, would say something of few.
 */
export function breakdownOf(
  tables: readonly Table[],
  thresholds: readonly number[],
  sizes: readonly number[],
  isNoisy = false,
): readonly (readonly boolean[])[] | undefined {
  const isPossible = tables.every(({ nodes, layout }) =>
    nodes.every(
      (of, cell) =>
        of.length === layout.rows.length &&
        of.every((n) => n >= 0 && n <= sizes[cell]!) &&
        outerRows(layout).every((outer, row) => outer === undefined || of[row]! <= of[outer]!),
    ),
  )
  if (!isPossible || tables.some(({ nodes }) => nodes.length !== sizes.length)) return undefined
  if (isNoisy)
    return tables.map(({ layout, opening, nodes }) =>
      layout.rows.map(
        (_, row) =>
          opening?.isOpen[row] === true &&
          [row, outerRows(layout)[row] ?? row].every((one) =>
            nodes.every((of, cell) => of[one]! >= thresholds[cell]!),
          ),
      ),
    )
  const families = tables.flatMap((table, at) => familiesOf(table, at))
  const tell = families.map((family) => withheldIn(family, tables[family.table]!, thresholds))
  for (const [at, state] of tell.entries()) {
    if (state !== 'exposed') continue
    for (const [of, other] of tell.entries()) {
      const isTotal = other === 'whole' && canBeTotalOf(families[of]!, families[at]!, tables)
      if (isTotal || hasRowThatIsDivided(families[of]!, families[at]!, tables)) withholdAll(families[of]!)
    }
  }
  return tables.map(({ layout, opening }, table) => {
    const told = layout.rows.map(() => opening !== undefined)
    for (const family of families) {
      if (family.table === table) for (const [row, is] of family.isTold) told[row] = is
    }
    // The rows that are withheld hold all cells together by numbers of enough machines, and so do those within them.
    const outer = outerRows(layout)
    return told.map((is, row) => is && (outer[row] === undefined || told[outer[row]]!))
  })
}

function familiesOf({ layout, opening, nodes }: Table, table: number): readonly Family[] {
  if (opening === undefined) return []
  const has = (row: number): boolean => nodes.some((of) => of[row]! > 0)
  const families = Map.groupBy(layout.rows.keys(), (row) => layout.rows[row]?.family)
  return [...families.values()].map((rows) => {
    const own = rows.filter(has)
    return { table, rows: own, isTold: new Map(own.map((row) => [row, true])) }
  })
}

const withholdAll = ({ rows, isTold }: Family): void => {
  for (const row of rows) isTold.set(row, false)
}

/**
 * Withholds rows of a family. `whole`: none. `some`: some are, so that no other follows. `none`: no row is told, and no
 * number of few follows whatever is known of the parts. `exposed`: no row is told, and numbers of few would follow for who
 * knew the family's total of each part.
 */
function withheldIn(
  family: Family,
  { opening, nodes }: Table,
  thresholds: readonly number[],
): 'whole' | 'some' | 'none' | 'exposed' {
  const { rows, isTold } = family
  const isLarge = (row: number, cell: number): boolean => nodes[cell]![row]! >= thresholds[cell]!
  const isFree = (row: number): boolean =>
    opening!.isOpen[row] === true && nodes.every((of, cell) => of[row] === 0 || isLarge(row, cell))
  for (const row of rows) if (!isFree(row)) isTold.set(row, false)
  if (rows.every((row) => isTold.get(row))) return 'whole'
  const cells = [...nodes.keys()].filter((cell) => rows.some((row) => nodes[cell]![row]! > 0))
  const bonds = createBonds(cells)
  /** Rows that the group withholds are one: only their sum can follow from anything. */
  const groupRows = rows.filter((row) => opening!.isOpen[row] !== true)
  if (groupRows.length === rows.length) return 'none'
  const largeIn = (of: readonly number[]): readonly number[] =>
    cells.filter((cell) => of.some((row) => isLarge(row, cell)))
  bonds.join(largeIn(groupRows))
  for (const row of rows) if (opening!.isOpen[row] === true && !isTold.get(row)) bonds.join(largeIn([row]))
  const totals = new Map(rows.map((row) => [row, nodes.reduce((sum, of) => sum + of[row]!, 0)]))
  const smallestFirst = rows
    .filter((row) => isTold.get(row))
    .sort((a, b) => totals.get(a)! - totals.get(b)! || a - b)
  while (!bonds.isOne()) {
    const next = smallestFirst.find((row) => isTold.get(row) && bonds.isMore(largeIn([row])))
    if (next === undefined) break
    isTold.set(next, false)
    bonds.join(largeIn([next]))
  }
  if (bonds.isOne() && rows.some((row) => isTold.get(row))) return 'some'
  withholdAll(family)
  return bonds.isOne() || rows.every(isFree) ? 'none' : 'exposed'
}

/** Cells by whether withheld rows that enough machines have hold them together. */
function createBonds(cells: readonly number[]) {
  let sets: readonly (readonly number[])[] = []
  const touched = (some: readonly number[]) => sets.filter((set) => set.some((cell) => some.includes(cell)))
  return {
    join(some: readonly number[]): void {
      if (some.length === 0) return
      const met = touched(some)
      sets = [...sets.filter((set) => !met.includes(set)), [...new Set([...met.flat(), ...some])]]
    },
    /** Whether joining these would hold more together than is. */
    isMore: (some: readonly number[]): boolean =>
      touched(some).length > 1 || some.some((cell) => !sets.some((set) => set.includes(cell))),
    isOne: (): boolean => cells.length === 0 || (sets.length === 1 && sets[0]!.length === cells.length),
  }
}

/** Whether a row of one family is what all rows of another, several of them, are within, so that they may add up to it. */
function hasRowThatIsDivided({ table, rows }: Family, by: Family, tables: readonly Table[]): boolean {
  if (table !== by.table || by.rows.length === 0) return false
  const { layout } = tables[table]!
  const { family } = layout.rows[by.rows[0]!]!
  const parts = [...layout.rows.keys()].filter((row) => layout.rows[row]!.family === family)
  const outer = new Set(parts.map((row) => outerRows(layout)[row]))
  return parts.length > 1 && outer.size === 1 && rows.some((row) => outer.has(row))
}

/** Whether the rows of one family may add up to the same as those of another, on the same machines, as far as counts say. */
function canBeTotalOf(family: Family, of: Family, tables: readonly Table[]): boolean {
  const [a, b] = [tables[family.table]!.nodes, tables[of.table]!.nodes]
  const countsIn = ({ rows }: Family, nodes: readonly number[]) => rows.map((row) => nodes[row]!)
  return a.every((nodes, cell) => {
    const [one, other] = [countsIn(family, nodes), countsIn(of, b[cell]!)]
    const sum = (counts: readonly number[]) => counts.reduce((all, n) => all + n, 0)
    return Math.max(0, ...one) <= sum(other) && Math.max(0, ...other) <= sum(one)
  })
}
