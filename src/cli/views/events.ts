// View of an event of the node: one line.

import type { EventType } from '../../api/contract/constants.ts'
import type { FeedData, FeedEvent } from '../../api/contract/shapes.ts'
import { formatFingerprint, localTime, printable } from '../../base/format.ts'

type Peer = FeedData['peer_connected']['peer']

const called = ({ name, fingerprint }: Peer): string =>
  name === '' ? formatFingerprint(fingerprint) : printable(name)

const LINES: { readonly [T in EventType]: (data: FeedData[T]) => string } = {
  peer_connected: ({ peer }) => `${called(peer)} connected`,
  peer_gone: ({ peer, reason }) => `${called(peer)} disconnected: ${printable(reason)}`,
  peer_pending: ({ peer }) => `${called(peer)} waits for your decision: karo peers pending`,
  member_seen: ({ peer, known_by }) =>
    `member ${called(peer)} is here${known_by === 'gossip' ? ', reached through others' : ''}`,
  member_left: ({ peer, why }) => `member ${called(peer)} ${why === 'goodbye' ? 'left' : 'was lost'}`,
  trust_changed: ({ peer, action, level_before, level_after }) =>
    `${printable(action)} ${called(peer)}: ${level_before} → ${level_after}`,
  query_asked: ({ query_type, status, answered, known }) =>
    `you asked ${printable(query_type)}: ${printable(status)}, ${answered} of ${known} answered`,
  query_answered: ({ peer, query_type, status }) =>
    `${called(peer)} asked ${printable(query_type)}: ${printable(status)}`,
  summary_published: ({ documents, periods, recipients }) =>
    `${documents} ${documents === 1 ? 'summary' : 'summaries'} published for ${recipients} ${recipients === 1 ? 'node' : 'nodes'}: ${printable(periods)}`,
  consent_changed: ({ change, who, categories }) =>
    `your sharing: ${[change, who, categories && `(${categories})`]
      .filter((word) => word !== undefined)
      .map(printable)
      .join(' ')}`,
  health_changed: ({ ready, failing }) =>
    ready ? 'ready' : `not ready: ${failing.map(printable).join(', ')}`,
  config_reloaded: ({ applied, waiting }) =>
    `configuration reloaded: ${keys(applied)}${waiting.length === 0 ? '' : `; after a restart: ${keys(waiting)}`}`,
  command_recorded: ({ category, risk_level }) => `a command of yours: ${printable(category)}, ${risk_level}`,
  anomaly_found: ({ signal_id, kind, subject, severity }) =>
    `unusual in your numbers: ${kind.replaceAll('_', ' ')}${subject === null ? '' : ` (${printable(subject)})`}, severity ${severity}: karo anomalies show ${printable(signal_id)}`,
  report_threshold: ({ threshold, state }) =>
    state === 'crossed'
      ? `totals cross the threshold ${printable(threshold)}: karo report, karo report thresholds`
      : `totals no longer cross the threshold ${printable(threshold)}`,
  approval_wanted: ({ approval_id, agent, class: of }) =>
    `${printable(agent)} waits for your approval (${of}): karo approvals show ${printable(approval_id)}`,
  approval_decided: ({ approval_id, agent, outcome }) =>
    `request ${printable(approval_id)} of ${printable(agent)}: ${outcome}`,
  agent_state: ({ agent, state }) => `agent ${printable(agent)}: ${printable(state)}`,
  alert_raised: ({ what, agent, reason }) =>
    `alert: ${agent === null ? '' : `${printable(agent)} `}${what.replaceAll('_', ' ')}: ${printable(reason)}`,
  task_progress: ({ task, agent, state }) =>
    `task ${printable(task)} of ${printable(agent)}: ${printable(state)}`,
  lost: ({ count }) =>
    count === null
      ? 'events before this are unknown, because the daemon was restarted'
      : `${count} ${count === 1 ? 'event was' : 'events were'} lost before this`,
}

const keys = (names: readonly string[]): string =>
  names.length === 0 ? 'nothing new' : names.map(printable).join(', ')

const WIDEST = Math.max(...Object.keys(LINES).map((type) => type.length))

export function eventLine(event: FeedEvent): string {
  // A newer daemon may send a type that has no line here.
  const line = Object.hasOwn(LINES, event.type)
    ? (LINES[event.type] as (data: unknown) => string)(event.data)
    : ''
  return `${localTime(event.timestamp)}  ${printable(event.type).padEnd(WIDEST)}  ${line}`
}
