// /doctor: facts that only the daemon knows, for the checks of `karo doctor`.
import { SHARE_KEPT_MS } from '../../../../protocols/buckets.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS } from '../../../base/calendar.ts'
import { roughSize, roughWaiting } from '../../../base/rough.ts'
import { BUILD, VERSION } from '../../../base/version.ts'
import type { BucketTotals } from '../../../exchange/totals/types.ts'
import { isMissing, presenceOf } from '../../../trust/peers/index.ts'
import { getDoctor } from '../../contract/operations/doctor.ts'
import type { DaemonFacts, NamedNode } from '../../contract/shapes.ts'
import { type Caller, type Rooms, type Routes, refsBy, serve, shown, time } from '../../server/index.ts'
import { frozenNodes, takenHere } from '../mesh/alarms.ts'
import { joiningInWords, revokedShape } from '../mesh/revoked.ts'

/** Closed periods of so long are looked at: what was not released within it never is. */
const BACK_MS = SHARE_KEPT_MS
/** And so long where nothing was released of those: a mesh whose releases ended is no young one. */
const EVER_MS = 90 * DAY_MS

/** The aggregators of so many late periods, the newest, are named. */
const LATE_NAMED = 2

/** By both aggregators or one of them, be it that machines were too few. */
const wasReleased = ({ why }: BucketTotals): boolean => why !== 'pending' && why !== 'none'

/** Null: the mesh computes no totals, or this node knows of none. `uid`: of the person who asks. */
export async function totalsFacts(
  { totals, self, trust, clock }: Rooms,
  uid: number,
  named: (node: NodeId) => NamedNode,
): Promise<NonNullable<DaemonFacts['totals']> | null> {
  const audiences = totals.audiences()
  const audience = audiences.find((one) => self().roles.includes(one)) ?? audiences[0]
  if (audience === undefined) return null
  const at = clock.now()
  const { bucket: open } = await totals.preview(uid, audience)
  if (open === undefined) return null
  const { bucket, state, why, pair } = await totals.preview(uid, audience, open.start - 1)
  const isReader = self().roles.includes(audience)
  const back = async (ms: number) =>
    isReader
      ? (await totals.read(audience, 'ToolUsage', { start: Math.max(0, at - ms), end: at })).buckets
      : []
  const buckets = await back(BACK_MS)
  // Which of the periods are from before a mesh that has just begun is not known here, so none is called late.
  const isYoung = isReader && !buckets.some(wasReleased) && !(await back(EVER_MS)).some(wasReleased)
  // Periods of which both said the same, be it that machines were too few, are not late, and the newest may take most of the next
  // one to be released. With a third aggregator only those periods are missing that are drawn for the one that is off.
  const late = buckets
    .slice(buckets.findIndex(wasReleased) + 1, -1)
    .filter(({ why: is }) => is === 'pending' || is === 'half' || is === 'disagree')
  const drawn = await Promise.all(
    late.slice(-LATE_NAMED).map(({ start }) => totals.preview(uid, audience, start)),
  )
  const pairs = [pair, ...drawn.map((one) => one.pair)].flat().map(({ node_id }) => node_id)
  const aggregators = new Set([...pairs, ...late.flatMap(({ lacks }) => lacks ?? [])])
  return {
    ended_at: time(bucket?.end ?? open.start),
    given: state === 'given',
    why: why ?? null,
    late: isReader && !isYoung ? late.length : null,
    ...(isYoung && { none_yet: true as const }),
    aggregators: [...aggregators].map((node) => ({
      ...named(node),
      there: node === self().node_id || !isMissing(trust.member(node), at),
      halves_missing: late.filter(({ lacks }) => lacks === node).length || undefined,
    })),
  }
}

/** Null: this node does not belong to a mesh with a root key. */
function certificateFacts({ fleet, identity, trust }: Rooms): DaemonFacts['certificate'] {
  const { lists_at, own, why_not, revoked_by } = fleet.state()
  if (lists_at === null) return null
  const issuers = fleet
    .certified()
    .filter(({ usage, node_id }) => usage === 'issuer' && node_id !== identity.nodeId)
  return {
    usage: own?.usage ?? null,
    begins_at: own && time(own.not_before),
    ends_at: own && time(own.not_after),
    why_not,
    revoked_by: revokedShape(revoked_by),
    issuers: issuers.length,
    issuers_there: issuers.filter(({ node_id }) => {
      const member = trust.member(node_id)
      return member !== undefined && presenceOf(member) === 'online'
    }).length,
  }
}

/** Null: this person asks as the node. */
function loginFacts(
  { sessions, fleet }: Rooms,
  { person, account }: Pick<Caller, 'person' | 'account'>,
): DaemonFacts['login'] {
  const login = sessions.state(person, account)
  if (login === undefined) return null
  const { operator, fingerprint, name, ends_at } = login
  const known = fleet.operators.list().find(({ binding }) => binding.node_id === operator)
  return {
    name,
    fingerprint,
    ends_at: time(ends_at),
    certificate_ends_at: time(known?.binding.not_after ?? null),
  }
}

