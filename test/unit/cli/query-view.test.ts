// What a person reads of a result: its numbers, whose they are, and why there are none. The page of snapshots has it as it is shown.
import { expect, test } from 'vitest'
import type { QueryResult } from '../../../src/api/contract/shapes.ts'
import { whoAnswered } from '../../../src/cli/views/query/coverage.ts'
import { nothingIn, progressLine, queryView } from '../../../src/cli/views/query/result.ts'
import { testIdentity } from '../../support/mesh/identity.ts'

type Row = QueryResult['coverage']['nodes'][number]

const SCREEN = { colour: false, columns: Number.POSITIVE_INFINITY }
const END = '2026-11-20T09:00:00.000Z'
const BOB = { fingerprint: '0123456789abcdef', name: 'bob', as_of: END, source: 'live' } as const

function resultOf(answered: number, unreachable: number, more: object = {}): QueryResult {
  return {
    query_id: '0'.repeat(32),
    trace_id: '1'.repeat(32),
    query_type: 'ToolUsage',
    level: 1,
    time_range: { start: '2026-11-20T08:00:00.000Z', end: END },
    status: 'no_data',
    data: { tools: [] },
    as_of: null,
    reach: { nodes: answered + 1, whole: answered + 1, short: [] },
    compared: { nodes: 0, of: 0 },
    coverage: {
      known: answered + unreachable,
      answered,
      unreachable,
      from_summary: 0,
      denied: 0,
      withheld: 0,
      failed: 0,
      complete: unreachable === 0,
      nodes: [],
    },
    privacy: { mode: 'per_node', k_min: 5, cells_suppressed: 0, noise: null },
    ended_by: 'all_done',
    timing: { first_ms: null, last_ms: null, elapsed_ms: 1 },
    notes: [],
    ...more,
  } as QueryResult
}
const of = (query_type: string, data: object, more: object = {}): QueryResult =>
  resultOf(1, 0, { query_type, status: 'success', data, ...more })

/** Totals, which are of no node of the mesh by itself. */
const totals = (query_type: string, data: object, more: object = {}): QueryResult =>
  resultOf(8, 0, { query_type, status: 'success', data, level: 2, reach: null, ...more })

function shown(cases: Readonly<Record<string, QueryResult | string>>): string {
  return Object.entries(cases)
    .map(([title, one]) => `--- ${title}\n${typeof one === 'string' ? one : queryView(one, SCREEN)}`)
    .join('\n')
}

const tool = { tool: 'git', category: 'vcs', uses: 9, nodes: 3, failure_rate: 0, change: null }
const hourly = new Array<number | null>(24).fill(3)
const activity = {
  hourly,
  daily: [72, 0, 0, 0, 0, 0, 0],
  total_commands: 72,
  unique_commands: 5,
  change: null,
}
const posture = {
  by_risk_level: { safe: 7, moderate: 1, high: 0, critical: 0 },
  blocked: 0,
  confirmed_risky: 0,
  declined: 0,
  karo_generated: 0,
  nodes_reporting: 8,
  change: null,
  guard: { on: 8, partly: 0, off: 0, unknown: 0 },
  hook: { on: 8, silent: 0, none: 0 },
}

test('without totals: whom people let have numbers of single nodes, which the role security does not open', () => {
  const carol = { operator: 'her-key', fingerprint: '0123456789abcdef', name: 'carol', teams: [] }
  const said = (query_type: string, status: string, roles: readonly string[], level = 2) =>
    nothingIn(resultOf(0, 0, { query_type, status, level, asked_as: { ...carol, roles } }))
  const none = 'opens none of these: people give them to carol, a team or everybody (karo share allow).'
  expect(said('ToolUsage', 'withheld', ['security'])).toContain(none)
  expect(said('Anomalies', 'withheld', ['security'])).not.toContain(none)
  expect(said('ToolUsage', 'access_denied', ['lead'])).not.toContain('The role security')
  // What people give to that role is totals, so that is no advice.
  expect(said('ToolUsage', 'access_denied', ['security'], 1)).toContain('karo share allow her-key')
  expect(said('ToolUsage', 'access_denied', ['lead'], 1)).toContain('karo share allow role:<role>')
})

