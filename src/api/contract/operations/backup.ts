// /backup, described.
import * as z from 'zod'
import { defineOperation } from '../operation.ts'
import { moment } from '../schemas/fields.ts'

export const makeBackup = defineOperation({
  method: 'POST',
  path: '/api/v1/backup',
  access: 'admin',
  via: 'socket',
  tag: 'care',
  summary: 'The whole node as one file',
  description:
    "A tar with the key, the configuration and every row of the database as of one moment, everybody's history included: only for root, and for the user the daemon runs as. The ledger says that it was begun before any of it leaves.",
  body: z.strictObject({
    key: z.boolean().default(true).describe('with the key that makes the node this node'),
  }),
  texts: [
    { type: 'application/x-tar', description: 'Ends with a list of everything in it, and its BLAKE3.' },
  ],
  example: { body: { key: false } },
})

export const confirmBackup = defineOperation({
  method: 'POST',
  path: '/api/v1/backup/made',
  access: 'admin',
  via: 'socket',
  tag: 'care',
  summary: 'That a backup is whole where it was written',
  description:
    'For whoever took it and read it again there: the ledger then says that it was made. A conflict when none of that time was sent to its end to the caller, or it was said already.',
  body: z.strictObject({ created_at: moment('what the backup says') }),
  answer: async () => z.strictObject({ created_at: moment('of the backup that the ledger has now') }),
  errors: ['conflict'],
  example: { body: { created_at: '2026-11-20T14:52:13.715Z' } },
})
