// What the query types give to rooms that know no type by name: to totals, to summaries and to reports.
import { ACTION_CATEGORY } from '../../trust/policy/index.ts'
import type { Summarized } from '../summaries/index.ts'
import type { Measure } from '../totals/index.ts'
import { ASKED_TYPES, type GatherInsight, queryType } from './query-types/index.ts'

/** One for each query type that has totals. */
export const measuresOf = (insight: GatherInsight): readonly Measure[] =>
  ASKED_TYPES.flatMap((type) => {
    const { released, action } = queryType(type)
    if (released === undefined) return []
    const { layout, count } = released
    return [{ type, action, layout, count: (...asked) => count(insight, ...asked) }]
  })

/** One for each query type that has numbers in summaries. */
export const SUMMARIZED: readonly Summarized[] = ASKED_TYPES.flatMap((type) => {
  const { action, forSummaries: parts } = queryType(type)
  return parts === undefined ? [] : [{ category: ACTION_CATEGORY[action], parts }]
})

/** The numbers that are counted by names. */
export const COUNTED = ASKED_TYPES.flatMap((query_type) => {
  const { title, headings } = queryType(query_type)
  return headings === undefined ? [] : [{ query_type, title, headings }]
})
