// A number of the mesh, described once by rows that are counted: from them follow the live answer, the sums over nodes, the
// period before, what summaries hold and add up to, and what is given to totals and read out of them.
import type { NodeSummary } from '../../../../protocols/messages/summary.ts'
import type { Numbers } from '../../../insight/statistics/index.ts'
import type { Layout } from '../../aggregates/index.ts'
import type { SummaryParts } from '../../summaries/index.ts'
import { type Cells, type Counted, liveSums, openedSums, type Sums } from './sums.ts'
import type { GatherInsight, NodeData, NodeDataOf, QueryTypeRow } from './type.ts'

/** What each row of a query type has, but for what follows from its counts. */
type Described<Data extends NodeData, Result extends object, Part extends object> = Omit<
  QueryTypeRow<Data, Result, Part>,
  'gather' | 'compares' | 'contributes' | 'merge' | 'forSummaries' | 'fromSummaries' | 'released'
> &
  Partial<Pick<QueryTypeRow<Data, Result, Part>, 'contributes'>>

/** The rows that totals have: the same in every node of one release, whatever happened there. */
interface Rows {
  /** Grows when rows are of another meaning under the same names. */
  readonly version: number
  readonly names: Iterable<string>
  /** What the number of a row counts. */
  readonly counts: string
  /**
   * Rows of one family may add up to a number that another row or type shows, so that one of them alone can be had by
   * subtraction. Absent: all rows are one family.
   */
  familyOf?(row: string): string
  /**
   * The row that a row tells a part of, so that it is told only where that one is and enough machines have the part too.
   * Its family has no rows that stand by themselves. Absent: every row does.
   */
  withinOf?(row: string): string | undefined
}

/** `Taken`: one node's numbers of one span, as its insight and its summaries have them. */
interface Measure<Data extends NodeData, Taken, Result extends object, Part extends object>
  extends Described<Data, Result, Part> {
  /** `isBefore`: for the comparison alone. */
  take(numbers: Numbers, uids: readonly number[], isBefore: boolean): Promise<Taken>
  /** That nothing was counted is something to say, too. */
  readonly saysNone?: true
  cells(taken: Taken): Cells
  /** The numbers as an answer carries them. `newest`: what does not add up over several. */
  dataOf(now: Sums, before: Sums | undefined, newest: Taken): Data
  /** The other way round. */
  counted(data: Data): Counted
  /** The result, of nodes and of totals alike. `parts`: the nodes' numbers; none of totals. */
  read(sums: Sums, parts: readonly Data[]): Result
  /** Absent: summaries have no such numbers. */
  readonly summary?: {
    of(taken: Taken, numbers: Numbers, uids: readonly number[]): SummaryParts | Promise<SummaryParts>
    /** Undefined: this one shares none. */
    read(summary: NodeSummary): Taken | undefined
  }
  readonly rows: Rows
  /** The rows of totals that a cell adds to; absent: the one of its name. Rows that totals do not have are not told. */
  addsTo?(cell: string): readonly string[]
  /** Cells of totals that no other answer has. `gives` as in `Released`. */
  beside?(
    taken: Taken,
    numbers: Numbers,
    uids: readonly number[],
    gives: (type: string) => boolean,
  ): Promise<Iterable<readonly [cell: string, count: number]>>
}

/** Rows in one order everywhere, by code units. Each counts something, so its value is at least 1 on a machine that has any. */
function layoutOf(type: string, { version, names, counts, familyOf = () => type, withinOf }: Rows): Layout {
  const rows = [...new Set(names)].sort().map((name) => {
    const within = withinOf?.(name)
    const row = { name, values: [counts], counts: true, family: familyOf(name) }
    return within === undefined ? row : { ...row, within }
  })
  return { type, version, rows }
}

const hasAny = (cells: Cells): boolean => [...cells.values()].some((count) => count > 0)

export function defineMeasure<
  T extends NodeData['query_type'],
  Taken,
  Result extends object,
  Part extends object,
>(type: T, row: Measure<NodeDataOf<T>, Taken, Result, Part>): QueryTypeRow<NodeDataOf<T>, Result, Part> {
  const sumOf = (taken: readonly Taken[]): Sums => liveSums(taken.map((one) => ({ now: row.cells(one) })))
  const { summary } = row
  const layout = layoutOf(type, row.rows)
  const places = new Map(layout.rows.map(({ name }, at) => [name, at]))
  const isKnown = async (insight: GatherInsight, uids: readonly number[]): Promise<boolean> =>
    row.knownSince === undefined || (await row.knownSince(insight, uids)) !== undefined
  return {
    contributes: (data) => hasAny(row.counted(data).now),
    ...row,
    async gather(insight, uids, range, before) {
      if (!(await isKnown(insight, uids))) return null
      const now = await row.take(insight.during(range), uids, false)
      const earlier = before && (await row.take(insight.during(before), uids, true))
      const all = earlier ? [now, earlier] : [now]
      if (!row.saysNone && !all.some((one) => hasAny(row.cells(one)))) return null
      return row.dataOf(sumOf([now]), earlier ? sumOf([earlier]) : undefined, now)
    },
    compares: (data) => row.counted(data).before !== undefined,
    merge: (parts) => row.read(liveSums(parts.map((part) => row.counted(part))), parts),
    ...(summary && {
      forSummaries: async (numbers, uids) => summary.of(await row.take(numbers, uids, false), numbers, uids),
      fromSummaries(summaries, before) {
        const shared = summaries.map(summary.read).filter((one) => one !== undefined)
        const newest = shared.at(-1)
        const earlier = before && sumOf(before.map(summary.read).filter((one) => one !== undefined))
        return newest && row.dataOf(sumOf(shared), earlier, newest)
      },
    }),
    released: {
      layout,
      async count(insight, uids, bucket, gives) {
        const counts = new Map<number, readonly [number]>()
        if (!(await isKnown(insight, uids))) return counts
        const numbers = insight.during(bucket)
        const taken = await row.take(numbers, uids, false)
        const beside = await row.beside?.(taken, numbers, uids, gives)
        for (const [cell, count] of [...row.cells(taken), ...(beside ?? [])]) {
          for (const name of count === 0 ? [] : (row.addsTo?.(cell) ?? [cell])) {
            const at = places.get(name)
            if (at !== undefined) counts.set(at, [count + (counts.get(at)?.[0] ?? 0)])
          }
        }
        return counts
      },
      fromReleased: (totals) => row.read(openedSums([...places.keys()], totals), []),
    },
  }
}
