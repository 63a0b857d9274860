// /backup, described.
import * as z from 'zod'
import { defineOperation } from '../operation.ts'

export const makeBackup = defineOperation({
  method: 'POST',
  path: '/api/v1/backup',
  access: 'admin',
  via: 'socket',
  tag: 'care',
  summary: 'The whole node as one file',
  description:
    "A tar with the key, the configuration and every row of the database as of one moment, everybody's history included: only for root, and for the user the daemon runs as.",
  body: z.strictObject({
    key: z.boolean().default(true).describe('with the key that makes the node this node'),
  }),
  texts: [
    { type: 'application/x-tar', description: 'Ends with a list of everything in it, and its BLAKE3.' },
  ],
  example: { body: { key: false } },
})
