// The routes of the daemon's API, each with the rooms it answers from.
import type { Http } from '../api/access/http.ts'
import type { Feed } from '../api/feed/index.ts'
import { agentsRoutes } from '../api/routes/agents/agents.ts'
import { approvalsRoutes } from '../api/routes/agents/approvals.ts'
import { artifactsRoutes } from '../api/routes/agents/artifacts.ts'
import { memoryRoutes } from '../api/routes/agents/memory.ts'
import { plannerRoutes } from '../api/routes/agents/planner.ts'
import { vaultRoutes } from '../api/routes/agents/vault.ts'
import { anomaliesRoutes } from '../api/routes/anomalies.ts'
import { auditRoutes } from '../api/routes/audit.ts'
import { backupRoutes } from '../api/routes/care/backup.ts'
import { type DoctorDeps, doctorRoutes } from '../api/routes/care/doctor.ts'
import { findingsRoutes } from '../api/routes/care/findings.ts'
import { logsRoutes } from '../api/routes/care/logs.ts'
import { metricsRoutes } from '../api/routes/care/metrics.ts'
import { openApiRoutes } from '../api/routes/care/openapi.ts'
import { problemsRoutes } from '../api/routes/care/problems.ts'
import { settingsRoutes } from '../api/routes/care/settings.ts'
import { eventsRoutes } from '../api/routes/events.ts'
import { exportRoutes } from '../api/routes/export.ts'
import { historyRoutes } from '../api/routes/history.ts'
import { importRoutes } from '../api/routes/import.ts'
import { mcpRoutes } from '../api/routes/mcp.ts'
import { fleetRoutes } from '../api/routes/mesh/fleet.ts'
import { operatorRoutes } from '../api/routes/mesh/operators.ts'
import { peersRoutes } from '../api/routes/mesh/peers.ts'
import { peopleRoutes } from '../api/routes/people.ts'
import { processesRoutes } from '../api/routes/processes.ts'
import { queryRoutes } from '../api/routes/query.ts'
import { reportsRoutes } from '../api/routes/reports.ts'
import { shareRoutes } from '../api/routes/share.ts'
import { statsRoutes } from '../api/routes/stats.ts'
import { statusRoutes } from '../api/routes/status.ts'
import { summariesRoutes } from '../api/routes/summaries.ts'
import { policyRoutes } from '../api/routes/trust/policy.ts'
import { systemTimers as timers } from '../base/clock.ts'
import type { healthOf } from '../base/run/lifecycle.ts'
import { isAlone } from '../config/alone.ts'
import { removePersonRows } from '../ops/care/remove-person.ts'
import type { DaemonOptions, Foundation } from './foundation.ts'
import type { Local } from './local.ts'
import type { Network } from './network.ts'
import type { Remote } from './remote.ts'

export interface RouteParts {
  readonly foundation: Foundation
  readonly local: Local
  readonly network: Network
  readonly feed: Feed
  readonly http: Http
  readonly remote: Remote
  readonly health: () => ReturnType<typeof healthOf>
}

