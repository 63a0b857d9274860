// What a person reads when a question brought no numbers: silence is told apart from having nothing to say.
import { expect, test } from 'vitest'
import type { QueryResult } from '../../../src/api/contract/shapes.ts'
import { queryView } from '../../../src/cli/views/query/result.ts'
import { testIdentity } from '../../support/mesh/identity.ts'

const SCREEN = { colour: false, columns: Number.POSITIVE_INFINITY }

function empty(answered: number, unreachable: number): QueryResult {
  return {
    query_id: '0'.repeat(32),
    trace_id: '1'.repeat(32),
    query_type: 'ToolUsage',
    level: 1,
    time_range: { start: '2026-11-20T08:00:00.000Z', end: '2026-11-20T09:00:00.000Z' },
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
  }
}

test('notes and names stay within the screen', () => {
  const note =
    'These totals are withheld: fewer than 5 nodes would be in them, and each could be told from the rest.'
  const view = queryView({ ...empty(0, 2), notes: [note] }, { colour: false, columns: 60 })
  expect(view.replaceAll(/\s+/g, ' ')).toContain(note)
  expect(view).toMatch(/\n {2}These[^\n]{1,53}\n {2}\w/)
})

test.each([
  ['nobody answered', 0, 2, 'No node answered'],
  ['somebody answered with nothing', 1, 1, 'Nothing was recorded'],
  ['there is nobody to ask', 0, 0, 'Nothing was recorded'],
])('%s', (_, answered, unreachable, said) => {
  expect(queryView(empty(answered, unreachable), SCREEN)).toContain(said)
})

test('where the guard is on, where it is off, and where nobody knows', () => {
  const by_risk_level = { safe: 7, moderate: 1, high: 0, critical: 0 }
  const acts = { blocked: 0, confirmed_risky: 0, declined: 0, karo_generated: 0 }
  const view = (guarded: boolean) =>
    queryView(
      {
        ...empty(1, 0),
        query_type: 'SafetyPosture',
        status: 'success',
        data: {
          by_risk_level,
          ...acts,
          nodes_reporting: 2,
          change: null,
          guard: { on: Number(guarded), partly: 0, off: Number(!guarded), unknown: 1 },
          hook: { on: 1, silent: 1, none: 0 },
        },
        nodes: [
          {
            fingerprint: '0123456789abcdef',
            name: 'bob',
            as_of: '2026-11-20T09:00:00Z',
            source: 'live',
            safety: { by_risk_level, ...acts, guard: guarded ? 'on' : 'off', hook: 'silent' },
          },
        ],
      },
      SCREEN,
    )
  expect(view(false)).toMatch(/^guard on 0 of 2 nodes \(off 1, not known 1\), hooks silent on 1$/m)
  expect(view(true)).toMatch(/^guard on 1 of 2 nodes \(not known 1\), hooks silent on 1$/m)
  expect(view(true)).toMatch(/BLOCKED +GUARD/)
})

test.each([
  [['hour'], 'The filter applies to hours only; the totals and the days include everything.'],
  [['day'], 'The filter applies to days only; the totals and the hours include everything.'],
  [['hour', 'day'], 'The filter applies to hours and days only; the totals include everything.'],
  [[], undefined],
])('activity filtered by %j says what is not', (fields, note) => {
  const hourly = new Array<number>(24).fill(3)
  const daily = [72, 0, 0, 0, 0, 0, 0]
  const view = queryView(
    {
      ...empty(1, 0),
      query_type: 'ActivityPatterns',
      status: 'success',
      filters: fields.map((field) => ({ field, operator: 'Equals' as const, value: '1' })),
      data: { hourly, daily, total_commands: 72, unique_commands: 5, change: null },
    },
    SCREEN,
  )
  if (note === undefined) expect(view).not.toContain('filtered')
  else expect(view).toContain(`  ${note}\n`)
})

