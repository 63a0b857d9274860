// One line for each kind of event: nobody's name can steer the terminal, and a newer daemon's words do no harm.
import { expect, test } from 'vitest'
import { EVENT_TYPES, type EventType } from '../../../src/api/contract/constants.ts'
import type { FeedData, FeedEvent } from '../../../src/api/contract/shapes.ts'
import { eventLine } from '../../../src/cli/commands/node/events.ts'
import { testIdentity } from '../../support/mesh/identity.ts'

const { nodeId: node_id, fingerprint } = testIdentity(1)
const EVIL = 'e\u001b[2Jvil\u202e\n'
const peer = { node_id, fingerprint, name: EVIL }

/** With what somebody else chose wherever a text can stand. */
const DATA: FeedData = {
  peer_connected: { peer },
  peer_gone: { peer, reason: EVIL },
  peer_pending: { peer },
  member_seen: { peer, known_by: 'gossip' },
  member_left: { peer, why: 'lost' },
  trust_changed: { peer, action: EVIL, level_before: 'untrusted', level_after: 'peer' },
  query_asked: { query_type: EVIL, status: EVIL, known: 3, answered: 2 },
  query_answered: { peer, query_type: EVIL, status: EVIL },
  summary_published: { documents: 1, periods: EVIL, recipients: 2 },
  consent_changed: { change: EVIL, who: EVIL },
  health_changed: { ready: false, failing: [EVIL] },
  config_reloaded: { applied: [EVIL], waiting: [EVIL] },
  command_recorded: { command_id: 'x', began_at: 'y', category: EVIL, risk_level: 'high' },
  anomaly_found: { signal_id: EVIL, kind: 'timing', subject: EVIL, severity: 6 },
  alert_raised: { what: 'refused', agent: EVIL, reason: EVIL },
  report_threshold: { threshold: 'risky', state: 'crossed' },
  approval_wanted: { approval_id: EVIL, agent: EVIL, class: 'high' },
  approval_decided: { approval_id: EVIL, agent: EVIL, class: 'high', outcome: 'denied' },
  agent_state: { agent: 'kExecutor:files', state: 'running' },
  task_progress: {
    task: 't-1',
    agent: 'kExecutor:files',
    state: 'working',
    seq: 2,
    final: false,
    trace_id: '1077efe3b0d3615b3effd33c5aa9d7a9',
  },
  lost: { count: 2 },
}
const eventOf = (type: EventType, data: unknown = DATA[type]): FeedEvent =>
  ({ id: 'a-1', timestamp: '2026-11-20T08:15:02.000Z', type, data }) as FeedEvent

test.each(EVENT_TYPES)('%s is one line that nobody else can break', (type) => {
  const line = eventLine(eventOf(type))
  expect(line).toMatch(new RegExp(`^2026-11-20 \\d\\d:15:02 {2}${type} +\\S`))
  expect(line).not.toMatch(/[\u0000-\u001f\u202e]/)
})

test('says what people want to know', () => {
  const said = (type: EventType, data?: unknown) =>
    eventLine(eventOf(type, data)).replace(/^\S+ \S+ +\S+ +/, '')
  const named = { ...peer, name: 'bob' }
  expect(said('peer_pending', { peer: named })).toBe('bob waits for your decision: karo peers pending')
  expect(said('peer_connected', { peer: { ...peer, name: '' } })).toMatch(/^([0-9a-f]{4} ){4}connected$/)
  expect(said('member_left', { peer: named, why: 'goodbye' })).toBe('member bob left')
  expect(said('query_asked', { query_type: 'ToolUsage', status: 'success', known: 3, answered: 2 })).toBe(
    'you asked ToolUsage: success, 2 of 3 answered',
  )
  expect(said('health_changed', { ready: true, failing: [] })).toBe('ready')
  expect(said('lost', { count: 1 })).toBe('1 event was lost before this')
  expect(said('lost', { count: null })).toContain('was restarted')
})

test('of a kind that only a newer daemon knows, the kind is shown', () => {
  const line = eventLine({ ...eventOf('lost'), type: 'constructor' } as unknown as FeedEvent)
  expect(line).toMatch(/constructor +$/)
})
