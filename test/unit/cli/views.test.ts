// What people are shown, whole, as the page of snapshots has it; and that it fits every screen.
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { REJECT_CODES, type RejectCode } from '../../../protocols/reject.ts'
import { PROCESSES_LIMIT_MAX } from '../../../src/api/contract/constants.ts'
import type {
  AskersShape,
  SharePreviewShape,
  SharingView,
  StatisticsShape,
  StatusShape,
  WhoAmIShape,
} from '../../../src/api/contract/shapes.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import { formatFingerprint } from '../../../src/base/format.ts'
import { BUILD } from '../../../src/base/version.ts'
import { sharingView } from '../../../src/cli/commands/mesh/share.ts'
import { doctorView } from '../../../src/cli/commands/node/doctor.ts'
import { logLine } from '../../../src/cli/commands/node/logs.ts'
import { statusView } from '../../../src/cli/commands/node/status.ts'
import { mostUsedView, statsView } from '../../../src/cli/commands/terminal/stats.ts'
import { fail, ok, skipped, warn } from '../../../src/cli/doctor/check.ts'
import { resultOf } from '../../../src/cli/doctor/doctor.ts'
import { bar, shade, showsBlocks, spark } from '../../../src/cli/terminal/bars.ts'
import { textWidth } from '../../../src/cli/terminal/text.ts'
import { printKnown } from '../../../src/cli/views/knowledge.ts'
import { whoAmIView } from '../../../src/cli/views/login.ts'
import { previewView } from '../../../src/cli/views/share-preview.ts'
import { ANSWERS } from '../../support/data/answers.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { karo } from '../../support/node/played-daemon.ts'
import fc, { forAll } from '../../support/run/properties.ts'
import { node, operator } from '../trust/certificates/chains.ts'

const page = (cases: Readonly<Record<string, string>>): string =>
  Object.entries(cases)
    .map(([title, text]) => `--- ${title}\n${text}`)
    .join('\n')
/** As it is shown in every time zone. */
const AT = new Date(2025, 10, 20, 8, 15, 2).toISOString()

test('what is known of a tool takes one page, and says how much more there is', () => {
  const options = Array.from({ length: 30 }, (_, i) => ({ names: [`-${i}`], does: '', source: 'karo' }))
  const examples = options.map(({ names }) => ({ does: 'x', command: `tar ${names[0]}`, source: 'karo' }))
  const known = (most: number) => ({ tool: 'tar', does: '', options: options.slice(0, most), examples })
  const text = printKnown(known(30), { columns: 80, colour: false })
  expect(text.split('\n').length).toBeLessThan(50)
  expect(text).toContain('22 more examples: karo ask --json tar')
  expect(text).toContain('6 more options: karo ask --json tar')
  expect(printKnown(known(24), { columns: 80, colour: false })).not.toContain('more options')
})

