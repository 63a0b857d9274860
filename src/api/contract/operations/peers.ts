// Operations of /peers: the list of nodes, why each has its trust, and a person's decisions.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/peers.ts'))

/** About one node; its errors are those of the member `who`. */
const ofOne = {
  tag: 'mesh',
  answer: from.peerAnswer,
  errors: ['not_found', 'conflict', 'bad_request'],
} as const

export const getPeers = defineOperation('GET /api/v1/peers', {
  access: 'person',
  tag: 'mesh',
  summary: 'All known nodes, how far each is trusted, and why',
  answer: from.peerList,
})

export const explainPeer = defineOperation('GET /api/v1/peers/explain', {
  ...ofOne,
  access: 'person',
  summary: 'Which source decided about one node',
  query: from.whoOnly,
  example: { who: 'bob' },
})

export const trustPeer = defineOperation('POST /api/v1/peers/trust', {
  ...ofOne,
  access: 'admin',
  summary: 'Trust a node',
  description:
    'Takes back a denial or revocation, at once. Members that are left out stay as they were decided before; the first level is `peer`. `who` may not be a name that the node gave itself (`bad_request`), because any node can give itself any name.',
  body: from.trustPeerBody,
  example: { who: '0123456789abcdef', level: 'peer', name: 'bob', teams: ['eng'] },
})

export const DECISIONS = {
  deny: defineOperation('POST /api/v1/peers/deny', {
    ...ofOne,
    access: 'admin',
    summary: 'Deny a node: no connection, no data',
    body: from.whoOnly,
    example: { who: 'mallory' },
  }),
  revoke: defineOperation('POST /api/v1/peers/revoke', {
    ...ofOne,
    access: 'admin',
    summary: 'Take back trust',
    description: 'The key of the node is refused from now on, until the node is trusted again.',
    body: from.whoOnly,
    example: { who: 'bob' },
  }),
} as const
