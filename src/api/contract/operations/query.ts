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
    query_type: 'ToolUsage',
    range: { start: '2026-11-13T00:00:00Z', end: '2026-11-20T00:00:00Z' },
    filters: [{ field: 'category', operator: 'Equals', value: ['git'] }],
  },
})

export const postReport = defineOperation('POST /api/v1/reports', {
  access: 'asker',
  tag: 'mesh',
  summary:
    'Make a report from the totals released to the asker: tools, risk, anomalies, coverage and machines',
  description:
    'It reads totals, and asks machines for anomalies by name. `refused` if the asker may read none. If nothing was released for that time, `state` is `nothing`, and `notes` say why and what to do.',
  body: ofReports.postReportBody,
  answer: ofReports.report,
  errors: ['bad_request', 'refused', 'rate_limited', 'unavailable'],
  example: { range: { start: '2026-10-21T00:00:00Z', end: '2026-11-20T00:00:00Z' } },
})

export const getReportThresholds = defineOperation('GET /api/v1/reports/thresholds', {
  access: 'asker',
  tag: 'mesh',
  summary: 'The thresholds of reports, and whether the newest released period crosses them',
  answer: ofReports.reportThresholds,
  errors: ['refused'],
})
