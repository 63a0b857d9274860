// Builds what every room is given: configuration, logs, metrics, and the list of problems for a problem report.
import { dirname } from 'node:path'
import { systemClock as clock, systemRandom as random, systemTimers as timers } from '../base/clock.ts'
import { faultsFromEnv } from '../base/run/faults.ts'
import { personHome } from '../base/run/person-home.ts'
import { COMMIT, VERSION } from '../base/version.ts'
import { type Config, createLiveConfig, type LoadedConfig, loadConfig } from '../config/index.ts'
import type { HomePaths } from '../config/paths.ts'
import { createTraces } from '../ops/forward/traces.ts'
import { withoutHome } from '../ops/log/home.ts'
import { createJsonLog, createPlainLog } from '../ops/log/log.ts'
import { createLogRing } from '../ops/log/ring.ts'
import { withSinks } from '../ops/log/sinks.ts'
import { createMetrics } from '../ops/metrics/metrics.ts'
import type { Readings } from '../ops/metrics/readings.ts'
import { createProblems } from '../ops/system/report-problems.ts'
import { openTap } from '../ops/system/tap.ts'
import type { Identity } from '../trust/identity/index.ts'
import type { PolicySet } from '../trust/policy/index.ts'

/** Options that the command line passes to the daemon. */
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
  /** Where the process begins anew for a key of the configuration: what was read for that. The files may be others by now. */
  readonly checked?: { readonly loaded: LoadedConfig; readonly policies: PolicySet } | undefined
}

/** `readings` is called at each look at the metrics, when all rooms are built. Throws KaroError: `bad_config`. */
export function layFoundation(options: DaemonOptions, readings: () => Promise<Readings>) {
  const { paths, identity, env, write } = options
  const ownUid = process.getuid?.() ?? 0

  const load = () => loadConfig({ home: dirname(paths.config), env })
  const loaded = options.checked?.loaded ?? load()
  const live = createLiveConfig(loaded)
  const { config } = live
  const logs = createLogRing({ level: config.log.level, clock })
  const metrics = createMetrics({ version: VERSION, commit: COMMIT, clock, readings })
  // A problem report names places in files below this root: the repository, or the directory of the package.
  const problems = createProblems({ root: dirname(import.meta.dirname.replace(/\/daemon$/, '')), clock })
  const shown = options.terminal
    ? createPlainLog(levelOf(options, config), write)
    : createJsonLog({ level: levelOf(options, config) })
  // Only problem reports get whole paths, which identify places in the program; the other logs get no path below a
  // person's home.
  const traces = createTraces({
    config,
    clock,
    random,
    sender: { name: config.node.name, nodeId: identity.nodeId, version: VERSION },
    onTrouble(reason) {
      if (reason === undefined) log.info({}, 'the collector of traces takes them again')
      else log.warn({ reason }, 'the collector of traces does not take them; those of this time are lost')
    },
  })
  const log = withSinks(
    withoutHome(withSinks(shown, [logs.sink, metrics.logged, traces.sink]), personHome() ?? '/'),
    [problems.sink],
  )
  for (const warning of loaded.warnings) log.warn({}, warning)

  return {
    load,
    live,
    logs,
    metrics,
    problems,
    traces,
    /** Nearly every room is built with these. */
    common: { config, identity, clock, random, timers, log },
    name: config.node.name,
    ownUid,
    faults: faultsFromEnv(env),
    onEncoded: openTap(env.KARO_TAP),
    // For tests: a month would be too long for them. It makes lives shorter, never longer.
    lifeMs: Number(env.KARO_CERTIFICATE_LIFE_MS) || undefined,
  }
}

export type Foundation = ReturnType<typeof layFoundation>

/** The level of the daemon's own output: in a terminal only troubles, unless the configuration names another level than `info`. */
export function levelOf({ terminal }: DaemonOptions, { log }: Config): Config['log']['level'] {
  return terminal && log.level === 'info' ? 'warn' : log.level
}
