// The composition root: builds the rooms in order, runs them until told to end, and stops them in reverse.
import { dirname } from 'node:path'
import { aborted } from 'node:util'
import { systemClock as clock, systemRandom as random, systemTimers as timers } from '../base/clock.ts'
import { EXIT, type ExitCode, KaroError } from '../base/errors.ts'
import { healthOf, stopAll } from '../base/run/lifecycle.ts'
import type { Room } from '../base/run/room.ts'
import { tolerated } from '../base/run/tolerated.ts'
import { BUILD, VERSION } from '../base/version.ts'
import { type FleetSettings, fleetFile, keepFleetSettings } from '../config/index.ts'
import type { Replaced } from '../config/live.ts'
import { loopUtilization, watchLag } from '../ops/metrics/lag.ts'
import { readAll } from '../ops/metrics/readings.ts'
import { boundGenerations, keepCode, trimMemory } from '../ops/system/memory.ts'
import { type Notify, openNotify, watchdogMs } from '../ops/system/notify.ts'
import { watchReadiness } from '../ops/system/readiness.ts'
import { watchEnding } from '../ops/system/signals.ts'
import { startWatchdog, type Vital } from '../ops/system/watchdog.ts'
import { isDiskTrouble } from '../store/index.ts'
import { switchIdentityFile } from '../trust/identity/index.ts'
import { loadPolicies } from '../trust/policy/load.ts'
import { type DaemonOptions, type Foundation, layFoundation } from './foundation.ts'
import { buildLocal, type Local } from './local.ts'
import { buildNetwork, type Network } from './network.ts'
import { reload, tellPolicies } from './reload.ts'
import { buildService, type Service } from './service.ts'
import { startRooms } from './start.ts'

/** How long after a start the list that Ctrl-R searches is read into memory; reading it at once would delay the start. */
const PREPARE_AFTER_MS = 2_000
/** Milliseconds after which whoever asked for a restart has the answer. */
const ANSWERED_MS = 100

/**
 * Runs the daemon in this process until SIGTERM, SIGINT or, unless a service manager runs it, SIGHUP. It then stops
 * within 5 s, and the promise resolves with the exit code. Throws KaroError when the daemon cannot start: `conflict`
 * with the pid of a daemon that runs here already, `bad_config`, `bad_file`. Nothing is left running after an error.
 */
export async function runDaemon(options: DaemonOptions): Promise<ExitCode> {
  for (let next: Next = options; ; ) {
    const outcome = await runOnce({ ...options, ...next })
    if (typeof outcome === 'number') return outcome
    next = outcome
  }
}

/**
 * With what the same process begins anew: under the new key after a rotation, without the mesh after leaving it, and with what a
 * reload has read where a key of the configuration needs it.
 */
type Next = Pick<DaemonOptions, 'identity' | 'checked'>

/** Runs until it is told to end, or to begin anew. */
async function runOnce(options: DaemonOptions): Promise<ExitCode | Next> {
  const { env, paths } = options
  const foundation = layFoundation(options, () =>
    readAll({
      ...local,
      ...network,
      health,
      version: VERSION,
      clock,
      feed: service.feed,
      tokens: service.http.tokenEnds,
      probe: local.probe.lately,
      places: { home: paths.db, spool: paths.spool },
    }),
  )
  const { config, log } = foundation.common
  const policies = options.checked?.policies ?? (await loadPolicies(config.policy.files))
  for (const warning of policies.warnings) log.warn({}, warning)
  const notify = await openNotify({ env, log })
  const started = Promise.withResolvers<(restart?: boolean) => Promise<Replaced>>()
  // The log says why a file cannot be used.
  const reloadSoon = () => void started.promise.then((reloadNow) => reloadNow()).catch(() => {})
  // A daemon under a service manager has no terminal that could hang up, so SIGHUP asks it to reload.
  const isManaged = options.service || env.NOTIFY_SOCKET
  using ending = watchEnding(log, clock, isManaged ? reloadSoon : undefined)

  const health = () => healthOf(rooms)
  const local = buildLocal(options, foundation, policies)
  const switched = Promise.withResolvers<Next>()
  const network = buildNetwork(foundation, local, {
    keyPath: paths.key,
    thresholdsPath: paths.thresholds,
    onSwitch: (identity) => switched.resolve({ identity, checked: undefined }),
  })
  const service = await buildService(options, {
    foundation,
    local,
    network,
    health,
    reload: async (restart) => (await started.promise)(restart),
  })
  const rooms = inOrder(foundation, local, network, service)
  let settings: FleetSettings | undefined
  const keepSettings = () =>
    keepFleetSettings(
      fleetFile(dirname(paths.config)),
      settings && { ...settings, follow: config.policy.follow },
      random,
    )
  local.organisation.onSettings((next) => {
    settings = next
    if (keepSettings()) reloadSoon()
  })

  try {
    await startRooms(options, rooms, ending.signal, log)
    if (policies.files.length > 0) await tellPolicies(local, policies)
    const running = run(options, { foundation, local, network, service, health, notify })
    let isEnding = false
    started.resolve(async (restart) => {
      if (isEnding) throw new KaroError('unavailable', 'the node is stopping')
      notify.reloading()
      try {
        const { applied, waiting, ...checked } = await reload(options, foundation, local, service.feed)
        if (restart && waiting.length > 0)
          timers.after(ANSWERED_MS, () => switched.resolve({ identity: options.identity, checked }))
        return { applied, waiting }
      } finally {
        if (settings) keepSettings()
        // Changed thresholds take effect at once instead of at the next check.
        void network.reports.look()
        if (!isEnding) notify.ready(running.status())
      }
    })
    await network.rotation.resume()
    const next = await Promise.race([switched.promise, aborted(ending.signal, ending).then(() => undefined)])
    isEnding = true
    network.rotation.stop()
    if (next) notify.reloading()
    else notify.stopping()
    running.end()
    void local.audit.record({
      type: 'node_stopped',
      success: next !== undefined || ending.code() === 0,
      details: {},
    })
    // While there are neighbours. What is written later, as about the end of the links, is signed when the ledger stops.
    await network.handOver()
    await stopAll(rooms, log)
    if (next !== undefined && !ending.signal.aborted) {
      const { identity } = next
      if (identity === options.identity || switchIdentityFile(paths.key, identity, random)) {
        log.info({ node_id: identity.nodeId, previous: options.identity.nodeId }, 'the node begins anew')
        return next
      }
      log.error({}, 'the key file holds another rotation; the old key stays')
      return EXIT.failed
    }
    log.info({}, 'stopped')
    return ending.code()
  } catch (error) {
    if (ending.signal.aborted) return ending.code()
    throw error
  } finally {
    await log.flush()
    notify.close()
  }
}

