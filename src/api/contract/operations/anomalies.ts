// Operations of /anomalies: unusual numbers of the caller, and which of them are muted.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/anomalies.ts'))

const ofPerson = { access: 'person', tag: 'terminal' } as const

export const getAnomalies = defineOperation('GET /api/v1/anomalies', {
  ...ofPerson,
  summary: "What is unusual in the caller's own numbers",
  description: 'First looks at the counts since the last request. Nobody else gets to know the result.',
  query: from.getAnomaliesQuery,
  answer: from.anomalies,
  example: { all: 'true' },
})

export const muteAnomalies = defineOperation('POST /api/v1/anomalies/mute', {
  ...ofPerson,
  summary: 'Mute a signal or a kind of signals',
  body: from.muteAnomaliesBody,
  answer: from.muted,
  errors: ['not_found', 'rate_limited'],
  example: { what: 'timing', for_ms: 604_800_000 },
})

export const unmuteAnomalies = defineOperation('POST /api/v1/anomalies/unmute', {
  ...ofPerson,
  summary: 'Unmute a signal or a kind of signals',
  body: from.unmuteAnomaliesBody,
  answer: from.muted,
  errors: ['not_found'],
  example: { what: 'timing' },
})

export const seeAnomalies = defineOperation('POST /api/v1/anomalies/seen', {
  ...ofPerson,
  summary: 'Get the signals that were not seen yet, and mark them as seen',
  description:
    'Each signal is returned once. With `notice` the signals are not marked as seen, and there are none if `anomalies.notice` is off; use it in programs that show them without being asked.',
  body: from.seeAnomaliesBody,
  answer: from.told,
  example: { severity: 5 },
})
