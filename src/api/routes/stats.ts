// /stats: the caller's own numbers, from rollups.

import { localDay, startOfLocalDay } from '../../base/calendar.ts'
import { revealLevel0 } from '../../base/level0/level0.ts'
import type { TimeRange } from '../../insight/statistics/index.ts'
import { getMostUsed, getStats } from '../contract/operations/stats.ts'
import { type Rooms, type Routes, serve, shown } from '../server/index.ts'

export function statsRoutes({ insight, store: { events } }: Rooms): Routes {
  return (server) => {
    serve(server, getMostUsed, async ({ query, caller }) => {
      const { start, end } = insight.periodOf(query.period)
      // The rollups count the whole of today, and nothing that a clock which was ahead put after it.
      const most = await events.mostUsed(
        caller.person,
        start,
        startOfLocalDay(localDay(end) + 1),
        query.limit,
      )
      return { commands: most.map((one) => ({ ...one, command: revealLevel0(one.command) })) }
    })
    serve(server, getStats, async ({ query, caller }) => {
      const { timeline, before, ...numbers } = await insight.statistics(caller.person, query.period)
      const { unit, points } = timeline
      return {
        ...withTimes(numbers),
        timeline: { unit, points: points.map(shown) },
        before: before && withTimes(before),
      }
    })
  }
}

/** Renames members to those of the API: `range` becomes `time_range` in RFC 3339, `generated` `karo_generated`, `answered` `ask_answers_run`. */
function withTimes<
  T extends { readonly range: TimeRange; readonly generated: number; readonly answered: number },
>({ range, generated, answered, ...numbers }: T) {
  const time_range = shown(range)
  return { ...numbers, time_range, karo_generated: generated, ask_answers_run: answered }
}
