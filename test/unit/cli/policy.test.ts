// karo policy: what is sent, what is printed, which exit code; and files tried without any daemon.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../support/data/database.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { karo } from '../../support/node/played-daemon.ts'

const SHIPPED = join(import.meta.dirname, '../../../configs/policies/roles.cedar')
const CHECK = 'GET /api/v1/policy/check'
const checked = (effect: 'allow' | 'deny') => ({
  effect,
  rule: 'role.lead.level1',
  reason: 'lead: their team',
  engine: 'built-in',
  action: 'query.tool_usage',
  level: 1,
  category: 'tool_usage',
})

test('check asks what is in force, names the rule, and exits 4 where it is denied', async () => {
  const words = ['policy', 'check', '--as', 'role:lead', '--as', 'team:eng', '--at', 'sat 22:30']
  const allowed = await karo({ [CHECK]: checked('allow') }, ...words)
  expect([allowed.code, allowed.out]).toEqual([0, expect.stringContaining('rule    role.lead.level1\n')])
  const [sent = ''] = allowed.requests.map(({ line }) => line)
  expect(Object.fromEntries(new URL(sent.split(' ')[1] ?? '', 'http://x').searchParams)).toEqual({
    as: 'role:lead,team:eng',
    action: 'query.tool_usage',
    at: 'sat 22:30',
  })
  const denied = await karo({ [CHECK]: checked('deny') }, ...words, '--json')
  expect([denied.code, JSON.parse(denied.out)]).toEqual([4, checked('deny')])
})

test('check --file and test need no daemon, and say what is wrong with its place', async () => {
  const home = temporaryDirectory()
  const org = join(home, 'org.cedar')
  writeFileSync(org, '@id("no") forbid (principal, action, resource);', { mode: 0o600 })
  const check = await karo({}, 'policy', 'check', '--file', SHIPPED, '--file', org, '--team', 'eng', '--json')
  expect([check.code, JSON.parse(check.out)]).toMatchObject([4, { effect: 'deny', rule: 'no@org.cedar:1' }])
  expect(check.requests).toEqual([])

  const file = join(home, 'x.toml')
  const expectations = (text: string) =>
    writeFileSync(file, `policies = [${JSON.stringify(SHIPPED)}, "org.cedar"]\nteams = []\n[[test]]\n${text}`)
  expectations('deny = ["query.tool_usage"]')
  expect((await karo({}, 'policy', 'test', file)).code).toBe(0)
  expectations('allow = ["query.tool_usage"]')
  const failed = await karo({}, 'policy', 'test', file)
  expect([failed.code, failed.out]).toEqual([1, expect.stringContaining('x.toml:4: ')])
  writeFileSync(org, 'permit (principal, action, resource) when { nonsense };')
  const broken = await karo({}, 'policy', 'test', file)
  expect(broken.code).toBe(2)
  expect(broken.err).toContain(`${org}:1:45`)
})

test('explain marks the layer that decides, and show says what is not in force', async () => {
  const node = { node_id: testIdentity(1).nodeId, fingerprint: '0123456789abcdef', name: 'bob' }
  const layers = [
    { layer: 'owner', effect: 'deny', rule: 'consent.none', reason: 'no consent', decides: true },
    { layer: 'roles', effect: 'allow', rule: 'role.lead.level1', reason: 'lead', decides: false },
  ]
  const explained = {
    node,
    operator: null,
    action: 'query.tool_usage',
    level: 1,
    category: 'tool_usage',
    effect: 'deny',
    rule: 'consent.none',
    roles: ['lead'],
    teams: [],
    layers,
  }
  const shown = async (answers: object, ...words: string[]): Promise<string> =>
    (await karo({ ...answers }, 'policy', ...words)).out
  const policy = {
    engine: 'cedar',
    files: [{ path: '/etc/karo/roles.cedar', policies: 8, digest: 'ab'.repeat(32) }],
    warnings: [],
    loaded_at: '2026-11-21T10:00:00.000Z',
    roles: [],
    teams: [],
    problem: '/etc/x.cedar:1:2: no policy',
    organisation: null,
  }
  const node_id = testIdentity(1).nodeId
  expect(await shown({ 'GET /api/v1/policy/explain': explained }, 'explain', 'bob')).toMatchSnapshot()
  expect(await shown({ 'GET /api/v1/policy': policy }, 'show')).toMatchSnapshot()
  // What totals begin with is said until they are there.
  const from = async (end: number) => {
    const first = { start: new Date(end - 6 * 3_600_000).toISOString(), end: new Date(end).toISOString() }
    const aggregators = ['hq', 'ops'].map((operator) => ({ node_id, operator }))
    const organisation = {
      number: 0,
      signed_at: first.start,
      policies: 0,
      max_level: null,
      k_min: null,
      settings: [],
      totals: { aggregators, bucket: 'day', noise: null, audiences: ['security'], former: [], first },
      accepts: 'restrict',
      problem: null,
    }
    return shown({ 'GET /api/v1/policy': { ...policy, organisation } }, 'show')
  }
  const soon = Math.ceil(Date.now() / 3_600_000) * 3_600_000
  const end = new Date(soon).toISOString().slice(0, 16).replace('T', ' ')
  expect((await from(soon)).replaceAll(/\s+/g, ' ')).toContain(
    `to ${end} UTC) for security, computed by 2 nodes`,
  )
  expect(await from(soon - 48 * 3_600_000)).not.toContain('the first of')
})

test('consent to categories is sent as such, by either word', async () => {
  const view = {
    sharing: 'on',
    source: 'decision',
    max_level: 2,
    peers: [],
    stopped: ['team:ops'],
    categories: { tool_usage: true, activity_patterns: true, safety_stats: true, anomalies: true },
    anomalies: 'identified',
    allow: { peers: [], supervisors: [] },
    allow_only: [{ who: 'team:eng', categories: ['tool_usage'] }],
    stopped_only: [{ who: 'role:lead', categories: ['anomalies'] }],
    totals: [],
  }
  const answers = { 'POST /api/v1/share/allow': view, 'POST /api/v1/share/stop': view }
  const allowed = await karo(answers, 'share', 'allow', 'team:eng', '--category', 'tool_usage')
  expect(allowed.requests.at(-1)?.body).toEqual({ who: 'team:eng', categories: ['tool_usage'] })
  expect(allowed.out).toContain('Allowed: team:eng (tool_usage).')
  expect(allowed.out).toContain('Stopped: team:ops, role:lead (anomalies).')
  for (const word of ['stop', 'deny']) {
    const { requests } = await karo(answers, 'share', word, 'bob', '--category', 'anomalies')
    expect(requests.at(-1)).toEqual({
      line: 'POST /api/v1/share/stop',
      body: { who: 'bob', categories: ['anomalies'] },
    })
  }
})
