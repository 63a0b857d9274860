// /doctor: facts that only the daemon knows, for the checks of `karo doctor`.
import { SHARE_KEPT_MS } from '../../../../protocols/buckets.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS } from '../../../base/calendar.ts'
import { roughSize, roughWaiting } from '../../../base/rough.ts'
import type { HealthCheck } from '../../../base/run/room.ts'
import { BUILD, VERSION } from '../../../base/version.ts'
import type { Documents } from '../../../exchange/documents/index.ts'
import type { Summaries } from '../../../exchange/summaries/index.ts'
import type { TotalsRoom } from '../../../exchange/totals/index.ts'
import type { BucketTotals } from '../../../exchange/totals/types.ts'
import type { Mesh } from '../../../mesh/index.ts'
import type { Observe } from '../../../observe/record/index.ts'
import type { Store } from '../../../store/index.ts'
import type { Audit } from '../../../trust/audit/index.ts'
import type { Fleet, FleetState } from '../../../trust/certificates/index.ts'
import type { Sessions } from '../../../trust/operators/index.ts'
import { isMissing, presenceOf, type Trust } from '../../../trust/peers/index.ts'
import type { Policy, Principal } from '../../../trust/policy/index.ts'
import type { Token } from '../../access/tokens.ts'
import { getDoctor } from '../../contract/operations/doctor.ts'
import type { DaemonFacts, NamedNode } from '../../contract/shapes.ts'
import type { Routes } from '../../server/route.ts'
import { serve } from '../../server/serve.ts'
import { refsBy, time } from '../../server/shown.ts'
import { type AlarmDeps, frozenNodes, takenHere } from '../mesh/alarms.ts'
import { joiningInWords, revokedShape } from '../mesh/revoked.ts'

export interface TotalsFactsDeps {
  readonly totals: Pick<TotalsRoom, 'audiences' | 'read' | 'preview'>
  /** This node as its certificate says it. */
  readonly self: () => Pick<Principal, 'node_id' | 'roles'>
  readonly member: Trust['member']
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

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
  { totals, self, member, now }: TotalsFactsDeps,
  uid: number,
  named: (node: NodeId) => NamedNode,
): Promise<NonNullable<DaemonFacts['totals']> | null> {
  const audiences = totals.audiences()
  const audience = audiences.find((one) => self().roles.includes(one)) ?? audiences[0]
  if (audience === undefined) return null
  const at = now()
  const { bucket: open } = await totals.preview(uid, audience)
  if (open === undefined) return null
  const { bucket, state, why, pair } = await totals.preview(uid, audience, open.start - 1)
  const isReader = self().roles.includes(audience)
  const back = async (ms: number): Promise<readonly BucketTotals[]> =>
    isReader
      ? (await totals.read(audience, 'ToolUsage', { start: Math.max(0, at - ms), end: at })).buckets
      : []
  const buckets = await back(BACK_MS)
  // Which of the periods are from before a mesh that has just begun is not known here, so none is called late.
  const isYoung = isReader && !buckets.some(wasReleased) && !(await back(EVER_MS)).some(wasReleased)
  // Periods of which something was said, be it that machines were too few, are not late, and the newest may take most of the next
  // one to be released. With a third aggregator only those periods are missing that are drawn for the one that is off.
  const late = buckets
    .slice(buckets.findIndex(wasReleased) + 1, -1)
    .filter(({ why: is }) => is === 'pending' || is === 'half')
  const drawn = await Promise.all(
    late.slice(-LATE_NAMED).map(({ start }) => totals.preview(uid, audience, start)),
  )
  const aggregators = new Set([pair, ...drawn.map((one) => one.pair)].flat().map(({ node_id }) => node_id))
  return {
    ended_at: time(bucket?.end ?? open.start),
    given: state === 'given',
    why: why ?? null,
    late: isReader && !isYoung ? late.length : null,
    ...(isYoung && { none_yet: true as const }),
    aggregators: [...aggregators].map((node) => ({
      ...named(node),
      there: node === self().node_id || !isMissing(member(node), at),
    })),
  }
}

interface CertificateDeps {
  readonly fleet: Fleet
  readonly sessions: Pick<Sessions, 'state'>
  readonly trust: Pick<Trust, 'member'>
  readonly identity: { readonly nodeId: NodeId }
}

/** Null: this node does not belong to a mesh with a root key. */
function certificateFacts(deps: CertificateDeps): DaemonFacts['certificate'] {
  const { lists_at, own, why_not, revoked_by } = deps.fleet.state()
  if (lists_at === null) return null
  const issuers = deps.fleet
    .certified()
    .filter(({ usage, node_id }) => usage === 'issuer' && node_id !== deps.identity.nodeId)
  return {
    usage: own?.usage ?? null,
    begins_at: own && time(own.not_before),
    ends_at: own && time(own.not_after),
    why_not,
    revoked_by: revokedShape(revoked_by),
    issuers: issuers.length,
    issuers_there: issuers.filter(({ node_id }) => {
      const member = deps.trust.member(node_id)
      return member !== undefined && presenceOf(member) === 'online'
    }).length,
  }
}

