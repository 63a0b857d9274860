// Every type of question over real frames: exact sums, filters and teams, and absent members from their summaries.
import { describe, expect, it } from 'vitest'
import { decodeAnswer } from '../../../../protocols/answer.ts'
import type { ActivityPatterns, SafetyPosture } from '../../../../protocols/messages/numbers.ts'
import type { NodeSummary } from '../../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { answerOf } from '../../../../src/exchange/query/answering/work.ts'
import type { Question } from '../../../../src/exchange/query/document.ts'
import { parseFilter } from '../../../../src/exchange/query/filters.ts'
import type { GatherInsight } from '../../../../src/exchange/query/query-types/index.ts'
import type { QueryResult } from '../../../../src/exchange/query/schema.ts'
import type { QueryDeps } from '../../../../src/exchange/query/types.ts'
import { some } from '../../../support/some.ts'
import { meshOf, person, three, uses } from './network.ts'

const HOUR = 3_600_000

const safety = (safe: number, high: number, more: Partial<SafetyPosture> = {}): SafetyPosture => ({
  by_risk_level: { safe, moderate: 0, high, critical: 0 },
  blocked: 1,
  confirmed_risky: 1,
  karo_generated: 0,
  guard: 'on',
  hook: 'on',
  ...more,
})

/** All of it in one hour and on one day. */
function activity(hour: number, day: number, total_commands: number): ActivityPatterns {
  const at = (cells: number, place: number) =>
    Array.from({ length: cells }, (_, i) => (i === place ? total_commands : 0))
  return { hourly: at(24, hour), daily: at(7, day), total_commands, unique_commands: 1 }
}

const summary = (node_id: NodeId, more: Partial<NodeSummary>): NodeSummary => ({
  node_id,
  granularity: 'hour',
  start: 0,
  end: HOUR,
  generated_at: 0,
  closed: true,
  ...more,
})

/** What summaries say that they reach over, where a test does not look at it: not over the time before. */
const COVERED = { start: Date.now(), end: Date.now() + HOUR }

/** Of one whose age no test looks at. */
const covered = (...summaries: readonly NodeSummary[]) => ({ summaries, as_of: 1, covers: COVERED })

/** What each node by itself says, by its name. */
const ofEach = <T>(
  { nodes = [] }: QueryResult,
  what: (node: NonNullable<QueryResult['nodes']>[number]) => T,
) => Object.fromEntries(nodes.map((node) => [node.name, what(node)]))
const toolsOf = ({ data }: QueryResult): Record<string, number> =>
  'tools' in data ? Object.fromEntries(data.tools.map((row) => [row.tool, row.uses])) : {}
const where = (...texts: string[]) => texts.map((text) => parseFilter(text, '--where'))