/** Most people in the list of those with spool files that are not followed; the schema has the same bound. */
const MOST_UNFOLLOWED = 64

/** With `multicast=true` a question is sent on every interface that mDNS may use, and the answer takes two seconds. */
export function doctorRoutes(rooms: Rooms): Routes {
  const { identity, mesh, trust, fleet, store, observe, documents, summaries, people, http } = rooms
  const { health, drift, retention, traces } = rooms

  const named = refsBy(trust)

  const clockOf = ({ node_id, clock_off_ms }: { node_id: NodeId; clock_off_ms: number }) => ({
    ...named(node_id),
    clock_off_ms,
  })

  async function lastSummary(): Promise<string | null> {
    const own = await documents.of(identity.nodeId, 'summary').catch(() => [])
    // The version of a document is a time of its author's clock, in milliseconds since the epoch.
    const versions = own.map(({ head }) => head.version)
    return versions.length === 0 ? null : time(Math.max(...versions))
  }

  return (server) => {
    serve(server, getDoctor, async ({ query, caller }) => {
      // Where others are, and what the machine's files say, is the administrators'; so is sending on the network.
      const { admin } = caller
      const onlyAdmins = <T>(list: readonly T[]): T[] => (admin ? [...list] : [])
      const [multicast, storeProblem, bytes, spool, last, totals] = await Promise.all([
        query.multicast && admin ? mesh.tryMulticast() : null,
        store.probe().then(() => null, reasonOf),
        store.bytes().catch(() => 0),
        observe.status().catch(() => ({ pending_bytes: 0, dropped: 0 })),
        lastSummary(),
        // Unreadable data is reported by the checks of the store.
        totalsFacts(rooms, caller.person, named).catch(() => undefined),
      ])
      const belongs = fleet.state()
      const { connections, one_sided, stalled, stale, stale_strangers, twins, leaves, ...inspected } =
        mesh.inspect()
      return {
        ...(!admin && { limited: true as const }),
        pid: process.pid,
        uptime_seconds: Math.floor(process.uptime()),
        version: VERSION,
        build: BUILD,
        ...health(),
        config: admin ? drift() : { reload: [], restart: [], problem: null },
        mesh: {
          ...inspected,
          dialing: onlyAdmins(inspected.dialing),
          listen: mesh.status().listen,
          leaves: { ...leaves, turned_away: leaves.turned_away.map(named) },
          connections: connections.map((one) => ({
            ...one,
            ...named(one.node_id),
            ...(!admin && { remote: '' }),
          })),
        },
        multicast,
        pending: onlyAdmins(trust.pending()).map(({ node_id, first_seen }) => ({
          ...named(node_id),
          since: time(first_seen),
          certificate_ended: fleet.fault(node_id) === 'expired',
        })),
        one_sided: one_sided.map(named),
        stalled: stalled.map(({ node_id, ip }) => ({ ...named(node_id), ...(admin && { ip }) })),
        stale: stale.map(clockOf),
        stale_strangers: onlyAdmins(stale_strangers).map(clockOf),
        twins: {
          others: twins.others.map(({ node_id, places }) => ({
            ...named(node_id),
            places: onlyAdmins(places),
          })),
          here: twins.here.map(named),
        },
        frozen: frozenNodes(rooms).map(({ at, between }) => ({ ...named(at), between: between.map(named) })),
        key_taken_by: takenHere(rooms) ?? null,
        lists: belongs.lists_at === null ? null : { at: time(belongs.lists_at), stale: belongs.stale },
        certificate: certificateFacts(rooms),
        totals,
        joining: admin ? joiningInWords(belongs, stale.length > 0) : undefined,
        // A token never asks as an operator, so over TCP there is no login to tell of.
        login: caller.via === 'socket' ? loginFacts(rooms, caller) : null,
        store_problem: storeProblem === null || admin ? storeProblem : 'the database cannot be written',
        store_bytes: roughSize(bytes),
        spool: {
          ...spool,
          ...(!admin && { pending_bytes: roughWaiting(spool.pending_bytes) }),
          unfollowed: observe
            .unfollowed()
            .filter(({ uid }) => admin || uid === caller.account)
            .slice(0, MOST_UNFOLLOWED),
        },
        summaries: { recipients: summaries.status().recipients, last },
        ...(admin && { policy: policyFacts(rooms) }),
        retention_waits_ms: retention.waits(),
        tokens_ending: http.tokenEnds
          .of(caller.person)
          .map(({ name, scope, expires_at }) => shown({ name, scope, expires_at })),
        ...(admin && { people_held: people.held() }),
        ...(admin && { forward: rooms.forward.status(), traces: traces.problem() }),
        http: http.address(),
      }
    })
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function policyFacts({ policy }: Rooms): NonNullable<DaemonFacts['policy']> {
  const { files, problem } = policy.status()
  return { files: files.map(({ path, digest }) => ({ path, digest })), problem }
}
