// /audit, described: the ledger of this node.
import * as z from 'zod'
import { AUDIT_TYPES } from '../../audit/types.ts'
import { defineOperation } from '../operation.ts'
import { moment, who } from '../schemas/fields.ts'

const schemas = () => import('../schemas/audit.ts')

export const AUDIT_LIMIT_MAX = 10_000

export const getAuditLog = defineOperation({
  method: 'GET',
  path: '/api/v1/audit/log',
  access: 'person',
  tag: 'ledger',
  summary: 'What happened here, newest first',
  query: z.strictObject({
    limit: z.int().min(1).max(AUDIT_LIMIT_MAX).default(50).describe('how many entries'),
    type: z.enum(AUDIT_TYPES).exactOptional().describe('only this kind'),
    peer: who().exactOptional(),
    since: moment('only newer ones').exactOptional(),
  }),
  answer: async () => (await schemas()).auditLog,
  errors: ['not_found', 'conflict', 'bad_request'],
  example: { query: { type: 'query_received', limit: '20' } },
})

export const verifyAudit = defineOperation({
  method: 'GET',
  path: '/api/v1/audit/verify',
  access: 'person',
  tag: 'ledger',
  summary: 'Whether an entry was altered or removed',
  description: 'Walks the whole chain and compares it with every signed head.',
  answer: async () => (await schemas()).auditVerdict,
})
