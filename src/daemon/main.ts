// The composition root: builds the rooms in order, runs them until told to end, and stops them in reverse.
import { homedir } from 'node:os'
import { dirname } from 'node:path'
import { createFairShare } from '../api/access/fair-share.ts'
import { createHttp } from '../api/access/http.ts'
import { connectFeed, createFeed } from '../api/feed/index.ts'
import { anomaliesRoutes } from '../api/routes/anomalies.ts'
import { auditRoutes } from '../api/routes/audit.ts'
import { backupRoutes } from '../api/routes/backup.ts'
import { type DoctorDeps, doctorRoutes } from '../api/routes/doctor.ts'
import { eventsRoutes } from '../api/routes/events.ts'
import { exportRoutes } from '../api/routes/export.ts'
import { historyRoutes } from '../api/routes/history.ts'
import { importRoutes } from '../api/routes/import.ts'
import { logsRoutes } from '../api/routes/logs.ts'
import { mcpRoutes } from '../api/routes/mcp.ts'
import { metricsRoutes } from '../api/routes/metrics.ts'
import { openApiRoutes } from '../api/routes/openapi.ts'
import { peersRoutes } from '../api/routes/peers.ts'
import { problemsRoutes } from '../api/routes/problems.ts'
import { processesRoutes } from '../api/routes/processes.ts'
import { queryRoutes } from '../api/routes/query.ts'
import { shareRoutes } from '../api/routes/share.ts'
import { statsRoutes } from '../api/routes/stats.ts'
import { statusRoutes } from '../api/routes/status.ts'
import { summariesRoutes } from '../api/routes/summaries.ts'
import { createApi } from '../api/server/control-socket.ts'
import { systemClock as clock, systemRandom as random, systemTimers as timers } from '../base/clock.ts'
import { type ExitCode, KaroError } from '../base/errors.ts'
import { faultsFromEnv } from '../base/run/faults.ts'
import { healthOf, startAll, stopAll } from '../base/run/lifecycle.ts'
import type { Room } from '../base/run/room.ts'
import { tolerated } from '../base/run/tolerated.ts'
import { BUILD, COMMIT, VERSION } from '../base/version.ts'
import { type Config, createLiveConfig, loadConfig } from '../config/index.ts'
import type { HomePaths } from '../config/paths.ts'
import { createDocuments } from '../exchange/documents/index.ts'
import { createQuery } from '../exchange/query/index.ts'
import { createSummaries } from '../exchange/summaries/index.ts'
import { createAnomalies } from '../insight/anomalies/index.ts'
import { createInsight } from '../insight/statistics/index.ts'
import { createMesh } from '../mesh/index.ts'
import { createProcesses } from '../observe/processes/index.ts'
import { createObserve } from '../observe/record/index.ts'
import { createRetention } from '../ops/care/retention.ts'
import { createRetentionTime, hasJustSynchronised } from '../ops/care/retention-time.ts'
import { withoutHome } from '../ops/log/home.ts'
import { createJsonLog, createPlainLog } from '../ops/log/log.ts'
import { createLogRing } from '../ops/log/ring.ts'
import { withSinks } from '../ops/log/sinks.ts'
import { watchLag } from '../ops/metrics/lag.ts'
import { createMetrics } from '../ops/metrics/metrics.ts'
import { createProbe } from '../ops/metrics/probe.ts'
import { readAll } from '../ops/metrics/readings.ts'
import { createLock, refuseSecond } from '../ops/system/lock.ts'
import { createNameService } from '../ops/system/name-service.ts'
import { openNotify, watchdogMs } from '../ops/system/notify.ts'
import { openPeerCredentials } from '../ops/system/peer-credentials.ts'
import { watchReadiness } from '../ops/system/readiness.ts'
import { createProblems } from '../ops/system/report-problems.ts'
import { watchEnding } from '../ops/system/signals.ts'
import { openTap } from '../ops/system/tap.ts'
import { startWatchdog, type Vital } from '../ops/system/watchdog.ts'
import { isDiskTrouble, openStore } from '../store/index.ts'
import { createAccess } from '../trust/access/index.ts'
import { createAudit } from '../trust/audit/index.ts'
import { createSharing } from '../trust/consent/index.ts'
import type { Identity } from '../trust/identity/index.ts'
import { createTrust } from '../trust/peers/index.ts'

