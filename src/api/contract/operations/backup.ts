// /backup, described.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/backup.ts'))

export const makeBackup = defineOperation('POST /api/v1/backup', {
  access: 'admin',
  via: 'socket',
  tag: 'care',
  summary: 'The whole node as one file',
  description:
    "A tar with the key, the configuration and every row of the database as of one moment, everybody's history included: only for root, and for the user the daemon runs as. The ledger says that it was begun before any of it leaves.",
  body: from.makeBackupBody,
  texts: [
    { type: 'application/x-tar', description: 'Ends with a list of everything in it, and its BLAKE3.' },
  ],
  example: { body: { key: false } },
})

export const confirmBackup = defineOperation('POST /api/v1/backup/made', {
  access: 'admin',
  via: 'socket',
  tag: 'care',
  summary: 'That a backup is whole where it was written',
  description:
    'For whoever took it and read it again there: the ledger then says that it was made. A conflict when none of that time was sent to its end to the caller, or it was said already.',
  body: from.confirmBackupBody,
  answer: from.confirmBackupAnswer,
  errors: ['conflict'],
  example: { body: { created_at: '2026-11-20T14:52:13.715Z' } },
})
