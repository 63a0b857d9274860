// Signed heads of a node's audit ledger: what its neighbours could hold it to.
import * as z from 'zod'
import { defineMessage } from '../define.ts'
import { bytes, timestamp, uint } from './fields.ts'

export const AuditHead = defineMessage({
  type: 0x0307,
  name: 'AuditHead',
  purpose: "Signs the head of the author's audit ledger, once an hour.",
  limit: 4 * 1024,
  carried: 'document',
  body: z.object({
    seq: uint().describe('number of the newest entry; 0 while the ledger is empty'),
    hash: bytes(32).describe('BLAKE3 of that entry (32 bytes), which chains all before it'),
    ts: timestamp('when this head was signed, or that entry was written if the clock says later'),
    entries: uint().describe('entries still kept; fewer than `seq` once retention has pruned the front'),
  }),
})
export type AuditHeadBody = z.infer<typeof AuditHead.body>
