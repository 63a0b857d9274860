// Hands a result to the view of its query type.
import {
  type AskedType,
  passes,
  type QueryData,
  type QueryResult,
  queryType,
} from '../../../api/contract/shapes.ts'
import { ago } from '../../../base/format.ts'
import type { Screen } from '../../terminal/table.ts'
import { countedView } from './counted.ts'
import { VIEWS } from './rows.ts'
import type { NodeColumns, QueryTypeView } from './view.ts'

/** The view of a result; the daemon answers only with the type that was asked for, so the data fits the view. */
function viewOf({ query_type }: QueryResult): QueryTypeView<QueryData> {
  const { headings } = queryType(query_type as AskedType)
  const view = headings === undefined ? VIEWS[query_type as keyof typeof VIEWS] : countedView(headings)
  return view as unknown as QueryTypeView<QueryData>
}

/** The data of a result; empty if there is none. `before` is the last answer to the same question, to show changes. */
export function dataView(result: QueryResult, screen: Screen, before?: QueryResult): string {
  const { data, filters = [], privacy } = result
  const partly = new Set(result.released?.partly)
  const shown = {
    screen,
    least: (row: string) => (partly.has(row) ? '≥ ' : ''),
    off: {
      nodes: privacy.noise === null ? '' : ` ±${privacy.noise.nodes}`,
      values: privacy.noise === null ? '' : ` ±${privacy.noise.values}`,
    },
    passes: (field: string, value: string) =>
      filters.every((filter) => filter.field !== field || passes(filter, value)),
  }
  return viewOf(result).data(data, shown, before?.query_type === result.query_type ? before.data : undefined)
}

/** The numbers of each node, for `--per-node`; empty if the data is by node already. */
export function perNodeView(result: QueryResult, screen: Screen): string {
  const { nodes = [] } = result
  const age: NodeColumns = {
    'AS OF': nodes.some(({ source }) => source === 'summary') && {
      value: ({ node }) => (node.source === 'live' ? 'now' : ago(Date.now() - Date.parse(node.as_of))),
      style: ({ node }) => (node.source === 'live' ? undefined : 'yellow'),
    },
  }
  const name: NodeColumns = { NODE: { value: ({ node }) => node.name, shrink: true } }
  return viewOf(result).perNode?.(nodes, name, age, screen) ?? ''
}

export const isOfNow = (result: QueryResult): boolean => viewOf(result).ofNow === true

export const filterNotes = (result: QueryResult): readonly string[] =>
  viewOf(result).notes?.(result.data, new Set((result.filters ?? []).map(({ field }) => field))) ?? []
