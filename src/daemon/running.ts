// Tasks of a started daemon beside its rooms: it reports whether the daemon is ready, sends watchdog messages, and
// measures its own lag.
import type { Feed } from '../api/feed/index.ts'
import { systemTimers as timers } from '../base/clock.ts'
import { BUILD, VERSION } from '../base/version.ts'
import { loopUtilization, watchLag } from '../ops/metrics/lag.ts'
import { boundGenerations, keepCode, trimMemory } from '../ops/system/memory.ts'
import { type Notify, watchdogMs } from '../ops/system/notify.ts'
import { watchReadiness } from '../ops/system/readiness.ts'
import { startWatchdog, type Vital } from '../ops/system/watchdog.ts'
import { isDiskTrouble } from '../store/index.ts'
import type { DaemonOptions } from './options.ts'
import type { RouteParts } from './routes.ts'

/** How long after a start the list that Ctrl-R searches is read into memory; reading it at once would delay the start. */
const PREPARE_AFTER_MS = 2_000

interface RunningParts extends Pick<RouteParts, 'foundation' | 'local' | 'network' | 'health'> {
  readonly feed: Feed
  readonly notify: Notify
}

interface Running {
  /** One line for `systemctl status`. */
  status(): string
  /** Ends everything that `run` began; the rooms run on. */
  end(): void
}

/** Call this when all rooms have started. */
export function run(options: DaemonOptions, parts: RunningParts): Running {
  const { foundation, local, network, feed, health, notify } = parts
  const { metrics, name } = foundation
  const { clock, identity, log } = foundation.common
  const { audit, probe, store } = local
  let status = ''

  const unwatch = watchReadiness({ clock, timers }, health, (ready, reason, failing) => {
    status = ready ? `${name} is ready` : `${name} is not ready: ${reason}`
    // The service manager is told "started" in either case: it must not kill a daemon that lacks a port or a disk.
    notify.ready(status)
    feed.tell('health_changed', { ready, failing })
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
    status: () => status,
    end() {
      unprepare()
      unwatch()
      unfeed?.()
      unlag()
      untrim()
      keepCodeNow()
    },
  }
}
