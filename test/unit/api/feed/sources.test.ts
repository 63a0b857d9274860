// What the rooms tell becomes events: each for whom it is, and never with anything of a command's text.
import { expect, test } from 'vitest'
import type { FeedData, FeedEvent } from '../../../../src/api/contract/shapes.ts'
import { connectFeed, createFeed } from '../../../../src/api/feed/index.ts'
import { FROM_LEDGER } from '../../../../src/api/feed/sources.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { createListeners } from '../../../../src/base/run/listeners.ts'
import { AUDIT_TYPES, type AuditType } from '../../../../src/trust/audit/entry-types.ts'
import type { AuditRecord } from '../../../../src/trust/audit/index.ts'
import type { Presence } from '../../../../src/trust/peers/index.ts'
import { createFakeTrust } from '../../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { some } from '../../../support/some.ts'

const { nodeId: bob, fingerprint } = testIdentity(2)
const peer = { node_id: bob, fingerprint, name: 'bob' }
const clock = { now: () => 1_763_626_500_000, monotonic: () => 0 }
const [ANN, CID] = [1000, 1001]

type Heard = Parameters<typeof connectFeed>[1]

/** A feed that listens to rooms in which a test says what happens. */
function rooms() {
  const feed = createFeed({ clock, random: systemRandom })
  let listening = 0
  /** What one room tells, and how the feed listens to it. */
  const room = <Args extends readonly unknown[]>() => {
    const { tell, on } = createListeners<Args>()
    const listen = (listener: (...args: Args) => void) => {
      listening++
      const end = on(listener)
      return () => {
        listening--
        end()
      }
    }
    return { tell, listen: listen as (listener: (...args: never) => void) => () => void }
  }
  const record = room<[AuditRecord]>()
  const presence = room<[typeof bob, Presence, 'gossip']>()
  const recorded = room<[readonly object[]]>()
  const begun = room<[uid: number, signal: object]>()
  const raised = room<[uid: number, FeedData['alert_raised']]>()
  const turned = room<['risky', 'crossed' | 'ended']>()
  const approval = room<[object]>()
  const agent = room<[of: object, status: object]>()
  const task = room<[of: object, event: object]>()
  const end = connectFeed(
    feed,
    some<Heard>({
      audit: { onRecord: record.listen },
      trust: { opinion: () => ({ ...createFakeTrust().opinion(bob), ...peer }), onPresence: presence.listen },
      observe: { onRecorded: recorded.listen },
      anomalies: { onBegun: begun.listen },
      alerts: { onRaised: raised.listen },
      approvals: { onChange: approval.listen },
      agents: { onAgent: agent.listen, tasks: some<Heard['agents']['tasks']>({ onEvent: task.listen }) },
    }),
    some<Parameters<typeof connectFeed>[2]>({ onThreshold: turned.listen }),
  )
  const of = (uid: number): Omit<FeedEvent, 'id' | 'timestamp'>[] => {
    const follower = feed.follow(uid, '0')
    const taken = []
    for (let event = follower.take(); event !== undefined; event = follower.take())
      taken.push({ type: event.type, data: event.data })
    follower.end()
    return taken as Omit<FeedEvent, 'id' | 'timestamp'>[]
  }
  return {
    of,
    end,
    record: (entry: Partial<AuditRecord> & Pick<AuditRecord, 'type'>) =>
      record.tell({ success: true, details: {}, ...entry }),
    presence: (now: Presence) => presence.tell(bob, now, 'gossip'),
    recorded: recorded.tell,
    raised: raised.tell,
    begun: begun.tell,
    approval: approval.tell,
    agent: agent.tell,
    task: task.tell,
    turned: (state: 'crossed' | 'ended') => turned.tell('risky', state),
    listening: () => listening,
  }
}

test('what everybody may see: peers, members, trust, answers, summaries', () => {
  const { record, presence, of } = rooms()
  record({ type: 'peer_connected', peer: bob, details: { address: '10.0.0.2' } })
  record({ type: 'peer_pending', peer: bob })
  record({ type: 'peer_disconnected', peer: bob, details: { reason: 'goodbye' } })
  const raised = { action: 'trust', level_before: 'untrusted', level_after: 'peer' }
  record({ type: 'trust_change', peer: bob, details: raised })
  record({ type: 'trust_change', peer: bob, success: false, details: { action: 'deny', code: 'conflict' } })
  record({
    type: 'query_responded',
    peer: bob,
    trace_id: 'a'.repeat(32),
    details: { query_type: 'ToolUsage', status: 'success', people: 3 },
  })
  record({
    type: 'summary_published',
    details: { documents: 2, periods: 'hour:1 day:1', recipients: 4, categories: 'x', emptied: 0 },
  })
  for (const now of ['online', 'unsure', 'offline'] as const) presence(now)
  const expected = [
    { type: 'peer_connected', data: { peer } },
    { type: 'peer_pending', data: { peer } },
    { type: 'peer_gone', data: { peer, reason: 'goodbye' } },
    {
      type: 'trust_changed',
      data: { peer, action: 'trust', level_before: 'untrusted', level_after: 'peer' },
    },
    {
      type: 'query_answered',
      data: { peer, query_type: 'ToolUsage', status: 'success', trace_id: 'a'.repeat(32) },
    },
    { type: 'summary_published', data: { documents: 2, periods: 'hour:1 day:1', recipients: 4 } },
    { type: 'member_seen', data: { peer, known_by: 'gossip' } },
    { type: 'member_left', data: { peer, why: 'lost' } },
    { type: 'member_left', data: { peer, why: 'goodbye' } },
  ]
  expect(of(ANN)).toEqual(expected)
  expect(of(CID)).toEqual(expected)
})