describe('SafetyPosture', () => {
  it('of which filters leave nothing is no data, whoever else refuses', async () => {
    const { a, b, c } = three({}, {}, { allow: [] })
    for (const node of [a, b, c]) node.safety = safety(3, 0)
    const result = await a.ask({ query_type: 'SafetyPosture', filters: where('risk_level=high') })
    expect(result.coverage).toMatchObject({ answered: 1, denied: 1 })
    // As many say the one as the other: a refusal is not hidden.
    expect(result.status).toBe('access_denied')
    const more = meshOf(['a', 'b', 'c', 'd'].map((name) => ({ name, allow: name === 'd' ? [] : ['*'] })))
    for (const node of more.nodes) node.safety = safety(3, 0)
    const among = await more.nodes[0]!.ask({ query_type: 'SafetyPosture', filters: where('risk_level=high') })
    expect(among.coverage).toMatchObject({ answered: 2, denied: 1 })
    expect(among.status).toBe('no_data')
  })

  it('tells the change over the nodes that know both periods, and over how many', async () => {
    const { a, b, c } = three()
    for (const node of [a, b, c]) {
      node.safety = safety(10, 5)
      node.safetyBefore = safety(4, 5, { blocked: 3 })
    }
    // Its records begin in the period that is asked about.
    c.since = Date.now() - HOUR
    const result = await a.ask({ query_type: 'SafetyPosture', perNode: true })
    expect(result.nodes?.map((node) => node.safety)).toMatchObject([a, b, c].map((node) => node.safety))
    expect(result.compared).toEqual({ nodes: 2, of: 3 })
    expect(result.data).toMatchObject({
      by_risk_level: { safe: 30 },
      change: { by_risk_level: { safe: 12, moderate: 0, high: 0, critical: 0 }, blocked: -4 },
    })
    const high = await a.ask({ query_type: 'SafetyPosture', filters: where('risk_level=high') })
    expect(high.data).toMatchObject({ change: { by_risk_level: { safe: 0, high: 0 } } })
    for (const node of [a, b]) node.since = undefined
    const none = await a.ask({ query_type: 'SafetyPosture' })
    expect(none.compared).toEqual({ nodes: 0, of: 3 })
    expect(none.data).toMatchObject({ change: null })
  })

  it('says which part of the time each node knows, and never what nobody knows', async () => {
    const { a, b, c, lose } = three()
    const now = Date.now()
    const range = { start: now - 10 * HOUR, end: now }
    const start = Math.floor(range.start / HOUR) * HOUR
    b.since = start + 4 * HOUR
    c.since = undefined
    const live = await a.ask({ query_type: 'SafetyPosture', range })
    expect(live.reach).toMatchObject({
      nodes: 3,
      whole: 1,
      short: [
        { name: 'b', source: 'live', covers: { start: new Date(b.since).toISOString() } },
        { name: 'c', source: 'live', covers: null },
      ],
    })
    lose(b)
    a.covers.set(b.id, {
      summaries: [summary(b.id, { safety_stats: safety(1, 0) })],
      as_of: now - 3 * HOUR,
      covers: { start, end: now - 3 * HOUR },
    })
    const absent = await a.ask({ query_type: 'SafetyPosture', range })
    expect(absent.reach?.short).toMatchObject([
      { name: 'b', source: 'summary', covers: { end: new Date(now - 3 * HOUR).toISOString() } },
      { name: 'c', covers: null },
    ])
    // Of now, whatever is asked for.
    expect((await a.ask({ query_type: 'NodeHealth', range })).reach).toBeNull()
  })

  it('tells who gave numbers and did not say of which time, as earlier releases do, from who has none', async () => {
    const { a, b, c } = three()
    for (const node of [b, c]) node.since = undefined
    b.safety = safety(3, 0)
    c.safety = safety(0, 0)
    const { reach } = await a.ask({ query_type: 'SafetyPosture' })
    expect(reach?.short).toMatchObject([
      { name: 'b', covers: null, unsaid: true },
      { name: 'c', covers: null },
    ])
    expect(reach?.short[1]?.unsaid).toBeUndefined()
  })

  it('an owner whose clock is behind knows all of the hour that is open where the question came from', async () => {
    const hour = Math.floor(Date.now() / HOUR) * HOUR
    const insight = {
      uids: async () => [1000],
      recordedSince: async () => 0,
      nodeHealth: async () => expect.fail('nobody asked for it'),
      during: () => ({ toolUsage: async () => [] }),
    } as unknown as GatherInsight
    const body = { query_type: 'ToolUsage', time_range: { start: hour, end: hour + HOUR }, filters: [] }
    const answered = (created_at: number) =>
      answerOf(
        some<QueryDeps>({ insight, clock: { now: () => hour - 1_000, monotonic: () => 0 } }),
        { body: { ...body, created_at } } as unknown as Question,
        { decision: { effect: 'allow', rule: 'test', reason: 'test' }, level: 1, uids: [1000] },
      )
    expect(await answered(hour + 60_000)).toMatchObject({ covers: { start: hour, end: hour + 60_000 } })
    expect(await answered(hour - 5_000)).not.toHaveProperty('covers')
  })

  it('at level 2 is withheld, as every type: nobody is asked, and there is no number of anybody', async () => {
    const { a, b } = three()
    a.safety = b.safety
    for (const query_type of ['SafetyPosture', 'ActivityPatterns', 'ToolUsage'] as const) {
      const result = await a.ask({ query_type, level: 2, perNode: true })
      const privacy = { mode: 'aggregate' }
      expect(result).toMatchObject({ status: 'withheld', level: 2, coverage: { known: 0 }, privacy })
      expect(b.audits).toEqual([])
      expect(result.notes.join()).toContain('karo policy sign --aggregator')
      expect(result.nodes).toBeUndefined()
      expect(
        Object.values(result.data)
          .flat()
          .filter((value) => value !== 0 && typeof value === 'number'),
      ).toEqual([])
    }
  })
})