test('status: a node that is well, alone, new, not ready, of the machine; and what is wrong, last, with what to do', () => {
  const noneRejected = Object.fromEntries(REJECT_CODES.map((code) => [code, 0])) as Record<RejectCode, number>
  const SHAPE: StatusShape = {
    node_id: 'karo:ed25519:x',
    fingerprint: '0123456789abcdef',
    name: 'eng-042',
    certified_as: 'eng-042',
    version: '0.1.0',
    build: BUILD,
    service: false,
    you: { uid: 1000, name: 'ada', admin: true, asks: true },
    uptime_seconds: 45,
    mesh: {
      alone: false,
      listen: ['/ip4/10.0.0.5/tcp/9238', '/ip6/fd00::2/tcp/9238'],
      peers_connected: 3,
      peers_trusted: 2,
      peers_pending: 0,
      alarms: [],
      members_known: 4,
      rejected: noneRejected,
    },
    http: { listen: '127.0.0.1:9237' },
    store: { events: 1_234_567, bytes: 20 * 1024 * 1024 },
    spool: { pending_bytes: 0, dropped: 0 },
    anomalies: { unseen: 0 },
    documents: { own: 3, received: 1_200, relayed: 0, bytes: 2 * 1024 * 1024, conflicts: 0 },
    summaries: { recipients: 1, left_out: 0, refused: 0 },
    policy: { engine: 'built-in', files: 0, problem: null },
    agents: { state: 'off', detail: '' },
    alerts: 0,
    health: { ready: true, checks: [{ name: 'store.open', ok: true, detail: 'open' }] },
  }
  const view = (over: Partial<StatusShape>, hook = ''): string =>
    statusView({ ...SHAPE, ...over }, { colour: false, columns: Number.POSITIVE_INFINITY }, hook)
  // What runs is another build after an upgrade.
  expect(view({ build: '0.0.9' })).toContain('→ the node still runs Karo 0.0.9')
  const mesh = (over: Partial<StatusShape['mesh']>) => ({ mesh: { ...SHAPE.mesh, ...over } })
  const nobody = { peers_connected: 0, peers_trusted: 0, members_known: 0 }
  // The machine has another name since its certificate was made.
  expect(view({ certified_as: 'eng-041' })).toMatch(/^node +eng-042 {2}0123.*, certified as eng-041\n/)
  const of = (admin: boolean, asks: boolean): string =>
    view({ service: true, you: { uid: 1001, name: null, admin, asks }, ...mesh({ peers_pending: 1 }) })
  const agents = (state: 'off' | 'locked' | 'ready'): string =>
    view({ agents: { state, detail: 'jails can be started' } })
  const taken = { name: 'mesh.listening', ok: false, detail: 'port 9238 is taken' }
  expect(
    page({
      'all is well': view({}),
      alone: view(mesh({ alone: true, listen: [], ...nobody })),
      'one command': view({ store: { ...SHAPE.store, events: 1 } }),
      'something unusual': view({ anomalies: { unseen: 2 } }),
      'nobody connected, and one who waits': view(mesh({ ...nobody, peers_pending: 1 })),
      'loopback only': view(mesh({ ...nobody, listen: ['/ip4/127.0.0.1/tcp/9238', '/ip6/::1/tcp/9238'] })),
      'not ready': view({
        health: { ready: false, checks: [taken] },
        ...mesh({ listen: [], peers_pending: 2 }),
        spool: { pending_bytes: 2_048, dropped: 7 },
      }),
      'authors that contradict themselves': view({ documents: { ...SHAPE.documents, conflicts: 2 } }),
      'summaries that do not reach everybody': view({
        summaries: { recipients: 0, left_out: 12, refused: 3 },
      }),
      'nothing recorded': view({ store: { events: 0, bytes: 0 } }, '; new shells are recorded'),
      'a collector that is away': view({
        not_forwarded: ['syslog+tls://logs.lan:6514: it refuses connections'],
      }),
      'frames that were refused': view(
        mesh({ rejected: { ...noneRejected, bad_signature: 1_200, stale: 3 } }),
      ),
      "the machine's, for who may all": of(true, true),
      "the machine's, for who may ask": of(false, true),
      "the machine's, for who may nothing": of(false, false),
      'agents are off': agents('off'),
      'agents are ready': agents('ready'),
      'agents are locked': agents('locked'),
    }),
  ).toMatchSnapshot()
})

const NONE = { blocked: 0, confirmed: 0, declined: 0, unjudged: 0 }
const UTF8 = { LANG: 'C.UTF-8' }
const hourly = Array.from({ length: 24 }, (_, hour) => (hour === 9 ? 10 : 0))
const range = { start: '2026-11-14T00:00:00', end: '2026-11-20T15:30:00' }
const TODAY = ANSWERS.Statistics as StatisticsShape & { before: object }
const safe = { safe: 8, moderate: 0, high: 0, critical: 0 }
const git = { ...TODAY.tools[0]!, count: 10, previous: 8, change: 0.25 as number | null }
const WEEK: StatisticsShape = {
  ...TODAY,
  period: 'week',
  time_range: range,
  total_commands: 10,
  unique_commands: 4,
  failures: 1,
  total_duration_ms: 61_000,
  by_risk_level: { ...safe, safe: 9, high: 1 },
  guard: NONE,
  categories: [{ category: 'git', count: 10, failures: 1, unknown: 0, previous: 8, change: 0.25 }],
  tools: [git],
  hourly,
  daily: [0, 0, 0, 0, 10, 0, 0],
  karo_generated: 0,
  ask_answers_run: 0,
  heat: Array.from({ length: 7 }, (_, day) => (day === 4 ? hourly : hourly.map(() => 0))),
  timeline: {
    unit: 'day',
    points: Array.from({ length: 7 }, (_, day) => ({
      start: `2026-11-${14 + day}T00:00:00`,
      count: day === 6 ? 10 : 0,
    })),
  },
  failing: [],
  busiest: { date: '2026-11-20', count: 10 },
  streak: { current: 1, longest: 5 },
  recorded_since: '2026-10-01',
  change: 0.25,
  before: {
    ...TODAY.before,
    time_range: range,
    total_commands: 8,
    failures: 2,
    total_duration_ms: 1_000,
    by_risk_level: safe,
    guard: NONE,
  },
}
const stats = (over: Partial<StatisticsShape> = {}, screen: object = {}): string =>
  statsView({ ...WEEK, ...over }, { colour: false, columns: 80, env: UTF8, ...screen })