test('notes and names stay within the screen', () => {
  const note =
    'These totals are withheld: fewer than 5 nodes would be in them, and each could be told from the rest.'
  const view = queryView(resultOf(0, 2, { notes: [note] }), { colour: false, columns: 60 })
  expect(view.replaceAll(/\s+/g, ' ')).toContain(note)
  expect(view).toMatch(/\n {2}These[^\n]{1,53}\n {2}\w/)
})

test('nodes of the same name are told apart by their fingerprints wherever a result names them', () => {
  const numbers = {
    total_commands: 1,
    unique_commands: 1,
    hourly,
    daily: [1, 0, 0, 0, 0, 0, 0],
    change: null,
  }
  const vm = (fingerprint: string) => ({ ...BOB, name: 'vm', fingerprint })
  const [own, answering, denying] = ['1'.repeat(16), '2'.repeat(16), '3'.repeat(16)].map(vm) as [
    ...[typeof BOB, typeof BOB, typeof BOB],
  ]
  const view = queryView(
    of('ActivityPatterns', numbers, {
      nodes: [own, answering, BOB].map((node) => ({ ...node, activity: numbers })),
      reach: { nodes: 3, whole: 2, short: [{ ...own, covers: null }] },
      coverage: {
        ...resultOf(2, 0).coverage,
        known: 3,
        denied: 1,
        nodes: [{ ...denying, outcome: 'denied' }],
      },
    }),
    SCREEN,
  )
  expect(view).toMatch(/^vm 1111 1111 1111 1111 /m)
  expect(view).toMatch(/^vm 2222 2222 2222 2222 /m)
  expect(view).toMatch(/^bob {2}/m)
  expect(view).toContain('vm 3333 3333 3333 3333 denied')
  expect(view).toContain('vm 1111 1111 1111 1111: nothing recorded in this period')
  const fetch = {
    node: '2',
    operator: undefined,
    audience: 'ciso',
    query_type: 'ToolUsage',
    start: END,
    end: END,
    hour: END,
  }
  const machine = { online: true, uptime_seconds: 9, last_seen: END, version: null, events_24h: null }
  const nodes = [
    { ...own, ...machine, node_id: '1', fetched: [fetch] },
    { ...answering, ...machine, node_id: '2' },
  ]
  expect(queryView(of('NodeHealth', { nodes }), SCREEN)).toMatch(
    /^vm 2222 2222 2222 2222 .* vm 1111 1111 1111 1111 *$/m,
  )
  const away = [
    { ...answering, ...machine, online: false, last_seen: '1970-01-01T00:00:00.000Z', node_id: '2' },
  ]
  expect(queryView(of('NodeHealth', { nodes: away }), SCREEN)).toContain('not in 7 d')
})

test('no numbers: silence is told apart from having nothing to say', () => {
  const short = [{ ...BOB, covers: null }]
  const denied = (outcomes: readonly Row['outcome'][]): string | undefined =>
    nothingIn({
      ...whose(outcomes.map((outcome, n) => row(`node-${n}`, outcome))),
      status: 'access_denied',
      query_type: 'ToolUsage',
    })
  expect(
    shown({
      'nobody answered': resultOf(0, 2),
      'somebody answered with nothing': resultOf(1, 1),
      'there is nobody to ask': resultOf(0, 0),
      'nobody has records of the time': resultOf(0, 0, { reach: { nodes: 1, whole: 0, short } }),
      'nobody shares': denied(['denied'])!,
      'who answered has none, and the others do not share': denied(['denied', 'answered'])!,
    }),
  ).toMatchSnapshot()
})

