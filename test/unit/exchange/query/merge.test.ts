// Merging answers, counting coverage, and filters: exact sums in any order, every member counted once, and numbers that cannot be are refused.

import { describe, expect, it } from 'vitest'
import { COUNT_MAX } from '../../../../protocols/counts.ts'
import {
  type ActivityPatterns,
  type AnomalyCounts,
  type ComparedToolUse,
  GUARD_STATES,
  HOOK_STATES,
  type NodeHealthStatus,
  type SafetyPosture,
} from '../../../../protocols/messages/numbers.ts'
import type { QueryFilter } from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { coverageOf, statusOf } from '../../../../src/exchange/query/asking/collect.ts'
import { parseFilter } from '../../../../src/exchange/query/filters.ts'
import { activityPatterns } from '../../../../src/exchange/query/query-types/activity-patterns.ts'
import { anomalies } from '../../../../src/exchange/query/query-types/anomalies.ts'
import {
  filterNode,
  filterResult,
  type NodeData,
  queryType,
} from '../../../../src/exchange/query/query-types/index.ts'
import { nodeHealth } from '../../../../src/exchange/query/query-types/node-health.ts'
import { safetyPosture } from '../../../../src/exchange/query/query-types/safety-posture.ts'
import { toolUsage } from '../../../../src/exchange/query/query-types/tool-usage.ts'
import { OUTCOMES } from '../../../../src/exchange/query/words.ts'
import type { Member } from '../../../../src/trust/peers/index.ts'
import { anyActivity, anyAnomalies, anySafety, anyTools } from '../../../support/mesh/numbers.ts'
import fc, { forAll } from '../../../support/run/properties.ts'
import { some } from '../../../support/some.ts'

const asTools = (tools: readonly ComparedToolUse[]) => ({ query_type: 'ToolUsage', tools }) as const
const asSafety = (safety: SafetyPosture) => ({ query_type: 'SafetyPosture', safety }) as const
const asActivity = (activity: ActivityPatterns) => ({ query_type: 'ActivityPatterns', activity }) as const
const asAnomalies = (of: AnomalyCounts) => ({ query_type: 'Anomalies', anomalies: of }) as const
const asHealth = (health: NodeHealthStatus) => ({ query_type: 'NodeHealth', health }) as const

const mergeTools = (lists: readonly (readonly ComparedToolUse[])[]) =>
  toolUsage.merge(lists.map(asTools), []).tools
const mergeSafety = (parts: readonly SafetyPosture[]) => safetyPosture.merge(parts.map(asSafety), [])
// Numbers of single nodes are never withheld.
const mergeActivity = (parts: readonly ActivityPatterns[]) =>
  activityPatterns.merge(parts.map(asActivity), []) as ActivityPatterns & { readonly change: number | null }
const mergeAnomalies = (parts: readonly AnomalyCounts[]) => anomalies.merge(parts.map(asAnomalies), [])
const mergeHealth = (parts: readonly NodeHealthStatus[]) => nodeHealth.merge(parts.map(asHealth), []).nodes

const lists = fc.array(anyTools, { maxLength: 6 })

describe('mergeTools', () => {
  it('says how many failed of the uses whose exit code is known, over all nodes', () => {
    const git = { tool: 'git', category: 'vcs' }
    const [row] = mergeTools([
      [{ ...git, uses: 6, failures: 1, unknown: 4 }],
      [{ ...git, uses: 2, failures: 2, unknown: 0 }],
    ])
    expect(row?.failure_rate).toBe(3 / 4)
  })

  it('keeps every use, whatever the order of the answers, and sorts by uses', () => {
    forAll(lists, (given) => {
      const rows = mergeTools(given)
      expect(mergeTools([...given].reverse())).toEqual(rows)
      expect(rows.reduce((sum, row) => sum + row.uses, 0)).toBe(
        given.flat().reduce((sum, one) => sum + one.uses, 0),
      )
      for (const row of rows) {
        expect(row.nodes).toBe(
          given.filter((list) => list.some((one) => one.tool === row.tool && one.uses > 0)).length,
        )
        expect(row.failure_rate).toBeGreaterThanOrEqual(0)
        expect(row.failure_rate).toBeLessThanOrEqual(1)
      }
      for (const [i, row] of rows.entries()) {
        if (i > 0) expect(row.uses).toBeLessThanOrEqual(rows[i - 1]!.uses)
      }
    })
  })
})

