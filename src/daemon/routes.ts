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
import { doctorRoutes } from '../api/routes/care/doctor.ts'
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
import type { Rooms } from '../api/server/rooms.ts'
import type { healthOf } from '../base/run/lifecycle.ts'
import { isDbLost } from '../config/paths.ts'
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
  readonly reload: Rooms['reload']
}

export function routesOf({ paths, service }: DaemonOptions, parts: RouteParts) {
  const { foundation, local, network, feed, http, remote, health, reload } = parts
  const rooms: Rooms = {
    ...foundation,
    ...foundation.common,
    ...local,
    ...network,
    ...remote,
    feed,
    http,
    health,
    reload,
    paths,
    // Asked before the rooms start: the database is not open yet.
    isDbLost: isDbLost(paths),
    service,
    drift: () => driftOf(foundation),
    removeRows: (number) => removeRows(local, number),
  }
  return [
    statusRoutes(rooms),
    historyRoutes(rooms),
    exportRoutes(rooms),
    importRoutes(rooms),
    statsRoutes(rooms),
    anomaliesRoutes(rooms),
    agentsRoutes(rooms),
    approvalsRoutes(rooms),
    vaultRoutes(rooms),
    artifactsRoutes(rooms),
    memoryRoutes(rooms),
    plannerRoutes(rooms),
    processesRoutes(rooms),
    peersRoutes(rooms),
    fleetRoutes(rooms),
    shareRoutes(rooms),
    policyRoutes(rooms),
    summariesRoutes(rooms),
    operatorRoutes(rooms),
    queryRoutes(rooms),
    reportsRoutes(rooms),
    auditRoutes(rooms),
    mcpRoutes(rooms),
    ...http.routes,
    eventsRoutes(rooms),
    openApiRoutes(),
    logsRoutes(rooms),
    metricsRoutes(rooms),
    problemsRoutes(rooms),
    backupRoutes(rooms),
    peopleRoutes(rooms),
    settingsRoutes(rooms),
    findingsRoutes(rooms),
    doctorRoutes(rooms),
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

/** The keys whose value in the configuration file is not in force. */
function driftOf({ live, load }: Foundation): ReturnType<Rooms['drift']> {
  try {
    const { applied, waiting } = live.compare(load())
    return { reload: applied, restart: waiting, problem: null }
  } catch (error) {
    return { reload: [], restart: [], problem: (error as Error).message }
  }
}
