// Operations of /reports: a report of released totals, and those that the daemon keeps.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/reports.ts'))

export const postReport = defineOperation('POST /api/v1/reports', {
  access: 'asker',
  tag: 'mesh',
  summary: 'Make a report of what was released to the asker: tools, risk, anomalies, coverage and machines',
  description:
    'It reads totals and asks no other node. `refused` if the asker may read none. Where nothing was released of the time, `state` is `nothing`, and `notes` say why and what to do.',
  body: from.postReportBody,
  answer: from.report,
  errors: ['bad_request', 'refused', 'rate_limited', 'unavailable'],
  example: { body: { range: { start: '2026-10-21T00:00:00Z', end: '2026-11-20T00:00:00Z' } } },
})

export const listReports = defineOperation('GET /api/v1/reports', {
  access: 'asker',
  tag: 'mesh',
  summary: 'The scheduled reports that are kept, the next one, and the thresholds',
  description: 'Reports for a role that the asker has not are left out.',
  answer: from.reportsStatus,
  errors: ['refused'],
})

export const getReport = defineOperation('GET /api/v1/reports/kept', {
  access: 'asker',
  tag: 'mesh',
  summary: 'One report that is kept',
  query: from.getReportQuery,
  answer: from.report,
  errors: ['not_found', 'refused', 'bad_file'],
  example: { query: { id: '2026-11-16-weekly' } },
})
