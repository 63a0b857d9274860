// Reads the rooms' values for the metrics at each look, so that nothing is counted twice.
import { readdirSync, readFileSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import type { Runtime } from '../../agents/index.ts'
import type { Clock } from '../../base/clock.ts'
import { roughSize, roughWaiting } from '../../base/rough.ts'
import type { HealthCheck } from '../../base/run/room.ts'
import type { Documents } from '../../exchange/documents/index.ts'
import type { Query } from '../../exchange/query/index.ts'
import type { Reports } from '../../exchange/reports/index.ts'
import type { Summaries } from '../../exchange/summaries/index.ts'
import type { Anomalies } from '../../insight/anomalies/index.ts'
import type { Mesh } from '../../mesh/index.ts'
import type { Observe } from '../../observe/record/index.ts'
import type { Store } from '../../store/index.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Fleet } from '../../trust/certificates/index.ts'
import type { Sessions } from '../../trust/operators/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import { LABELS, METRICS, type Metric, type MetricName } from './table.ts'

export interface Sources {
  readonly version: string
  readonly health: () => { readonly ready: boolean; readonly checks: readonly HealthCheck[] }
  readonly mesh: Pick<Mesh, 'status' | 'rejections' | 'inspect'>
  readonly trust: Pick<Trust, 'members' | 'member'>
  readonly fleet: Pick<Fleet, 'state' | 'certified'> & {
    readonly operators: Pick<Fleet['operators'], 'list'>
  }
  readonly sessions: Pick<Sessions, 'count'>
  readonly clock: Pick<Clock, 'now'>
  readonly documents: Pick<Documents, 'counts'>
  readonly summaries: Pick<Summaries, 'status'>
  readonly query: Pick<Query, 'status'>
  readonly reports: Pick<Reports, 'watched'>
  readonly store: Pick<Store, 'bytes'>
  readonly observe: Pick<Observe, 'status' | 'failures'>
  readonly audit: Pick<Audit, 'status'>
  readonly anomalies: Pick<Anomalies, 'counts'>
  /** Where the ledger is sent. */
  readonly forward: { status(): readonly { readonly waiting: number }[] }
  readonly agents: Pick<Runtime, 'states'>
  /** The feed also has what people did; the metrics get only the number of its followers. */
  readonly feed: { followers(): number }
  /** Tokens of the API. */
  readonly tokens: { count(): number }
  /** Tries the database and says so to the metrics; at most as often as it finds sensible. */
  readonly probe: () => Promise<void>
  /** Directories. */
  readonly places: Readonly<Record<(typeof LABELS.place)[number], string>>
}

interface Reading {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
}

/** The present values of every metric that is read; empty when a value is not known. */
export type Readings = ReadonlyMap<MetricName, readonly Reading[]>

/** Each part is read by itself, so that a part that fails leaves the others. */
type Part = (
  sources: Sources,
) => Promise<Partial<Record<MetricName, Value>>> | Partial<Record<MetricName, Value>>
/** A number, or numbers by the value of the one label; undefined: not known. */
type Value = number | undefined | { readonly label: string; readonly by: Readonly<Record<string, number>> }

const READ = (Object.entries(METRICS) as [MetricName, Metric][])
  .filter(([, { read }]) => read)
  .map(([name]) => name)

export async function readAll(sources: Sources): Promise<Readings> {
  const readings = new Map<MetricName, readonly Reading[]>(READ.map((name) => [name, []]))
  const parts = await Promise.all(
    // Of a room that is not up, or whose disk is gone, the health check says so.
    PARTS.map((part) => (async () => part(sources))().catch(() => ({}))),
  )
  for (const part of parts) {
    for (const [name, value] of Object.entries(part)) readings.set(name as MetricName, readingsOf(value))
  }
  return readings
}

function readingsOf(value: Value): Reading[] {
  if (value === undefined) return []
  if (typeof value === 'number') return [{ labels: {}, value }]
  return Object.entries(value.by).map(([of, number]) => ({ labels: { [value.label]: of }, value: number }))
}

const by = (label: keyof typeof LABELS, numbers: Readonly<Record<string, number>>): Value => ({
  label,
  by: numbers,
})

const tally = (values: readonly string[], found: readonly string[]): Readonly<Record<string, number>> =>
  Object.fromEntries(values.map((value) => [value, found.filter((one) => one === value).length]))

/** How many are online, unsure and offline; a node that is not known counts as offline. */
const presenceOf = (members: readonly ReturnType<Trust['member']>[]): Value => {
  const found = members.map((one) => (!one || one.offline ? 'offline' : one.unsure ? 'unsure' : 'online'))
  return by('presence', tally(LABELS.presence, found))
}

const health: Part = (sources) => {
  const { ready, checks } = sources.health()
  const ok = Object.fromEntries(checks.map((check) => [check.name, Number(check.ok)]))
  return { karo_ready: Number(ready), karo_health_check_ok: by('check', ok) }
}

const mesh: Part = ({ mesh, trust, version }) => {
  const { listen, peers_connected, peers_pending } = mesh.status()
  const { connections, one_sided } = mesh.inspect()
  const neighbours = connections.filter(({ admitted }) => admitted)
  const skews = neighbours.flatMap(({ skew_ms }) => (skew_ms === null ? [] : [Math.abs(skew_ms)]))
  return {
    karo_mesh_listen_addresses: listen.length,
    karo_mesh_neighbours: peers_connected,
    karo_mesh_neighbours_other_version: neighbours.filter(
      ({ karo_version }) => karo_version !== null && karo_version !== version,
    ).length,
    karo_mesh_pending_peers: peers_pending,
    karo_mesh_one_sided_peers: one_sided.length,
    karo_mesh_members: presenceOf(trust.members()),
    karo_mesh_clock_skew_seconds: skews.length === 0 ? undefined : Math.max(...skews) / 1000,
    karo_mesh_rejected_frames_total: by('reason', mesh.rejections()),
  }
}

const certificates: Part = ({ fleet, trust, sessions, clock }) => {
  const { mesh, own, lists_at } = fleet.state()
  if (mesh === null) return {}
  const issuers = fleet
    .certified()
    .filter(({ usage, node_id }) => usage === 'issuer' && node_id !== own?.node_id)
  const seconds = (ms: number): number => Math.max(0, Math.round(ms / 1000))
  return {
    karo_mesh_certificate_remaining_seconds: own === null ? 0 : seconds(own.not_after - clock.now()),
    karo_mesh_certificate_life_seconds: own === null ? undefined : seconds(own.not_after - own.not_before),
    karo_mesh_issuers: presenceOf(issuers.map(({ node_id }) => trust.member(node_id))),
    karo_mesh_revocation_list_age_seconds: lists_at === null ? undefined : seconds(clock.now() - lists_at),
    karo_operators: by(
      'standing',
      tally(
        LABELS.standing,
        fleet.operators.list().map(({ state }) => state),
      ),
    ),
    karo_operator_logins: sessions.count(),
  }
}

const kept: Part = ({ documents, summaries }) => {
  const { own, received, relayed, bytes, conflicts } = documents.counts()
  const { recipients, left_out, refused } = summaries.status()
  return {
    karo_documents: by('role', { own, received, relayed }),
    karo_documents_bytes: bytes,
    karo_document_conflicts_total: conflicts,
    karo_sharing_recipients: recipients,
    karo_sharing_recipients_left_out: left_out,
    karo_summaries_refused_total: refused,
  }
}

const questions: Part = ({ query }) => {
  const { asking, answering, relayed, relay_dropped } = query.status()
  return {
    karo_queries_in_progress: by('side', { asking, answering }),
    karo_answers_relayed_total: relayed,
    karo_answers_relay_dropped_total: relay_dropped,
  }
}

const reports: Part = ({ reports }) => {
  const { thresholds } = reports.watched()
  const known = thresholds.flatMap(({ threshold, crossed }) =>
    crossed === null ? [] : [[threshold, Number(crossed)] as const],
  )
  return {
    karo_report_threshold_crossed: by('threshold', Object.fromEntries(known)),
  }
}

const store: Part = async ({ store, probe }) => {
  await probe()
  return { karo_store_bytes: roughSize(await store.bytes()) }
}

const spool: Part = async ({ observe }) => {
  const { pending_bytes, dropped } = await observe.status()
  return {
    karo_spool_pending_bytes: roughWaiting(pending_bytes),
    karo_spool_dropped_records_total: dropped,
    karo_spool_failures_total: observe.failures(),
  }
}

const ledger: Part = ({ audit }) => {
  const { written, dropped } = audit.status()
  return { karo_audit_entries_total: written, karo_audit_dropped_entries_total: dropped }
}

const unusual: Part = async ({ anomalies }) => ({
  karo_anomaly_signals: by('anomaly', await anomalies.counts()),
})

const followed: Part = ({ feed }) => ({ karo_event_followers: feed.followers() })

const agents: Part = ({ agents }) => {
  const states = agents.states()
  return {
    karo_agents: by('agent_state', tally(LABELS.agent_state, states.agents)),
    karo_agent_tasks: by('task_state', tally(LABELS.task_state, states.tasks)),
  }
}

const forward: Part = ({ forward }) => ({
  karo_forward_waiting_entries: Math.max(0, ...forward.status().map(({ waiting }) => waiting)),
})

const tokens: Part = ({ tokens }) => ({ karo_api_tokens_ending: tokens.count() })

const disks: Part = async ({ places }) => {
  const available: Record<string, number> = {}
  const size: Record<string, number> = {}
  for (const [place, directory] of Object.entries(places)) {
    const { bavail, blocks, bsize } = await statfs(directory)
    available[place] = bavail * bsize
    size[place] = blocks * bsize
  }
  return {
    karo_filesystem_available_bytes: by('place', available),
    karo_filesystem_size_bytes: by('place', size),
  }
}

/** The names are the usual ones of exporters, so that existing dashboards fit. */
const daemon: Part = () => {
  const { user, system } = process.cpuUsage()
  const { rss, heapUsed } = process.memoryUsage()
  return {
    process_cpu_seconds_total: (user + system) / 1e6,
    process_resident_memory_bytes: rss,
    process_start_time_seconds: performance.timeOrigin / 1000,
    nodejs_heap_size_used_bytes: heapUsed,
    karo_event_loop_busy_seconds_total: performance.eventLoopUtilization().active / 1000,
  }
}

/** Linux tells them in files. */
const descriptors: Part = () => ({
  process_open_fds: readdirSync('/proc/self/fd').length,
  process_max_fds: Number(/^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1]),
})

const PARTS: readonly Part[] = [
  health,
  mesh,
  certificates,
  kept,
  questions,
  reports,
  store,
  spool,
  ledger,
  unusual,
  followed,
  agents,
  tokens,
  forward,
  disks,
  daemon,
  descriptors,
]
