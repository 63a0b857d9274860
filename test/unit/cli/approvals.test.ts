// karo approvals without an id, against a daemon that is played.
import { execFileSync, spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/data/database.ts'
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

test('the only request that waits needs no id; of several one has to be named', async () => {
  const deny = (...approvals: readonly ReturnType<typeof request>[]) => {
    const decided = { id: approvals[0]?.id, decision: 'denied', expires_at: null }
    const answers = {
      'GET /api/v1/approvals': { approvals },
      'GET /api/v1/approvals/one': approvals[0],
      'POST /api/v1/approvals/decide': decided,
    }
    return transcript(answers, 'approvals deny')
  }
  const one = await deny(request('a1f2e0dcd3'), request('b1f2e0dcd3', 'approved'))
  const several = await deny(request('a1f2e0dcd3'), request('b1f2e0dcd3'))
  expect([one, several, await deny()].join('\n')).toMatchSnapshot()
})

test('without an id the card has what changes, which a list of another machine leaves out', async () => {
  const listed = request('a1f2e0dcd3')
  const diff = [{ path: 'todo.txt', diff: '-water the plants\n+buy bread\n', note: null }]
  const answers = {
    'GET /api/v1/approvals': { approvals: [listed] },
    'GET /api/v1/approvals/one': { ...listed, diff },
    'GET /api/v1/identity': { node_id: testIdentity(2).nodeId, fingerprint: 'ab'.repeat(8), name: 'ash' },
  }
  expect((await karo(answers, 'approvals', 'show', '--at', 'build-1')).out).toContain('+buy bread')
})

test('a file that is to have a token, and is none, is told as that', async () => {
  const { err } = await karo(
    { 'GET /api/v1/agents': { agents: [], off: false } },
    ...['agent', 'add', 'notes', '--yes', '--token-file', '/', '--', '/usr/bin/env'],
  )
  expect(err).toBe('karo: /: this is a directory\n')
})

test('a token comes from a pipe, as of <(…), too', async () => {
  const pipe = join(temporaryDirectory(), 'pipe')
  execFileSync('mkfifo', [pipe])
  const writer = spawn('sh', ['-c', 'echo karo_token >"$1"', 'sh', pipe])
  const { requests } = await karo(
    { 'GET /api/v1/agents': { agents: [], off: false } },
    ...['agent', 'add', 'notes', '--yes', '--token-file', pipe, '--', process.execPath, import.meta.filename],
  )
  writer.kill()
  const added = requests.find(({ line }) => line === 'POST /api/v1/agents')
  expect(added?.body).toMatchObject({ token: 'karo_token' })
})

test('whoever looks at an agent sees which of its tools will ask', async () => {
  const tool = (name: string, of: string, kind: string) => ({
    name,
    description: '',
    read_only: of === 'green',
    input_schema: null,
    class: of,
    kind,
  })
  const agent = {
    id: 'kExecutor:notes',
    name: 'notes',
    person: 1,
    state: 'running',
    detail: '2 tools',
    restarts: 0,
    argv: null,
    manifest: null,
    since: null,
    server: null,
    offers: [tool('list_notes', 'green', 'ListDirectory'), tool('frob', 'critical', 'Unknown')],
  }
  const { out } = await karo({ 'GET /api/v1/agents/describe': agent }, 'agent', 'describe', 'notes')
  expect(out).toMatch(/list_notes .*runs at once \(ListDirectory\)/)
  expect(out).toMatch(/frob .*asks you \(Unknown, critical\)/)
  const { class: _, kind: __, ...unsaid } = agent.offers[0] as ReturnType<typeof tool>
  const afar = { 'GET /api/v1/agents/describe': { ...agent, offers: [unsaid] } }
  expect((await karo(afar, 'agent', 'describe', 'notes', '--at', 'birch')).out).not.toContain('A CALL')
})

test('where agents are off nobody is asked what a new one may see', async () => {
  const off = { 'GET /api/v1/agents': { agents: [], off: true } }
  const file = import.meta.filename
  const added = await karo(off, 'agent', 'add', 'notes', '--', process.execPath, file)
  // What the daemon would refuse it is asked at once.
  expect(added.requests.map(({ line }) => line)).toEqual(['GET /api/v1/agents', 'POST /api/v1/agents'])
})
