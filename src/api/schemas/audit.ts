// Schemas of the ledger: /audit.
import * as z from 'zod'
import { AUDIT_TYPES } from '../../audit/types.ts'
import { count, digest, listOf, moment, nodeId, traceId } from './fields.ts'

const entry = z
  .strictObject({
    seq: z.int().min(1).describe('number of the entry, without gaps'),
    timestamp: moment('when it happened'),
    type: z.enum(AUDIT_TYPES),
    success: z.boolean(),
    peer: nodeId().exactOptional(),
    trace_id: traceId().exactOptional(),
    details: z
      .record(z.string().max(64), z.union([z.string(), z.number(), z.boolean()]))
      .describe('flat facts, at most 2 KiB; never level 0'),
    hash: digest('of this entry and the one before'),
  })
  .meta({ id: 'AuditEntry' })
export type AuditEntryShape = z.infer<typeof entry>

export const auditLog = z
  .strictObject({ entries: listOf(entry).describe('newest first') })
  .meta({ id: 'AuditLog' })

export const auditVerdict = z
  .strictObject({
    ok: z.boolean(),
    entries: count('entries in the ledger'),
    head: digest('of the newest readable entry, zeros for an empty ledger'),
    first_bad: z
      .int()
      .min(1)
      .nullable()
      .describe('the first entry that is altered, missing, or not what a signed head says; null when ok'),
  })
  .meta({ id: 'AuditVerdict' })
export type AuditVerdict = z.infer<typeof auditVerdict>
