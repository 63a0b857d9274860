// /anomalies, described: what is unusual in the caller's own numbers, and what they do not want to hear of.
import * as z from 'zod'
import { defineOperation } from '../operation.ts'
import { listOf, moment } from '../schemas/fields.ts'

const schemas = () => import('../schemas/anomalies.ts')

const MUTE_MS_MAX = 366 * 86_400_000

export const getAnomalies = defineOperation({
  method: 'GET',
  path: '/api/v1/anomalies',
  access: 'person',
  tag: 'terminal',
  summary: "What is unusual in the caller's own numbers",
  description: 'Looks at what was counted since the last time first. Nobody else is told.',
  query: z.strictObject({
    all: z.boolean().exactOptional().describe('also what is muted'),
    since: moment('only what was seen later').exactOptional(),
  }),
  answer: async () => (await schemas()).anomalies,
  example: { query: { all: 'true' } },
})

const what = z
  .string()
  .min(1)
  .max(64)
  .describe(
    'the id of a signal, for all that say the same of the same tool, category or shell, or where it is about none of them, for its kind; or a kind',
  )

export const muteAnomalies = defineOperation({
  method: 'POST',
  path: '/api/v1/anomalies/mute',
  access: 'person',
  tag: 'terminal',
  summary: 'Hear no more of a signal or a kind',
  body: z.strictObject({
    what,
    for_ms: z
      .int()
      .min(60_000)
      .max(MUTE_MS_MAX)
      .nullable()
      .describe('milliseconds; null: until it is unmuted'),
  }),
  answer: async () => (await schemas()).muted,
  errors: ['not_found', 'rate_limited'],
  example: { body: { what: 'timing', for_ms: 604_800_000 } },
})

export const unmuteAnomalies = defineOperation({
  method: 'POST',
  path: '/api/v1/anomalies/unmute',
  access: 'person',
  tag: 'terminal',
  summary: 'Hear of it again',
  body: z.strictObject({ what }),
  answer: async () => (await schemas()).muted,
  errors: ['not_found'],
  example: { body: { what: 'timing' } },
})

export const seeAnomalies = defineOperation({
  method: 'POST',
  path: '/api/v1/anomalies/seen',
  access: 'person',
  tag: 'terminal',
  summary: 'Take note of what was not seen yet',
  description:
    'Each is handed out once. With `notice` they are only told, and none where `anomalies.notice` is off: for whoever was not asked by the person.',
  body: z.strictObject({
    severity: z.int().min(1).max(10).default(1).describe('this one or more'),
    ids: listOf(z.string().min(1).max(16), 500).exactOptional().describe('only these signals'),
    notice: z.boolean().default(false).describe('only tell, if that is wanted; take no note'),
  }),
  answer: async () => (await schemas()).told,
  example: { body: { severity: 5 } },
})
