// /status, /health and /identity, described.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/status.ts'))

export const getStatus = defineOperation('GET /api/v1/status', {
  access: 'person',
  tag: 'node',
  summary: 'Node, mesh, spool and storage at a glance',
  answer: from.status,
})

export const getHealth = defineOperation('GET /api/v1/health', {
  access: 'anyone',
  tag: 'node',
  summary: 'Whether the node is ready, and why not',
  description:
    'The status is 200 in both cases: `ready` tells. A client without a token is told nothing else. The pid is how a second daemon says who holds the socket, the build tells two builds of one version apart.',
  answer: from.health,
})

export const getIdentity = defineOperation('GET /api/v1/identity', {
  access: 'person',
  tag: 'node',
  summary: 'The key and the name of this node',
  answer: from.identity,
})
