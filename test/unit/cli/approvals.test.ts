// karo approvals without an id, against a daemon that is played.
import { expect, test } from 'vitest'
import { UNBOUNDED } from '../../../src/cli/terminal/table.ts'
import { capabilitiesView } from '../../../src/cli/views/approvals.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { karo, transcript } from '../../support/node/played-daemon.ts'

const AT = '2026-11-25T10:00:00.000Z'
const request = (id: string, state: 'pending' | 'approved' = 'pending') => ({
  id,
  state,
  agent: 'kExecutor:notes',
  action: 'write_note',
  class: 'high',
  kind: 'EditFile',
  risk: 'safe',
  risks: [],
  argv: ['python3'],
  cwd: '/',
  env: {},
  binds: [],
  input: '{}',
  code: [],
  diff: [],
  target: { node_id: testIdentity(1).nodeId, fingerprint: '0123456789abcdef' },
  requested_by: 'a person of this machine',
  task: 't-1',
  trace_id: 'ab'.repeat(16),
  why: '',
  hash: 'ab'.repeat(32),
  group: 'ab'.repeat(8),
  scope: 'once',
  created_at: AT,
  expires_at: AT,
})

test('a capability that was granted later than now says that the clock was set back', () => {
  const one = { id: 'ab'.repeat(16), parent: null, agent: 'kExecutor:x', once: false }
  const times = { issued_at: '2026-01-02T00:00:00.000Z', expires_at: '2026-01-02T01:00:00.000Z' }
  const made = { ...one, ...times, names: ['fs.read:/srv', 'fs.read:/etc'], means: ['a', 'b'] }
  const shown = (now: string) => capabilitiesView({ capabilities: [made] }, Date.parse(now), UNBOUNDED)
  expect(shown('2026-01-01T12:00:00Z')).toContain('none: the clock was set back')
  expect(shown('2026-01-02T00:30:00Z')).toMatch(/abababab +kExecutor:x +30 ?m.* fs.read:\/srv/)
})

test('the only request that waits needs no id; of several one has to be named', async () => {
  const deny = (...approvals: readonly ReturnType<typeof request>[]) => {
    const decided = { id: approvals[0]?.id, decision: 'denied', expires_at: null }
    const answers = { 'GET /api/v1/approvals': { approvals }, 'POST /api/v1/approvals/decide': decided }
    return transcript(answers, 'approvals deny')
  }
  const one = await deny(request('a1f2e0dcd3'), request('b1f2e0dcd3', 'approved'))
  const several = await deny(request('a1f2e0dcd3'), request('b1f2e0dcd3'))
  expect([one, several, await deny()].join('\n')).toMatchSnapshot()
})

test('where agents are off nobody is asked what a new one may see', async () => {
  const off = { 'GET /api/v1/agents': { agents: [], off: true } }
  const file = import.meta.filename
  const added = await karo(off, 'agent', 'add', 'notes', '--', process.execPath, file)
  // What the daemon would refuse it is asked at once.
  expect(added.requests.map(({ line }) => line)).toEqual(['GET /api/v1/agents', 'POST /api/v1/agents'])
})
