// karo policy and the consent of karo share: what is sent, what is printed, which exit code; and files tried without any daemon.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { organisationView, replacedView } from '../../../src/cli/views/policy.ts'
import { ANSWERS } from '../../support/data/answers.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { bundleOf, karo, transcript } from '../../support/node/played-daemon.ts'

const SHIPPED = join(import.meta.dirname, '../../../configs/policies/roles.cedar')
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
  const said = (effect: 'allow' | 'deny', ...more: string[]) =>
    transcript({ 'GET /api/v1/policy/check': checked(effect) }, [...words, ...more])
  expect((await said('allow')) + (await said('deny', '--json'))).toMatchSnapshot()
})

test('check --file and test need no daemon, and say what is wrong with its place', async () => {
  const home = temporaryDirectory()
  const org = join(home, 'org.cedar')
  writeFileSync(org, '@id("no") forbid (principal, action, resource);', { mode: 0o600 })
  const check = await karo({}, 'policy', 'check', '--file', SHIPPED, '--file', org, '--team', 'eng', '--json')
  expect([check.code, JSON.parse(check.out)]).toMatchObject([4, { effect: 'deny', rule: 'no@org.cedar:1' }])
  expect(check.requests).toEqual([])

  const file = join(home, 'x.toml')
  const tested = async (text: string) => {
    writeFileSync(file, `policies = [${JSON.stringify(SHIPPED)}, "org.cedar"]\nteams = []\n[[test]]\n${text}`)
    return karo({}, 'policy', 'test', file)
  }
  expect((await tested('deny = ["query.tool_usage"]')).code).toBe(0)
  const failed = await tested('allow = ["query.tool_usage"]')
  expect([failed.code, failed.out]).toEqual([1, expect.stringContaining('x.toml:4: ')])
  writeFileSync(org, 'permit (principal, action, resource) when { nonsense };')
  const broken = await karo({}, 'policy', 'test', file)
  expect([broken.code, broken.err]).toEqual([2, expect.stringContaining(`${org}:1:45`)])
})

