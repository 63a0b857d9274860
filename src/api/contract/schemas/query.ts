// Schemas of /query: the result of a question to the mesh, and its lines as NDJSON.
import * as z from 'zod'
import { ASKED_TYPES } from '../../../exchange/query/query-types/index.ts'
import { coverage, queryResult } from '../../../exchange/query/schema.ts'
import { error } from './error.ts'
import { flag, level, moment, oneOf, rowsOf, someText, whole } from './fields.ts'

export { queryResult }
export type Coverage = z.infer<typeof coverage>
export type QueryResult = z.infer<typeof queryResult>
export type Outcome = Coverage['nodes'][number]['outcome']

export const queryLine = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('progress'), coverage }),
    z.strictObject({ type: z.literal('result'), result: queryResult }),
    z.strictObject({ type: z.literal('error'), ...error.shape }),
  ])
  .meta({ id: 'QueryLine', description: 'One line; the last one is the result, or the error.' })
export type QueryLine = z.infer<typeof queryLine>

const OPERATORS = ['Equals', 'NotEquals', 'Contains', 'InList', 'GreaterThan', 'LessThan'] as const

export const postQueryBody = z.strictObject({
  query_type: z.enum(ASKED_TYPES),
  level: level("1 or 2; absent: what each owner's trust gives this node").exactOptional(),
  range: z.strictObject({
    start: moment('first moment; level 1 is widened outward to whole hours'),
    end: moment('the moment after it'),
  }),
  per_node: flag('also each node by itself (level 1)').exactOptional(),
  filters: rowsOf(
    16,
    {
      field: z.string().max(32),
      operator: z.enum(OPERATORS),
      value: z.array(z.string().max(64)).min(1).max(16).readonly().describe('a single value needs no list'),
    },
    'all must hold',
  ).exactOptional(),
  team: someText(64, 'only the members of this team are asked and counted').exactOptional(),
  as: oneOf(
    ['operator', 'node'],
    'node: this node asks. operator: the person asks under the login of theirs. Absent: as an operator while the person is logged in, over the control socket alone',
  ).exactOptional(),
  max_age_ms: whole(
    0,
    86_400_000,
    'milliseconds: an answer to the same question of the same person that is not older is given again, with its age; absent or 0: all are asked',
  ).exactOptional(),
  timeout_ms: whole(
    100,
    60_000,
    'milliseconds, at most; absent: query.timeout_ms of the configuration',
  ).exactOptional(),
})
