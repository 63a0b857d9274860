// Schemas of what is noted for AI coding tools: /mcp.
import * as z from 'zod'

export const noted = z
  .strictObject({ noted: z.literal(true).describe('the entry is in the ledger') })
  .meta({ id: 'Noted' })
