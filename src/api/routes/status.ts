// /status, /health and /identity: facts about this node and its state.

import type { Alerts } from '../../agents/builtins/alerts.ts'
import type { Clock } from '../../base/clock.ts'
import { roughSize, roughWaiting } from '../../base/rough.ts'
import type { HealthCheck } from '../../base/run/room.ts'
import { BUILD, VERSION } from '../../base/version.ts'
import type { Documents } from '../../exchange/documents/index.ts'
import type { Summaries } from '../../exchange/summaries/index.ts'
import type { Anomalies } from '../../insight/anomalies/index.ts'
import type { Mesh } from '../../mesh/index.ts'
import type { Observe } from '../../observe/record/index.ts'
import type { Store } from '../../store/index.ts'
import type { NameService } from '../../trust/access/index.ts'
import type { Identity } from '../../trust/identity/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Policy } from '../../trust/policy/index.ts'
import { type Address, hostAndPort } from '../access/tcp.ts'
import { getHealth, getIdentity, getStatus, rotateIdentity } from '../contract/operations/status.ts'
import type { Caller, Routes } from '../server/route.ts'
import { serve } from '../server/serve.ts'
import { type AlarmDeps, alarmsOf } from './mesh/alarms.ts'

interface StatusDeps {
  readonly identity: Pick<Identity, 'nodeId' | 'fingerprint' | 'former'> & Partial<Pick<Identity, 'pending'>>
  readonly name: string
  /** Announces the rotation that the key file holds. Rejects with KaroError. */
  readonly rotate: (contest?: boolean) => Promise<{
    readonly next: Pick<Identity, 'nodeId' | 'fingerprint'>
    readonly switchInMs: number
  }>
  /** True where the configuration keeps the node to itself. */
  readonly alone: boolean
  /** True for the machine's node, which serves all its users. */
  readonly service: boolean
  readonly clock: Clock
  readonly mesh: Pick<Mesh, 'status' | 'rejections'> & AlarmDeps['mesh']
  readonly trust: Pick<Trust, 'members'> & AlarmDeps['trust']
  readonly fleet: AlarmDeps['fleet']
  readonly store: Pick<Store, 'bytes'> & { readonly events: Pick<Store['events'], 'count'> }
  readonly observe: Pick<Observe, 'status'>
  readonly anomalies: Pick<Anomalies, 'unseen'>
  readonly alerts: Pick<Alerts, 'of'>
  readonly documents: Pick<Documents, 'counts'>
  readonly summaries: Pick<Summaries, 'status'>
  readonly policy: Pick<Policy, 'status'>
  /** Whether what agents ask for can run. */
  readonly agents: () => { readonly state: 'off' | 'locked' | 'ready'; readonly detail: string }
  /** Asks no directory, whose answer a page would wait for. */
  readonly names: Pick<NameService, 'local'>
  /** How many people's data is held back. */
  readonly heldPeople: () => number
  readonly http: () => Address | null
  readonly health: () => { readonly ready: boolean; readonly checks: readonly HealthCheck[] }
}

/** `/health` also tells known callers the pid, so that a second daemon can say which process holds the socket. */
export function statusRoutes(deps: StatusDeps): Routes {
  const startedAt = deps.clock.monotonic()
  const self = { node_id: deps.identity.nodeId, fingerprint: deps.identity.fingerprint, name: deps.name }

  return (server) => {
    serve(server, rotateIdentity, async ({ query }) => {
      const { next, switchInMs } = await deps.rotate(query.contest)
      return { node_id: next.nodeId, fingerprint: next.fingerprint, switch_in_ms: switchInMs }
    })
    serve(server, getStatus, async ({ caller }) => {
      const { listen, peers_connected, peers_trusted, peers_pending } = deps.mesh.status()
      const { engine, files, problem } = deps.policy.status()
      // If the store cannot be read, the status still comes, with a failing check.
      const [account, events, bytes, spool, unseen] = await Promise.all([
        deps.names.local(caller.account).catch(() => undefined),
        deps.store.events.count(caller.uid).catch(() => 0),
        deps.store.bytes().catch(() => 0),
        deps.observe.status().catch(() => ({ pending_bytes: 0, dropped: 0 })),
        deps.anomalies.unseen(caller.uid, 1).then(
          ({ length }) => length,
          () => 0,
        ),
      ])
      return {
        ...self,
        certified_as: deps.fleet().own?.name ?? null,
        version: VERSION,
        build: BUILD,
        service: deps.service,
        you: {
          uid: caller.account,
          name: account?.users[0] ?? null,
          admin: caller.admin,
          asks: caller.asks,
        },
        ...(caller.admin && { people_held: deps.heldPeople() }),
        uptime_seconds: Math.floor((deps.clock.monotonic() - startedAt) / 1000),
        mesh: {
          alone: deps.alone,
          listen,
          peers_connected,
          peers_trusted,
          peers_pending,
          members_known: deps.trust.members().length,
          alarms: alarmsOf(deps, caller.admin),
          rejected: deps.mesh.rejections(),
        },
        http: { listen: hostAndPort(deps.http()) },
        store: { events, bytes: roughSize(bytes) },
        spool: caller.admin ? spool : { ...spool, pending_bytes: roughWaiting(spool.pending_bytes) },
        anomalies: { unseen },
        documents: deps.documents.counts(),
        summaries: deps.summaries.status(),
        policy: { engine, files: files.length, problem },
        agents: deps.agents(),
        alerts: deps.alerts.of(caller.uid).length,
        health: deps.health(),
      }
    })
    serve(server, getHealth, async ({ caller }: { caller?: Caller }) => {
      const { ready, checks } = deps.health()
      return caller === undefined ? { ready } : { ready, checks, pid: process.pid, build: BUILD }
    })
    serve(server, getIdentity, async () => self)
  }
}