test('what docs/policy.md shows of its own policies and expectations is what they say', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/policy.md'), 'utf8')
  const found = (pattern: RegExp) => pattern.exec(page)?.[1] ?? ''
  const home = temporaryDirectory()
  copyFileSync(SHIPPED, join(home, 'roles.cedar'))
  writeFileSync(join(home, 'hours.cedar'), found(/```\n(@id\("night"\)\n[^`]*)```/), { mode: 0o600 })
  writeFileSync(
    join(home, 'expectations.toml'),
    found(/\$ cat expectations\.toml\n([^$]*)\$ karo policy test/),
  )
  const { out } = await karo({}, 'policy', 'test', join(home, 'expectations.toml'))
  const here = out.replace(`${home}/expectations`, 'expectations').replaceAll(home, '/etc/karo/policies')
  expect(here).toBe(found(/\$ karo policy test expectations\.toml\n([^`]*)```/))
  const { policy } = /rule {4}(?<policy>night@hours\.cedar:\d+)/.exec(page)?.groups ?? {}
  expect(here).toContain(policy ?? 'the rule that the first example names')
})

test('explain marks the layer that decides, and show says what is not in force', async () => {
  const { nodeId: node_id } = testIdentity(1)
  const explained = {
    node: { node_id, fingerprint: '0123456789abcdef', name: 'bob' },
    operator: null,
    action: 'query.tool_usage',
    level: 1,
    category: 'tool_usage',
    effect: 'deny',
    rule: 'consent.none',
    roles: ['lead'],
    teams: [],
    layers: [
      { layer: 'owner', effect: 'deny', rule: 'consent.none', reason: 'no consent', decides: true },
      { layer: 'roles', effect: 'allow', rule: 'role.lead.level1', reason: 'lead', decides: false },
    ],
  }
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
  const shown = async (answers: object, ...words: string[]): Promise<string> =>
    (await karo({ ...answers }, 'policy', ...words)).out
  expect(await shown({ 'GET /api/v1/policy/explain': explained }, 'explain', 'bob')).toMatchSnapshot()
  expect(await shown({ 'GET /api/v1/policy': policy }, 'show')).toMatchSnapshot()
  // What totals begin with is said until they are there.
  const from = async (end: number, operators: readonly string[] = ['hq', 'ops'], text = '') => {
    const first = { start: new Date(end - 6 * 3_600_000).toISOString(), end: new Date(end).toISOString() }
    const aggregators = operators.map((operator) => ({ node_id, operator }))
    const organisation = {
      number: 0,
      signed_at: first.start,
      policies: 0,
      text,
      max_level: null,
      k_min: null,
      settings: [],
      totals: { aggregators, bucket: 'day', noise: null, audiences: ['security'], former: [], first },
      accepts: 'restrict',
      lost: null,
      problem: null,
    }
    return shown({ 'GET /api/v1/policy': { ...policy, organisation } }, 'show')
  }
  const soon = Math.ceil(Date.now() / 3_600_000) * 3_600_000
  const end = new Date(soon).toISOString().slice(0, 16).replace('T', ' ')
  expect((await from(soon)).replaceAll(/\s+/g, ' ')).toContain(
    `to ${end} UTC) for security, computed by 2 nodes (run by hq and ops)`,
  )
  // Of more than two, each period has a pair of its own.
  expect((await from(soon, ['hq', 'ops', 'lab'])).replaceAll(/\s+/g, ' ')).toContain(
    'for security, each computed by two of 3 nodes (run by hq, ops and lab)',
  )
  expect(await from(soon - 48 * 3_600_000)).not.toContain('the first of')
  // A bundle that names nobody ends totals.
  expect(await from(soon, [])).toContain('nobody computes totals')
  // Whoever is bound by rules can read them.
  const rules = 'forbid (principal, action, resource)\nwhen {\n\tcontext.hour < 7\u001b[8m\r\n};\n'
  expect(await from(soon, [], rules)).toContain(
    '\n  forbid (principal, action, resource)\n  when {\n    context.hour < 7\\x1b[8m\n  };\n',
  )
})

const SCREEN = { colour: false, columns: 80 }

test('what a signed bundle replaces is shown, and nothing where none was ever in force', () => {
  const totals = {
    aggregators: [],
    bucket: 'day',
    began: null,
    noise: null,
    audiences: [],
    former: [],
    first: null,
  }
  const limits = {
    policies: 0,
    text: '',
    max_level: 1,
    k_min: null,
    settings: [] as object[],
    totals,
    accepts: 'restrict',
    lost: null,
  }
  const before = (signed: number, problem: string | null, settings = limits.settings) =>
    ({ ...limits, settings, number: 0, signed_at: new Date(signed).toISOString(), problem }) as never
  const replaced = (signed: number, problem: string | null) =>
    replacedView(before(signed, problem), { totals: true, settings: true }, SCREEN)
  // karo policy sign --none ends them; every other bundle keeps them.
  const setting = [{ key: 'guard.profile', value: '"strict"' }]
  for (const [had, settings, says] of [
    [before(1, null, setting), false, 'its settings too'],
    [before(1, null, setting), true, 'but for settings'],
    [before(1, null), false, 'but for settings'],
  ] as const)
    expect(replacedView(had, { totals: true, settings }, SCREEN)).toContain(says)
  const computed = bundleOf([testIdentity(1).nodeId]) as never
  for (const kept of [true, false])
    expect(replacedView(computed, { totals: kept, settings: true }, SCREEN).includes('Totals end')).toBe(
      !kept,
    )
  // The first one has the number 0, too.
  expect(replaced(Date.parse('2026-11-21T10:00:00.000Z'), null)).toMatch(
    /^The new bundle replaces .*\n.*bundle 0, signed 2026/,
  )
  expect(organisationView(before(0, 'it cannot be read'), SCREEN)).toBe(
    "The organisation's newest bundle is not in force: it cannot be read\n",
  )
  expect(replaced(0, 'it cannot be read')).toBe('')
})

test('consent to whom a fingerprint names as it is printed, and to categories, by either word', async () => {
  const view = {
    ...(ANSWERS.Sharing as object),
    peers: [],
    stopped: ['team:ops', 'role:security'],
    allow_only: [{ who: 'team:eng', categories: ['tool_usage'] }],
    stopped_only: [{ who: 'role:lead', categories: ['anomalies'] }],
  }
  const answers = {
    'POST /api/v1/share/allow': view,
    'POST /api/v1/share/stop': view,
    'GET /api/v1/peers': ANSWERS.PeerList,
  }
  const said = await transcript(
    answers,
    'share allow team:eng --category tool_usage',
    ...['stop', 'deny'].map((word) => `share ${word} bob --category anomalies --json`),
    ...['allow', 'stop'].map((word) => `share ${word} 0123 4567 89ab cdef --json`),
  )
  expect(said).toMatchSnapshot()
})
