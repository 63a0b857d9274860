// How machines count for totals: the layouts of the query types, with the families that rows add up in.

import { ACTION_CATEGORY } from '../../trust/policy/index.ts'
import type { Counts, Layout } from '../aggregates/index.ts'
import type { CountedNumbers } from '../summaries/index.ts'
import type { Measure } from '../totals/index.ts'
import { ASKED_TYPES, type GatherInsight, queryType, type ReleaseLayout } from './query-types/index.ts'

/** Each row counts something, so its first value is at least 1 on a machine that has any. */
const layoutOf = ({
  type,
  version,
  rows,
  values,
  familyOf = () => type,
  withinOf,
}: ReleaseLayout): Layout => ({
  type,
  version,
  rows: rows.map((name) => {
    const within = withinOf?.(name)
    return { name, values, counts: true, family: familyOf(name), ...(within === undefined ? {} : { within }) }
  }),
})

/** One for each query type that has totals. */
export function measuresOf(insight: GatherInsight): readonly Measure[] {
  return ASKED_TYPES.flatMap((type) => {
    const { released, action } = queryType(type)
    if (released === undefined) return []
    const numbers = new Map(released.layout.rows.map((name, at) => [name, at]))
    return {
      type,
      action,
      layout: layoutOf(released.layout),
      async count(uids, bucket, gives): Promise<Counts> {
        const named = await released.measure(insight, uids, bucket, gives)
        return new Map(
          [...named].flatMap(([name, values]) => {
            const number = numbers.get(name)
            return number === undefined ? [] : [[number, values] as const]
          }),
        )
      },
    }
  })
}

/** The numbers that are counted by names, for rooms that know no type by name. */
export const COUNTED = ASKED_TYPES.flatMap((query_type) => {
  const { action, title, headings, forSummaries: rows } = queryType(query_type)
  if (rows === undefined || headings === undefined) return []
  return [{ query_type, title, headings, category: ACTION_CATEGORY[action], rows }]
}) satisfies readonly CountedNumbers[]
