// Filters applied: by the owner and by whoever asked, in either place the same, and numbers that cannot be are refused.

import { describe, expect, it } from 'vitest'
import { COUNT_MAX } from '../../../../protocols/counts.ts'
import type { QueryFilter } from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { parseFilter } from '../../../../src/exchange/query/filters.ts'
import {
  filterNode,
  filterResult,
  type NodeData,
  queryType,
} from '../../../../src/exchange/query/query-types/index.ts'
import { anyActivity, anyAnomalies, anySafety, anyTools } from '../../../support/mesh/numbers.ts'
import fc from '../../../support/run/properties.ts'
import { mergeActivity, mergeAnomalies, mergeSafety, mergeTools } from './merged.ts'

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
    fc.assert(
      fc.property(fc.array(anyTools, { maxLength: 5 }), toolFilters, (lists, filters) => {
        // One name in one category, as with nodes of one version: else its category would depend on who is asked.
        const given = lists.map((list) => list.map((use) => ({ ...use, category: `of-${use.tool}` })))
        const parts = given.map((tools): NodeData => ({ query_type: 'ToolUsage', tools }))
        const pushed = parts.flatMap((part) => filterNode(part, filters) ?? [])
        const merge = (data: readonly NodeData[]) =>
          filterResult(
            'ToolUsage',
            { tools: mergeTools(data.map((one) => (one.query_type === 'ToolUsage' ? one.tools : []))) },
            filters,
          )
        expect(merge(pushed)).toEqual(merge(parts))
      }),
    )
  })
  it('applied twice changes nothing', () => {
    fc.assert(
      fc.property(anyTools, toolFilters, (tools, filters) => {
        const once = filterNode({ query_type: 'ToolUsage', tools }, filters)
        if (once !== null) expect(filterNode(once, filters)).toEqual(once)
      }),
    )
  })
  it('of merged rows never takes a row from an owner', () => {
    const data: NodeData = {
      query_type: 'ToolUsage',
      tools: [{ tool: 'git', category: 'git', uses: 1, failures: 0, unknown: 0 }],
    }
    expect(filterNode(data, where('uses=gt:5'))).toEqual(data)
  })
})

describe('a filter of risk levels', () => {
  it('leaves the others at 0, and comes to the same at the owner and after merging', () => {
    const filters = where('risk_level=in:high,critical')
    fc.assert(
      fc.property(fc.array(anySafety, { maxLength: 5 }), (given) => {
        const owners = given.map((safety) => filterNode({ query_type: 'SafetyPosture', safety }, filters))
        const pushed = owners.flatMap((data) => (data?.query_type === 'SafetyPosture' ? data.safety : []))
        const merged = filterResult('SafetyPosture', mergeSafety(pushed), filters)
        expect(merged).toEqual(filterResult('SafetyPosture', mergeSafety(given), filters))
        expect(
          'by_risk_level' in merged && [merged.by_risk_level.safe, merged.by_risk_level.moderate],
        ).toEqual([0, 0])
      }),
    )
  })
})

describe('a filter of hours or days', () => {
  it('leaves the other kind and the totals alone', () => {
    fc.assert(
      fc.property(anyActivity, (one) => {
        const night = filterResult('ActivityPatterns', mergeActivity([one]), where('hour=gt:21'))
        expect(night).toEqual({
          ...one,
          change: null,
          hourly: one.hourly.map((count, hour) => (hour > 21 ? count : 0)),
        })
        const weekend = filterResult(
          'ActivityPatterns',
          mergeActivity([one]),
          where('day=in:Saturday,sunday'),
        )
        expect(weekend).toEqual({
          ...one,
          change: null,
          daily: one.daily.map((count, day) => (day > 4 ? count : 0)),
        })
      }),
    )
  })
})

describe('a filter of anomalies', () => {
  it('comes to the same whether owners applied it or not, and twice is as once', () => {
    const filters = fc.subarray(
      where('type=in:timing,other', 'severity=gt:4', 'severity=!=:7', 'type=contains:risk'),
    )
    fc.assert(
      fc.property(fc.array(anyAnomalies, { maxLength: 5 }), filters, (given, applied) => {
        const parts = given.map((one): NodeData => ({ query_type: 'Anomalies', anomalies: one }))
        const pushed = parts.flatMap((part) => filterNode(part, applied) ?? [])
        expect(pushed.map((part) => filterNode(part, applied))).toEqual(pushed)
        const merge = (data: readonly NodeData[]) =>
          filterResult(
            'Anomalies',
            mergeAnomalies(data.flatMap((one) => (one.query_type === 'Anomalies' ? one.anomalies : []))),
            applied,
          ).signals
        expect(merge(pushed)).toEqual(merge(parts))
      }),
    )
  })
})

describe('plausible', () => {
  const activity = (change: object): NodeData => ({
    query_type: 'ActivityPatterns',
    activity: {
      hourly: [3, ...new Array<number>(23).fill(0)],
      daily: [1, 2, 0, 0, 0, 0, 0],
      total_commands: 3,
      unique_commands: 2,
      ...change,
    },
  })
  const safety = (change: object): NodeData => ({
    query_type: 'SafetyPosture',
    safety: {
      by_risk_level: { safe: 3, moderate: 0, high: 0, critical: 0 },
      blocked: 9,
      confirmed_risky: 0,
      karo_generated: 3,
      guard: 'on',
      hook: 'on',
      ...change,
    },
  })
  const tool = { tool: 'git', category: 'git', uses: 2, failures: 1, unknown: 0 }
  const tools = (...list: object[]): NodeData => ({
    query_type: 'ToolUsage',
    tools: list.map((change) => ({ ...tool, ...change })),
  })

  const anomalies = (...signals: object[]): NodeData => ({
    query_type: 'Anomalies',
    anomalies: {
      signals: signals.map((more) => ({ type: 'timing', severity: 4, count: 1, hour: 0, ...more })),
      learning: false,
    },
    previous: [{ type: 'timing', severity: 4, count: 1 }],
  })

  it('takes what an honest node says', () => {
    fc.assert(fc.property(anyAnomalies, (one) => plausible({ query_type: 'Anomalies', anomalies: one })))
    fc.assert(fc.property(anyActivity, (one) => plausible({ query_type: 'ActivityPatterns', activity: one })))
    fc.assert(fc.property(anySafety, (one) => plausible({ query_type: 'SafetyPosture', safety: one })))
    // An owner compares all of its tools or none.
    const comparing = (list: readonly object[], compares: boolean) =>
      tools(...list.map((one) => ({ previous: 0, ...one, ...(compares ? {} : { previous: undefined }) })))
    fc.assert(fc.property(anyTools, fc.boolean(), (list, all) => plausible(comparing(list, all))))
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
