// /stats: a person's own numbers, from rollups.
import type { Insight } from '../../insight/index.ts'
import { serve } from '../operation.ts'
import { getStats } from '../operations/history.ts'
import type { Routes } from '../route.ts'

interface StatsDeps {
  readonly insight: Pick<Insight, 'statistics'>
}

export function statsRoutes({ insight }: StatsDeps): Routes {
  return (server) => {
    serve(server, getStats, async ({ query, caller }) => {
      const { range, ...numbers } = await insight.statistics(caller.uid, query.period)
      const time_range = {
        start: new Date(range.start).toISOString(),
        end: new Date(range.end).toISOString(),
      }
      return { ...numbers, time_range }
    })
  }
}