test('health that is watched says which node came, went, came back or began anew', () => {
  const row = (name: string, online: boolean, uptime_seconds: number | null) => ({
    node_id: testIdentity(1).nodeId,
    fingerprint: name.padEnd(16, '0'),
    name,
    online,
    uptime_seconds,
    last_seen: '2026-11-20T09:00:00Z',
    version: null,
    events_24h: null,
  })
  const health = (...nodes: ReturnType<typeof row>[]): QueryResult => ({
    ...empty(1, 0),
    query_type: 'NodeHealth',
    status: 'success',
    data: { nodes },
  })
  const before = health(
    row('ash', false, null),
    row('birch', true, 9),
    row('cedar', true, 9),
    row('fir', true, 9),
  )
  const now = health(
    ...[
      row('ash', true, 2),
      row('birch', false, null),
      row('cedar', true, 3),
      row('elm', true, 1),
      row('fir', true, 14),
    ],
  )
  const said = queryView(now, SCREEN, before)
  for (const [node, what] of [
    ['ash', 'back'],
    ['birch', 'gone'],
    ['cedar', 'restarted'],
    ['elm', 'new'],
  ])
    expect(said).toMatch(new RegExp(`^${node} .* ${what}$`, 'm'))
  expect(said).toMatch(/^fir .* now$/m)
  expect(queryView(now, SCREEN)).not.toContain('NEW')
  expect(said).toMatch(/^NODE +FINGERPRINT +ONLINE /m)
  expect(said).toMatch(/^ash [ 0-9a-z]* yes /m)
  expect(said).toMatch(/^birch [ 0-9a-z]* no /m)
})

test('the nodes that are listed are those whose records fall short, and a change says whose it is', () => {
  const covers = { start: '2026-11-20T08:30:00.000Z', end: '2026-11-20T09:00:00.000Z' }
  const tool = { category: 'git', nodes: 3, failure_rate: 0 }
  const one = (name: string, more: object = {}) => ({
    fingerprint: '0'.repeat(16),
    name,
    source: 'live' as const,
    covers: null,
    ...more,
  })
  const said = (whole: number, compared: number, change: number | null, hours = 1) =>
    queryView(
      {
        ...empty(2, 0),
        status: 'success',
        time_range: { start: `2026-11-20T0${9 - hours}:00:00.000Z`, end: '2026-11-20T09:00:00.000Z' },
        data: { tools: [{ ...tool, tool: 'git', uses: 4, change }] },
        reach: { nodes: 3, whole, short: [one('elm', { covers }), one('fir', { unsaid: true }), one('gum')] },
        compared: { nodes: compared, of: 3 },
      },
      SCREEN,
    )
  const view = said(1, 2, 1)
  expect(view).toContain('The records of 1 of 3 nodes cover the whole period; those of the others:')
  expect(view).toContain('elm: 2026-11-20 08:30 to 2026-11-20 09:00')
  expect(view).toContain('fir: gives numbers without saying which part of the period they cover')
  expect(view).toContain('gum: nothing recorded in this period')
  expect(view).toMatch(/CHANGE/)
  expect(view).toContain('Changes are for 2 of the 3 nodes with numbers; the other has no records')
  expect(said(0, 0, null, 2)).toContain('No node has records of all of this time:')
  expect(said(0, 0, null, 2)).toMatch(/no comparison.* back to 2026-11-20 05:00\./)
  // Nothing before: the column is not there, and so nothing is said of it.
  expect(said(1, 2, 4)).not.toMatch(/CHANGE|Changes are/)
})

test('that nothing was recorded is not said of a time that nobody has records of', () => {
  const short = [{ fingerprint: '0'.repeat(16), name: 'elm', source: 'live' as const, covers: null }]
  const view = queryView({ ...empty(0, 0), reach: { nodes: 1, whole: 0, short } }, SCREEN)
  expect(view).toContain('No node that answered has records of this period.')
})

