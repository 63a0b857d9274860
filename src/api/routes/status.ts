// /status, /health and /identity: facts about this node and its state.

import { roughSize, roughWaiting } from '../../base/rough.ts'
import { BUILD, VERSION } from '../../base/version.ts'
import { isAlone } from '../../config/alone.ts'
import { hostAndPort } from '../access/tcp.ts'
import { getHealth, getIdentity, getStatus, rotateIdentity } from '../contract/operations/status.ts'
import { type Caller, type Rooms, type Routes, serve } from '../server/index.ts'
import { alarmsOf } from './mesh/alarms.ts'

/** `/health` also tells known callers the pid, so that a second daemon can say which process holds the socket. */
export function statusRoutes(rooms: Rooms): Routes {
  const { identity, name, clock, config, service, mesh, trust, fleet, store, observe, policy, health } = rooms
  const { http, names, people, anomalies, documents, summaries, muscle, alerts, rotation, forward } = rooms
  const startedAt = clock.monotonic()
  const self = { node_id: identity.nodeId, fingerprint: identity.fingerprint, name }
  const alone = isAlone(config)

  return (server) => {
    serve(server, rotateIdentity, async ({ query }) => {
      const { next, switchInMs } = await rotation.begin(query.contest)
      return { node_id: next.nodeId, fingerprint: next.fingerprint, switch_in_ms: switchInMs }
    })
    serve(server, getStatus, async ({ caller }) => {
      const { listen, peers_connected, peers_trusted, peers_pending } = mesh.status()
      const { engine, files, problem } = policy.status()
      // If the store cannot be read, the status still comes, with a failing check.
      const [account, events, bytes, spool, unseen] = await Promise.all([
        // No directory is asked: the page would wait for its answer.
        names.local(caller.account).catch(() => undefined),
        store.events.count(caller.person).catch(() => 0),
        store.bytes().catch(() => 0),
        observe.status().catch(() => ({ pending_bytes: 0, dropped: 0 })),
        anomalies.unseen(caller.person, 1).then(
          ({ length }) => length,
          () => 0,
        ),
      ])
      return {
        ...self,
        certified_as: fleet.state().own?.name ?? null,
        version: VERSION,
        build: BUILD,
        service,
        you: {
          uid: caller.account,
          name: account?.users[0] ?? null,
          admin: caller.admin,
          asks: caller.asks,
        },
        ...(caller.admin && {
          people_held: people.held(),
          not_forwarded: forward
            .status()
            .flatMap(({ to, problem: why }) => (why === null ? [] : [`${to}: ${why}`])),
        }),
        uptime_seconds: Math.floor((clock.monotonic() - startedAt) / 1000),
        mesh: {
          alone,
          listen,
          peers_connected,
          peers_trusted,
          peers_pending,
          members_known: trust.members().length,
          alarms: alarmsOf(rooms, caller.admin),
          rejected: mesh.rejections(),
        },
        http: { listen: hostAndPort(http.address()) },
        store: { events, bytes: roughSize(bytes) },
        spool: caller.admin ? spool : { ...spool, pending_bytes: roughWaiting(spool.pending_bytes) },
        anomalies: { unseen },
        documents: documents.counts(),
        summaries: summaries.status(),
        policy: { engine, files: files.length, problem },
        agents: muscle.state(),
        alerts: alerts.of(caller.person).length,
        health: health(),
      }
    })
    serve(server, getHealth, async ({ caller }: { caller?: Caller }) => {
      const { ready, checks } = health()
      return caller === undefined ? { ready } : { ready, checks, pid: process.pid, build: BUILD }
    })
    serve(server, getIdentity, async () => self)
  }
}
