// The query types as one table: a type with a row here is asked, answered, merged, filtered, described and completed.
import type { QueryFilter } from '../../../../protocols/messages/query.ts'
import { ROWS } from './rows.ts'
import { type AskedType, filteredBy, type NodeData, type QueryTypeRow } from './type.ts'

type Rows = typeof ROWS
/** The numbers in a result, of one query type. */
export type QueryDataOf<T extends AskedType> = ReturnType<Rows[T]['merge']>
/** The same, of any query type. */
export type QueryData = QueryDataOf<AskedType>
type PartOf<T extends AskedType> = NonNullable<ReturnType<Rows[T]['perNode']>>
type Intersected<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer All) => void
  ? All
  : never
/** What a node's row of `--per-node` can hold: the one member of its type. */
export type NodePart = Partial<Intersected<PartOf<AskedType>>>

/** A row without its type. Data handed to it comes from the same row, or was checked to be of its type. */
type AnyRow = QueryTypeRow<NodeData, QueryData, NodePart>

export const ASKED_TYPES = Object.keys(ROWS) as [AskedType, ...AskedType[]]

export const queryType = (type: AskedType): AnyRow => ROWS[type] as unknown as AnyRow

/** Undefined: this release neither asks nor answers questions of that type. */
export const findQueryType = (type: string): AnyRow | undefined =>
  Object.hasOwn(ROWS, type) ? queryType(type as AskedType) : undefined

/** What the filters that owners apply leave of one node's numbers; null: nothing. */
export function filterNode(data: NodeData, filters: readonly QueryFilter[]): NodeData | null {
  const row = queryType(data.query_type)
  const own = filters.filter(({ field }) => row.fields[field]?.applied === 'owners')
  return own.length === 0 ? data : row.filterNode(data, filteredBy(own))
}

/** What the filters leave of merged numbers. */
export const filterResult = <D extends QueryData>(
  type: AskedType,
  data: D,
  filters: readonly QueryFilter[],
): D => (filters.length === 0 ? data : (queryType(type).filterResult(data, filteredBy(filters)) as D))

export { WEEKDAYS } from './activity-patterns.ts'
export * from './type.ts'
