// The audit ledger for its owner: what happened here, and whether the record of it is whole.
import type { Audit } from '../../audit/index.ts'
import { AUDIT_TYPES, type AuditType } from '../../audit/types.ts'
import type { Trust } from '../../trust/index.ts'
import type { Routes } from '../route.ts'
import type { AuditEntryShape } from '../shapes.ts'

interface AuditDeps {
  readonly audit: Pick<Audit, 'log' | 'verify'>
  readonly trust: Pick<Trust, 'resolve'>
}

const LIMIT_DEFAULT = 50
const LIMIT_MAX = 10_000

interface LogQuery {
  readonly limit: number
  readonly type?: AuditType
  readonly peer?: string
  readonly since?: string
}

const logQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: { type: 'integer', minimum: 1, maximum: LIMIT_MAX, default: LIMIT_DEFAULT },
    type: { type: 'string', enum: AUDIT_TYPES },
    /** A node id, fingerprint or name. */
    peer: { type: 'string', minLength: 1, maxLength: 256 },
    since: { type: 'string', format: 'date-time' },
  },
} as const

/** `/audit/log` has the newest first. Errors: `not_found`, `conflict`, `bad_request` for `peer`. */
export function auditRoutes({ audit, trust }: AuditDeps): Routes {
  return (server) => {
    server.get<{ Querystring: LogQuery }>(
      '/api/v1/audit/log',
      { config: { access: 'person' }, schema: { querystring: logQuery } },
      async ({ query }): Promise<{ entries: AuditEntryShape[] }> => {
        const entries = await audit.log({
          limit: query.limit,
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
      },
    )
    server.get('/api/v1/audit/verify', { config: { access: 'person' } }, () => audit.verify())
  }
}
