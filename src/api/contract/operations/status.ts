// Operations of /status, /health and /identity.
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
    'The HTTP status is 200 in both cases; see `ready`. A client without a token gets nothing else. The pid lets a second daemon say which process holds the socket; the build distinguishes builds of one version.',
  answer: from.health,
})

export const getIdentity = defineOperation('GET /api/v1/identity', {
  access: 'person',
  tag: 'node',
  summary: 'The key and the name of this node',
  answer: from.identity,
})

export const rotateIdentity = defineOperation('POST /api/v1/identity/rotate', {
  access: 'admin',
  tag: 'node',
  summary: 'Go on under the next key, which the key file holds',
  description:
    'The key file has to hold a rotation that `karo identity rotate` has begun; no secret goes over the API. The rotation is announced, and the node restarts under the new key a few seconds later.',
  query: from.rotateQuery,
  answer: from.rotation,
  errors: ['not_found', 'refused'],
})
