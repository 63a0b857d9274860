// The views of query types as one table, and how a result is handed to the one of its type.
import { type AskedType, passes, type QueryData, type QueryResult } from '../../../api/contract/shapes.ts'
import { ago } from '../../../base/format.ts'
import { VIEWS } from './rows.ts'
import type { NodeColumn, QueryTypeView, Screen } from './view.ts'

/** The daemon answers only what was asked for here, so the data is of the view's type. */
const viewOf = ({ query_type }: QueryResult): QueryTypeView<QueryData> =>
  VIEWS[query_type as AskedType] as unknown as QueryTypeView<QueryData>

/** Empty when there is nothing to show. `before`: the last answer to the same question, to tell what is new. */
export function dataView(result: QueryResult, screen: Screen, before?: QueryResult): string {
  const { data, filters = [] } = result
  const shown = {
    screen,
    passes: (field: string, value: string) =>
      filters.every((filter) => filter.field !== field || passes(filter, value)),
  }
  return viewOf(result).data(data, shown, before?.query_type === result.query_type ? before.data : undefined)
}

/** With `--per-node`; empty where the data is by node already. */
export function perNodeView(result: QueryResult, screen: Screen): string {
  const { nodes = [] } = result
  const age: NodeColumn = {
    title: 'AS OF',
    value: ({ node }) => (node.source === 'live' ? 'now' : ago(Date.now() - Date.parse(node.as_of))),
    style: ({ node }) => (node.source === 'live' ? undefined : 'yellow'),
  }
  const aged = nodes.some(({ source }) => source === 'summary')
  const name: NodeColumn = { title: 'NODE', value: ({ node }) => node.name, shrink: true }
  return viewOf(result).perNode?.(nodes, name, aged ? [age] : [], screen) ?? ''
}

export const isOfNow = (result: QueryResult): boolean => viewOf(result).ofNow === true

export const filterNotes = (result: QueryResult): readonly string[] =>
  viewOf(result).notes?.(result.data, new Set((result.filters ?? []).map(({ field }) => field))) ?? []