describe('change', () => {
  const rows = (...given: Parameters<typeof mergeTools>[0]) =>
    Object.fromEntries(mergeTools(given).map(({ tool, change }) => [tool, change]))
  const used = (tool: string, uses: number, previous?: number) => ({
    tool,
    category: 'vcs',
    uses,
    failures: 0,
    unknown: 0,
    ...(previous === undefined ? {} : { previous }),
  })

  it('is the difference of uses of the same nodes, those that stopped using it included', () => {
    expect(rows([used('git', 5, 2)], [used('git', 1, 4)], [used('git', 0, 3)])).toEqual({ git: -3 })
  })
  it('leaves out the nodes that do not know what was before, and is not known where only they used the tool', () => {
    expect(rows([used('git', 5, 2)], [used('git', 1)])).toEqual({ git: 3 })
    expect(rows([used('git', 5, 2)], [used('npm', 1)])).toEqual({ git: 3, npm: null })
  })
  it('shows no tool that nobody uses any more', () => {
    expect(rows([used('git', 0, 9)])).toEqual({})
  })
  it('adds up to all uses less all before', () => {
    const compared = fc.array(
      anyTools.map((list) => list.map((one) => ({ previous: 0, ...one }))),
      { maxLength: 6 },
    )
    forAll(compared, (given) => {
      for (const { tool, uses, change } of mergeTools(given)) {
        const before = given
          .flat()
          .reduce((sum, one) => sum + (one.tool === tool ? (one.previous ?? 0) : 0), 0)
        expect(change).toBe(uses - before)
      }
    })
  })
})

describe('mergeSafety', () => {
  /** Of some releases that tell of declined lines, and some that do not. */
  const anyPosture = fc
    .tuple(anySafety, fc.option(fc.nat(9)))
    .map(([one, declined]) => ({ ...one, ...(declined === null ? {} : { declined }) }))
  it('sums everything once, whatever the order, and counts nodes by their flags', () => {
    forAll(fc.array(anyPosture, { maxLength: 6 }), (given) => {
      const merged = mergeSafety(given)
      expect(mergeSafety(given.toReversed())).toEqual(merged)
      for (const level of ['safe', 'moderate', 'high', 'critical'] as const) {
        expect(merged.by_risk_level[level]).toBe(
          given.reduce((sum, one) => sum + one.by_risk_level[level], 0),
        )
      }
      for (const what of ['blocked', 'confirmed_risky', 'karo_generated'] as const) {
        expect(merged[what]).toBe(given.reduce((sum, one) => sum + one[what], 0))
      }
      const declined = given.flatMap((one) => one.declined ?? [])
      expect(merged.declined ?? 0).toBe(declined.reduce((sum, count) => sum + count, 0))
      expect(merged.nodes_reporting).toBe(given.length)
      for (const state of GUARD_STATES)
        expect(merged.guard[state]).toBe(given.filter(({ guard }) => guard === state).length)
      for (const state of HOOK_STATES)
        expect(merged.hook[state]).toBe(given.filter(({ hook }) => hook === state).length)
    })
  })
})

