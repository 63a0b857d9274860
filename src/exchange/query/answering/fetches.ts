// The nodes that fetched released totals from this node, read from its ledger.

import { FETCHES_MAX, type ReleaseFetch, releaseFetch } from '../../../../protocols/messages/numbers.ts'
import { type NodeId, parseNodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS, HOUR_MS } from '../../../base/calendar.ts'
import type { Audit, AuditEntry } from '../../../trust/audit/index.ts'
import { rfc3339 } from '../range.ts'

export interface Fetch {
  /** Milliseconds since the epoch. */
  readonly ts: number
  /** The node that asked, and the operator who asked through it, if one did. */
  readonly node: NodeId
  readonly operator: { readonly id: NodeId; readonly name: string } | undefined
  /** The role, the type of the question, and how many releases were shown. */
  readonly audience: string
  readonly query_type: string
  readonly batches: number
  /** RFC 3339, the asked time. */
  readonly start: string
  readonly end: string
}

/** The fetches among entries `query_responded`, in their order. */
export const fetchesIn = (entries: readonly AuditEntry[]): readonly Fetch[] =>
  entries.flatMap(({ ts, peer, details, success }) => {
    const { audience, batches, query_type, range_start, range_end } = details
    // Another holder was quicker, so the answer was not sent.
    if (details.sent === false) return []
    if (peer === undefined || !success || typeof audience !== 'string' || !batches) return []
    return {
      ts,
      node: peer,
      operator: operatorIn(details),
      audience,
      batches: Number(batches),
      query_type: String(query_type),
      start: String(range_start),
      end: String(range_end),
    }
  })

function operatorIn({ operator, operator_name: name }: AuditEntry['details']): Fetch['operator'] {
  if (typeof operator !== 'string' || parseNodeId(operator) === undefined) return undefined
  return { id: operator as NodeId, name: typeof name === 'string' ? name : '' }
}

/** Questions that are looked through, and how far back. */
const LOOKED_MAX = 2_000
const LOOKED_MS = 30 * DAY_MS
/** How long the result of reading the ledger is reused, because every member may ask for it. */
const KEPT_MS = 60_000

/** The form for members: the newest of the last 30 days, by the hour. */
export function createFetched(
  audit: Pick<Audit, 'log'>,
  clock: { now(): number; monotonic(): number },
): () => Promise<readonly ReleaseFetch[]> {
  let known: { readonly until: number; readonly fetches: Promise<readonly ReleaseFetch[]> } | undefined

  const read = async (): Promise<readonly ReleaseFetch[]> => {
    const since = clock.now() - LOOKED_MS
    const entries = await audit.log({ type: 'query_responded', limit: LOOKED_MAX, since })
    const told = fetchesIn(entries)
      .map(({ ts, operator, batches: _, ...fetch }) => ({
        ...fetch,
        operator: operator?.id,
        // Where questions were only counted, the ledger has the key alone.
        operator_name: operator?.name.slice(0, 64) || undefined,
        hour: rfc3339(Math.floor(ts / HOUR_MS) * HOUR_MS),
      }))
      // One that has no place in an answer must not keep the node from saying how it is.
      .filter((fetch) => releaseFetch.safeParse(fetch).success)
    // Who asks the same again in one hour takes no room from others.
    return [...new Map(told.map((fetch) => [JSON.stringify(fetch), fetch])).values()].slice(0, FETCHES_MAX)
  }

  return () => {
    if (known !== undefined && known.until > clock.monotonic()) return known.fetches
    const made = { until: clock.monotonic() + KEPT_MS, fetches: read() }
    known = made
    // What could not be read is read again when it is asked for next.
    made.fetches.catch(() => {
      if (known === made) known = undefined
    })
    return made.fetches
  }
}