interface Started {
  readonly foundation: Foundation
  readonly local: Local
  readonly network: Network
  readonly service: Service
  readonly health: () => ReturnType<typeof healthOf>
  readonly notify: Notify
}

/**
 * Tasks of a started daemon beside its rooms: it reports whether the daemon is ready, sends watchdog messages, and measures
 * its own lag. To be called when all rooms have started.
 */
function run(options: DaemonOptions, { foundation, local, network, service, health, notify }: Started) {
  const { metrics, name } = foundation
  const { identity, log } = foundation.common
  const { audit, probe, store } = local
  let status = ''

  const unwatch = watchReadiness({ clock, timers }, health, (ready, reason, failing) => {
    status = ready ? `${name} is ready` : `${name} is not ready: ${reason}`
    // The service manager is told "started" in either case: it must not kill a daemon that lacks a port or a disk.
    notify.ready(status)
    service.feed.tell('health_changed', { ready, failing })
    if (ready) log.info({ node_id: identity.nodeId, name, version: BUILD }, 'ready')
    else log.warn({ node_id: identity.nodeId, name, version: BUILD, reason }, 'not ready')
    if (options.terminal)
      options.write(`karo: ${name} is ${ready ? '' : 'running, but not '}ready; Ctrl-C stops it\n`)
  })
  void audit.record({
    type: 'node_started',
    success: true,
    details: { version: VERSION, member_id: identity.memberId },
  })
  // An error is ignored: a daemon that ends meanwhile, or cannot read its store, is reported by other checks.
  const unprepare = timers.after(PREPARE_AFTER_MS, () => store.events.prepareSearch().catch(() => {}))
  boundGenerations()
  const untrim = trimMemory(timers)
  const keepCodeNow = keepCode(timers)
  const unlag = watchLag({ clock, timers, utilization: loopUtilization(), lagged: metrics.lagged })
  const vitals: readonly Vital[] = [
    { name: 'store', alive: () => probe.now().then(() => true, isDiskTrouble) },
    { name: 'mesh', alive: async () => network.mesh.alive() },
  ]
  const limitMs = watchdogMs(options.env)
  if (limitMs !== undefined) metrics.watchdog(limitMs)
  const alive = (): void => {
    notify.alive()
    metrics.fed()
  }
  const unfeed =
    limitMs === undefined ? undefined : startWatchdog({ limitMs, vitals, feed: alive, timers, log })

  return {
    /** One line for `systemctl status`. */
    status: () => status,
    /** Ends everything that `run` began; the rooms run on. */
    end(): void {
      unprepare()
      unwatch()
      unfeed?.()
      unlag()
      untrim()
      keepCodeNow()
    },
  }
}

/** The order rooms start in; they stop in reverse. */
function inOrder(
  { common: { config, log }, traces }: Foundation,
  {
    store,
    lock,
    access,
    people,
    audit,
    forward,
    fleet,
    trust,
    sessions,
    organisation,
    muscle,
    agents,
    resident,
    observe,
    processes,
    anomalies,
    approvals,
    capabilities,
    retention,
    vault,
    artifacts,
  }: Local,
  { mesh, documents, summaries, totals, query, reports, upkeep }: Network,
  { http, api, holdings, visits }: Service,
): readonly Room[] {
  return [
    store,
    lock,
    access,
    // Before everything that records or shows.
    people,
    audit,
    // Stopped last but for the ledger, so that it sends what the others write when they stop.
    forward,
    traces,
    // Before trust, which asks it who is certified.
    fleet,
    trust,
    sessions,
    observe,
    processes,
    anomalies,
    // These start before the mesh, because they have to know their documents and answers before the first frame comes.
    documents,
    // After documents, which have the bundle, and before anybody asks.
    organisation,
    summaries,
    totals,
    query,
    reports,
    holdings,
    retention,
    // Stopped before the mesh, when no question can arrive any more.
    visits,
    tolerated(mesh, { check: 'mesh.listening', log }),
    upkeep,
    vault,
    artifacts,
    capabilities,
    approvals,
    muscle,
    // After it, so that its tasks end while their jails can still be ended.
    agents,
    ...(resident === undefined ? [] : [resident]),
    http.tokens,
    http.tokenEnds,
    api,
    ...(config.http.enabled ? [tolerated(http.listener, { check: 'http.listening', log })] : []),
  ]
}