test('statistics: a week, what became of it since the week before, of tools, of the guard, of what fails; and nothing', () => {
  const headline = (over: Partial<StatisticsShape>): string => stats(over).split('\n')[0]!
  const ofTool = (part: Partial<typeof git>): string =>
    stats({ tools: [{ ...git, ...part }], categories: [] }).split('\n')[5]!
  const none = { total_commands: 0, tools: [], categories: [], failures: 0, unknown: 0, unique_commands: 0 }
  const failing = { tool: 'make', category: 'build' as const, count: 10, failures: 4, unknown: 0 }
  const commands = [{ command: 'make all', count: 12, failures: 3, unknown: 0 }]
  expect(
    page({
      whole: stats(),
      fewer: headline({ change: -0.5 }),
      'many more': headline({ change: 4 }),
      'as many': headline({ total_commands: 8, change: 0 }),
      'none before': headline({ change: null }),
      'nothing before': headline({ before: null, change: null }),
      today: headline({ period: 'today' }),
      'a new tool': ofTool({ change: null, previous: 0 }),
      'one gone far up': ofTool({ change: 11, previous: 1 }),
      'one as before': ofTool({ change: 0.001, previous: 10 }),
      'without a week before': stats({ before: null }),
      'the guard, programs, and what fails': stats({
        guard: { blocked: 2, confirmed: 0, declined: 1, unjudged: 0 },
        karo_generated: 1,
        failing: [
          { ...failing, rate: 0.4, previous_rate: 0.1, rose: true },
          { ...failing, tool: 'git', count: 9, failures: 1, rate: 0.11, previous_rate: null, rose: false },
        ],
      }),
      nothing: stats(none),
      'nothing but what the guard held': stats({ ...none, guard: { ...NONE, blocked: 1 } }),
      'most used': mostUsedView({ commands }, { colour: false, columns: 80, env: UTF8 }),
    }),
  ).toMatchSnapshot()
})

test('statistics: no line is wider than the screen, and ASCII is only ASCII', () => {
  const tools = fc.array(
    fc.record({
      tool: fc.constantFrom('git', 'systemd-run', 'docker-compose-something-very-long'),
      category: fc.constant('git'),
      count: fc.integer({ min: 1, max: 1e7 }),
      failures: fc.integer({ min: 0, max: 3 }),
      unknown: fc.integer({ min: 0, max: 3 }),
      previous: fc.integer({ min: 0, max: 1e6 }),
      change: fc.option(fc.double({ min: -1, max: 1000, noNaN: true })),
    }),
    { minLength: 1, maxLength: 12 },
  )
  forAll(tools, fc.integer({ min: 60, max: 250 }), fc.boolean(), (rows, columns, colour) => {
    const total_commands = rows.reduce((sum, { count }) => sum + count, 0)
    const text = stats({ tools: rows, total_commands }, { columns, colour, env: { LANG: 'C' } })
    const plain = stripVTControlCharacters(text)
    for (const line of plain.split('\n')) expect(textWidth(line)).toBeLessThanOrEqual(columns)
    expect(plain).toMatch(/^[\u0020-\u007e\n]*$/)
  })
  // An ordinary week is shown by less.
  for (const columns of [36, 40])
    for (const line of stats({}, { columns }).split('\n'))
      expect(textWidth(line)).toBeLessThanOrEqual(columns)
})