test('that a threshold is crossed everybody sees, and by how much nobody', () => {
  const { turned, of } = rooms()
  turned('crossed')
  turned('ended')
  const expected = ['crossed', 'ended'].map((state) => ({
    type: 'report_threshold',
    data: { threshold: 'risky', state },
  }))
  expect(of(ANN)).toEqual(expected)
  expect(of(CID)).toEqual(expected)
})

test('what is one person’s is theirs alone; without a person it is nobody’s', () => {
  const { record, recorded, of } = rooms()
  record({
    type: 'query_asked',
    details: { uid: ANN, query_type: 'NodeHealth', status: 'success', known: 2, answered: 1 },
  })
  record({ type: 'consent_change', details: { uid: ANN, change: 'allow', who: 'team:eng' } })
  record({ type: 'consent_change', details: { change: 'off' } })
  record({ type: 'query_asked', details: { query_type: 'NodeHealth' } })
  const command = { uid: ANN, id: 'x1', timestamp: 1_763_626_400_000, category: 'git', risk_level: 'safe' }
  recorded([{ ...command, command: 'git push secret-word', cwd: '/secret-word' }])
  expect(of(CID)).toEqual([])
  expect(of(ANN)).toEqual([
    {
      type: 'query_asked',
      data: { query_type: 'NodeHealth', status: 'success', known: 2, answered: 1 },
    },
    { type: 'consent_changed', data: { change: 'allow', who: 'team:eng' } },
    {
      type: 'command_recorded',
      data: {
        command_id: 'x1',
        began_at: '2025-11-20T08:13:20.000Z',
        category: 'git',
        risk_level: 'safe',
      },
    },
  ])
  expect(JSON.stringify(of(ANN))).not.toContain('secret-word')
})

test('an alert is of its person alone', () => {
  const { raised, of } = rooms()
  const alert = { what: 'refused', agent: 'kExecutor:x', reason: 'policy: no' } as const
  raised(ANN, alert)
  expect(of(ANN)).toEqual([{ type: 'alert_raised', data: alert }])
  expect(of(CID)).toEqual([])
})

test('what agents do, and want a yes for, is of their person alone; of another machine’s it is nobody’s', () => {
  const { approval, agent, task, of } = rooms()
  const wanted = { id: 'a1', agent: 'kExecutor:x', class: 'write' }
  for (const person of [ANN, null]) {
    approval({ ...wanted, person, change: 'wanted' })
    approval({ ...wanted, person, change: 'denied' })
  }
  agent({ id: 'kExecutor:x', person: ANN }, { state: 'running' })
  task({ id: 't1', person: ANN, agent: 'kExecutor:x', traceId: 'f' }, { state: 'done', seq: 3 })
  expect(of(CID)).toEqual([])
  const told = ['approval_wanted', 'approval_decided', 'agent_state', 'task_progress']
  expect(of(ANN).map(({ type }) => type)).toEqual(told)
})

test('what is unusual in somebody’s numbers is theirs alone', () => {
  const { begun, of } = rooms()
  const found = { id: '3f9a12c4', kind: 'timing', subject: null, severity: 6 }
  begun(ANN, { ...found, observed: 34, seen: false })
  expect(of(CID)).toEqual([])
  const { id: signal_id, ...data } = found
  expect(of(ANN)).toEqual([{ type: 'anomaly_found', data: { signal_id, ...data } }])
})

/** Entries of the ledger that make no event, some because their rooms tell of them: whoever adds a type decides. */
const SILENT: readonly AuditType[] = [
  'node_started',
  'node_stopped',
  'query_received',
  'share_given',
  'share_counted',
  'total_released',
  'policy_violation',
  'policy_change',
  'key_rotation',
  'key_rotated',
  'peer_rotated',
  'lineage_frozen',
  'mesh_joined',
  'invite_changed',
  'certificate_issued',
  'certificate_renewed',
  'certificate_revoked',
  'operator_login',
  'operator_logout',
  'mcp_history_read',
  'agent_gate',
  'agent_asked',
  'agent_requested',
  'approval_decided',
  'capability_change',
  'vault_changed',
  'secret_read',
  'artifact_changed',
  'artifact_read',
  'token_created',
  'token_revoked',
  'history_deleted',
  'api_refused',
  'backup_begun',
  'backup_made',
  'node_restored',
  'agent_changed',
  'agent_connected',
  'administered',
  'person_changed',
  'ledger_conflict',
  'checkpoint',
  'entries_dropped',
  'entries_counted',
  'alert_raised',
  'anomaly_found',
]

test('each type of entry makes an event, or is named as one that makes none', () => {
  expect([...Object.keys(FROM_LEDGER), ...SILENT].toSorted()).toEqual(AUDIT_TYPES.toSorted())
})

test('no entry of the ledger breaks it, whatever is missing', () => {
  const { record, of } = rooms()
  for (const type of AUDIT_TYPES) record({ type })
  expect(of(ANN).map(({ type }) => type)).toEqual(['summary_published'])
})

test('it ends', () => {
  const { end, listening } = rooms()
  expect(listening()).toBe(9)
  end()
  expect(listening()).toBe(0)
})
