// Schemas of the backup of the whole node: /backup.
import * as z from 'zod'
import { moment } from './fields.ts'

export const makeBackupBody = z.strictObject({
  key: z.boolean().default(true).describe("with the node's key"),
})

export const confirmBackupBody = z.strictObject({
  created_at: moment('the time that stands in the backup'),
  encrypted: z.boolean().default(false).describe('the file was encrypted before it was written'),
})

export const confirmBackupAnswer = z.strictObject({
  created_at: moment('of the backup that the ledger has now'),
})
