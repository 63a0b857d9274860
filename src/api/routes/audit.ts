// /audit: the entries of this node's ledger, and whether the ledger is complete.

import type { FastifyRequest } from 'fastify'
import { pipe } from 'it-pipe'
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type { Asked } from '../../trust/audit/index.ts'
import { fingerprintOf } from '../../trust/identity/index.ts'
import { createOneEach } from '../access/one-each.ts'
import { exportAudit, getAuditLog, verifyAudit, whoAsked } from '../contract/operations/audit.ts'
import { answered, ndjson, type Rooms, type Routes, refsBy, serve, time } from '../server/index.ts'
import { givenTotals } from './given-totals.ts'

/** Most members that an answer names as keepers of a head. */
const NAMED_MAX = 8
const WHO_ASKED_MS = 30 * 86_400_000

/** `/audit/log` has the newest first. Errors: `not_found`, `conflict`, `bad_request` for `peer`; `rate_limited`. */
export function auditRoutes({ audit, documents, trust, clock, totals }: Rooms): Routes {
  // One at a time for each person, because an entry may be at the far end of a ledger of years.
  const oneEach = createOneEach()
  const refOf = refsBy(trust)
  /** Walks the ledger when it is the caller's turn; not if the client has closed the connection meanwhile. */
  const walking = <T>({ caller, raw }: FastifyRequest, walk: () => Promise<readonly T[]>) =>
    oneEach(caller.person, async () => (raw.socket.destroyed ? [] : walk()))

  return (server) => {
    serve(server, getAuditLog, async (request) => {
      const { query, caller } = request
      const filter = {
        limit: query.limit,
        // Entries about a person are for this person and for admins only, and those about the node for admins.
        ...(!caller.admin && { uid: caller.person }),
        ...(query.type && { type: query.type }),
        ...(query.peer && { peer: trust.resolve(query.peer, caller.admin) }),
        ...(query.since && { since: Date.parse(query.since) }),
      }
      const entries = await walking(request as FastifyRequest, () => audit.log(filter))
      return {
        entries: entries.map(({ ts, seq, ...entry }) => ({
          seq,
          timestamp: time(ts),
          ...entry,
        })),
      }
    })
    serve(server, whoAsked, async (request) => {
      const { query, caller } = request
      const since = query.since === undefined ? clock.now() - WHO_ASKED_MS : Date.parse(query.since)
      const { memberOf } = trust
      const person = caller.admin ? {} : { uid: caller.person }
      const asked = await walking(request as FastifyRequest, () =>
        audit.whoAsked({ since, memberOf, ...person }),
      )
      const entries: Parameters<typeof givenTotals>[0] = (type, limit) =>
        walking(request as FastifyRequest, () => audit.log({ ...person, type, limit, since }))
      return {
        totals: await givenTotals(entries, { trust, totals }),
        since: time(since),
        askers: asked.map(({ peer, operator, first, last, ...counts }) => ({
          ...refOf(peer),
          operator: operatorShape(operator),
          ...counts,
          first: time(first),
          last: time(last),
        })),
      }
    })
    serve(server, exportAudit, async ({ query }, reply) => {
      const lines = audit.export({
        ...(query.since && { since: Date.parse(query.since) }),
        ...(query.until && { until: Date.parse(query.until) }),
      })
      return pipe(lines, ndjson, answered(reply, 'application/x-ndjson'))
    })
    serve(server, verifyAudit, async ({ caller }) => {
      const heads = await documents.ownLedgerHeads()
      const { outside, ...verdict } = await oneEach(caller.person, () => audit.verify(heads))
      if (outside === undefined) return verdict
      const { seq, ts, by, missing } = outside
      const members = by.slice(0, NAMED_MAX).map(refOf)
      return { ...verdict, outside: { seq, signed_at: time(ts), members, missing } }
    })
  }
}

function operatorShape(operator: Asked['operator']) {
  const key = operator === null ? undefined : parseNodeId(operator.id)
  if (operator === null || key === undefined) return null
  return { node_id: operator.id as NodeId, fingerprint: fingerprintOf(key), name: operator.name }
}
