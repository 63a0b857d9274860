// The operation of /mcp: notes in the ledger that an AI coding tool reads a person's history.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/mcp.ts'))

export const noteRead = defineOperation('POST /api/v1/mcp/reads', {
  access: 'person',
  via: 'socket',
  daily: true,
  tag: 'ledger',
  summary: 'Note that an AI coding tool reads the history',
  description:
    '`karo mcp` sends this before it hands commands to an AI coding tool. The entry of the ledger says how many commands, without their text. Without the entry `karo mcp` hands on nothing.',
  body: from.noteReadBody,
  answer: from.noted,
  errors: ['rate_limited'],
  example: { events: 20, total: 113 },
})
