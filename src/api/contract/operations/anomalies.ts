// /anomalies, described: what is unusual in the caller's own numbers, and what they do not want to hear of.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/anomalies.ts'))

export const getAnomalies = defineOperation('GET /api/v1/anomalies', {
  access: 'person',
  tag: 'terminal',
  summary: "What is unusual in the caller's own numbers",
  description: 'Looks at what was counted since the last time first. Nobody else is told.',
  query: from.getAnomaliesQuery,
  answer: from.anomalies,
  example: { query: { all: 'true' } },
})

export const muteAnomalies = defineOperation('POST /api/v1/anomalies/mute', {
  access: 'person',
  tag: 'terminal',
  summary: 'Hear no more of a signal or a kind',
  body: from.muteAnomaliesBody,
  answer: from.muted,
  errors: ['not_found', 'rate_limited'],
  example: { body: { what: 'timing', for_ms: 604_800_000 } },
})

export const unmuteAnomalies = defineOperation('POST /api/v1/anomalies/unmute', {
  access: 'person',
  tag: 'terminal',
  summary: 'Hear of it again',
  body: from.unmuteAnomaliesBody,
  answer: from.muted,
  errors: ['not_found'],
  example: { body: { what: 'timing' } },
})

export const seeAnomalies = defineOperation('POST /api/v1/anomalies/seen', {
  access: 'person',
  tag: 'terminal',
  summary: 'Take note of what was not seen yet',
  description:
    'Each is handed out once. With `notice` they are only told, and none where `anomalies.notice` is off: for whoever was not asked by the person.',
  body: from.seeAnomaliesBody,
  answer: from.told,
  example: { body: { severity: 5 } },
})