test('tools: the nodes whose records fall short, and whose a change is', () => {
  const covers = { start: '2026-11-20T08:30:00.000Z', end: END }
  const short = (name: string, more: object = {}) => ({ ...BOB, name, covers: null, ...more })
  const view = (whole: number, compared: number, change: number | null, hours = 1) =>
    of(
      'ToolUsage',
      { tools: [{ ...tool, change }] },
      {
        time_range: { start: `2026-11-20T0${9 - hours}:00:00.000Z`, end: END },
        reach: {
          nodes: 3,
          whole,
          short: [short('elm', { covers }), short('fir', { unsaid: true }), short('gum')],
        },
        compared: { nodes: compared, of: 3 },
      },
    )
  expect(
    shown({
      'one whole, two compared': view(1, 2, 1),
      'none whole, none compared': view(0, 0, null, 2),
      // Nothing before: the column is not there, and so nothing is said of it.
      'nothing before': view(1, 2, 9),
    }),
  ).toMatchSnapshot()
})

test('safety: where the guard is on, where it is off, and where nobody knows', () => {
  const { by_risk_level, blocked, confirmed_risky, declined, karo_generated } = posture
  const acts = { blocked, confirmed_risky, declined, karo_generated }
  const view = (guarded: boolean) =>
    of(
      'SafetyPosture',
      {
        ...posture,
        nodes_reporting: 2,
        guard: { on: Number(guarded), partly: 0, off: Number(!guarded), unknown: 1 },
        hook: { on: 1, silent: 1, none: 0 },
      },
      {
        nodes: [
          { ...BOB, safety: { by_risk_level, ...acts, guard: guarded ? 'on' : 'off', hook: 'silent' } },
        ],
      },
    )
  expect(shown({ guarded: view(true), 'not guarded': view(false) })).toMatchSnapshot()
})

test('activity: what a filter of hours or days leaves as it is', () => {
  const filtered = (...fields: string[]) =>
    of('ActivityPatterns', activity, {
      filters: fields.map((field) => ({ field, operator: 'Equals', value: '1' })),
    })
  expect(
    shown({
      hours: filtered('hour'),
      days: filtered('day'),
      'hours and days': filtered('hour', 'day'),
      'no filter': filtered(),
    }),
  ).toMatchSnapshot()
})