test('anomalies: the gravest first, what changed, and that some nodes cannot tell yet', () => {
  const latest = '2026-11-20T08:00:00.000Z'
  const row = {
    type: 'timing' as 'timing' | 'unusual_pattern',
    severity: 6,
    severity_most: 6,
    count: 3,
    nodes: 2,
    latest,
    change: 1,
  }
  const view = (signals: readonly (typeof row)[], nodes_learning: number, before?: QueryResult) =>
    queryView(
      {
        ...empty(1, 0),
        query_type: 'Anomalies',
        status: 'success',
        data: { signals: [...signals], nodes_reporting: 2, nodes_learning, change: -2 },
        nodes: signals.map(({ type, severity, count }) => ({
          fingerprint: '0123456789abcdef',
          name: 'bob',
          as_of: latest,
          source: 'live' as const,
          anomalies: {
            signals: [{ type, severity, count, hour: latest, subjects: severity > 7 ? ['rm'] : [] }],
            learning: false,
          },
        })),
      },
      SCREEN,
      before,
    )
  const said = view([row], 1)
  expect(said).toMatch(/^SEVERITY +WHAT +BEGAN +CHANGE +NODES +LATEST \(UTC\)$/m)
  expect(said).toMatch(/^ +6 +unusual times +3 +\+1 +2 +2026-11-20 08:00$/m)
  expect(said).toMatch(/^bob +6 +unusual times +3 +2026-11-20 08:00$/m)
  expect(said).toContain('One node is still learning what is usual')
  const about = view([{ ...row, type: 'unusual_pattern', severity: 8, severity_most: 8 }], 0)
  expect(about).toMatch(/^bob +8 +unusual rm patterns +3 +2026-11-20 08:00$/m)
  const none = view([], 0)
  expect(none).toContain('No matching anomaly began on 2 nodes; −2 than before.')
  expect(none).not.toMatch(/learn/)
  const last = {
    ...empty(1, 0),
    query_type: 'Anomalies' as const,
    data: { signals: [], nodes_reporting: 2, nodes_learning: 0, change: null },
  }
  expect(view([row], 0, last)).toMatch(/3 \(\+3\)/)
})

test('what totals do not tell is marked, and is neither 0 nor left away', () => {
  const totals = { ...empty(8, 0), level: 2, status: 'success', reach: null } as const
  const safety = queryView(
    {
      ...totals,
      query_type: 'SafetyPosture',
      data: {
        by_risk_level: { safe: 7, moderate: null, high: 0, critical: 0 },
        blocked: null,
        confirmed_risky: 0,
        declined: 0,
        karo_generated: 0,
        nodes_reporting: 8,
        change: null,
        guard: { on: null, partly: null, off: 0, unknown: 0 },
        hook: { on: 8, silent: null, none: null },
      },
    },
    SCREEN,
  )
  expect(safety).toMatch(/^moderate +–$/m)
  expect(safety).toMatch(/^blocked –, confirmed by a person 0/m)
  expect(safety).toMatch(/^guard on – \(partly on –\), hooks silent on –, no hook on –$/m)
  expect(safety).toContain('\n–: on no machine, or on too few to be told\n')
  const hourly = Array.from({ length: 24 }, (_, hour) => (hour === 1 ? null : hour === 2 ? 0 : 3))
  const daily = [69, null, null, null, null, null, 0]
  const activity = (data: Record<string, unknown>) =>
    queryView(
      {
        ...totals,
        query_type: 'ActivityPatterns',
        data: { hourly, daily, total_commands: 69, unique_commands: null, change: null, ...data } as never,
      },
      SCREEN,
    )
  expect(activity({})).toMatch(/^██ \? {5}██ ██/m)
  expect(activity({})).toMatch(/^Tu +–$/m)
  expect(activity({})).toMatch(/^Su +0$/m)
  expect(activity({})).toContain('\n? and –: of no machine, or of too few to be told, or not released\n')
  const nothing = { hourly: hourly.map(() => null), daily: daily.map(() => null), total_commands: null }
  expect(activity(nothing)).not.toMatch(/commands|Mo/)
})

