// Operations of /peers: the list of nodes, why each has its trust, and a person's decisions.
import type { ErrorCode } from '../../../base/errors.ts'
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/peers.ts'))

/** Errors of the member `who`. */
const NAMING = ['not_found', 'conflict', 'bad_request'] as const satisfies readonly ErrorCode[]

export const getPeers = defineOperation('GET /api/v1/peers', {
  access: 'person',
  tag: 'mesh',
  summary: 'All known nodes, how far each is trusted, and why',
  answer: from.peerList,
})

export const explainPeer = defineOperation('GET /api/v1/peers/explain', {
  access: 'person',
  tag: 'mesh',
  summary: 'Which source decided about one node',
  query: from.whoOnly,
  answer: from.peerAnswer,
  errors: NAMING,
  example: { who: 'bob' },
})

export const trustPeer = defineOperation('POST /api/v1/peers/trust', {
  access: 'admin',
  tag: 'mesh',
  summary: 'Trust a node',
  description:
    'Takes back a denial or revocation, at once. Members that are left out stay as they were decided before; the first level is `peer`. `who` may not be a name that the node gave itself (`bad_request`), because any node can give itself any name.',
  body: from.trustPeerBody,
  answer: from.peerAnswer,
  errors: NAMING,
  example: { who: '0123456789abcdef', level: 'peer', name: 'bob', teams: ['eng'] },
})

export const DECISIONS = {
  deny: defineOperation('POST /api/v1/peers/deny', {
    access: 'admin',
    tag: 'mesh',
    summary: 'Deny a node: no connection, no data',
    body: from.whoOnly,
    answer: from.peerAnswer,
    errors: NAMING,
    example: { who: 'mallory' },
  }),
  revoke: defineOperation('POST /api/v1/peers/revoke', {
    access: 'admin',
    tag: 'mesh',
    summary: 'Take back trust',
    description: 'The key of the node is refused from now on, until the node is trusted again.',
    body: from.whoOnly,
    answer: from.peerAnswer,
    errors: NAMING,
    example: { who: 'bob' },
  }),
} as const
