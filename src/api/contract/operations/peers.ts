// /peers, described: the list, why each is what it is, and a person's decisions.
import * as z from 'zod'
import type { ErrorCode } from '../../../base/errors.ts'
import { defineOperation } from '../operation.ts'
import { labels, trustLevel, who } from '../schemas/fields.ts'

const schemas = () => import('../schemas/peers.ts')

/** Of `who`. */
const NAMING = ['not_found', 'conflict', 'bad_request'] as const satisfies readonly ErrorCode[]

const whoOnly = z.strictObject({ who: who() })

export const getPeers = defineOperation({
  method: 'GET',
  path: '/api/v1/peers',
  access: 'person',
  tag: 'mesh',
  summary: 'Everybody known here, how far trusted and why',
  answer: async () => (await schemas()).peerList,
})

export const explainPeer = defineOperation({
  method: 'GET',
  path: '/api/v1/peers/explain',
  access: 'person',
  tag: 'mesh',
  summary: 'Which source decided about one node',
  query: whoOnly,
  answer: async () => (await schemas()).peerAnswer,
  errors: NAMING,
  example: { query: { who: 'bob' } },
})

export const trustPeer = defineOperation({
  method: 'POST',
  path: '/api/v1/peers/trust',
  access: 'admin',
  tag: 'mesh',
  summary: 'Trust a node',
  description:
    'Takes back a denial or revocation. What is left out stays as it was decided before; the level is `peer` the first time. Takes effect at once.',
  body: whoOnly.extend({
    level: trustLevel().exactOptional(),
    name: z.string().min(1).max(64).exactOptional().describe('what people here call it'),
    roles: labels('replaces its roles').exactOptional(),
    teams: labels('replaces its teams').exactOptional(),
  }),
  answer: async () => (await schemas()).peerAnswer,
  errors: NAMING,
  example: { body: { who: '0123456789abcdef', level: 'peer', name: 'bob', teams: ['eng'] } },
})

export const DECISIONS = {
  deny: defineOperation({
    method: 'POST',
    path: '/api/v1/peers/deny',
    access: 'admin',
    tag: 'mesh',
    summary: 'Deny a node: no connection, no data',
    body: whoOnly,
    answer: async () => (await schemas()).peerAnswer,
    errors: NAMING,
    example: { body: { who: 'mallory' } },
  }),
  revoke: defineOperation({
    method: 'POST',
    path: '/api/v1/peers/revoke',
    access: 'admin',
    tag: 'mesh',
    summary: 'Take back trust',
    description: 'Its key is refused from now on; to trust it again is the way back.',
    body: whoOnly,
    answer: async () => (await schemas()).peerAnswer,
    errors: NAMING,
    example: { body: { who: 'bob' } },
  }),
} as const
