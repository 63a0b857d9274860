// /audit, described: the ledger of this node.
import * as z from 'zod'
import { AUDIT_TYPES } from '../../../trust/audit/entry-types.ts'
import { defineOperation } from '../operation.ts'
import { moment, who } from '../schemas/fields.ts'

const schemas = () => import('../schemas/audit.ts')

const AUDIT_LIMIT_MAX = 10_000

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

export const whoAsked = defineOperation({
  method: 'GET',
  path: '/api/v1/audit/who-asked',
  access: 'person',
  tag: 'ledger',
  summary: 'Who asked this node about what',
  description:
    'Questions by author and kind, the newest asker first: how many, how many were allowed, why not.',
  query: z.strictObject({ since: moment('only newer questions; default: 30 days back').exactOptional() }),
  answer: async () => (await schemas()).askers,
})

export const exportAudit = defineOperation({
  method: 'GET',
  path: '/api/v1/audit/export',
  access: 'admin',
  tag: 'ledger',
  summary: 'The ledger, to be verified elsewhere',
  description:
    'A header that says whose it is and what the first entry chains to, the entries oldest first, and the signed heads among them. It begins with the first entry at or after `since` and ends with the first signed head at or after `until`; without that the newest entry is signed for it.',
  query: z.strictObject({
    since: moment('from here on').exactOptional(),
    until: moment('to the first signature after this').exactOptional(),
  }),
  texts: [
    {
      type: 'application/x-ndjson',
      description: 'Header, entries and heads, one a line.',
      item: async () => (await schemas()).exportLine,
    },
  ],
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
