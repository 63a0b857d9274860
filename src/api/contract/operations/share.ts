// Operations of /share: what the caller consents to share, and what would leave this machine.
import type { ErrorCode } from '../../../base/errors.ts'
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/share.ts'))

/** Errors of the members `who` and `to`. */
const NAMING = ['not_found', 'conflict', 'bad_request'] as const satisfies readonly ErrorCode[]

const ofPerson = { access: 'person', tag: 'sharing' } as const

export const getPreview = defineOperation('GET /api/v1/share/preview', {
  ...ofPerson,
  summary: 'Exactly what would be sealed now, and for which nodes',
  query: from.getPreviewQuery,
  answer: from.sharePreview,
  errors: NAMING,
  example: { to: 'bob' },
})

export const getShare = defineOperation('GET /api/v1/share', {
  ...ofPerson,
  summary: 'What the caller consents to, and what each node may have because of it',
  answer: from.sharingView,
})

const naming = {
  ...ofPerson,
  body: from.whom,
  answer: from.sharingView,
  errors: NAMING,
} as const

export const NAMED_CHANGES = {
  allow: defineOperation('POST /api/v1/share/allow', {
    ...naming,
    daily: true,
    summary: 'Let a node, team or role have level 1, or some categories',
    example: { who: 'team:eng', categories: ['tool_usage'] },
  }),
  stop: defineOperation('POST /api/v1/share/stop', {
    ...naming,
    summary: 'Withdraw consent from a node, team or role, or for some categories',
    description:
      'They no longer get any data of the caller, or of these categories, at any level. Their trust does not change.',
    example: { who: 'bob' },
  }),
} as const

const plainly = {
  ...ofPerson,
  answer: from.sharingView,
} as const

export const CHANGES = {
  off: defineOperation('POST /api/v1/share/off', {
    ...plainly,
    summary: 'Share nothing with anybody',
    description: '`on` restores what the caller agreed to before.',
  }),
  on: defineOperation('POST /api/v1/share/on', {
    ...plainly,
    daily: true,
    summary: 'Share again as agreed before',
  }),
  reset: defineOperation('POST /api/v1/share/reset', {
    ...plainly,
    daily: true,
    summary: 'Decide what the configuration says now',
  }),
} as const

export const stopAnomalies = defineOperation('POST /api/v1/share/anomalies/off', {
  ...plainly,
  summary: 'Let no anomaly of yours leave',
})

export const letAnomalies = defineOperation('POST /api/v1/share/anomalies', {
  ...plainly,
  daily: true,
  summary: 'Choose how far your anomalies leave',
  description:
    'An answer of one node is signed by that node and so names it. `anonymous` therefore opens no answer of this node, only totals of many nodes.',
  body: from.anomalyChoice,
  example: { choice: 'identified' },
})
