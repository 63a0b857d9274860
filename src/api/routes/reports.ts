// /reports: makes a report from totals in the name of the asker, and shows stored reports to people with the role that
// they are for.
import { KaroError } from '../../base/errors.ts'
import type { Reader, Reports } from '../../exchange/reports/index.ts'
import type { Sessions } from '../../trust/operators/index.ts'
import { getReport, listReports, postReport } from '../contract/operations/query.ts'
import type { Caller, Routes } from '../server/route.ts'
import { serve } from '../server/serve.ts'
import { actingOf } from './acting.ts'

interface ReportsRouteDeps {
  readonly reports: Pick<Reports, 'make' | 'status' | 'read'>
  readonly sessions: Pick<Sessions, 'of'>
  /** This node as its certificate says it. */
  readonly self: () => Reader
}

/** Errors: `bad_request`, `refused`, `rate_limited`, `unavailable`; of a report that is kept `not_found` and `bad_file`. */
export function reportsRoutes({ reports, sessions, self }: ReportsRouteDeps): Routes {
  /** A person may ask as the node and, while logged in, as themselves. */
  const readerOf = (caller: Caller): Reader => ({
    roles: [...self().roles, ...(actingOf(sessions, undefined, caller)?.roles ?? [])],
  })

  return (server) => {
    serve(server, postReport, ({ body, caller, id }) => {
      const acting = actingOf(sessions, body.as, caller)
      return reports.make({
        range: { start: Date.parse(body.range.start), end: Date.parse(body.range.end) },
        ...(body.team === undefined ? {} : { team: body.team }),
        ...(acting === undefined ? {} : { acting }),
        uid: caller.uid,
        traceId: id,
      })
    })
    serve(server, listReports, async ({ caller }) => reports.status(readerOf(caller)))
    serve(server, getReport, async ({ query, caller }) => {
      const { report } = await import('../../exchange/report/schema.ts')
      // A file may have been changed by hand, and its reader relies on its form.
      const read = report.safeParse(reports.read(query.id, readerOf(caller)))
      if (read.success) return read.data
      throw new KaroError('bad_file', 'this report has another form than this release writes', {
        where: query.id,
      })
    })
  }
}