/** Null: this person asks as the node. */
function loginFacts(
  { sessions, fleet }: CertificateDeps,
  { uid, account }: { readonly uid: number; readonly account: number },
): DaemonFacts['login'] {
  const login = sessions.state(uid, account)
  if (login === undefined) return null
  const { operator, fingerprint, name, ends_at } = login
  const known = fleet.operators.list().find(({ binding }) => binding.node_id === operator)
  return {
    name,
    fingerprint,
    ends_at: time(ends_at),
    certificate_ends_at: known === undefined ? null : time(known.binding.not_after),
  }
}

type ForwardFacts = NonNullable<DaemonFacts['forward']>[number]

/** Most people in the list of those with spool files that are not followed; the schema has the same bound. */
const MOST_UNFOLLOWED = 64

export interface DoctorDeps extends CertificateDeps {
  readonly identity: AlarmDeps['identity']
  readonly mesh: Pick<Mesh, 'status' | 'inspect' | 'tryMulticast'>
  readonly trust: Pick<Trust, 'opinion' | 'pending'> & AlarmDeps['trust'] & CertificateDeps['trust']
  readonly store: Pick<Store, 'bytes' | 'probe'>
  readonly observe: Pick<Observe, 'status' | 'unfollowed'>
  readonly documents: Pick<Documents, 'of'>
  readonly summaries: Pick<Summaries, 'status'>
  readonly health: () => { readonly ready: boolean; readonly checks: readonly HealthCheck[] }
  /** How the configuration file differs from the configuration in force. */
  readonly drift: () => DaemonFacts['config']
  readonly policy: Pick<Policy, 'status'>
  /** Milliseconds by which retention lags behind the clock. */
  readonly retentionWaits: () => number
  /** How many people's data is held back. */
  readonly heldPeople: () => number
  /** Tokens of one person that end soon. */
  readonly endingTokens: (uid: number) => readonly Pick<Token, 'name' | 'scope' | 'expires_at'>[]
  readonly http: () => DaemonFacts['http']
  /** Where the ledger is sent. */
  readonly forward: {
    readonly lines: {
      status(): readonly (Omit<ForwardFacts, 'waiting'> & { readonly sent: number })[]
    }
    readonly audit: Pick<Audit, 'status'>
  }
  readonly traces: { problem(): DaemonFacts['traces'] }
  readonly totals: TotalsFactsDeps
}

const listsOf = ({ lists_at, stale }: Pick<FleetState, 'lists_at' | 'stale'>): DaemonFacts['lists'] =>
  lists_at === null ? null : { at: time(lists_at), stale }

/** With `multicast=true` a question is sent on every interface that mDNS may use, and the answer takes two seconds. */
export function doctorRoutes(deps: DoctorDeps): Routes {
  const { identity, mesh, trust, store, observe, documents, summaries } = deps

  const named = refsBy(trust)

  const clockOf = ({ node_id, clock_off_ms }: ReturnType<Mesh['inspect']>['stale'][number]) => ({
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
        totalsFacts(deps.totals, caller.uid, named).catch(() => undefined),
      ])
      const { connections, one_sided, stale, stale_strangers, twins, leaves, ...inspected } = mesh.inspect()
      return {
        ...(!admin && { limited: true as const }),
        pid: process.pid,
        uptime_seconds: Math.floor(process.uptime()),
        version: VERSION,
        build: BUILD,
        ...deps.health(),
        config: admin ? deps.drift() : { reload: [], restart: [], problem: null },
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
          certificate_ended: deps.fleet.fault(node_id) === 'expired',
        })),
        one_sided: one_sided.map(named),
        stale: stale.map(clockOf),
        stale_strangers: onlyAdmins(stale_strangers).map(clockOf),
        twins: {
          others: twins.others.map(({ node_id, places }) => ({
            ...named(node_id),
            places: onlyAdmins(places),
          })),
          here: twins.here.map(named),
        },
        frozen: frozenNodes(deps).map(({ at, between }) => ({ ...named(at), between: between.map(named) })),
        key_taken_by: takenHere(deps) ?? null,
        lists: listsOf(deps.fleet.state()),
        certificate: certificateFacts(deps),
        totals,
        joining: admin ? joiningInWords(deps.fleet.state(), stale.length > 0) : undefined,
        // A token never asks as an operator, so over TCP there is no login to tell of.
        login: caller.via === 'socket' ? loginFacts(deps, caller) : null,
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
        ...(admin && { policy: policyFacts(deps.policy) }),
        retention_waits_ms: deps.retentionWaits(),
        tokens_ending: deps.endingTokens(caller.uid).map(({ name, scope, expires_at }) => ({
          name,
          scope,
          expires_at: time(expires_at),
        })),
        ...(admin && { people_held: deps.heldPeople() }),
        ...(admin && { forward: forwardFacts(deps.forward), traces: deps.traces.problem() }),
        http: deps.http(),
      }
    })
  }
}

const forwardFacts = ({ lines, audit }: DoctorDeps['forward']) =>
  lines
    .status()
    .map(({ sent, ...line }) => ({ ...line, waiting: Math.max(0, audit.status().written - sent) }))

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function policyFacts(policy: DoctorDeps['policy']): NonNullable<DaemonFacts['policy']> {
  const { files, problem } = policy.status()
  return { files: files.map(({ path, digest }) => ({ path, digest })), problem }
}