test('blocks where the locale has them; something is never nothing, in bars, columns and shades of either kind', () => {
  const locales = [{ LANG: 'de_DE.UTF-8' }, { LC_ALL: 'C.utf8', LANG: 'C' }, { LC_CTYPE: 'en_US.UTF-8' }]
  expect(locales.filter((env) => !showsBlocks(env))).toEqual([])
  const others = [{}, { LANG: 'C' }, { LC_ALL: 'C', LANG: 'C.UTF-8' }, { ...UTF8, TERM: 'linux' }]
  expect(others.filter((env) => showsBlocks(env))).toEqual([])
  for (const blocks of [true, false]) {
    expect(bar(0.0001, 8, blocks)).not.toBe('')
    expect(spark([0, 1, 1_000_000], blocks)[1]).not.toBe(spark([0], blocks))
    expect(shade(1, 1_000_000, blocks)).not.toBe(shade(0, 1_000_000, blocks))
    expect(textWidth(bar(1, 8, blocks))).toBe(8)
    expect(shade(10, 10, blocks)).toBe(blocks ? '█' : '#')
  }
})

test('doctor: worst first, each with why and its commands; then the fine ones, then the skipped ones by reason', () => {
  const results = [
    resultOf('runtime.node', [ok('24')]),
    resultOf('shell.hooks', [warn('no hook', 'karo shell install bash')]),
    resultOf('mesh.port', [fail('taken', 'kill 7\nor set another')]),
    resultOf('clock.peers', [skipped('no daemon')]),
    resultOf('peers.trust', [skipped('no daemon')]),
  ]
  const deeds = [
    { id: 'home.key' as const, says: 'set the mode' },
    { id: 'home.key' as const, says: 'set the mode', failed: 'EPERM' },
  ]
  const view = (dry: boolean, done: typeof deeds): string =>
    doctorView(results, done, dry, { colour: false, columns: 80 })
  expect(
    page({ looked: view(false, []), mended: view(false, deeds), dry: view(true, deeds) }),
  ).toMatchSnapshot()
})

test('a line of the log is one where there is no terminal, and at 80 columns continued below what it says', () => {
  const line = {
    time: AT,
    level: 'warn' as const,
    pid: 7,
    seq: 3,
    msg: 'the mesh could not listen on some addresses; they are tried again',
    addresses: ['10.0.0.5:9238', '10.0.0.6:9238'],
    retry_ms: 3_000,
  }
  const shown = (columns: number, colour: boolean): string => logLine(line, { colour, columns })
  const coloured = shown(80, true)
  expect(page({ whole: shown(Number.POSITIVE_INFINITY, false), narrow: shown(80, false) })).toMatchSnapshot()
  expect(stripVTControlCharacters(coloured)).toBe(shown(80, false))
  expect(coloured).toContain('\u001b[90m')
})

test('people see as whom they ask, and escaped what others chose', () => {
  const me: WhoAmIShape = {
    uid: 1000,
    node: { node_id: node.nodeId, fingerprint: node.fingerprint, name: 'desk' },
    login: null,
    lapsed: null,
  }
  const login = {
    session: '01'.repeat(16),
    operator: operator.nodeId,
    fingerprint: operator.fingerprint,
    name: 'carol\u202e',
    roles: ['security'],
    teams: [],
    types: ['ToolUsage'] as const,
    begun_at: AT,
    ends_at: AT,
  }
  const view = (one: WhoAmIShape): string => whoAmIView(one, { columns: 200 })
  expect(
    page({
      'as this node': view(me),
      'as an operator': view({ ...me, login }),
      'after a login that lapsed': view({ ...me, lapsed: 'the time of the login is over' }),
      'out of its mesh': view({
        ...me,
        outside: 'this node is no longer a member of its mesh: its key was revoked',
      }),
    }),
  ).toMatchSnapshot()
})

