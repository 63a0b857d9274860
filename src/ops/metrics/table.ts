// Every metric and every value a label may have, as data: nothing else is ever exported, whatever peers and callers send.
import { REJECT_CODES } from '../../../protocols/frame.ts'
import { ANSWER_STATUSES, QUERY_TYPES } from '../../../protocols/messages/query.ts'
import { AGENT_STATES } from '../../agents/runtime/agent-states.ts'
import { isFinal, TASK_STATES } from '../../agents/tasks/types.ts'
import { GATES } from '../../agents/types.ts'
import { HEALTH_CHECKS } from '../../base/run/checks.ts'
import { LOG_LEVELS } from '../../base/run/log.ts'
import { KINDS } from '../../base/words/signal.ts'
import { ENDINGS, OUTCOMES } from '../../exchange/query/words.ts'
import { THRESHOLDS } from '../../exchange/report/index.ts'

/** Stands for a value that is not in its label's table: a mistake in this program, or a value that another node chose. */
export const OTHER = 'other'

/** All values of each label. No label holds node ids, names, people, paths or commands. */
export const LABELS = {
  anomaly: KINDS,
  check: HEALTH_CHECKS,
  agent_state: AGENT_STATES,
  /** Of tasks that are under way. */
  task_state: TASK_STATES.filter((state) => !isFinal(state)),
  gate: GATES,
  /** Of artifacts between machines: who asked may not read it, or what came was something else. */
  artifact_denial: ['reader', 'content'],
  /** Why a frame was refused. */
  reason: REJECT_CODES,
  presence: ['online', 'unsure', 'offline'],
  role: ['own', 'received', 'relayed'],
  place: ['home', 'spool'],
  /** Of an operator's certificate. */
  standing: ['valid', 'expired', 'revoked', 'void'],
  query_type: QUERY_TYPES,
  ended_by: ENDINGS,
  outcome: OUTCOMES,
  status: ANSWER_STATUSES,
  side: ['asking', 'answering'],
  /** Of `[reports.thresholds]`. */
  threshold: THRESHOLDS,
  /** `any`: of routes that are not told apart. */
  method: ['GET', 'POST', 'DELETE', 'OPTIONS', 'any'],
  /** Class of an HTTP status. */
  class: ['1xx', '2xx', '3xx', '4xx', '5xx'],
  level: LOG_LEVELS,
  /** Why the API on TCP turned a request away. */
  refusal: ['host', 'cross_site', 'malformed', 'credential', 'rate'],
} as const satisfies Readonly<Record<string, readonly string[]>>
type Label = keyof typeof LABELS

/** Labels whose values only the running program knows: its versions, and the patterns of its own routes. */
export const OWN_LABELS = ['version', 'commit', 'node_version', 'route'] as const
type OwnLabel = (typeof OWN_LABELS)[number]

export interface Metric {
  readonly type: 'gauge' | 'counter' | 'histogram'
  /** One sentence, shown by tools that read metrics. */
  readonly help: string
  readonly labels?: readonly (Label | OwnLabel)[]
  /** Read from the rooms at each look; else counted where it happens. */
  readonly read?: true
  /** Seconds, of a histogram. */
  readonly buckets?: readonly number[]
}

/**
 * Named as Prometheus' conventions have it: base units, `_total` on counters. No number of one person's commands is here,
 * nor anything that grows with each: a series of it would show when somebody works.
 */
