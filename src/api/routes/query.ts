// POST /query: asks the mesh; whoever hangs up cancels it.
import type { AskRequest, Query } from '../../query/index.ts'
import type { QueryResult } from '../../query/result.ts'
import type { Caller, Routes } from '../route.ts'

interface QueryRouteDeps {
  readonly query: Pick<Query, 'ask'>
  readonly caller: Caller
  /** Deadline of a query that names none, ms. */
  readonly timeoutMs: number
}

interface QueryBody {
  readonly query_type: AskRequest['query_type']
  readonly level?: 1 | 2
  /** RFC 3339. */
  readonly range: { readonly start: string; readonly end: string }
  readonly per_node?: boolean
  readonly timeout_ms?: number
}

const bodySchema = {
  type: 'object',
  additionalProperties: false,
  required: ['query_type', 'range'],
  properties: {
    query_type: { type: 'string', enum: ['ToolUsage', 'NodeHealth'] },
    level: { type: 'integer', enum: [1, 2] },
    range: {
      type: 'object',
      additionalProperties: false,
      required: ['start', 'end'],
      properties: {
        start: { type: 'string', format: 'date-time' },
        end: { type: 'string', format: 'date-time' },
      },
    },
    per_node: { type: 'boolean' },
    timeout_ms: { type: 'integer', minimum: 100, maximum: 60_000 },
  },
} as const

/** Errors: `bad_request`, `rate_limited`, `unavailable`; a refusal by the mesh is a result, not an error. */
export function queryRoutes({ query, caller, timeoutMs }: QueryRouteDeps): Routes {
  return (server) => {
    server.post<{ Body: QueryBody }>(
      '/api/v1/query',
      { schema: { body: bodySchema } },
      async (request, reply): Promise<QueryResult> => {
        const { query_type, level, range, per_node, timeout_ms } = request.body
        const hungUp = new AbortController()
        reply.raw.once('close', () => hungUp.abort())
        return query.ask(
          {
            query_type,
            ...(level === undefined ? {} : { level }),
            range: { start: Date.parse(range.start), end: Date.parse(range.end) },
            perNode: per_node ?? false,
            timeoutMs: timeout_ms ?? timeoutMs,
            uid: caller.uid,
            traceId: request.id,
          },
          hungUp.signal,
        )
      },
    )
  }
}