test('sharing: a node that was allowed and is not known as trusted is marked, a way back into totals is named, and what is off has no anomalies in totals', () => {
  const waiting = testIdentity(7).nodeId
  const view = {
    sharing: 'on',
    source: 'decision',
    max_level: 2,
    categories: { tool_usage: true },
    anomalies: 'off',
    allow: { peers: [waiting, 'team:eng'], supervisors: [] },
    allow_only: [],
    stopped: [],
    stopped_only: [],
    peers: [],
  } as unknown as SharingView
  const shown = sharingView(view, { colour: false, columns: 200 })
  expect(shown).toContain(`Allowed: ${waiting} (untrusted), team:eng.`)
  expect(shown).toContain('Counted in totals of many nodes: no (karo share reset: as config.toml says).')
  const anomalies = { ...view, categories: { anomalies: true }, anomalies: 'anonymous' } as SharingView
  const off = { ...anomalies, sharing: 'off' } as SharingView
  const [on, none] = [anomalies, off].map((one) => sharingView(one, { colour: false, columns: 200 }))
  expect(on).toContain('Anomalies: only in totals')
  expect(none).not.toContain('Anomalies')
})

test('sharing: nodes of the same name, as those of two people of one machine, are told apart by their fingerprints', () => {
  const peer = (seed: number, name: string, level_1: readonly string[]) => {
    const { nodeId: node_id, fingerprint } = testIdentity(seed)
    return {
      node_id,
      fingerprint,
      name,
      trust_level: 'peer',
      level_1,
      summaries: [],
      level_2: [],
      reason: '',
    }
  }
  const [one, other] = [peer(1, 'vm', ['tool_usage']), peer(2, 'vm', [])]
  const view = {
    sharing: 'on',
    source: 'decision',
    max_level: 2,
    categories: { tool_usage: true },
    anomalies: 'off',
    allow: { peers: [one.node_id], supervisors: [] },
    allow_only: [],
    stopped: [],
    stopped_only: [],
    peers: [one, other, peer(3, 'ash', [])],
    totals: [],
  } as unknown as SharingView
  const shown = sharingView(view, { colour: false, columns: 200 })
  const [a, b] = [one, other].map(({ fingerprint }) => formatFingerprint(fingerprint))
  expect(shown).toContain(`Allowed: vm ${a}.`)
  expect(shown).toMatch(new RegExp(`^vm ${b}  peer   no `, 'm'))
  expect(shown).toMatch(/^ash {2}/m)
})

test('the ledger: nodes by name and fingerprint, wherever their ids stand; and no name that reads as an operator', async () => {
  const [bob, eve] = [testIdentity(1), testIdentity(2)]
  const peer = {
    node_id: bob.nodeId,
    fingerprint: bob.fingerprint,
    name: 'bob',
    state: 'known',
    why: 'tofu',
    trust_level: 'peer',
    roles: [],
    teams: [],
    addresses: [],
    last_seen: null,
    known_by: null,
    presence: null,
  }
  const entry = { seq: 1, timestamp: AT, success: true, hash: '00'.repeat(32), details: {} }
  const log = (...entries: object[]) => ({ 'GET /api/v1/audit/log': { entries } })
  const known = { 'GET /api/v1/peers': { peers: [peer] } }
  const told = log(
    { ...entry, type: 'trust_change', peer: bob.nodeId, details: { action: 'trust' } },
    { ...entry, type: 'policy_violation', peer: eve.nodeId, details: { reason: 'stale' } },
    {
      ...entry,
      type: 'node_restored',
      details: { earlier: eve.nodeId, told_by: `${bob.nodeId},${eve.nodeId}` },
    },
  )
  const asker = (name: string, who: AskersShape['askers'][number]['operator']) => ({
    node_id: node.nodeId,
    fingerprint: node.fingerprint,
    name,
    operator: who,
    query_type: 'ToolUsage',
    asked: 1,
    allowed: 1,
    refused: 0,
    busy: 0,
    rules: [],
    first: AT,
    last: AT,
  })
  const { nodeId: node_id, fingerprint } = operator
  const askers = [asker('desk', { node_id, fingerprint, name: 'carol' }), asker('carol via desk', null)]
  // Two machines of one name, each of which asked twice.
  const twins = [bob, eve].flatMap(({ fingerprint }) => [
    { ...asker('vm', null), fingerprint },
    { ...asker('vm', null), fingerprint, query_type: 'Anomalies' },
  ])
  const totals = { given: [], may_read: [], fetched: [] }
  const vms = [bob, eve].map(({ nodeId: node_id, fingerprint }) => ({ node_id, fingerprint, name: 'vm' }))
  const period = { start: AT, end: AT, at: AT, types: ['ToolUsage'], audiences: ['ciso'], released: [] }
  // The halves of two periods went to a node each of one name, and to one that has none.
  const given = vms.map((vm, i) => ({
    ...period,
    outcome: null,
    aggregators: [vm, { node_id, fingerprint: `0${i}`.repeat(8), name: '' }],
  }))
  const fetched = vms.map((node) => ({
    node,
    operator: null,
    audience: 'ciso',
    query_type: 'ToolUsage',
    batches: 1,
    at: AT,
    start: AT,
    end: AT,
  }))
  const shared = { given, may_read: [{ audience: 'ciso', nodes: vms, operators: [] }], fetched }
  const twice = {
    'GET /api/v1/audit/who-asked': { since: AT, askers: [...askers, ...twins], totals: shared },
  }
  const asked = { 'GET /api/v1/audit/who-asked': { since: AT, askers, totals } }
  const nobody = log({ ...entry, type: 'peer_pending' })
  const { out } = await karo(twice, 'audit', 'who-asked')
  // Two questions of each, and what it fetched.
  for (const { fingerprint } of [bob, eve])
    expect(out.match(new RegExp(`^vm ${formatFingerprint(fingerprint)}  `, 'gm'))).toHaveLength(3)
  const both = vms.map(({ fingerprint }) => `vm ${formatFingerprint(fingerprint)}`).join(', ')
  expect(out).toContain(`May read totals for ciso: ${both}.`)
  for (const [i, { fingerprint }] of vms.entries())
    expect(out).toContain(`  vm ${formatFingerprint(fingerprint)}, ${`0${i}0${i} `.repeat(4).trim()}  `)
  expect(out).toMatch(/ {2}desk {2}/)
  expect(
    page({
      log: (await karo({ ...told, ...known }, 'audit', 'log')).out,
      // Where nobody is named nobody is looked up.
      'nobody is named': (await karo(nobody, 'audit', 'log')).out,
      'who asked': (await karo(asked, 'audit', 'who-asked')).out.replaceAll(/\d+ d ago/g, 'long ago'),
    }),
  ).toMatchSnapshot()
})

