// A number of the mesh, described once by rows that are counted: from them follow the live answer, the sums over nodes, the
// period before, what summaries add up to, and what is given to totals and read out of them.
import type { NodeSummary } from '../../../../protocols/messages/summary.ts'
import type { Numbers } from '../../../insight/statistics/index.ts'
import { type Cells, type Counted, liveSums, openedSums, type Sums } from './sums.ts'
import type { GatherInsight, NodeData, NodeDataOf, QueryTypeRow, ReleaseLayout } from './type.ts'

/** What each row of a query type has, but for what follows from its counts. */
type Described<Data extends NodeData, Result extends object, Part extends object> = Omit<
  QueryTypeRow<Data, Result, Part>,
  'gather' | 'compares' | 'merge' | 'fromSummaries' | 'released'
>

/** `Taken`: one node's numbers of one span, as its insight and its summaries have them. */
interface Measure<Data extends NodeData, Taken, Result extends object, Part extends object>
  extends Described<Data, Result, Part> {
  /** `isBefore`: for the comparison alone. Null: there is nothing to say of these people. */
  take(
    numbers: Numbers,
    uids: readonly number[],
    about: { readonly insight: GatherInsight; readonly isBefore: boolean },
  ): Promise<Taken | null>
  /** That nothing was counted is something to say, too. */
  readonly saysNone?: true
  cells(taken: Taken): Cells
  /** The numbers as an answer carries them. `newest`: what does not add up over several. */
  dataOf(now: Sums, before: Sums | undefined, newest: Taken): Data
  /** The other way round. */
  counted(data: Data): Counted
  /** The result, of nodes and of totals alike. `parts`: the nodes' numbers; none of totals. */
  read(sums: Sums, parts: readonly Data[]): Result
  /** Absent: summaries have no such numbers. Undefined: this one shares none. */
  ofSummary?(summary: NodeSummary): Taken | undefined
  readonly layout: ReleaseLayout
  /** The rows of totals that a cell adds to; absent: the one of its name. Rows that the layout does not have are not told. */
  addsTo?(cell: string): readonly string[]
  /** Cells of totals that no other answer has. `gives` as in `Released`. */
  beside?(
    taken: Taken,
    numbers: Numbers,
    uids: readonly number[],
    gives: (type: string) => boolean,
  ): Promise<Iterable<readonly [cell: string, count: number]>>
}

/** In one order everywhere: by code units, each name once. */
export const layoutRows = (names: Iterable<string>): readonly string[] => [...new Set(names)].sort()

const hasAny = (cells: Cells): boolean => [...cells.values()].some((count) => count > 0)

export function defineMeasure<
  T extends NodeData['query_type'],
  Taken,
  Result extends object,
  Part extends object,
>(_type: T, row: Measure<NodeDataOf<T>, Taken, Result, Part>): QueryTypeRow<NodeDataOf<T>, Result, Part> {
  const sumOf = (taken: readonly Taken[]): Sums => liveSums(taken.map((one) => ({ now: row.cells(one) })))
  const { ofSummary, layout } = row
  const rows = new Set(layout.rows)
  return {
    ...row,
    async gather(insight, uids, range, before) {
      const now = await row.take(insight.during(range), uids, { insight, isBefore: false })
      if (now === null) return null
      const earlier = before && (await row.take(insight.during(before), uids, { insight, isBefore: true }))
      const all = earlier ? [now, earlier] : [now]
      if (!row.saysNone && !all.some((one) => hasAny(row.cells(one)))) return null
      return row.dataOf(sumOf([now]), earlier ? sumOf([earlier]) : undefined, now)
    },
    compares: (data) => row.counted(data).before !== undefined,
    merge: (parts) => row.read(liveSums(parts.map((part) => row.counted(part))), parts),
    ...(ofSummary && {
      fromSummaries(summaries, before) {
        const shared = summaries.map(ofSummary).filter((one) => one !== undefined)
        const newest = shared.at(-1)
        const earlier = before && sumOf(before.map(ofSummary).filter((one) => one !== undefined))
        return newest && row.dataOf(sumOf(shared), earlier, newest)
      },
    }),
    released: {
      layout,
      async measure(insight, uids, bucket, gives) {
        const numbers = insight.during(bucket)
        const taken = await row.take(numbers, uids, { insight, isBefore: false })
        const sums = new Map<string, readonly [number]>()
        if (taken === null) return sums
        const beside = await row.beside?.(taken, numbers, uids, gives)
        for (const [cell, count] of [...row.cells(taken), ...(beside ?? [])]) {
          if (count === 0) continue
          for (const name of row.addsTo?.(cell) ?? [cell])
            if (rows.has(name)) sums.set(name, [count + (sums.get(name)?.[0] ?? 0)])
        }
        return sums
      },
      fromReleased: (totals) => row.read(openedSums(layout, totals), []),
    },
  }
}
