// Merging answers and counting coverage: exact sums, stable order, every member counted once.

import { describe, expect, it } from 'vitest'
import { GUARD_STATES, HOOK_STATES } from '../../../../protocols/messages/numbers.ts'
import { coverageOf, statusOf } from '../../../../src/exchange/query/asking/coverage.ts'
import { OUTCOMES } from '../../../../src/exchange/query/words.ts'
import { anyActivity, anyAnomalies, anySafety, anyTools } from '../../../support/mesh/numbers.ts'
import fc from '../../../support/run/properties.ts'
import { mergeActivity, mergeAnomalies, mergeHealth, mergeSafety, mergeTools } from './merged.ts'

const lists = fc.array(anyTools, { maxLength: 6 })

describe('mergeTools', () => {
  it('sums uses, counts nodes and weighs failures by uses', () => {
    const rows = mergeTools([
      [
        { tool: 'git', category: 'vcs', uses: 3, failures: 1, unknown: 0 },
        { tool: 'ls', category: 'files', uses: 9, failures: 0, unknown: 0 },
      ],
      [{ tool: 'git', category: 'vcs', uses: 1, failures: 1, unknown: 0 }],
      [],
    ])
    expect(rows).toEqual([
      { tool: 'ls', category: 'files', uses: 9, nodes: 1, failure_rate: 0, change: null },
      { tool: 'git', category: 'vcs', uses: 4, nodes: 2, failure_rate: 0.5, change: null },
    ])
  })

  it('keeps every use, whatever the order of the answers, and sorts by uses', () => {
    fc.assert(
      fc.property(lists, (given) => {
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
      }),
    )
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
    fc.assert(
      fc.property(compared, (given) => {
        for (const { tool, uses, change } of mergeTools(given)) {
          const before = given
            .flat()
            .reduce((sum, one) => sum + (one.tool === tool ? (one.previous ?? 0) : 0), 0)
          expect(change).toBe(uses - before)
        }
      }),
    )
  })
})

describe('mergeSafety', () => {
  it('sums everything once, whatever the order, and counts nodes by their flags', () => {
    fc.assert(
      fc.property(fc.array(anySafety, { maxLength: 6 }), (given) => {
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
        expect(merged.nodes_reporting).toBe(given.length)
        for (const state of GUARD_STATES)
          expect(merged.guard[state]).toBe(given.filter(({ guard }) => guard === state).length)
        for (const state of HOOK_STATES)
          expect(merged.hook[state]).toBe(given.filter(({ hook }) => hook === state).length)
      }),
    )
  })
})

describe('mergeActivity', () => {
  it('sums hour by hour and day by day, whatever the order, and keeps every command', () => {
    fc.assert(
      fc.property(fc.array(anyActivity, { maxLength: 6 }), (given) => {
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
      }),
    )
  })
  it('of one part is that part', () => {
    fc.assert(
      fc.property(anyActivity, (one) => void expect(mergeActivity([one])).toEqual({ ...one, change: null })),
    )
  })
})

describe('mergeAnomalies', () => {
  it('keeps every signal, whatever the order, one row for each type and severity, gravest first', () => {
    fc.assert(
      fc.property(fc.array(anyAnomalies, { maxLength: 6 }), (given) => {
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
      }),
    )
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
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...OUTCOMES), { maxLength: 40 }), (outcomes) => {
        const members = outcomes.map((outcome, i) => ({
          fingerprint: i.toString(16).padStart(16, '0'),
          name: `node-${i}`,
          outcome,
        }))
        const coverage = coverageOf(members)
        const { answered, from_summary, denied, withheld, failed, unreachable } = coverage
        expect(answered + from_summary + denied + withheld + failed + unreachable).toBe(members.length)
        expect(coverage.known).toBe(members.length)
        expect(coverage.nodes).toHaveLength(members.length)
        expect(coverage.complete).toBe(outcomes.every((outcome) => outcome === 'answered'))
      }),
    )
  })
})

describe('statusOf', () => {
  const said = { contributed: false, denied: 0, withheld: 0, no_data: 0 }
  it('is success when anybody contributed, else what most members said', () => {
    expect(statusOf({ contributed: true, denied: 5, withheld: 0, no_data: 0 }, 1)).toBe('success')
    expect(statusOf({ ...said, denied: 2, no_data: 1 }, 1)).toBe('access_denied')
    expect(statusOf({ ...said, withheld: 3, denied: 2 }, undefined)).toBe('withheld')
    expect(statusOf({ ...said, no_data: 3, denied: 2 }, 1)).toBe('no_data')
  })
  it('does not hide a refusal behind a tie', () => {
    expect(statusOf({ ...said, no_data: 1, denied: 1 }, 1)).toBe('access_denied')
    expect(statusOf({ ...said, no_data: 1, withheld: 1 }, 1)).toBe('withheld')
  })
  it('when nobody said anything has no data, and nobody has level 2', () => {
    expect(statusOf(said, 1)).toBe('no_data')
    expect(statusOf(said, undefined)).toBe('no_data')
    expect(statusOf(said, 2)).toBe('withheld')
  })
})
