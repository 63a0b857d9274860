// What rows come to over many nodes: counted live, in summaries, or read out of opened totals. A result is made of sums alone.
import { latestOf, type Reading, readingOf } from '../../totals/reading.ts'
import type { ReleasedTotals } from './type.ts'

/** What was counted, by row. */
export type Cells = ReadonlyMap<string, number>

/** One node's numbers, and those of its rows that it knows of the period before; absent: it compares nothing. */
export interface Counted {
  readonly now: Cells
  readonly before?: Cells | undefined
}

/** A number of single nodes is always told, and of all of them. */
export interface Sums extends Omit<Reading, 'buckets' | 'names'>, Partial<Pick<Reading, 'buckets'>> {
  /** Whether anything is compared with the period before. */
  readonly compares: boolean
  /** Rows of which anything is known. */
  readonly rows: readonly string[]
  /** More than in the period before, of nodes that know both; null: of none, or not of the whole row. */
  change(row: string): number | null
  /** What they are in the latest bucket: states do not add up over time. */
  latest(): Sums
}

export function liveSums(nodes: readonly Counted[]): Sums {
  const sums = new Map<string, { value: number; nodes: number; change: number | null }>()
  const sumOf = (row: string) => {
    const sum = sums.get(row) ?? { value: 0, nodes: 0, change: null }
    sums.set(row, sum)
    return sum
  }
  for (const { now, before = [] } of nodes) {
    for (const [row, count] of now) {
      const sum = sumOf(row)
      sum.value += count
      if (count > 0) sum.nodes++
    }
    for (const [row, count] of before) {
      const sum = sumOf(row)
      sum.change = (sum.change ?? 0) + (now.get(row) ?? 0) - count
    }
  }
  const all: Sums = {
    machines: nodes.length,
    compares: nodes.some(({ before }) => before !== undefined),
    rows: [...sums.keys()],
    value: (row) => sums.get(row)?.value ?? 0,
    isWhole: () => true,
    nodes: (row) => sums.get(row)?.nodes ?? 0,
    change: (row) => sums.get(row)?.change ?? null,
    latest: () => all,
  }
  return all
}

/** Of rows that the layout has. */
export function openedSums(names: readonly string[], { buckets, before }: ReleasedTotals): Sums {
  const now = readingOf(buckets)
  const earlier = before && readingOf(before)
  return {
    ...now,
    compares: earlier !== undefined,
    rows: names.filter((row) => now.value(row) !== null),
    change: (row) =>
      now.isWhole(row) && earlier?.isWhole(row) ? (now.value(row) ?? 0) - (earlier.value(row) ?? 0) : null,
    latest: () => openedSums(names, { buckets: latestOf(buckets) }),
  }
}

/** Numbers as they are nested in an answer, and in the place of each the row that counts it. */
type Tree = string | readonly string[] | { readonly [name: string]: Tree }
export type Filled<T, V> = T extends string ? V : { readonly [K in keyof T]: Filled<T[K], V> }

/** The same nesting, with something of each row in its place. */
export function filled<const T, V>(tree: T, of: (row: string) => V): Filled<T, V>
export function filled(tree: Tree, of: (row: string) => unknown): unknown {
  if (typeof tree === 'string') return of(tree)
  if (Array.isArray(tree)) return tree.map(of)
  return Object.fromEntries(Object.entries(tree).map(([name, part]) => [name, filled(part, of)]))
}

/** The numbers that stand where the tree has rows; what is absent is 0. */
export const cellsIn = (
  tree: Tree,
  numbers?: object | number,
): readonly (readonly [row: string, count: number])[] =>
  typeof tree === 'string'
    ? [[tree, Number(numbers ?? 0)]]
    : Object.entries(tree).flatMap(([name, part]) =>
        cellsIn(part, (numbers as Readonly<Record<string, object | number>> | undefined)?.[name]),
      )
