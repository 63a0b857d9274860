// /mcp, described: what an AI coding tool read of a person's own.
import * as z from 'zod'
import { defineOperation } from '../operation.ts'

export const noteRead = defineOperation({
  method: 'POST',
  path: '/api/v1/mcp/reads',
  access: 'person',
  via: 'socket',
  daily: true,
  tag: 'ledger',
  summary: 'Note that an AI coding tool reads the history',
  description:
    'What `karo mcp` asks for before it hands commands to the tool that it serves: how many, in an entry of the ledger, without any text. It hands on nothing that was not noted.',
  body: z.strictObject({
    events: z.int().min(0).max(1_000).describe('commands that are handed on'),
    total: z.int().min(0).describe('commands that fit the search'),
  }),
  answer: async () => (await import('../schemas/mcp.ts')).noted,
  errors: ['rate_limited'],
  example: { body: { events: 20, total: 113 } },
})
