// Operations of /backup.
import { defineOperation, schemasOf } from '../operation.ts'

const from = schemasOf(() => import('../schemas/care.ts'))

export const makeBackup = defineOperation('POST /api/v1/backup', {
  access: 'admin',
  via: 'socket',
  tag: 'care',
  summary: 'The whole node as one file',
  description:
    "A tar with the key, the configuration and every row of the database at one moment, including everybody's history. Only root and the user of the daemon may have it. An entry of the ledger says that the backup was begun, before any of it is sent.",
  body: from.makeBackupBody,
  texts: [
    { type: 'application/x-tar', description: 'Ends with a list of its contents and their BLAKE3 hash.' },
  ],
  example: { key: false },
})

export const confirmBackup = defineOperation('POST /api/v1/backup/made', {
  access: 'admin',
  via: 'socket',
  tag: 'care',
  summary: 'Confirm that a backup was written completely',
  description:
    'For the program that received the backup and read it again from the disk: the ledger then says that the backup was made. `conflict` if no backup of that time was sent to the caller completely, or if it was confirmed already.',
  body: from.confirmBackupBody,
  answer: from.confirmBackupAnswer,
  errors: ['conflict'],
  example: { created_at: '2026-11-20T14:52:13.715Z' },
})
