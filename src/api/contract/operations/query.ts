// Operations of /query, a question to the mesh, and /reports, what was released about it.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/query.ts'))
const ofReports = schemasOf(() => import('../schemas/reports/reports.ts'))

export const postQuery = defineOperation('POST /api/v1/query', {
  access: 'asker',
  tag: 'mesh',
  summary: 'Ask the mesh; each node answers for itself, as far as its people consent',
  description:
    'Ends as soon as every reachable node has answered, at the latest at its deadline. A refusal by other nodes is a result, not an error. The question is cancelled if the client closes the connection.',
  body: from.postQueryBody,
  answer: from.queryResult,
  lines: {
    type: 'application/x-ndjson',
    description:
      'With this type in `Accept`: the coverage while the question is under way, then the result or the error.',
    item: from.queryLine,
  },
  errors: ['bad_request', 'refused', 'rate_limited', 'unavailable'],
  example: {
    body: {
      query_type: 'ToolUsage',
      range: { start: '2026-11-13T00:00:00Z', end: '2026-11-20T00:00:00Z' },
      filters: [{ field: 'category', operator: 'Equals', value: ['git'] }],
    },
  },
})

export const postReport = defineOperation('POST /api/v1/reports', {
  access: 'asker',
  tag: 'mesh',
  summary: 'Make a report of what was released to the asker: tools, risk, anomalies, coverage and machines',
  description:
    'It reads totals and asks no other node. `refused` if the asker may read none. Where nothing was released of the time, `state` is `nothing`, and `notes` say why and what to do.',
  body: ofReports.postReportBody,
  answer: ofReports.report,
  errors: ['bad_request', 'refused', 'rate_limited', 'unavailable'],
  example: { body: { range: { start: '2026-10-21T00:00:00Z', end: '2026-11-20T00:00:00Z' } } },
})

export const listReports = defineOperation('GET /api/v1/reports', {
  access: 'asker',
  tag: 'mesh',
  summary: 'The scheduled reports that are kept, the next one, and the thresholds',
  description: 'Reports for a role that the asker has not are left out.',
  answer: ofReports.reportsStatus,
  errors: ['refused'],
})

export const getReport = defineOperation('GET /api/v1/reports/kept', {
  access: 'asker',
  tag: 'mesh',
  summary: 'One report that is kept',
  query: ofReports.getReportQuery,
  answer: ofReports.report,
  errors: ['not_found', 'refused', 'bad_file'],
  example: { query: { id: '2026-11-16-weekly' } },
})