test('of more processes than are shown it says how to see them: by a larger limit, as long as there is one', async () => {
  const make = {
    pid: 7,
    name: 'make',
    shell: 'bash',
    started_at: AT,
    duration_ms: 12,
    peak_rss_bytes: null,
    cpu_ms: 0,
    exit_code: null,
    event_id: null,
    running: false,
  }
  const told = async (shown: number, total: number): Promise<string> => {
    const processes = Array.from({ length: shown }, () => make)
    return (await karo({ 'GET /api/v1/processes': { processes, total } }, 'processes')).err
  }
  expect(await told(2, 2)).toBe('')
  expect(await told(2, 3)).toContain('2 of 3; --limit shows more.')
  const most = await told(PROCESSES_LIMIT_MAX, 5_000)
  expect(most).toContain(`${PROCESSES_LIMIT_MAX} of 5000`)
  expect(most).not.toContain('--limit')
})

test('a preview of totals says of which period the two aggregators are, and whether that has begun', () => {
  const ref = (seed: number, name: string) => {
    const { nodeId: node_id, fingerprint } = testIdentity(seed)
    return { node_id, fingerprint, name }
  }
  const preview = (start: number) =>
    previewView(
      {
        to: null,
        role: 'security',
        categories: null,
        summaries: [],
        totals: {
          bucket: { start: new Date(start).toISOString(), end: new Date(start + DAY_MS).toISOString() },
          state: 'open',
          why: null,
          pair: [
            { node: ref(1, 'ash'), operator: 'ann' },
            { node: ref(2, 'birch'), operator: 'bob' },
          ],
          readers: [],
          operators: [],
          k: 5,
          k_min: 5,
          counted: true,
          types: [{ type: 'ToolUsage', given: true, reason: null, rows: 3, own: [] }],
        },
      } as SharePreviewShape,
      { colour: false, columns: 200 },
    )
  const now = Date.now()
  expect(preview(now - 1)).toContain('UTC, not over yet: the numbers so far\n')
  expect(preview(now + DAY_MS)).toContain('UTC, not begun yet\n')
  expect(preview(now - 1)).toContain(
    'ash (run by ann) and birch (run by bob), for this period; --at shows those of another',
  )
})
