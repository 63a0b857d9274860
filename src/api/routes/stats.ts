// /stats: a person's own numbers, from rollups.
import type { Insight, TimeRange } from '../../insight/index.ts'
import { serve } from '../operation.ts'
import { getStats } from '../operations/history.ts'
import type { Routes } from '../route.ts'

interface StatsDeps {
  readonly insight: Pick<Insight, 'statistics'>
}

export function statsRoutes({ insight }: StatsDeps): Routes {
  return (server) => {
    serve(server, getStats, async ({ query, caller }) => {
      const { timeline, before, ...numbers } = await insight.statistics(caller.uid, query.period)
      const { unit, points } = timeline
      return {
        ...withTimes(numbers),
        timeline: { unit, points: points.map(({ start, count }) => ({ start: time(start), count })) },
        before: before === null ? null : withTimes(before),
      }
    })
  }
}

const time = (ms: number): string => new Date(ms).toISOString()

/** The names of the API: what a program typed is `karo_generated`, as in an event. */
function withTimes<T extends { readonly range: TimeRange; readonly generated: number }>({
  range,
  generated,
  ...numbers
}: T) {
  const time_range = { start: time(range.start), end: time(range.end) }
  return { ...numbers, time_range, karo_generated: generated }
}
