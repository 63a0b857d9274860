// The end of a question of this node: summaries stand in for the absent, then the result, a line in the log, one in the ledger.
import { toHex } from '../../../base/hex.ts'
import type { QueryDeps } from '../deps.ts'
import type { OwnQuestion } from '../document.ts'
import type { QueryResult } from '../result.ts'
import { soFar } from '../state/live.ts'
import type { EndedBy, Live } from '../state/types.ts'
import type { AskRequest } from '../types.ts'
import type { Absent } from './absent.ts'
import { resultOf } from './collect.ts'
import type { Collection, OwnData } from './types.ts'
import { whyUnreached } from './unreached.ts'

/** One question of this node that is over. */
export interface Ended {
  readonly live: Live
  readonly question: OwnQuestion
  readonly trace: Uint8Array
  readonly absent: Absent
  /** Members known by gossip alone and not trusted here, when it began. */
  readonly hearsay: number
  /** Undefined: the node's own part did not come in time. */
  readonly own: OwnData | undefined
}

/** Nodes that are trusted here and were never met, so they are no members, and why, where this node knows it. */
const straysOf = ({ trust, mesh }: QueryDeps, { members }: Live): NonNullable<Collection['strays']> =>
  trust.known().flatMap((node) => {
    const apart = members.has(node) ? undefined : mesh.apart(node)
    return apart === undefined
      ? []
      : { name: trust.opinion(node).name || trust.opinion(node).fingerprint, apart }
  })

/** As whom it was asked, for the ledger. */
const actingOf = ({ acting }: AskRequest): Readonly<Record<string, string>> =>
  acting === undefined ? {} : { operator: acting.operator, operator_name: acting.name, session: acting.id }

/** Nodes that showed released totals, and nodes whose word was refused, for the ledger. */
function holdersOf({ released }: QueryResult): Readonly<Record<string, string>> {
  const ids = (nodes: readonly { readonly node_id: string }[] = []): string =>
    nodes.map(({ node_id }) => node_id).join(' ')
  const [holders, refused] = [ids(released?.holders), ids(released?.refused)]
  return { ...(holders && { holders }), ...(refused && { refused }) }
}

/** Waits for summaries of the absent, until the deadline at most; the ledger has the question when it resolves. */
export async function conclude(
  deps: QueryDeps,
  query: Ended,
  request: AskRequest,
  ended_by: EndedBy,
): Promise<QueryResult> {
  const { config, identity, clock } = deps
  const { live } = query
  const outcomes = [...live.members.values()].map((member) => ({
    member,
    collected: soFar(live, member.node_id),
  }))
  // A person who cancelled does not wait for summaries, and an operator gets none.
  const absent =
    ended_by === 'cancelled' || !live.summaries
      ? []
      : outcomes.filter(({ collected }) => collected.outcome === 'unreachable')
  const found = await query.absent.covered(absent.map(({ member }) => member.node_id))
  return noted(
    deps,
    request,
    resultOf({
      trace_id: toHex(query.trace),
      question: { ...query.question.body, query_type: request.query_type },
      perNode: request.perNode,
      filters: request.filters ?? [],
      team: request.team,
      acting: request.acting,
      self: { fingerprint: identity.fingerprint, name: config.node.name, as_of: clock.now() },
      own: query.own ?? { failed: true },
      members: outcomes.map(({ member, collected }) => {
        const summary = found.get(member.node_id)
        if (summary) return { member, collected: { outcome: 'from_summary', summary } }
        if (collected.outcome !== 'unreachable') return { member, collected }
        // The member cannot refuse by itself any more, and refused by what it published last.
        if (query.absent.denied(member.node_id)) return { member, collected: { outcome: 'denied' as const } }
        return { member, collected, unreached: whyUnreached(member, deps.mesh, clock.now()) }
      }),
      hearsay: query.hearsay,
      strays: request.team === undefined ? straysOf(deps, live) : [],
      // Certificates that are good and give no level.
      stale: outcomes.some(({ member }) => {
        const { why, trust_level, denied, revoked } = deps.trust.opinion(member.node_id)
        return why === 'certificate' && trust_level === 'untrusted' && !denied && !revoked
      }),
      k_min: config.sharing.k_min,
      ended_by,
      elapsed_ms: clock.monotonic() - live.startedAt,
    }),
  )
}

/** Writes one question of this node into log, metrics and ledger; resolves when the ledger has it. */
export async function noted(
  { audit, log, watch }: QueryDeps,
  request: AskRequest,
  result: QueryResult,
): Promise<QueryResult> {
  const { coverage, status, query_id, query_type, time_range, level, ended_by, trace_id } = result
  const { known, answered, from_summary, denied, withheld, failed, unreachable } = coverage
  const details = {
    query_id,
    query_type,
    level,
    status,
    ended_by,
    known,
    answered,
    from_summary,
    denied,
    withheld,
    failed,
    unreachable,
  }
  // In a line of the log `level` is the level of the line.
  const { level: query_level, ...told } = details
  const elapsed_ms = result.timing.elapsed_ms
  log.info({ ...told, query_level, trace_id, elapsed_ms }, 'query ended')
  watch?.asked(result)
  await audit.record({
    type: 'query_asked',
    success: status === 'success' || status === 'no_data',
    trace_id,
    details: {
      ...details,
      ...actingOf(request),
      ...holdersOf(result),
      range_start: time_range.start,
      range_end: time_range.end,
      uid: request.uid,
    },
  })
  return result
}
