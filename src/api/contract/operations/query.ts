// The operation of /query: a question to the mesh.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/query.ts'))

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