export function routesOf({ paths, service }: DaemonOptions, parts: RouteParts) {
  const { foundation, local, network, feed, http, health } = parts
  const { common, load, logs, metrics, name, ownUid, problems } = foundation
  const { config, identity, clock, random } = common
  const {
    anomalies,
    audit,
    fleet,
    insight,
    names,
    observe,
    organisation,
    people,
    policy,
    processes,
    sessions,
    sharing,
    store,
    trust,
  } = local
  const { mesh, documents, summaries, totals, query, reports, rotation, leave } = network

  return [
    statusRoutes({
      identity,
      name,
      clock,
      mesh,
      trust,
      store,
      observe,
      documents,
      summaries,
      health,
      anomalies,
      policy,
      service,
      alone: isAlone(config),
      agents: local.muscle.state,
      alerts: local.alerts,
      heldPeople: people.held,
      names,
      fleet: fleet.state,
      http: http.address,
      rotate: rotation.begin,
    }),
    historyRoutes({ observe, audit, clock, processes, events: store.events, dropCopies: local.copies.drop }),
    exportRoutes({ events: store.events }),
    importRoutes({ observe, config, clock, random, timers, events: store.events }),
    statsRoutes({ insight, events: store.events }),
    anomaliesRoutes({ anomalies, config }),
    ...agentRoutesOf(parts),
    processesRoutes({ processes }),
    peersRoutes({ clock, trust, mesh, fleet, summaries, documents, log: common.log }),
    fleetRoutes({
      fleet,
      organisation,
      trust,
      clock,
      people,
      places: () => mesh.status().listen.flatMap((one) => placeOf(one) ?? []),
      discovery: config.discovery,
      wrongClocks: () => mesh.inspect().stale,
      leave,
    }),
    shareRoutes({ sharing, summaries, trust, totals }),
    policyRoutes({
      policy,
      organisation,
      sharing,
      trust,
      clock,
      operators: fleet.operators,
      accepts: () => config.policy.accept_org,
      k: () => config.sharing.k_min,
      load,
    }),
    summariesRoutes({ summaries, trust, clock }),
    operatorRoutes({ fleet, sessions, self: identity, name, clock }),
    queryRoutes({ query, sessions, clock, timeoutMs: () => config.query.timeout_ms, fleet: fleet.state }),
    reportsRoutes({ reports, sessions }),
    auditRoutes({ audit, documents, trust, clock, totals }),
    mcpRoutes({ audit }),
    ...http.routes,
    eventsRoutes({ feed, timers }),
    openApiRoutes(),
    logsRoutes({ logs, clock }),
    metricsRoutes({ metrics }),
    problemsRoutes({ problems, random }),
    backupRoutes({ store, identity, name, paths, audit, clock, ownUid }),
    peopleRoutes({
      people,
      audit,
      ownUid,
      removeRows: (number) => removeRows(local, number),
    }),
    settingsRoutes({ load, drift: () => driftOf(foundation) }),
    findingsRoutes({ clock }),
    doctorRoutesOf(parts),
  ]
}

/** What doctor asks the daemon about. */
function doctorRoutesOf({ foundation, local, network, http, health }: RouteParts) {
  const { identity, clock } = foundation.common
  const { audit, fleet, forward, observe, people, policy, retention, sessions, store, trust } = local
  const { mesh, documents, summaries, totals, self } = network
  return doctorRoutes({
    identity,
    mesh,
    trust,
    store,
    observe,
    documents,
    summaries,
    health,
    drift: () => driftOf(foundation),
    fleet,
    sessions,
    policy,
    totals: { totals, self, member: trust.member, now: clock.now },
    retentionWaits: () => retention.waits(),
    endingTokens: http.tokenEnds.of,
    heldPeople: people.held,
    forward: { lines: forward, audit },
    traces: foundation.traces,
    http: http.address,
  })
}

/** What agents do, what they are given, and what waits for a person. */
function agentRoutesOf({ foundation, local, network, remote, http }: RouteParts) {
  const { elsewhere, fetching, holdings } = remote
  return [
    agentsRoutes({ ...local, elsewhere, mayApprove: http.mayApprove }),
    approvalsRoutes({ ...local, identity: foundation.common.identity, timers, elsewhere }),
    vaultRoutes(local),
    artifactsRoutes({
      ...local,
      ...network,
      fetching,
      holdings,
      operators: local.fleet.operators,
      log: foundation.common.log,
    }),
    memoryRoutes(local),
    plannerRoutes(local),
  ]
}

/** Whatever is in memory of the person goes before the rows. */
async function removeRows(
  { agents, sessions, approvals, vault, artifacts, memory, planner, prompts, store, copies }: Local,
  number: number,
): Promise<void> {
  copies.drop()
  await planner.drop(number)
  await sessions.forget(number)
  await agents.forget(number)
  await approvals.forget(number)
  await vault.forget(number)
  await artifacts.forget(number)
  await memory.drop(number)
  await prompts.drop(number)
  return removePersonRows(store, number)
}

/** `host:port` of an address that other machines may reach; undefined for loopback, which they do not. */
function placeOf(multiaddr: string): string | undefined {
  const match = /^\/ip([46])\/([^/]+)\/tcp\/(\d+)$/.exec(multiaddr)
  if (match === null || /^(127\.|::1$|fe80:)/.test(match[2] ?? '')) return undefined
  return match[1] === '6' ? `[${match[2]}]:${match[3]}` : `${match[2]}:${match[3]}`
}

/** The keys whose value in the configuration file is not in force. */
function driftOf({ live, load }: Foundation): ReturnType<DoctorDeps['drift']> {
  try {
    const { applied, waiting } = live.compare(load())
    return { reload: applied, restart: waiting, problem: null }
  } catch (error) {
    return { reload: [], restart: [], problem: (error as Error).message }
  }
}
