// The daemon's metrics: values counted where they happen, and values read from the rooms at each look.
import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import { singleFlight } from '../../base/async/single-flight.ts'
import type { Clock } from '../../base/clock.ts'
import type { LogLevel } from '../../base/run/log.ts'
import type { RequestSeen } from '../../base/words/request-seen.ts'
import type { QueryWatch } from '../../exchange/query/index.ts'
import { toOpenMetrics } from './format.ts'
import type { Readings } from './readings.ts'
import { LABELS, METRICS, type Metric, type MetricName, OTHER } from './table.ts'

/** Stands for the routes of all affairs of one person. */
const PERSONAL = 'personal'
/** Most routes that are told apart. Routes are constants of the program, so this bound is a precaution. */
const ROUTES_MAX = 128

type Labels = Record<string, string | number>

export function createMetrics(options: {
  readonly version: string
  /** The commit that the program was built of; absent where the sources run as they are. */
  readonly commit?: string | undefined
  readonly clock: Clock
  /** The values that are read from rooms at each look; rooms that fail are left out. */
  readonly readings: () => Promise<Readings>
}) {
  const { version, commit = 'unknown', clock, readings } = options
  const registry = new Registry()
  const all = new Map(Object.entries(METRICS).map(([name, metric]) => [name, make(name, metric, registry)]))
  const routes = new Set<string>()

  const counter = (name: MetricName): Counter => all.get(name) as Counter
  const gauge = (name: MetricName): Gauge => all.get(name) as Gauge
  const histogram = (name: MetricName): Histogram => all.get(name) as Histogram
  const seconds = (): number => clock.now() / 1000

  // A counter begins at 0, because one that appears with 1 shows no increase in a rate. Those of several labels are left out:
  // most of their series never come.
  for (const [name, metric] of all) {
    const { read, labels: [label, ...others] = [] }: Metric = METRICS[name as MetricName]
    if (!(metric instanceof Counter) || read || label === undefined || others.length > 0) continue
    if (label in LABELS)
      for (const value of LABELS[label as keyof typeof LABELS]) metric.inc({ [label]: value }, 0)
  }
  gauge('karo_build_info').set({ version, commit, node_version: process.versions.node }, 1)
  reloaded(true)

  function reloaded(ok: boolean): void {
    gauge('karo_config_last_reload_successful').set(ok ? 1 : 0)
    if (ok) gauge('karo_config_last_reload_success_timestamp_seconds').set(seconds())
  }

  function routeOf(route: string | undefined): string {
    if (route === undefined) return OTHER
    if (!routes.has(route) && routes.size >= ROUTES_MAX) return OTHER
    routes.add(route)
    return route
  }

  /** Replaces all read values; a reading that is missing now shows nothing. */
  // Clients that look at the same time share one reading.
  const lookOnce = singleFlight(look)

  async function look(): Promise<string> {
    for (const [name, values] of await readings()) {
      const metric = all.get(name) as Counter | Gauge
      clear(metric, METRICS[name])
      for (const { labels, value } of values) {
        const bounded = boundedLabels(labels)
        if (metric instanceof Gauge) metric.set(bounded, value)
        else metric.inc(bounded, value)
      }
    }
    return registry.metrics()
  }

  const query: QueryWatch = {
    asked({ query_type, ended_by, coverage, timing }) {
      const labels = boundedLabels({ query_type, ended_by })
      histogram('karo_query_duration_seconds').observe(labels, timing.elapsed_ms / 1000)
      for (const { outcome } of coverage.nodes) {
        counter('karo_query_members_total').inc(boundedLabels({ outcome }))
      }
    },
    answered: (labels) => counter('karo_answers_total').inc(boundedLabels(labels)),
  }

  return {
    query,
    request({ route: pattern, personal, method, status, elapsed_ms }: RequestSeen) {
      // The method is hidden on personal routes, because a POST among them would show that a person changed something.
      const route = personal ? PERSONAL : routeOf(pattern)
      const bounded = boundedLabels({
        method: personal ? 'any' : method,
        class: `${Math.floor(status / 100)}xx`,
      })
      counter('karo_api_requests_total').inc({ route, ...bounded })
      histogram('karo_api_request_duration_seconds').observe({ route }, elapsed_ms / 1000)
    },
    /** The API on TCP turned a request away. */
    refused: (refusal: (typeof LABELS.refusal)[number]) =>
      counter('karo_api_refused_total').inc(boundedLabels({ refusal })),
    /** A gate denied what an agent or an AI tool asked for. */
    denied: (gate: (typeof LABELS.gate)[number]) =>
      counter('karo_agent_denials_total').inc(boundedLabels({ gate })),
    /** An artifact was refused to another machine, or what that one sent was refused. */
    artifactDenied: (denial: (typeof LABELS.artifact_denial)[number]) =>
      counter('karo_artifact_denials_total').inc(boundedLabels({ artifact_denial: denial })),
    logged: (level: LogLevel) => counter('karo_log_lines_total').inc(boundedLabels({ level })),
    /** The configuration was reloaded; false: it could not be used. */
    reloaded,
    /** The service manager waits this long for a sign of life. */
    watchdog: (limitMs: number) => gauge('karo_watchdog_limit_seconds').set(limitMs / 1000),
    fed: () => gauge('karo_watchdog_last_fed_timestamp_seconds').set(seconds()),
    /** The database was tried; false: it did not keep a value. */
    probed(ok: boolean, elapsed_ms: number) {
      gauge('karo_store_probe_success').set(ok ? 1 : 0)
      histogram('karo_store_probe_duration_seconds').observe(elapsed_ms / 1000)
    },
    /** The event loop ran a timer this much too late. */
    lagged: (late_ms: number) =>
      histogram('karo_event_loop_lag_seconds').observe(Math.max(0, late_ms) / 1000),
    /** All of them, in Prometheus' text format 0.0.4 or as OpenMetrics 1.0. Never rejects: what cannot be read is left out. */
    async render(format: 'text' | 'openmetrics') {
      const text = await lookOnce()
      return format === 'text'
        ? { type: Registry.PROMETHEUS_CONTENT_TYPE, body: text }
        : { type: Registry.OPENMETRICS_CONTENT_TYPE, body: toOpenMetrics(text) }
    },
  }
}

function make(name: string, metric: Metric, registry: Registry) {
  const { type, help, labels = [], buckets } = metric
  const common = { name, help, labelNames: labels, registers: [registry] }
  switch (type) {
    case 'counter':
      return new Counter(common)
    case 'gauge':
      return clear(new Gauge(common), metric)
    case 'histogram':
      return new Histogram({ ...common, buckets: [...(buckets ?? [])] })
  }
}

/** Nothing is known: nothing is shown, rather than the 0 at which a metric without labels starts. */
function clear<M extends Counter | Gauge>(metric: M, { labels = [] }: Metric): M {
  metric.reset()
  if (labels.length === 0) metric.remove()
  return metric
}

/** Values that are not in the table of their label become `other`. */
function boundedLabels(labels: Readonly<Record<string, string>>): Labels {
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => {
      const table: readonly string[] = LABELS[name as keyof typeof LABELS]
      return [name, table.includes(value) ? value : OTHER]
    }),
  )
}
