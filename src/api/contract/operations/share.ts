// /share, described: what the caller consents to, and what would leave.
import * as z from 'zod'
import type { ErrorCode } from '../../../base/errors.ts'
import { defineOperation } from '../operation.ts'
import { who } from '../schemas/fields.ts'

const schemas = () => import('../schemas/share.ts')

/** Of `who` and `to`. */
const NAMING = ['not_found', 'conflict', 'bad_request'] as const satisfies readonly ErrorCode[]

export const getPreview = defineOperation({
  method: 'GET',
  path: '/api/v1/share/preview',
  access: 'person',
  tag: 'sharing',
  summary: 'Exactly what would be sealed now, for whom',
  query: z.strictObject({
    to: who().exactOptional(),
    role: z.string().min(1).max(64).exactOptional().describe('only what nodes with this role could read'),
  }),
  answer: async () => (await schemas()).sharePreview,
  errors: NAMING,
  example: { query: { to: 'bob' } },
})

export const getShare = defineOperation({
  method: 'GET',
  path: '/api/v1/share',
  access: 'person',
  tag: 'sharing',
  summary: 'What the caller consents to, and what each node may have by it',
  answer: async () => (await schemas()).sharingView,
})

const whom = z.strictObject({
  who: z
    .string()
    .min(1)
    .max(256)
    .describe('a node id, a fingerprint in any grouping, a name, `team:x`, `role:x` or `*`'),
})

const naming = {
  method: 'POST',
  access: 'person',
  tag: 'sharing',
  body: whom,
  answer: async () => (await schemas()).sharingView,
  errors: NAMING,
} as const

export const NAMED_CHANGES = {
  allow: defineOperation({
    ...naming,
    path: '/api/v1/share/allow',
    daily: true,
    summary: 'Let a node, team or role have level 1',
    example: { body: { who: 'team:eng' } },
  }),
  stop: defineOperation({
    ...naming,
    path: '/api/v1/share/stop',
    summary: 'Withdraw consent from a node, team or role',
    description: 'Nothing of the caller goes to them any more, at no level; says nothing about trust.',
    example: { body: { who: 'bob' } },
  }),
} as const

const plainly = {
  method: 'POST',
  access: 'person',
  tag: 'sharing',
  answer: async () => (await schemas()).sharingView,
} as const

export const CHANGES = {
  off: defineOperation({
    ...plainly,
    path: '/api/v1/share/off',
    summary: 'Share nothing with anybody',
    description: 'What was agreed before comes back with `on`.',
  }),
  on: defineOperation({
    ...plainly,
    path: '/api/v1/share/on',
    daily: true,
    summary: 'Share as was agreed before',
  }),
} as const
