// The audit ledger for its owner: what happened here, and whether the record of it is whole.
import type { Audit } from '../../audit/index.ts'
import type { Trust } from '../../trust/index.ts'
import { serve } from '../operation.ts'
import { getAuditLog, verifyAudit } from '../operations/audit.ts'
import type { Routes } from '../route.ts'

interface AuditDeps {
  readonly audit: Pick<Audit, 'log' | 'verify'>
  readonly trust: Pick<Trust, 'resolve'>
}

/** `/audit/log` has the newest first. Errors: `not_found`, `conflict`, `bad_request` for `peer`. */
export function auditRoutes({ audit, trust }: AuditDeps): Routes {
  return (server) => {
    serve(server, getAuditLog, async ({ query, caller }) => {
      const entries = await audit.log({
        limit: query.limit,
        // Who consents to what, or asked what, is for them and for those who manage the node.
        ...(caller.admin ? {} : { uid: caller.uid }),
        ...(query.type && { type: query.type }),
        ...(query.peer && { peer: trust.resolve(query.peer) }),
        ...(query.since && { since: Date.parse(query.since) }),
      })
      return {
        entries: entries.map(({ ts, seq, ...entry }) => ({
          seq,
          timestamp: new Date(ts).toISOString(),
          ...entry,
        })),
      }
    })
    serve(server, verifyAudit, () => audit.verify())
  }
}