describe('Anomalies', () => {
  const at = Math.floor(Date.now() / HOUR) * HOUR
  const signal = (type: string, severity: number, count = 1, hour = at) => ({ type, severity, count, hour })
  const of = (...signals: ReturnType<typeof signal>[]) => ({ signals, learning: false })

  it('is by type and severity over the nodes, with the change over those that know both periods', async () => {
    const { a, b, c } = three()
    a.anomalies = of(signal('timing', 4))
    b.anomalies = of(signal('timing', 4, 2), signal('timing', 4, 1, at - HOUR), signal('repeated_risk', 7))
    c.anomalies = { ...of(signal('timing', 4), signal('from_the_future', 9)), learning: true }
    b.anomaliesBefore = [signal('timing', 4), signal('deviation', 3, 5)]
    // Nobody looked there before.
    c.anomaliesSince = Date.now() - HOUR
    const result = await a.ask({ query_type: 'Anomalies', perNode: true })
    const latest = new Date(at).toISOString()
    expect(result.data).toEqual({
      signals: [
        { type: 'other', severity: 9, severity_most: 9, count: 1, nodes: 1, latest, change: null },
        { type: 'repeated_risk', severity: 7, severity_most: 7, count: 1, nodes: 1, latest, change: 1 },
        { type: 'timing', severity: 4, severity_most: 4, count: 5, nodes: 3, latest, change: 3 },
      ],
      nodes_reporting: 3,
      nodes_learning: 1,
      change: -1,
    })
    expect(result.compared).toEqual({ nodes: 2, of: 3 })
    expect(ofEach(result, ({ anomalies }) => anomalies?.signals.length)).toEqual({ a: 1, b: 3, c: 2 })
  })

  it('comes from nodes whose people let it out by name, and the answer says what the others would have to choose', async () => {
    const { a, b, c } = three()
    for (const node of [a, b, c]) node.anomalies = of(signal('timing', 4))
    await b.sharing.anomalies(1000, 'anonymous')
    await c.sharing.anomalies(1000, 'off')
    // What a person sees of themself nobody has to let out.
    await a.sharing.anomalies(1000, 'off')
    const result = await a.ask({ query_type: 'Anomalies' })
    expect(a.outcomes(result)).toEqual({ b: 'denied', c: 'denied' })
    expect(result.data).toMatchObject({ signals: [{ count: 1, nodes: 1 }], nodes_reporting: 1 })
    expect(result.notes.join()).toMatch(/karo share anomalies identified/)
    expect([b.gathered, c.gathered]).toEqual([[], []])
    await b.sharing.anomalies(1000, 'identified')
    expect(a.outcomes(await a.ask({ query_type: 'Anomalies' }))).toEqual({ b: 'answered', c: 'denied' })
  })

  it('says which tools it is about where people also share these, and is without them on its way elsewhere', async () => {
    const said: Uint8Array[] = []
    const { a, b, c } = three({}, { onEncoded: (bytes) => said.push(bytes) })
    for (const node of [b, c]) {
      node.anomalies = of({ ...signal('unusual_pattern', 7), subjects: ['rm'] } as never)
    }
    await c.sharing.stop(1000, a.id, ['tool_usage'])
    const told = ofEach(await a.ask({ query_type: 'Anomalies', perNode: true }), ({ anomalies }) =>
      anomalies?.signals.map(({ subjects }) => subjects),
    )
    expect(told).toEqual({ a: [], b: [['rm']], c: [[]] })
    const sent = said.map((bytes) => JSON.stringify(decodeAnswer(bytes)))
    expect(sent.filter((text) => text.includes('rm'))).toHaveLength(1)
  })

  it('of a node where nobody looks is not known, which is not none', async () => {
    const { a, b, c } = three()
    for (const node of [b, c]) node.anomaliesSince = undefined
    const result = await a.ask({ query_type: 'Anomalies' })
    expect(result).toMatchObject({ status: 'no_data', data: { signals: [], nodes_reporting: 1 } })
    expect(result.reach).toMatchObject({ nodes: 3, whole: 1, short: [{ covers: null }, { covers: null }] })
  })
})