/** After all that a start is waited for: then what one finds by Ctrl-R comes into memory. */
const PREPARE_AFTER_MS = 2_000

export interface DaemonOptions {
  readonly paths: HomePaths
  readonly identity: Identity
  /** For the configuration's `KARO_…` variables. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The machine's: its group may use the control socket. */
  readonly service: boolean
  /** A person watches stderr: plain lines instead of JSON. */
  readonly terminal: boolean
  /** Writes to stderr. */
  readonly write: (text: string) => void
}

/**
 * The daemon, in this process, until SIGTERM, SIGINT or, unless a service manager runs it, SIGHUP; then it has stopped
 * within 5 s. Resolves with the exit code. Throws KaroError when it cannot start: `conflict` with the pid of a daemon
 * that runs here already, `bad_config`, `bad_file`; nothing is left running then.
 */
export async function runDaemon(options: DaemonOptions): Promise<ExitCode> {
  const { paths, identity, env, write } = options

  const load = () => loadConfig({ home: dirname(paths.config), env })
  const loaded = load()
  const live = createLiveConfig(loaded)
  const { config } = live
  const logs = createLogRing({ level: config.log.level, clock })
  const metrics = createMetrics({
    version: VERSION,
    commit: COMMIT,
    clock,
    readings: () =>
      readAll({
        ...{ health, mesh, trust, documents, summaries, query, store, observe, audit, anomalies },
        feed: happenings,
        tokens: http.tokenEnds,
        version: VERSION,
        probe: probe.lately,
        places: { home: paths.db, spool: paths.spool },
      }),
  })
  const problems = createProblems({ root: dirname(import.meta.dirname.replace(/\/daemon$/, '')), clock })
  const shown = options.terminal
    ? createPlainLog(levelOf(options, config), write)
    : createJsonLog({ level: levelOf(options, config) })
  // Places in the program are told from the whole path; nobody else is told one below a person's home.
  const log = withSinks(withoutHome(withSinks(shown, [logs.sink, metrics.logged]), homedir()), [
    problems.sink,
  ])
  for (const warning of loaded.warnings) log.warn({}, warning)
  const notify = await openNotify({ env, log })
  // Who is run by a manager has no terminal that could hang up.
  const managed = options.service || env.NOTIFY_SOCKET !== undefined
  const ending = watchEnding(log, clock, managed ? () => void reload() : undefined)

  const { name } = config.node
  const onEncoded = openTap(env.KARO_TAP)
  const ownUid = process.getuid?.() ?? 0
  const common = { config, identity, clock, random, log }
  const faults = faultsFromEnv(env)
  const store = openStore({ ...common, directory: paths.db, faults })
  const credentials = await openPeerCredentials(log)
  const shares = createFairShare()
  const access = createAccess({
    ...{ config, clock, timers, log },
    names: createNameService(),
    ownUid: options.service ? undefined : ownUid,
  })
  const lock = createLock(paths.lock)
  const audit = createAudit({ ...common, repository: store.audit })
  const trust = createTrust({ ...common, repository: store.members, audit })
  const sharing = createSharing({ ...common, consent: store.consent, trust, audit })
  const observe = createObserve({ ...common, events: store.events, spoolDirectory: paths.spool, faults })
  const processes = createProcesses({
    ...{ config, observe, clock, timers, log },
    repository: store.processes,
  })
  const node = { nodeId: identity.nodeId, fingerprint: identity.fingerprint, name, version: VERSION }
  const insight = createInsight({
    ...{ ...common, rollups: store.rollups, node },
    countBetween: store.events.countBetween,
    isGuarded: () => config.guard.profile !== 'off',
    silentHooks: processes.silentHooks,
  })
  const anomalies = createAnomalies({
    ...{ ...common, timers, rollups: store.rollups, repository: store.anomalies },
    silentHooks: processes.silentHooks,
  })
  const { replay } = store
  const mesh = createMesh({ ...common, trust, audit, replay, name, version: VERSION, onEncoded })
  const documents = createDocuments({ ...common, repository: store.documents, trust, mesh, audit, timers })
  audit.onHead((frame) => {
    documents.publish('audit_head', frame).catch((error: unknown) => {
      log.debug({ reason: String(error) }, 'a head of the ledger was not published')
    })
  })
  const shared = { insight, sharing, trust, documents, audit, timers, onEncoded }
  const summaries = createSummaries({ ...common, ...shared })
  const query = createQuery({
    ...common,
    ...{ trust, mesh, insight, summaries, sharing, audit, replay },
    timers,
    ownUid,
    onEncoded,
    watch: metrics.query,
  })
  const probe = createProbe({ probe: store.probe, probed: metrics.probed, clock, timers })
  const happenings = createFeed({ clock, random })
  connectFeed(happenings, { audit, trust, observe, anomalies })
  const health = () => healthOf(rooms)
  const drift = (): ReturnType<DoctorDeps['drift']> => {
    try {
      const { applied, waiting } = live.compare(load())
      return { reload: applied, restart: waiting, problem: null }
    } catch (error) {
      return { reload: [], restart: [], problem: (error as Error).message }
    }
  }
  const http = createHttp({
    ...{ config, clock, random, timers, log, audit },
    repository: store.tokens,
    rightsOf: access.of,
    handle: (request, response) => api.handle(request, response),
    onRefused: metrics.refused,
  })
  const api = createApi({
    socketPath: paths.socket,
    socketMode: options.service ? 0o660 : 0o600,
    routes: [
      statusRoutes({
        ...{ identity, name, clock, mesh, trust, store, observe, documents, summaries, health },
        anomalies,
        service: options.service,
        http: http.address,
      }),
      historyRoutes({ ...{ observe, audit, clock, processes }, events: store.events }),
      exportRoutes({ events: store.events }),
      importRoutes({ ...{ observe, config, clock, random, timers }, events: store.events }),
      statsRoutes({ insight, events: store.events }),
      anomaliesRoutes({ anomalies, config }),
      processesRoutes({ processes }),
      peersRoutes({ trust, mesh }),
      shareRoutes({ sharing, summaries, trust }),
      summariesRoutes({ summaries, trust, clock }),
      queryRoutes({ query, timeoutMs: () => config.query.timeout_ms }),
      auditRoutes({ audit, documents, trust, clock }),
      mcpRoutes({ audit }),
      ...http.routes,
      eventsRoutes({ feed: happenings, timers }),
      openApiRoutes(),
      logsRoutes({ logs, clock }),
      metricsRoutes({ metrics }),
      problemsRoutes({ problems, random }),
      backupRoutes({ store, identity, name, paths, audit, clock, ownUid }),
      doctorRoutes({
        ...{ identity, mesh, trust, store, observe, documents, summaries, health, drift },
        retentionWaits: () => retention.waits(),
        endingTokens: http.tokenEnds.of,
        http: http.address,
      }),
    ],
    onConnection(socket) {
      credentials.note(socket)
      if (options.service && !shares.take(credentials.uidOf(socket), socket)) socket.destroy()
    },
    async callerOf(request, reply) {
      if (http.owns(request.raw.socket)) return http.callerOf(request.raw, reply.raw)
      const uid = credentials.uidOf(request.raw.socket)
      return uid === undefined ? undefined : { uid, ...(await access.of(uid)), via: 'socket' }
    },
    onAnswered: metrics.request,
    rightsOf: access.of,
    timers,
    clock,
    log,
  })
  const retention = createRetention({
    ...{ config, store, timers, log },
    trimProcesses: processes.trim,
    trimLedger: (before) => audit.trim(before),
    time: createRetentionTime({
      ...{ repository: store.retentionTime, ledger: store.audit, clock },
      isConfirmed: hasJustSynchronised,
    }),
  })
  const rooms: readonly Room[] = [
    store,
    lock,
    access,
    audit,
    trust,
    observe,
    processes,
    anomalies,
    // Before the mesh: they have to know what they hold, and what was answered, before the first frame comes.
    documents,
    summaries,
    query,
    retention,
    tolerated(mesh, { check: 'mesh.listening', log }),
    http.tokens,
    http.tokenEnds,
    api,
    ...(config.http.enabled ? [tolerated(http.listener, { check: 'http.listening', log })] : []),
  ]

  const vitals: readonly Vital[] = [
    { name: 'store', alive: () => probe.now().then(() => true, isDiskTrouble) },
    { name: 'mesh', alive: async () => mesh.alive() },
  ]
  let status = ''
  const running = Promise.withResolvers<void>()

  try {
    await start(rooms, ending.signal)
    const unwatch = watchReadiness(health, (ready, reason, failing) => {
      status = ready ? `${name} is ready` : `${name} is not ready: ${reason}`
      // Started it is in either case; what it lacks (a port, a disk) is no reason to be killed.
      notify.ready(status)
      happenings.tell('health_changed', { ready, failing })
      if (ready) log.info({ node_id: identity.nodeId, name, version: BUILD }, 'ready')
      else log.warn({ node_id: identity.nodeId, name, version: BUILD, reason }, 'not ready')
      if (options.terminal)
        write(`karo: ${name} is ${ready ? '' : 'running, but not '}ready; Ctrl-C stops it\n`)
    })
    void audit.record({
      type: 'node_started',
      success: true,
      details: { version: VERSION, member_id: identity.memberId },
    })
    running.resolve()
    // Nobody waits for it: a daemon that ends meanwhile, or cannot read, is told of elsewhere.
    const unprepare = timers.after(PREPARE_AFTER_MS, () => store.events.prepareSearch().catch(() => {}))
    const unlag = watchLag(metrics.lagged, clock.monotonic)
    const limitMs = watchdogMs(env)
    if (limitMs !== undefined) metrics.watchdog(limitMs)
    const feed = (): void => {
      notify.alive()
      metrics.fed()
    }
    const unfeed = limitMs === undefined ? undefined : startWatchdog({ limitMs, vitals, feed, timers, log })
    await aborted(ending.signal)
    notify.stopping()
    unprepare()
    unwatch()
    unfeed?.()
    unlag()
    void audit.record({ type: 'node_stopped', success: ending.code() === 0, details: {} })
    await stopAll(rooms, log)
    log.info({}, 'stopped')
    return ending.code()
  } catch (error) {
    if (ending.signal.aborted) return ending.code()
    throw error
  } finally {
    log.flush()
    notify.close()
    ending.release()
  }

  /** What the file says now, where a running daemon can take it over; one that cannot be used changes nothing. */
  async function reload(): Promise<void> {
    await running.promise
    if (ending.signal.aborted) return
    notify.reloading()
    try {
      const next = load()
      const { applied, waiting } = live.replace(next)
      log.setLevel(levelOf(options, config))
      logs.setLevel(config.log.level)
      observe.reload()
      access.reload()
      sharing.reload()
      await trust.reload()
      for (const warning of next.warnings) log.warn({}, warning)
      metrics.reloaded(true)
      log.info({ applied }, 'configuration reloaded')
      happenings.tell('config_reloaded', { applied, waiting })
      if (waiting.length > 0) log.warn({ waiting }, 'these keys are in force after a restart')
    } catch (error) {
      const { message, where, hint } = error as KaroError
      metrics.reloaded(false)
      log.error(
        { reason: where === undefined ? message : `${where}: ${message}`, where, hint },
        'the configuration was not reloaded; what was in force stays',
      )
    }
    notify.ready(status)
  }

  /** The database's lock excludes a second daemon; the lock file says which process the first one is. */
  async function start(all: readonly Room[], signal: AbortSignal): Promise<void> {
    await refuseSecond(paths.lock, options.service)
    try {
      await startAll(all, signal, log)
    } catch (error) {
      if (error instanceof KaroError && error.code === 'conflict')
        await refuseSecond(paths.lock, options.service)
      throw error
    }
  }
}

/** A person who watches wants to know of troubles only, unless they asked for more. */
function levelOf({ terminal }: DaemonOptions, { log }: Config): Config['log']['level'] {
  return terminal && log.level === 'info' ? 'warn' : log.level
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