describe('mergeActivity', () => {
  it('sums hour by hour and day by day, whatever the order, and keeps every command', () => {
    forAll(fc.array(anyActivity, { maxLength: 6 }), (given) => {
      const merged = mergeActivity(given)
      expect(mergeActivity(given.toReversed())).toEqual(merged)
      expect([merged.hourly.length, merged.daily.length]).toEqual([24, 7])
      for (const [hour, count] of merged.hourly.entries()) {
        expect(count).toBe(given.reduce((sum, one) => sum + one.hourly[hour]!, 0))
      }
      const sum = (counts: readonly number[]) => counts.reduce((total, one) => total + one, 0)
      expect(sum(merged.hourly)).toBe(merged.total_commands)
      expect(sum(merged.daily)).toBe(merged.total_commands)
      expect(merged.unique_commands).toBeLessThanOrEqual(merged.total_commands)
    })
  })
  it('of one part is that part', () => {
    forAll(anyActivity, (one) => void expect(mergeActivity([one])).toEqual({ ...one, change: null }))
  })
})

describe('mergeAnomalies', () => {
  it('keeps every signal, whatever the order, one row for each type and severity, gravest first', () => {
    forAll(fc.array(anyAnomalies, { maxLength: 6 }), (given) => {
      const merged = mergeAnomalies(given)
      expect(mergeAnomalies(given.toReversed())).toEqual(merged)
      const all = given.flatMap(({ signals }) => signals)
      const sum = (rows: readonly { readonly count: number }[]) =>
        rows.reduce((total, { count }) => total + count, 0)
      expect(sum(merged.signals)).toBe(sum(all))
      expect(new Set(merged.signals.map(({ type, severity }) => `${type} ${severity}`)).size).toBe(
        merged.signals.length,
      )
      const grades = merged.signals.map(({ severity }) => severity)
      expect(grades).toEqual(grades.toSorted((a, b) => b - a))
      expect(merged.nodes_reporting).toBe(given.length)
      expect(merged.nodes_learning).toBe(given.filter(({ learning }) => learning).length)
    })
  })
})

describe('mergeHealth', () => {
  it('is in the same order whatever the order of the answers', () => {
    const row = (name: string, fingerprint: string) => ({
      node_id: 'karo:ed25519:x' as never,
      fingerprint,
      name,
      online: true,
      last_seen: 'x',
      version: '0',
      uptime_seconds: 0,
      events_24h: 0,
    })
    const rows = [row('b', '2'), row('a', '9'), row('b', '1')]
    expect(mergeHealth(rows).map(({ name, fingerprint }) => name + fingerprint)).toEqual(['a9', 'b1', 'b2'])
    expect(mergeHealth(rows.toReversed())).toEqual(mergeHealth(rows))
  })
})

describe('coverageOf', () => {
  it('puts each member in exactly one count; the counts add up to the known', () => {
    forAll(fc.array(fc.constantFrom(...OUTCOMES), { maxLength: 40 }), (outcomes) => {
      const members = outcomes.map((outcome, i) => ({
        member: some<Member>({ fingerprint: i.toString(16).padStart(16, '0'), name: `node-${i}` }),
        collected: { outcome },
      }))
      const coverage = coverageOf(members)
      const { answered, from_summary, denied, withheld, failed, unreachable } = coverage
      expect(answered + from_summary + denied + withheld + failed + unreachable).toBe(members.length)
      expect(coverage.known).toBe(members.length)
      expect(coverage.nodes).toHaveLength(members.length)
      expect(coverage.complete).toBe(outcomes.every((outcome) => outcome === 'answered'))
    })
  })
})

describe('statusOf', () => {
  const of = ({ denied = 0, withheld = 0, no_data = 0, contributed = false }) =>
    statusOf(contributed, { denied, withheld }, no_data)
  it('is success when anybody contributed, else what most members said', () => {
    expect(of({ contributed: true, denied: 5 })).toBe('success')
    expect(of({ denied: 2, no_data: 1 })).toBe('access_denied')
    expect(of({ withheld: 3, denied: 2 })).toBe('withheld')
    expect(of({ no_data: 3, denied: 2 })).toBe('no_data')
  })
  it('does not hide a refusal behind a tie', () => {
    expect(of({ no_data: 1, denied: 1 })).toBe('access_denied')
    expect(of({ no_data: 1, withheld: 1 })).toBe('withheld')
  })
  it('when nobody said anything has no data', () => {
    expect(of({})).toBe('no_data')
  })
})