describe('PrivilegedUse', () => {
  const all = { query_type: 'PrivilegedUse', perNode: true } as const
  it('is the exact sum of all, by public names alone, and how it changed', async () => {
    const { a, b, c } = three()
    a.privileged = new Map([['system', 4]])
    b.privileged = new Map([
      ['system', 2],
      ['our-own-tool', 3],
    ])
    const result = await a.ask(all)
    expect(result.data).toEqual({
      rows: [
        { name: 'system', count: 6, nodes: 2, change: 6 },
        { name: 'other', count: 3, nodes: 1, change: 3 },
      ],
      all: 9,
    })
    expect(a.outcomes(result)).toEqual({ b: 'answered', c: 'answered' })
    expect(ofEach(result, ({ counted }) => counted?.map(({ name }) => name))).toEqual({
      a: ['system'],
      b: ['other', 'system'],
    })
    const filters = where('name=other')
    expect((await a.ask({ ...all, filters })).data).toEqual({
      rows: [{ name: 'other', count: 3, nodes: 1, change: 3 }],
      all: null,
    })
    expect(c.gathered).not.toEqual([])
  })

  it('of the absent comes from their summaries', async () => {
    const { a, b, c, lose } = three({}, { people: person(uses('git', 1)) })
    c.privileged = new Map([['git', 5]])
    lose(b)
    const counted = [{ query_type: 'PrivilegedUse', rows: [{ name: 'git', count: 7 }] }]
    a.covers.set(b.id, covered(summary(b.id, { counted })))
    const result = await a.ask(all)
    expect(a.outcomes(result)).toEqual({ b: 'from_summary', c: 'answered' })
    expect(result.data).toMatchObject({ rows: [{ name: 'git', count: 12, nodes: 2 }] })
  })
})

describe('ActivityPatterns', () => {
  it('of a node on which nothing was typed is an answer without numbers', async () => {
    const { a } = three()
    expect(await a.ask({ query_type: 'ActivityPatterns' })).toMatchObject({
      status: 'no_data',
      coverage: { answered: 2, complete: true },
      as_of: null,
    })
  })

  it('that does not add up counts as an error, and its numbers do not', async () => {
    const { a, b, c } = three()
    b.activity = { ...activity(9, 0, 5), total_commands: 500 }
    c.activity = activity(10, 0, 2)
    const result = await a.ask({ query_type: 'ActivityPatterns', perNode: true })
    expect(a.outcomes(result)).toEqual({ b: 'error', c: 'answered' })
    expect(result.data).toMatchObject({ total_commands: 2 })
    expect(result.nodes?.map((node) => node.activity)).toEqual([c.activity])
  })
})

describe('the change of uses', () => {
  it('is told by every owner for the period of the same length before', async () => {
    const { a, b, c } = three()
    for (const node of [a, b, c]) node.earlier = [uses('git', 4), uses('make', 1)]
    const { data } = await a.ask()
    expect(data).toMatchObject({
      tools: [
        { tool: 'git', change: 10 - 12 },
        { tool: 'npm', change: 9 },
      ],
    })
  })

  it('that is all there is, is no data', async () => {
    const { nodes } = meshOf([{ name: 'a' }, { name: 'b' }])
    nodes[1]!.earlier = [uses('make', 1)]
    expect(await nodes[0]!.ask()).toMatchObject({ status: 'no_data', data: { tools: [] } })
  })
})

