// karo events: shows what happens on this node as it happens, and continues when the daemon comes back.

import { EVENT_TYPES, type EventType } from '../../../api/contract/constants.ts'
import { getEvents } from '../../../api/contract/operations/events.ts'
import type { FeedData, FeedEvent } from '../../../api/contract/shapes.ts'
import { asTyped, defineCommand, localTime, printable, show, whole } from '../../kit.ts'
import { following } from '../../terminal/following.ts'
import { nameOf } from '../../views/lines.ts'

const LINES: { readonly [T in EventType]: (data: FeedData[T]) => string } = {
  peer_connected: ({ peer }) => `${nameOf(peer)} connected`,
  peer_gone: ({ peer, reason }) => `${nameOf(peer)} disconnected: ${printable(reason)}`,
  peer_pending: ({ peer }) => `${nameOf(peer)} waits for your decision: karo peers pending`,
  member_seen: ({ peer, known_by }) =>
    `member ${nameOf(peer)} is here${known_by === 'gossip' ? ', reached through others' : ''}`,
  member_left: ({ peer, why }) => `member ${nameOf(peer)} ${why === 'goodbye' ? 'left' : 'was lost'}`,
  trust_changed: ({ peer, action, level_before, level_after }) =>
    `${printable(action)} ${nameOf(peer)}: ${level_before} → ${level_after}`,
  query_asked: ({ query_type, status, answered, known }) =>
    `you asked ${printable(query_type)}: ${printable(status)}, ${answered} of ${known} answered`,
  query_answered: ({ peer, query_type, status }) =>
    `${nameOf(peer)} asked ${printable(query_type)}: ${printable(status)}`,
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

/** Time between attempts to reach a daemon that is away; short, so that it still keeps the events of the meantime. */
const AGAIN_MS = 1_000
const LIMIT_MAX = 1_000_000_000

/** Types that a person can choose; `lost` is shown in any case. */
const TYPES = EVENT_TYPES.filter((type) => type !== 'lost')

const follow = defineCommand('events', {
  summary: 'show events of this node as they happen, until Ctrl-C',
  shows: getEvents,
  options: {
    type: {
      value: 'type',
      repeat: true,
      description: 'only events of this type; may be given several times',
      choices: TYPES,
    },
    since: {
      value: 'id',
      description: 'continue after this event; 0 for all stored events (default: only new events)',
    },
    limit: { value: 'n', reads: whole(1, LIMIT_MAX), description: 'end after this many events' },
  },
  json: 'NDJSON, one JSON document a line, as it happens',
  examples: {
    'karo events --since 0 --limit 20': 'the 20 oldest events that are still kept',
  },
  async run(io, { options: { type, since, limit = Number.POSITIVE_INFINITY } }) {
    let left = limit
    let after = since
    const asked = following(io, AGAIN_MS, async (signal, met) => {
      const query = { types: type ?? [], since: after }
      for await (const { id, event } of io.daemon.events(getEvents, { query, signal })) {
        after = id
        met()
        if (event === undefined) continue
        show(io, event, () => `${eventLine(event)}\n`)
        if (--left <= 0) return true
      }
      return false
    })
    return asked.catch((error) => {
      throw asTyped(error, { since: '--since' })
    })
  },
})

export const commands = [follow]