const plausible = (data: NodeData, filtered = false): boolean => {
  const responder = data.query_type === 'NodeHealth' ? data.health.node_id : ('karo:ed25519:x' as NodeId)
  return queryType(data.query_type).plausible(data, { responder, filtered })
}

const where = (...texts: string[]): QueryFilter[] => texts.map((text) => parseFilter(text, '--where'))

const toolFilters = fc.subarray(
  where(
    'tool=in:git,ls',
    'category=!=:build',
    'tool=contains:i',
    'uses=gt:5',
    'nodes=lt:3',
    'failure_rate=<:0.5',
  ),
)

describe('a filter of tools', () => {
  it('comes to the same whether owners applied it or not', () => {
    forAll(fc.array(anyTools, { maxLength: 5 }), toolFilters, (lists, filters) => {
      // One name in one category, as with nodes of one version: else its category would depend on who is asked.
      const given = lists.map((list) => list.map((use) => ({ ...use, category: `of-${use.tool}` })))
      const parts: NodeData[] = given.map(asTools)
      const pushed = parts.flatMap((part) => filterNode(part, filters) ?? [])
      const merge = (data: readonly NodeData[]) =>
        filterResult(
          'ToolUsage',
          { tools: mergeTools(data.map((one) => (one.query_type === 'ToolUsage' ? one.tools : []))) },
          filters,
        )
      expect(merge(pushed)).toEqual(merge(parts))
    })
  })
  it('applied twice changes nothing', () => {
    forAll(anyTools, toolFilters, (tools, filters) => {
      const once = filterNode(asTools(tools), filters)
      if (once !== null) expect(filterNode(once, filters)).toEqual(once)
    })
  })
  it('of merged rows never takes a row from an owner', () => {
    const data = asTools([{ tool: 'git', category: 'git', uses: 1, failures: 0, unknown: 0 }])
    expect(filterNode(data, where('uses=gt:5'))).toEqual(data)
  })
})

describe('a filter of risk levels', () => {
  it('leaves the others at 0, and comes to the same at the owner and after merging', () => {
    const filters = where('risk_level=in:high,critical')
    forAll(fc.array(anySafety, { maxLength: 5 }), (given) => {
      const owners = given.map((safety) => filterNode(asSafety(safety), filters))
      const pushed = owners.flatMap((data) => (data?.query_type === 'SafetyPosture' ? data.safety : []))
      const merged = filterResult('SafetyPosture', mergeSafety(pushed), filters)
      expect(merged).toEqual(filterResult('SafetyPosture', mergeSafety(given), filters))
      expect('by_risk_level' in merged && [merged.by_risk_level.safe, merged.by_risk_level.moderate]).toEqual(
        [0, 0],
      )
    })
  })
})

describe('a filter of hours or days', () => {
  it('leaves the other kind and the totals alone', () => {
    forAll(anyActivity, (one) => {
      const night = filterResult('ActivityPatterns', mergeActivity([one]), where('hour=gt:21'))
      const hourly = one.hourly.map((count, hour) => (hour > 21 ? count : 0))
      expect(night).toEqual({ ...one, change: null, hourly })
      const weekend = filterResult('ActivityPatterns', mergeActivity([one]), where('day=in:Saturday,sunday'))
      const daily = one.daily.map((count, day) => (day > 4 ? count : 0))
      expect(weekend).toEqual({ ...one, change: null, daily })
    })
  })
})

describe('a filter of anomalies', () => {
  it('comes to the same whether owners applied it or not, and twice is as once', () => {
    const filters = fc.subarray(
      where('type=in:timing,other', 'severity=gt:4', 'severity=!=:7', 'type=contains:risk', 'count=gt:5'),
    )
    forAll(fc.array(anyAnomalies, { maxLength: 5 }), filters, (given, applied) => {
      const parts: NodeData[] = given.map(asAnomalies)
      const pushed = parts.flatMap((part) => filterNode(part, applied) ?? [])
      expect(pushed.map((part) => filterNode(part, applied))).toEqual(pushed)
      const merge = (data: readonly NodeData[]) =>
        filterResult(
          'Anomalies',
          mergeAnomalies(data.flatMap((one) => (one.query_type === 'Anomalies' ? one.anomalies : []))),
          applied,
        ).signals
      expect(merge(pushed)).toEqual(merge(parts))
    })
  })
})

