// Operations of /audit: the ledger of this node.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/audit.ts'))

export const getAuditLog = defineOperation('GET /api/v1/audit/log', {
  access: 'person',
  tag: 'ledger',
  summary: 'What happened here, newest first',
  query: from.getAuditLogQuery,
  answer: from.auditLog,
  errors: ['not_found', 'conflict', 'bad_request'],
  example: { type: 'query_received', limit: '20' },
})

export const whoAsked = defineOperation('GET /api/v1/audit/who-asked', {
  access: 'person',
  tag: 'ledger',
  summary: 'Which nodes asked this node, and for what',
  description:
    'Questions by author and type, the newest asker first: how many there were, how many were allowed, and why others were not.',
  query: from.whoAskedQuery,
  answer: from.askers,
})

export const exportAudit = defineOperation('GET /api/v1/audit/export', {
  access: 'admin',
  tag: 'ledger',
  summary: 'The ledger as a file that can be verified elsewhere',
  description:
    'A header with the owner and the hash that the first entry chains to, the entries oldest first, and the signed heads among them. The export begins with the first entry at or after `since` and ends with the first signed head at or after `until`; without `until` the newest entry is signed for it.',
  query: from.exportAuditQuery,
  lines: {
    type: 'application/x-ndjson',
    description: 'Header, entries and heads, each on its own line.',
    item: from.ledgerExportLine,
  },
})

export const verifyAudit = defineOperation('GET /api/v1/audit/verify', {
  access: 'person',
  tag: 'ledger',
  summary: 'Whether an entry was altered or removed',
  description: 'Walks the whole chain and compares it with every signed head.',
  answer: from.auditVerdict,
})
