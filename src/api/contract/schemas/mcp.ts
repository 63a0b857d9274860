// Schemas of /mcp: notes in the ledger about AI coding tools.
import * as z from 'zod'
import { count, named, whole } from './fields.ts'

export const noted = named('Noted', { noted: z.literal(true).describe('the entry is in the ledger') })

export const noteReadBody = z.strictObject({
  events: whole(0, 1_000, 'commands that are handed to the tool'),
  total: count('commands that match the search'),
})
