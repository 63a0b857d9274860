// /reports: makes a report from totals in the name of the asker, and says which thresholds are crossed.
import { getReportThresholds, postReport } from '../contract/operations/query.ts'
import { type Rooms, type Routes, serve } from '../server/index.ts'
import { actingOf } from './acting.ts'

/** Errors: `bad_request`, `refused`, `rate_limited`, `unavailable`. */
export function reportsRoutes({ reports, sessions }: Rooms): Routes {
  return (server) => {
    serve(server, postReport, ({ body, caller, id }) => {
      const acting = actingOf(sessions, body.as, caller)
      return reports.make({
        range: { start: Date.parse(body.range.start), end: Date.parse(body.range.end) },
        ...(body.team !== undefined && { team: body.team }),
        ...(acting !== undefined && { acting }),
        uid: caller.person,
        traceId: id,
      })
    })
    serve(server, getReportThresholds, async () => reports.watched())
  }
}
