// Schemas of /mcp: notes in the ledger about AI coding tools.
import * as z from 'zod'
import { named } from './fields.ts'

export const noted = named('Noted', { noted: z.literal(true).describe('the entry is in the ledger') })

export const noteReadBody = z.strictObject({
  events: z.int().min(0).max(1_000).describe('commands that are handed to the tool'),
  total: z.int().min(0).describe('commands that match the search'),
})
