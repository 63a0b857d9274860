// What the view of one query type is, and the words and colours that several of them use.
import type { QueryData, QueryResult } from '../../../api/contract/shapes.ts'
import { bar } from '../../terminal/bars.ts'
import { type Columns, type Screen, table } from '../../terminal/table.ts'

export type NodeRow = NonNullable<QueryResult['nodes']>[number]
export type NodeColumns = Columns<{ node: NodeRow }>

export interface Shown {
  readonly screen: Screen
  /** Whether the filters on a field let a value through: of one they left out nothing is shown rather than 0. */
  readonly passes: (field: string, value: string) => boolean
  /** `≥ ` before a number of totals of which some periods or machines tell nothing, by the name of its row; else nothing. */
  readonly least: (row: string) => string
  /** ` ±43` behind a number, or numbers, of totals that have noise: how far 95 of 100 are off at most; else nothing. */
  readonly off: { readonly nodes: string; readonly values: string }
}

export interface QueryTypeView<Data extends QueryData> {
  /** The numbers are of now, so the range that was asked about is not told. */
  readonly ofNow?: true
  /** Ends with a newline; empty when there is nothing to show. `before`: the last answer, to tell what is new. */
  data(data: Data, shown: Shown, before?: Data): string
  /** With `--per-node`; null: `data` is by node already. `name` is the first column, `age` the last one. */
  readonly perNode:
    | ((nodes: readonly NodeRow[], name: NodeColumns, age: NodeColumns, screen: Screen) => string)
    | null
  /** What filters on these fields leave whole, which looks as if it were filtered too. */
  notes?(data: Data, fields: ReadonlySet<string>): readonly string[]
}

/** One table of rows of each node, between its name and its age. */
export const byNode =
  <Row extends { readonly node: NodeRow }>(
    of: (node: NodeRow) => readonly Row[],
    columns: Columns<Row>,
  ): NonNullable<QueryTypeView<QueryData>['perNode']> =>
  (nodes, name, age, screen) =>
    table(screen, nodes.flatMap(of), Object.assign({}, name, columns, age), '')

const BAR_CELLS = 40

export const orNone = (count: number | null): number => count ?? 0

/** Empty for none, and for a number that is not known. */
export const barOf = (count: number | null, most: number): string =>
  orNone(count) === 0 ? '' : bar(orNone(count) / most, BAR_CELLS)

export const signed = (change: number): string =>
  change > 0 ? `+${change}` : change < 0 ? `−${-change}` : '0'

/** A number as it is; `–` for one that is not known, or not told. */
export const known = (count: number | null): string => (count === null ? '–' : String(count))

/** ` (+3)` when there are three more than in the last answer. */
export const since = (now: number | null, before: number | null | undefined): string =>
  now === null || before === null || before === undefined || before === now
    ? ''
    : ` (${signed(now - before)})`

/** `; +3 than before`, behind what there is now; empty where that is not known. */
export const thanBefore = (change: number | null): string =>
  change === null ? '' : change === 0 ? '; as many as before' : `; ${signed(change)} than before`

/** With nothing before, the change of a row says what its count says. */
export const isNews = (change: number | null, count: number): boolean => change !== null && change !== count

/** How the rows of every number that is counted by rows end: their change, where it says anything, and their nodes. */
export const changeAndNodes = <Row extends { readonly change: number | null; readonly nodes: number }>(
  rows: readonly Row[],
  countOf: (row: Row) => number,
  off: Shown['off'],
): Columns<Row> => ({
  CHANGE: rows.some((row) => isNews(row.change, countOf(row))) && {
    value: ({ change }) => (change === null ? '–' : signed(change)),
    align: 'right',
  },
  [`NODES${off.nodes}`]: ({ nodes }) => nodes,
})
