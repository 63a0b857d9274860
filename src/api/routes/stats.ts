// /stats: a person's own numbers, from rollups.
import type { Insight, Statistics } from '../../insight/index.ts'
import type { Routes } from '../route.ts'
import { STATISTICS_PERIODS, type StatisticsShape } from '../shapes.ts'

interface StatsDeps {
  readonly insight: Pick<Insight, 'statistics'>
}

const statsQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { period: { type: 'string', enum: STATISTICS_PERIODS, default: 'today' } },
} as const

export function statsRoutes({ insight }: StatsDeps): Routes {
  return (server) => {
    server.get<{ Querystring: { readonly period: Statistics['period'] } }>(
      '/api/v1/stats',
      { config: { access: 'person' }, schema: { querystring: statsQuery } },
      async ({ query, caller }): Promise<StatisticsShape> => {
        const { range, ...numbers } = await insight.statistics(caller.uid, query.period)
        const time_range = {
          start: new Date(range.start).toISOString(),
          end: new Date(range.end).toISOString(),
        }
        return { ...numbers, time_range }
      },
    )
  }
}
