// /mcp, described: what an AI coding tool read of a person's own.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/mcp.ts'))

export const noteRead = defineOperation('POST /api/v1/mcp/reads', {
  access: 'person',
  via: 'socket',
  daily: true,
  tag: 'ledger',
  summary: 'Note that an AI coding tool reads the history',
  description:
    'What `karo mcp` asks for before it hands commands to the tool that it serves: how many, in an entry of the ledger, without any text. It hands on nothing that was not noted.',
  body: from.noteReadBody,
  answer: from.noted,
  errors: ['rate_limited'],
  example: { body: { events: 20, total: 113 } },
})
