// /query, described: a question to the mesh.
import * as z from 'zod'
import { ASKED_TYPES } from '../../../exchange/query/index.ts'
import { defineOperation } from '../operation.ts'
import { level, listOf, moment } from '../schemas/fields.ts'

const schemas = () => import('../schemas/query.ts')

const OPERATORS = ['Equals', 'NotEquals', 'Contains', 'InList', 'GreaterThan', 'LessThan'] as const

const body = z.strictObject({
  query_type: z.enum(ASKED_TYPES),
  level: level("1 or 2; absent: what each owner's trust gives this node").exactOptional(),
  range: z.strictObject({
    start: moment('first moment; level 1 is widened outward to whole hours'),
    end: moment('the moment after it'),
  }),
  per_node: z.boolean().exactOptional().describe('also each node by itself (level 1)'),
  filters: listOf(
    z.strictObject({
      field: z.string().max(32),
      operator: z.enum(OPERATORS),
      value: z
        .array(z.string().max(64))
        .min(1)
        .max(16)
        .readonly()
        .describe('a single one may stand without its list'),
    }),
    16,
  )
    .exactOptional()
    .describe('all must hold'),
  team: z
    .string()
    .min(1)
    .max(64)
    .exactOptional()
    .describe('only the members of this team are asked and counted'),
  timeout_ms: z
    .int()
    .min(100)
    .max(60_000)
    .exactOptional()
    .describe('milliseconds, at most; absent: query.timeout_ms of the configuration'),
})
export type QueryBody = z.output<typeof body>

export const postQuery = defineOperation({
  method: 'POST',
  path: '/api/v1/query',
  access: 'asker',
  tag: 'mesh',
  summary: 'Ask the mesh; each node answers for itself, as far as its people consent',
  description:
    'Ends as soon as every reachable node has answered, at the latest at its deadline. A refusal by others is a result, not an error. A client that hangs up cancels the question.',
  body,
  answer: async () => (await schemas()).queryResult,
  texts: [
    {
      type: 'application/x-ndjson',
      description:
        'When asked for by `Accept`: the coverage while the question is under way, then the result or the error.',
      item: async () => (await schemas()).queryLine,
    },
  ],
  errors: ['bad_request', 'rate_limited', 'unavailable'],
  example: {
    body: {
      query_type: 'ToolUsage',
      range: { start: '2026-11-13T00:00:00Z', end: '2026-11-20T00:00:00Z' },
      filters: [{ field: 'category', operator: 'Equals', value: ['git'] }],
    },
  },
})