test('activity: bars above their hours and days, and each node by itself, in 80 columns', () => {
  const at9 = hourly.map((_, hour) => (hour === 9 ? 40 : 0))
  const numbers = { hourly: at9, daily: [0, 40, 0, 0, 0, 0, 0], total_commands: 40, unique_commands: 2 }
  const nodes = [{ ...BOB, activity: numbers }]
  const view = queryView(of('ActivityPatterns', { ...numbers, change: 0 }, { nodes }), {
    colour: false,
    columns: 80,
  })
  for (const line of view.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(view).toMatchSnapshot()
})

test('health that is watched says which node came, went, came back or began anew', () => {
  const node = (name: string, online: boolean, uptime_seconds: number | null) => ({
    node_id: testIdentity(1).nodeId,
    fingerprint: name.padEnd(16, '0'),
    name,
    online,
    uptime_seconds,
    last_seen: '2020-11-20T09:00:00Z',
    version: null,
    events_24h: null,
  })
  const health = (...nodes: object[]) => of('NodeHealth', { nodes })
  const before = health(
    ...[node('ash', false, null), node('birch', true, 9), node('cedar', true, 9), node('fir', true, 9)],
  )
  const now = health(
    ...[node('ash', true, 2), node('birch', false, null), node('cedar', true, 3)],
    ...[node('elm', true, 1), node('fir', true, 14)],
  )
  const text = shown({ watched: queryView(now, SCREEN, before), asked: now })
  expect(text.replaceAll(/\d+ d ago/g, 'long ago')).toMatchSnapshot()
})

test('anomalies: the gravest first, what changed, and that some nodes cannot tell yet', () => {
  const latest = '2026-11-20T08:00:00.000Z'
  const signal = { type: 'timing', severity: 6, severity_most: 6, count: 3, nodes: 2, latest, change: 1 }
  const patterns = { ...signal, type: 'unusual_pattern', severity: 8, severity_most: 8 }
  const view = (signals: readonly (typeof signal)[], nodes_learning: number) =>
    of(
      'Anomalies',
      { signals, nodes_reporting: 2, nodes_learning, change: -2 },
      {
        nodes: signals.map(({ type, severity, count }) => ({
          ...BOB,
          anomalies: {
            signals: [{ type, severity, count, hour: latest, subjects: severity > 7 ? ['rm'] : [] }],
            learning: false,
          },
        })),
      },
    )
  const last = of('Anomalies', { signals: [], nodes_reporting: 2, nodes_learning: 0, change: null })
  expect(
    shown({
      'one node is learning': view([signal], 1),
      'two kinds': view([patterns, signal], 0),
      none: view([], 0),
      watched: queryView(view([signal], 0), SCREEN, last),
    }),
  ).toMatchSnapshot()
})

test('totals: what they do not tell is marked, and is neither 0 nor left away', () => {
  const hours = Array.from({ length: 24 }, (_, hour) => (hour === 1 ? null : hour === 2 ? 0 : 3))
  const daily = [69, null, null, null, null, null, 0]
  const untold = { hourly: hours, daily, total_commands: 69, unique_commands: null, change: null }
  const none = { hourly: hours.map(() => null), daily: daily.map(() => null), total_commands: null }
  expect(
    shown({
      safety: totals('SafetyPosture', {
        ...posture,
        by_risk_level: { safe: 7, moderate: null, high: 0, critical: 0 },
        blocked: null,
        guard: { on: null, partly: null, off: 0, unknown: 0 },
        hook: { on: 8, silent: null, none: null },
      }),
      activity: totals('ActivityPatterns', untold),
      'activity of nobody': totals('ActivityPatterns', { ...untold, ...none }),
    }),
  ).toMatchSnapshot()
})

test('totals: a part that is all is no least, and days that no total is of are not marked as of too few machines', () => {
  const rate = (failure_rate: number) =>
    queryView(
      totals('ToolUsage', {
        tools: [{ ...tool, failure_rate }],
        all: { uses: 20, failures: 9, unknown: null },
      }),
      SCREEN,
    )
  expect([rate(0.5), rate(1)]).toEqual([expect.stringMatching(/≥ 50 %/), expect.not.stringMatching(/≥/)])
  const all = { uses: 20, failures: 0, unknown: 20 }
  expect(queryView(totals('ToolUsage', { tools: [tool], all }), SCREEN)).toContain('no exit code is known')
  const days = (daily: readonly (number | null)[]) =>
    queryView(totals('ActivityPatterns', { ...activity, daily, unique_commands: null }), SCREEN)
  expect(days([72, null, null, null, null, null, null])).toMatch(/Tu +–/)
  expect(days(new Array(7).fill(null))).not.toContain('Tu')
})

test('totals: how far noise may be from the true numbers stands beside them', () => {
  const privacy = { mode: 'aggregate', k_min: 5, cells_suppressed: null, noise: { nodes: 3, values: 43 } }
  const view = (query_type: string, data: object) => totals(query_type, data, { privacy })
  expect(
    shown({
      tools: view('ToolUsage', { tools: [{ ...tool, uses: 900, nodes: 210, failure_rate: 0.1 }] }),
      safety: view('SafetyPosture', {
        ...posture,
        by_risk_level: { safe: 7_000, moderate: 400, high: null, critical: null },
        blocked: null,
        confirmed_risky: 70,
        karo_generated: 80,
        nodes_reporting: 220,
        guard: { on: 200, partly: null, off: null, unknown: null },
        hook: { on: 210, silent: null, none: null },
      }),
      activity: view('ActivityPatterns', {
        ...activity,
        daily: [1_200, null, null, null, null, null, null],
        total_commands: 1_200,
        unique_commands: null,
      }),
    }),
  ).toMatchSnapshot()
})

test('totals: the least that a sum is, which whole periods they are of, what each left out, and why no change is shown', () => {
  const day = (date: number) => ({
    start: `2026-11-${date}T00:00:00.000Z`,
    end: `2026-11-${date + 1}T00:00:00.000Z`,
    why: null,
    k: 6,
    contributions: null,
  })
  const released = (partly: string[], buckets: object[]) => ({
    released: { audience: 'security', holders: [], refused: [], partly, buckets, most: 1_000 },
  })
  const least = released(['kubectl', 'risk:high'], [])
  expect(
    shown({
      safety: totals('SafetyPosture', posture, least),
      tools: totals('ToolUsage', { tools: [{ ...tool, tool: 'kubectl' }, tool] }, least),
      'two days': totals(
        'ToolUsage',
        { tools: [tool] },
        {
          ...released(['kubectl'], [day(19), day(20)]),
          time_range: { start: '2026-11-18T19:00:00.000Z', end: '2026-11-21T20:00:00.000Z' },
          privacy: { mode: 'aggregate', k_min: 6, cells_suppressed: null, noise: null },
          compared: { nodes: 0, of: 8 },
        },
      ),
    }),
  ).toMatchSnapshot()
})

const row = (name: string, outcome: Row['outcome'], more: Partial<Row> = {}): Row => ({
  fingerprint: name.padEnd(16, '0'),
  name,
  outcome,
  ...more,
})

function whose(nodes: readonly Row[], more: object = {}): QueryResult {
  const count = (...outcomes: Row['outcome'][]): number =>
    nodes.filter(({ outcome }) => outcomes.includes(outcome)).length
  return resultOf(0, 0, {
    coverage: {
      known: nodes.length,
      answered: count('answered'),
      from_summary: count('from_summary'),
      denied: count('denied'),
      withheld: count('withheld'),
      unreachable: count('unreachable'),
      failed: count('busy', 'error', 'not_supported', 'bad_signature'),
      complete: count('answered') === nodes.length,
      nodes: [...nodes],
    },
    ...more,
  })
}

test('whose numbers they are: this node counts too, and who gave none is named with the reason and with what mends it', () => {
  const four = ['ash', 'birch', 'cedar', 'dan'].map((name) => row(name, 'answered'))
  const said = (nodes: readonly Row[], more: object = {}): string => {
    const { line, rows } = whoAnswered(whose(nodes, more))
    return [line, ...rows].join('\n')
  }
  const before = (hours: number): string => new Date(Date.now() - hours * 3_600_000).toISOString()
  const away = (why: NonNullable<Row['why']>, hours: number): string =>
    said([row('fir', 'unreachable', { why, last_seen: before(hours) })])
  const wrong = row('fir', 'unreachable', { why: 'clock', clock_off_ms: 600_000 })
  const behind = row('gum', 'unreachable', { why: 'clock', clock_off_ms: -7_200_000 })
  expect(
    shown({
      all: said(four),
      'one denied': said([...four, row('fir', 'denied')]),
      'nobody else': said([]),
      'one other': said([row('fir', 'unreachable')]),
      'one by its summary': said([...four, row('elm', 'from_summary')]),
      'several reasons': said([
        ...[...four, row('gum', 'denied')],
        ...[row('fir', 'denied'), row('elm', 'unreachable')],
      ]),
      'many are counted, and named below': said(['d', 'c', 'b', 'a'].map((name) => row(name, 'denied'))),
      'without this node': said(four, { own_missing: true }),
      'of totals': said(four, { level: 2 }),
      'of a team': said(four, { team: 'eng' }),
      'a wrong clock': said([...four, wrong]),
      'all others differ, so it is the clock here': said([wrong, behind]),
      'trusts nobody here': said([row('fir', 'unreachable', { why: 'not_trusted_there' })]),
      'was stopped': away('left', 2.1),
      'its connection broke': away('lost', 2.1),
      'does not answer': said([row('fir', 'unreachable', { why: 'silent' })]),
      'is away': away('away', 2.1),
      'was not seen for as long as that is remembered': said([row('fir', 'unreachable', { why: 'never' })]),
      'its certificate ended': said([row('fir', 'unreachable', { why: 'ended', ended_at: before(40.1) })]),
    }),
  ).toMatchSnapshot()
})

test('while a question runs, the line at the bottom names those of whom nothing has come', () => {
  const { coverage } = resultOf(1, 1)
  const after = (...nodes: readonly Row[]): string => progressLine({ ...coverage, nodes })
  expect(after(row('fir', 'answered'), row('gum', 'unreachable'))).toBe(
    '1 of 2 others answered, nothing yet from gum …',
  )
  expect(after(row('fir', 'answered'))).toBe('1 of 2 others answered …')
})
