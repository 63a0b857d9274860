// Turns what the rooms tell into events of the feed.

import { isFinal } from '../../agents/tasks/types.ts'
import type { TrustLevel } from '../../base/words/trust-levels.ts'
import type { AuditType } from '../../trust/audit/entry-types.ts'
import type { AuditRecord } from '../../trust/audit/index.ts'
import type { FeedData } from '../contract/shapes.ts'
import type { Rooms } from '../server/rooms.ts'
import { refsBy } from '../server/shown.ts'
import type { Feed } from './feed.ts'

/** Feeds events until the returned function is called. */
export function connectFeed(
  feed: Feed,
  {
    agents,
    alerts,
    approvals,
    audit,
    trust,
    observe,
    anomalies,
  }: Pick<Rooms, 'agents' | 'alerts' | 'approvals' | 'audit' | 'trust' | 'observe' | 'anomalies'>,
  reports: Rooms['reports'],
): () => void {
  const peerOf = refsBy(trust)

  const ends = [
    audit.onRecord((record) => {
      const { uid } = record.details
      FROM_LEDGER[record.type]?.(record, {
        feed,
        peer: record.peer === undefined ? undefined : peerOf(record.peer),
        // As in the ledger, an event that names a person goes to that person only.
        uid: typeof uid === 'number' ? uid : undefined,
      })
    }),
    trust.onPresence((node, presence, known_by) => {
      if (presence === 'online') feed.tell('member_seen', { peer: peerOf(node), known_by })
      else feed.tell('member_left', { peer: peerOf(node), why: presence === 'offline' ? 'goodbye' : 'lost' })
    }),
    observe.onRecorded((commands) => {
      for (const { uid, id, timestamp, category, risk_level } of commands) {
        const began_at = new Date(timestamp).toISOString()
        feed.tell('command_recorded', { command_id: id, began_at, category, risk_level }, uid)
      }
    }),
    anomalies.onBegun((uid, { id, kind, subject, severity }) => {
      feed.tell('anomaly_found', { signal_id: id, kind, subject, severity }, uid)
    }),
    alerts.onRaised((person, alert) => feed.tell('alert_raised', alert, person)),
    // Without a word of the command: who may see it asks for it. The feed knows persons only, so what another machine asks for is in the list alone.
    approvals.onChange(({ id, person, agent, class: of, change }) => {
      if (person === null) return
      const about = { approval_id: id, agent, class: of }
      if (change === 'wanted') feed.tell('approval_wanted', about, person)
      else feed.tell('approval_decided', { ...about, outcome: change }, person)
    }),
    agents.onAgent(({ id, person }, { state }) => feed.tell('agent_state', { agent: id, state }, person)),
    agents.tasks.onEvent(({ id, person, agent, traceId }, { state, seq }) => {
      const final = isFinal(state)
      feed.tell('task_progress', { task: id, agent, state, seq, final, trace_id: traceId }, person)
    }),
    // That it is crossed, and not by how much: the numbers are for who may read reports.
    reports.onThreshold((threshold, state) => feed.tell('report_threshold', { threshold, state })),
  ]
  return () => {
    for (const end of ends) end()
  }
}

interface Told {
  readonly feed: Feed
  readonly peer: FeedData['peer_connected']['peer'] | undefined
  readonly uid: number | undefined
}

/**
 * Turns an entry of the ledger into an event; the types that make none are listed in the test of this file. Approvals, alerts and
 * anomalies are told by their rooms (`connectFeed`), because they begin before there is an entry, or have none.
 */
export const FROM_LEDGER: Readonly<Partial<Record<AuditType, (record: AuditRecord, told: Told) => void>>> = {
  peer_connected(_, { feed, peer }) {
    if (peer !== undefined) feed.tell('peer_connected', { peer })
  },
  peer_disconnected({ details }, { feed, peer }) {
    if (peer !== undefined) feed.tell('peer_gone', { peer, reason: String(details.reason) })
  },
  peer_pending(_, { feed, peer }) {
    if (peer !== undefined) feed.tell('peer_pending', { peer })
  },
  query_asked({ details, trace_id }, { feed, uid }) {
    if (uid === undefined) return
    feed.tell(
      'query_asked',
      {
        query_type: String(details.query_type),
        status: String(details.status),
        known: Number(details.known),
        answered: Number(details.answered),
        trace_id,
      },
      uid,
    )
  },
  query_responded({ details, trace_id }, { feed, peer, uid }) {
    if (peer === undefined) return
    const query_type = String(details.query_type)
    const status = String(details.status)
    feed.tell('query_answered', { peer, query_type, status, trace_id }, uid)
  },
  summary_published({ details }, { feed }) {
    const { documents, periods, recipients } = details
    feed.tell('summary_published', {
      documents: Number(documents),
      periods: String(periods),
      recipients: Number(recipients),
    })
  },
  trust_change({ success, details }, { feed, peer }) {
    if (!success || peer === undefined) return
    const { action, level_before, level_after } = details
    feed.tell('trust_changed', {
      peer,
      action: String(action),
      level_before: level_before as TrustLevel,
      level_after: level_after as TrustLevel,
    })
  },
  consent_change({ details }, { feed, uid }) {
    if (uid === undefined) return
    const { change, who, categories } = details
    feed.tell(
      'consent_changed',
      {
        change: String(change),
        ...(who !== undefined && { who: String(who) }),
        ...(categories !== undefined && { categories: String(categories) }),
      },
      uid,
    )
  },
}