export const METRICS = {
  karo_build_info: {
    type: 'gauge',
    help: 'Always 1: which program runs here, and of which commit it was built.',
    labels: ['version', 'commit', 'node_version'],
  },
  karo_ready: { read: true, type: 'gauge', help: '1 while every health check is passed, else 0.' },
  karo_health_check_ok: {
    read: true,
    type: 'gauge',
    help: '1 while this check is passed, else 0.',
    labels: ['check'],
  },
  karo_config_last_reload_successful: {
    type: 'gauge',
    help: 'Whether the last reload of the configuration could use it; 1 after a start.',
  },
  karo_config_last_reload_success_timestamp_seconds: {
    type: 'gauge',
    help: 'When the configuration in force was read.',
  },
  karo_log_lines_total: {
    type: 'counter',
    help: 'Lines logged, those below log.level included.',
    labels: ['level'],
  },

  karo_mesh_listen_addresses: { read: true, type: 'gauge', help: 'Addresses the mesh listens on.' },
  karo_mesh_neighbours: {
    read: true,
    type: 'gauge',
    help: 'Nodes that are connected and admitted by both ends.',
  },
  karo_mesh_neighbours_other_version: {
    read: true,
    type: 'gauge',
    help: 'Neighbours that run another version of Karo.',
  },
  karo_mesh_pending_peers: {
    read: true,
    type: 'gauge',
    help: 'Nodes that wait for the approval of a person here.',
  },
  karo_mesh_one_sided_peers: {
    read: true,
    type: 'gauge',
    help: 'Nodes trusted here that did not admit this one when last connected.',
  },
  karo_mesh_members: {
    read: true,
    type: 'gauge',
    help: 'Other members known here, by what was last heard of them.',
    labels: ['presence'],
  },
  karo_mesh_clock_skew_seconds: {
    read: true,
    type: 'gauge',
    help: "The largest difference between a neighbour's clock and this one's; absent without neighbours.",
  },
  karo_mesh_rejected_frames_total: {
    read: true,
    type: 'counter',
    help: 'Frames and connections refused.',
    labels: ['reason'],
  },

  karo_mesh_certificate_remaining_seconds: {
    read: true,
    type: 'gauge',
    help: "How long this node's own certificate still holds, 0 when it holds no more; absent in no mesh of a root.",
  },
  karo_mesh_certificate_life_seconds: {
    read: true,
    type: 'gauge',
    help: "The whole life of this node's own certificate; absent where none holds.",
  },
  karo_mesh_issuers: {
    read: true,
    type: 'gauge',
    help: 'Other issuers of the mesh, by what was last heard of them.',
    labels: ['presence'],
  },
  karo_mesh_revocation_list_age_seconds: {
    read: true,
    type: 'gauge',
    help: 'How old the newest revocation list is; after seven days certificates open no data here.',
  },
  karo_operators: {
    read: true,
    type: 'gauge',
    help: 'Operators whose certificates came here, by what these are worth now.',
    labels: ['standing'],
  },
  karo_operator_logins: { read: true, type: 'gauge', help: 'People who are logged in here as operators.' },

  karo_documents: { read: true, type: 'gauge', help: 'Signed documents kept here.', labels: ['role'] },
  karo_documents_bytes: { read: true, type: 'gauge', help: 'What they take together.' },
  karo_document_conflicts_total: {
    read: true,
    type: 'counter',
    help: 'Documents refused because their author had signed another one under the same version.',
  },
  karo_sharing_recipients: {
    read: true,
    type: 'gauge',
    help: "Nodes that this one's summaries are sealed to.",
  },
  karo_sharing_recipients_left_out: {
    read: true,
    type: 'gauge',
    help: 'Nodes that may read the summaries, but for whom one document has no room.',
  },
  karo_summaries_refused_total: {
    read: true,
    type: 'counter',
    help: 'Summaries for this node that did not open or said what cannot be.',
  },

  karo_query_duration_seconds: {
    type: 'histogram',
    help: 'Questions of this node, from being asked to their result.',
    labels: ['query_type', 'ended_by'],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60],
  },
  karo_query_members_total: {
    type: 'counter',
    help: 'Members counted in the coverage of questions of this node.',
    labels: ['outcome'],
  },
  karo_answers_total: {
    type: 'counter',
    help: 'Answers of this node to questions of others, refusals included.',
    labels: ['query_type', 'status'],
  },
  karo_queries_in_progress: {
    read: true,
    type: 'gauge',
    help: 'Questions under way: of this node, and of others that are worked on here.',
    labels: ['side'],
  },
  karo_answers_relayed_total: { read: true, type: 'counter', help: 'Answers of others passed on.' },
  karo_answers_relay_dropped_total: {
    read: true,
    type: 'counter',
    help: 'Answers of others that were not passed on: unasked for, twice, or too many.',
  },

  karo_report_threshold_crossed: {
    read: true,
    type: 'gauge',
    help: '1 while the newest released totals cross this threshold of the configuration, else 0; absent where it is not watched or not known.',
    labels: ['threshold'],
  },

  karo_store_bytes: {
    read: true,
    type: 'gauge',
    help: 'Size of the database on disk, in whole MiB: it does not move with each command.',
  },
  karo_store_probe_success: {
    type: 'gauge',
    help: 'Whether the database kept a value it was given when it was last tried.',
  },
  karo_store_probe_duration_seconds: {
    type: 'histogram',
    help: 'How long the database took to write a value and read it back.',
    buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10],
  },
  karo_filesystem_available_bytes: {
    read: true,
    type: 'gauge',
    help: 'Room left where the database and the spool are.',
    labels: ['place'],
  },
  karo_filesystem_size_bytes: {
    read: true,
    type: 'gauge',
    help: 'Size of the file systems they are on.',
    labels: ['place'],
  },
  karo_spool_pending_bytes: {
    read: true,
    type: 'gauge',
    help: 'What shells wrote that is not stored yet, in whole steps of 64 KiB.',
  },
  karo_spool_dropped_records_total: {
    read: true,
    type: 'counter',
    help: 'Commands that were lost before they could be stored, in the life of this database.',
  },
  karo_spool_failures_total: {
    read: true,
    type: 'counter',
    help: 'Times that something of the spool could not be read or stored, and had to wait.',
  },
  karo_anomaly_signals: {
    read: true,
    type: 'gauge',
    help: 'Signals of anomalies of everybody here that are kept and began before today (UTC): when somebody works does not show.',
    labels: ['anomaly'],
  },
  karo_audit_entries_total: {
    read: true,
    type: 'counter',
    help: 'Entries written in the life of the ledger.',
  },
  karo_audit_dropped_entries_total: {
    read: true,
    type: 'counter',
    help: 'Entries that could not be written.',
  },

  karo_api_requests_total: {
    type: 'counter',
    help: 'Requests answered, by the pattern of their route; those for affairs of one person are all one.',
    labels: ['route', 'method', 'class'],
  },
  karo_api_request_duration_seconds: {
    type: 'histogram',
    help: 'How long they took; those that are followed for long included.',
    labels: ['route'],
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
  },

  karo_event_followers: {
    read: true,
    type: 'gauge',
    help: 'Who follows what happens on the node (karo events, pages), now; 32 at most.',
  },
  karo_api_tokens_ending: {
    read: true,
    type: 'gauge',
    help: 'Tokens of everybody here that end within 14 days, without those made for less than a day.',
  },
  karo_forward_waiting_entries: {
    read: true,
    type: 'gauge',
    help: 'Entries of the ledger that the target of forward.to that is furthest behind does not have yet.',
  },
  karo_agents: { read: true, type: 'gauge', help: 'Agents of this node.', labels: ['agent_state'] },
  karo_agent_tasks: {
    read: true,
    type: 'gauge',
    help: 'Tasks of agents that are under way. Those that are over are not counted, because their number shows when somebody works.',
    labels: ['task_state'],
  },
  karo_agent_denials_total: {
    type: 'counter',
    help: 'What agents and AI tools asked for and a gate denied.',
    labels: ['gate'],
  },
  karo_artifact_denials_total: {
    type: 'counter',
    help: 'Artifacts that another machine was refused here, or sent wrongly. Those that were read are in the ledger alone, because their number shows when somebody works.',
    labels: ['artifact_denial'],
  },
  karo_api_refused_total: {
    type: 'counter',
    help: 'Requests over TCP that were turned away; those for their form, host or origin are in no other metric.',
    labels: ['refusal'],
  },

  karo_watchdog_limit_seconds: {
    type: 'gauge',
    help: 'How long the service manager waits for a sign of life; absent without a watchdog.',
  },
  karo_watchdog_last_fed_timestamp_seconds: {
    type: 'gauge',
    help: 'When it was last given one.',
  },
  karo_event_loop_lag_seconds: {
    type: 'histogram',
    help: 'How late a timer ran that was due every second, or every 15 s while the loop is idle.',
    buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10],
  },
  karo_event_loop_busy_seconds_total: {
    read: true,
    type: 'counter',
    help: 'Time in which the event loop did not wait for anything.',
  },
  process_cpu_seconds_total: {
    read: true,
    type: 'counter',
    help: 'CPU time of the daemon, user and system.',
  },
  process_resident_memory_bytes: { read: true, type: 'gauge', help: 'Resident memory of the daemon.' },
  process_start_time_seconds: { read: true, type: 'gauge', help: 'When the daemon started.' },
  process_open_fds: { read: true, type: 'gauge', help: 'Open file descriptors of the daemon.' },
  process_max_fds: { read: true, type: 'gauge', help: 'How many it may have.' },
  nodejs_heap_size_used_bytes: { read: true, type: 'gauge', help: "Used part of V8's heap." },
} as const satisfies Readonly<Record<string, Metric>>
export type MetricName = keyof typeof METRICS