describe('plausible', () => {
  const activity = (change: object): NodeData =>
    asActivity({
      hourly: [3, ...new Array<number>(23).fill(0)],
      daily: [1, 2, 0, 0, 0, 0, 0],
      total_commands: 3,
      unique_commands: 2,
      ...change,
    })
  const safety = (change: object): NodeData =>
    asSafety({
      by_risk_level: { safe: 3, moderate: 0, high: 0, critical: 0 },
      blocked: 9,
      confirmed_risky: 0,
      karo_generated: 3,
      guard: 'on',
      hook: 'on',
      ...change,
    })
  const tool = { tool: 'git', category: 'git', uses: 2, failures: 1, unknown: 0 }
  const tools = (...list: object[]): NodeData => asTools(list.map((change) => ({ ...tool, ...change })))

  const anomalies = (...signals: object[]): NodeData => ({
    query_type: 'Anomalies',
    anomalies: {
      signals: signals.map((more) => ({ type: 'timing', severity: 4, count: 1, hour: 0, ...more })),
      learning: false,
    },
    previous: [{ type: 'timing', severity: 4, count: 1 }],
  })

  it('takes what an honest node says', () => {
    forAll(anyAnomalies, (one) => plausible(asAnomalies(one)))
    forAll(anyActivity, (one) => plausible(asActivity(one)))
    forAll(anySafety, (one) => plausible(asSafety(one)))
    // An owner compares all of its tools or none.
    const comparing = (list: readonly object[], compares: boolean) =>
      tools(...list.map((one) => ({ previous: 0, ...one, ...(compares ? {} : { previous: undefined }) })))
    forAll(anyTools, fc.boolean(), (list, all) => plausible(comparing(list, all)))
    expect([activity({}), safety({}), tools({})].map((data) => plausible(data))).toEqual([true, true, true])
  })
  it.each([
    ['hours that are more than the commands', activity({ hourly: new Array(24).fill(1) })],
    ['days that are fewer than the commands', activity({ daily: [1, 0, 0, 0, 0, 0, 0] })],
    ['more different commands than commands', activity({ unique_commands: 4 })],
    [
      'more commands than anybody can type',
      activity({
        hourly: [COUNT_MAX + 1, ...new Array<number>(23).fill(0)],
        daily: [COUNT_MAX + 1, 0, 0, 0, 0, 0, 0],
        total_commands: COUNT_MAX + 1,
      }),
    ],
    ['more commands by Karo than commands', safety({ karo_generated: 4 })],
    [
      'more commands of a level than anybody can type',
      safety({ by_risk_level: { safe: COUNT_MAX + 1, moderate: 0, high: 0, critical: 0 } }),
    ],
    ['more blocked ones', safety({ blocked: COUNT_MAX + 1 })],
    ['more failures than uses', tools({ failures: 3, unknown: 0 })],
    ['a tool twice', tools({}, { uses: 5 })],
    ['more uses than anybody can have', tools({ uses: COUNT_MAX + 1 })],
    ['or could have had', tools({ previous: COUNT_MAX + 1 })],
    ['a signal twice', anomalies({}, { count: 2 })],
    ['a signal of none', anomalies({ count: 0 })],
    ['more signals than anybody can have', anomalies({ count: COUNT_MAX + 1 })],
    ['some tools compared and others not', tools({ previous: 1 }, { tool: 'make' })],
  ])('refuses %s', (_, data) => {
    expect(plausible(data)).toBe(false)
  })
  it('of numbers that a filter cut does not ask that they add up', () => {
    expect(plausible(safety({ karo_generated: 4 }), true)).toBe(true)
  })
})