test('how far noise may be from the true numbers stands beside them', () => {
  const privacy = { mode: 'aggregate', k_min: 5, cells_suppressed: null, noise: { nodes: 3, values: 43 } }
  const view = (query_type: string, data: unknown) =>
    queryView(
      { ...empty(8, 0), level: 2, status: 'success', reach: null, privacy, query_type, data } as never,
      SCREEN,
    )
  const tool = { tool: 'git', category: 'vcs', uses: 900, nodes: 210, failure_rate: 0.1, change: null }
  expect(view('ToolUsage', { tools: [tool] })).toMatch(/USES ±43 +NODES ±3 .*\n.*900 +210/)
  const acts = { blocked: null, confirmed_risky: 70, karo_generated: 80, nodes_reporting: 220, change: null }
  const states = {
    guard: { on: 200, partly: null, off: null, unknown: null },
    hook: { on: 210, silent: null, none: null },
  }
  const by_risk_level = { safe: 7_000, moderate: 400, high: null, critical: null }
  const safety = view('SafetyPosture', { by_risk_level, ...acts, ...states })
  expect(safety).toMatch(/^safe +7000 ±43/m)
  expect(safety).toMatch(/^high +–$/m)
  expect(safety).toMatch(/blocked –, confirmed by a person 70 ±43/)
  expect(safety).toMatch(/guard on 200 ±3 of 220/)
  const hours = Array.from({ length: 24 }, () => 50)
  const activity = { hourly: hours, daily: [1_200, null, null, null, null, null, null] }
  expect(
    view('ActivityPatterns', { ...activity, total_commands: 1_200, unique_commands: null, change: null }),
  ).toMatch(/^1200 ±43 commands/)
})

test('a sum of which some machines or periods do not tell is told as the least that it is', () => {
  const released = {
    audience: 'security',
    holders: [],
    refused: [],
    partly: ['kubectl', 'risk:high'],
    buckets: [],
    most: 1_000,
  }
  const totals = { ...empty(8, 0), level: 2, status: 'success', reach: null, released } as const
  const guard = { on: 8, partly: 0, off: 0, unknown: 0 }
  const none = {
    blocked: 0,
    confirmed_risky: 0,
    declined: 0,
    karo_generated: 0,
    nodes_reporting: 8,
    change: null,
  }
  const safety = {
    by_risk_level: { safe: 7, moderate: 1, high: 0, critical: 0 },
    ...none,
    guard,
    hook: { on: 8, silent: 0, none: 0 },
  }
  const shown = queryView({ ...totals, query_type: 'SafetyPosture', data: safety }, SCREEN)
  expect(shown).toMatch(/^high +≥ 0$/m)
  expect(shown).toMatch(/^moderate +1 /m)
  const row = { category: 'kubernetes', uses: 9, failure_rate: 0, nodes: 8, change: null }
  const tools = [
    { ...row, tool: 'kubectl' },
    { ...row, tool: 'git' },
  ]
  const table = queryView({ ...totals, query_type: 'ToolUsage', data: { tools } as never }, SCREEN)
  expect(table).toMatch(/^kubectl +kubernetes +≥ 9 /m)
  expect(table).toMatch(/^git +kubernetes +9 /m)
})

test('totals say which whole periods they are of, what each left out, and why no change is shown', () => {
  const day = (date: number) => ({
    start: `2026-11-${date}T00:00:00.000Z`,
    end: `2026-11-${date + 1}T00:00:00.000Z`,
    why: null,
    k: 6,
    contributions: null,
  })
  const result = {
    ...empty(8, 8),
    level: 2,
    status: 'success',
    reach: null,
    query_type: 'ToolUsage',
    time_range: { start: '2026-11-18T19:00:00.000Z', end: '2026-11-21T20:00:00.000Z' },
    data: {
      tools: [{ tool: 'git', category: 'git', uses: 9, failure_rate: 0, nodes: 8, change: null }],
    },
    released: {
      audience: 'security',
      holders: [],
      refused: [],
      partly: ['kubectl'],
      buckets: [day(19), day(20)],
      most: 1_000,
    },
    privacy: { mode: 'aggregate', k_min: 6, cells_suppressed: null, noise: null },
    compared: { nodes: 0, of: 8 },
  } as never
  const lines = queryView(result, SCREEN).replaceAll(/\s+/g, ' ')
  expect(lines).toContain('the whole periods in this time: 2026-11-19 00:00 to 2026-11-21 00:00 UTC')
  expect(lines).toContain('a number that fewer than 6 machines have is left out, as if no machine had it')
  expect(lines).toContain('of each number of a machine at most 1000 count in a period')
  expect(lines).toContain(
    'some periods or machines do not tell these, so they are shown as at least (≥), or not at all: kubectl',
  )
  expect(lines).toContain('no comparison with before')
})