describe('filters', () => {
  it('of names are applied by the owners: nothing else leaves them', async () => {
    const said: Uint8Array[] = []
    const { a } = three({}, { onEncoded: (bytes) => said.push(bytes) })
    const result = await a.ask({ filters: where('tool=git') })
    expect(toolsOf(result)).toEqual({ git: 10 })
    expect(result.filters).toEqual(where('tool=git'))
    const answer = decodeAnswer(said[0]!)
    expect(answer).toMatchObject({ status: 'success', data: { tools: [{ tool: 'git', uses: 3 }] } })
    expect(Buffer.from(said[0]!).includes('npm')).toBe(false)
  })

  it('of numbers are compared with the sums, and owners hear nothing of them', async () => {
    const { a, b } = three()
    // Nobody has ten by itself.
    expect(toolsOf(await a.ask({ filters: where('uses=gt:9') }))).toEqual({ git: 10 })
    expect(toolsOf(await a.ask({ filters: where('nodes==:1') }))).toEqual({ npm: 9 })
    expect(toolsOf(await a.ask({ filters: where('category=vcs', 'failure_rate=gt:0') }))).toEqual({ git: 10 })
    expect(b.gathered).toHaveLength(3)
  })

  it('leave the same tools of each node as of all', async () => {
    const { a } = three()
    const result = await a.ask({ filters: where('uses=lt:10'), perNode: true })
    expect(ofEach(result, ({ tools }) => tools?.map(({ tool }) => tool))).toEqual({
      a: [],
      b: ['npm'],
      c: [],
    })
  })

  it('that leave nothing of an owner are an answer all the same', async () => {
    const { a } = three()
    const result = await a.ask({ filters: where('tool=emacs') })
    expect(result).toMatchObject({ status: 'no_data', coverage: { answered: 2, complete: true } })
  })

  it('choose nodes by how they are', async () => {
    const { a, b, lose } = three()
    const names = async (...texts: string[]) => {
      const { data } = await a.ask({ query_type: 'NodeHealth', filters: where(...texts) })
      return 'nodes' in data ? data.nodes.map((row) => row.name) : []
    }
    b.health = { version: '0.2.0', events_24h: 70 }
    expect(await names('version=0.2.0')).toEqual(['b'])
    expect(await names('events_24h=lt:10')).toEqual(['a', 'c'])
    expect(await names('name=in:a,b', 'version=!=:0.2.0')).toEqual(['a'])
    lose(b)
    expect(await names('online=true')).toEqual(['a', 'c'])
    expect(await names('online=false')).toEqual(['b'])
  })

  it('find nodes by the name that people here gave them, and show that one everywhere', async () => {
    const { a, b, lose } = three()
    a.trusts(b, 'peer', { name: 'cedric' })
    const ask = (text: string) => a.ask({ query_type: 'NodeHealth', perNode: true, filters: where(text) })
    for (const absent of [false, true]) {
      if (absent) lose(b)
      const { data, nodes, coverage } = await ask('name=cedric')
      expect(data).toMatchObject({ nodes: [{ name: 'cedric', fingerprint: b.identity.fingerprint }] })
      expect(coverage.nodes.map(({ name }) => name).sort()).toEqual(['c', 'cedric'])
      if (!absent) expect(nodes).toMatchObject([{ name: 'cedric', health: { name: 'cedric' } }])
      expect((await ask('name=b')).data).toEqual({ nodes: [] })
    }
  })

  it('that make no sense are refused before anybody is asked', async () => {
    const { a, b } = three()
    const wrong = a.ask({ filters: where('risk_level=high') })
    await expect(wrong).rejects.toMatchObject({ code: 'bad_request', where: 'filters' })
    expect(b.audits).toEqual([])
  })
})

describe('a team', () => {
  it('is asked and counted alone, without the asker', async () => {
    const { a, b, c } = three()
    a.trusts(b, 'peer', { teams: ['eng'] })
    a.trusts(c, 'peer', { teams: ['ops'] })
    const result = await a.ask({ team: 'eng', perNode: true })
    expect(result.team).toBe('eng')
    expect(result.coverage).toMatchObject({ known: 1, answered: 1, complete: true })
    expect(toolsOf(result)).toEqual({ npm: 9, git: 3 })
    expect(result.nodes?.map(({ name }) => name)).toEqual(['b'])
    expect(result.notes.join()).toMatch(
      /Only other members of the team are asked: this node's own numbers are left out/,
    )
    expect([a.gathered, c.gathered]).toEqual([[], []])
  })

  it('that nobody is in is a mistake, which names the ones there are', async () => {
    const { a, b } = three()
    await expect(a.ask({ team: 'eng' })).rejects.toMatchObject({ hint: expect.stringMatching(/--team/) })
    a.trusts(b, 'peer', { teams: ['ops', 'lab'] })
    await expect(a.ask({ team: 'eng' })).rejects.toMatchObject({
      code: 'bad_request',
      where: 'team',
      hint: expect.stringMatching(/lab, ops/),
    })
  })
})

describe('a member that cannot be reached', () => {
  it('is denied when what it published last leaves this node out', async () => {
    const { a, b, lose } = three()
    lose(b)
    a.withdrew.add(b.id)
    const result = await a.ask({ perNode: true })
    expect(a.outcomes(result)).toEqual({ b: 'denied', c: 'answered' })
    expect(result.coverage).toMatchObject({ known: 2, denied: 1, unreachable: 0, from_summary: 0 })
  })

  it('is shown from its summaries, marked with their age, counted apart, and the result is not complete', async () => {
    const { a, b, c, lose } = three()
    lose(b)
    const as_of = Date.now() - 3 * HOUR
    const tool_usage = { tools: [uses('git', 30), uses('make', 1)] }
    a.covers.set(b.id, {
      summaries: [
        summary(b.id, { tool_usage }),
        summary(b.id, { tool_usage: { tools: [uses('git', 4, 2)] } }),
      ],
      as_of,
      covers: COVERED,
    })
    a.covers.set(c.id, covered(summary(c.id, { tool_usage })))
    const result = await a.ask({ perNode: true })
    expect(a.outcomes(result)).toEqual({ b: 'from_summary', c: 'answered' })
    expect(result.coverage).toMatchObject({
      known: 2,
      answered: 1,
      from_summary: 1,
      unreachable: 0,
      complete: false,
    })
    expect(result.data).toEqual({
      tools: [
        // These summaries do not reach back over the time before: the change is that of the two others.
        { tool: 'git', category: 'vcs', uses: 41, nodes: 3, failure_rate: 2 / 41, change: 7 },
        { tool: 'make', category: 'vcs', uses: 1, nodes: 1, failure_rate: 0, change: null },
      ],
    })
    expect(result.as_of).toBe(new Date(as_of).toISOString())
    expect(result.nodes).toMatchObject([
      { name: 'a', source: 'live' },
      { name: 'b', source: 'summary', as_of: new Date(as_of).toISOString() },
      { name: 'c', source: 'live' },
    ])
    expect(result.notes.join()).toMatch(/Shown from last summaries: 1 of 2, the oldest 3 h ago/)
    expect(a.audits.at(-1)?.details).toMatchObject({ known: 2, answered: 1, from_summary: 1, unreachable: 0 })
    expect(toolsOf(await a.ask({ filters: where('tool=make') }))).toEqual({ make: 1 })
  })

  it('is compared with a time in which nobody typed there, and only by what tells of that kind of numbers', async () => {
    const { a, b, c, lose } = three()
    for (const node of [a, c]) node.since = Date.now() - HOUR
    lose(b)
    const typed = summary(b.id, { safety_stats: safety(0, 0), activity_pattern: activity(4, 0, 5) })
    const now = Math.floor(Date.now() / HOUR) * HOUR
    const range = { start: now - 2 * HOUR, end: now }
    const told = new Set<string>()
    a.cover = async (_, asked, about) => {
      told.add(`${about?.quiet === true ? 'quiet ' : ''}${about?.tells?.(typed)}`)
      return { summaries: asked.end === now ? [typed] : [], as_of: now, covers: asked }
    }
    const active = await a.ask({ query_type: 'ActivityPatterns', range })
    expect(told).toEqual(new Set(['true', 'quiet true']))
    expect(active.compared?.nodes).toBe(1)
    expect(active.data).toMatchObject({ change: 5 })
    told.clear()
    const safe = await a.ask({ query_type: 'SafetyPosture', range })
    expect(told).toEqual(new Set(['false', 'quiet false']))
    expect(safe.data).toMatchObject({ change: { by_risk_level: { safe: 0 } } })
  })

  it('adds its risk and its hours, with the guard as it was last', async () => {
    const { a, b, lose } = three()
    lose(b)
    a.covers.set(
      b.id,
      covered(
        summary(b.id, { safety_stats: safety(1, 0), activity_pattern: activity(3, 0, 2) }),
        summary(b.id, { safety_stats: safety(2, 5, { guard: 'off' }), activity_pattern: activity(4, 0, 3) }),
      ),
    )
    const { data } = await a.ask({ query_type: 'SafetyPosture' })
    expect(data).toMatchObject({
      by_risk_level: { safe: 3, high: 5 },
      blocked: 2,
      nodes_reporting: 3,
      guard: { on: 2, off: 1 },
    })
    expect((await a.ask({ query_type: 'ActivityPatterns' })).data).toMatchObject({ total_commands: 5 })
  })

  it('stays unreachable without a summary, with one that does not share that, or that cannot be', async () => {
    const { a, b, c, lose } = three()
    lose(b)
    lose(c)
    a.covers.set(b.id, covered(summary(b.id, { safety_stats: safety(1, 0) })))
    const impossible = { ...activity(9, 0, 5), total_commands: 500 }
    a.covers.set(c.id, covered(summary(c.id, { activity_pattern: impossible })))
    for (const query_type of ['ToolUsage', 'ActivityPatterns'] as const) {
      const result = await a.ask({ query_type })
      expect(a.outcomes(result)).toEqual({ b: 'unreachable', c: 'unreachable' })
    }
  })

  it('that denies is never replaced, nor is anybody at level 2 or in a query that was taken back', async () => {
    const { a, b, c, lose } = three({}, { allow: [] })
    const looked: NodeId[] = []
    a.cover = async (author) => {
      looked.push(author)
      return covered(summary(author, { tool_usage: { tools: [uses('git', 99)] } }))
    }
    lose(c)
    const result = await a.ask()
    expect(a.outcomes(result)).toEqual({ b: 'denied', c: 'from_summary' })
    // The time that was asked about, and the one before.
    expect(looked).toEqual([c.id, c.id])
    expect((await a.ask({ level: 2 })).coverage).toMatchObject({ known: 0, from_summary: 0 })
    b.gate = () => new Promise(() => {})
    const cancel = new AbortController()
    cancel.abort()
    expect((await a.ask({}, cancel.signal)).coverage.from_summary).toBe(0)
    expect(looked).toEqual([c.id, c.id])
  })

  it('does not keep the result waiting when its summary does', async () => {
    const { a, b, c, lose } = three()
    lose(b)
    lose(c)
    const found = covered(summary(c.id, { tool_usage: { tools: [uses('git', 5)] } }))
    a.cover = (author) => (author === b.id ? new Promise(() => {}) : Promise.resolve(found))
    const result = await a.ask({ timeoutMs: 500 })
    expect(a.outcomes(result)).toEqual({ b: 'unreachable', c: 'from_summary' })
    a.cover = () => Promise.reject(new Error('the disk'))
    expect(a.outcomes(await a.ask())).toEqual({ b: 'unreachable', c: 'unreachable' })
  })

  it('is in the health of all as this node knows it, and stays unreachable', async () => {
    const { a, b, lose } = three()
    lose(b)
    const result = await a.ask({ query_type: 'NodeHealth' })
    expect(a.outcomes(result)).toEqual({ b: 'unreachable', c: 'answered' })
    const rows = 'nodes' in result.data ? result.data.nodes : []
    expect(rows).toMatchObject([
      { name: 'a', online: true },
      { name: 'b', online: false, version: null, uptime_seconds: null, events_24h: null },
      { name: 'c', online: true, version: '0.1.0' },
    ])
    expect(rows[1]?.last_seen).toMatch(/^\d{4}-.*Z$/)
  })
})
