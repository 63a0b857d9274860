// One suite for both engines: the role matrix as the source has it, refusals, and random requests on which both agree.
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { builtIn } from '../../../../src/trust/policy/built-in.ts'
import {
  type Action,
  type PolicyEngine,
  type Principal,
  SHARING_CATEGORIES,
  type SharingCategory,
} from '../../../../src/trust/policy/index.ts'
import { loadPolicies } from '../../../../src/trust/policy/load.ts'
import { judged } from '../../../../src/trust/policy/policy.ts'
import { ROLES } from '../../../../src/trust/policy/roles.ts'
import fc from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'
import { anyRequest, asOperator, FRIDAY, principal, request } from './requests.ts'

const SHIPPED = join(import.meta.dirname, '../../../../configs/policies/roles.cedar')
const { engine: cedar } = await loadPolicies([SHIPPED])
const ENGINES: readonly PolicyEngine[] = [builtIn, cedar]

/**
 * Written from the source alone. Individual contributor: what others agreed to. Team lead and sysadmin: level 1 and 2 of
 * team nodes. Security and CISO: level 2 of all nodes. Admin: sees what the CISO sees, and team nodes as the sysadmin.
 * Level 1 consists of patterns, tool usage, times and risk counts; anomaly signals are level 2.
 */
const MATRIX = `
role        category           level-1  level-2
individual  tool_usage         any      any
individual  activity_patterns  any      any
individual  safety_stats       any      any
individual  anomalies          any      any
lead        tool_usage         team     team
lead        activity_patterns  team     team
lead        safety_stats       team     team
lead        anomalies          nobody   team
security    tool_usage         nobody   any
security    activity_patterns  nobody   any
security    safety_stats       nobody   any
security    anomalies          nobody   any
admin       tool_usage         team     any
admin       activity_patterns  team     any
admin       safety_stats       team     any
admin       anomalies          nobody   any
`
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => line.split(/\s+/) as [string, SharingCategory, string, string])

const ACTION: Readonly<Record<SharingCategory, Action>> = {
  tool_usage: 'query.tool_usage',
  activity_patterns: 'query.activity_patterns',
  safety_stats: 'query.safety_posture',
  anomalies: 'query.anomalies',
}

/** The teams of the asker, those of the answering node, and whether they share one. */
const TEAMS = [
  { theirs: ['eng'], ours: ['eng', 'berlin'], same: true },
  { theirs: ['eng'], ours: ['ops'], same: false },
  { theirs: ['eng'], ours: [], same: false },
  { theirs: [], ours: ['eng'], same: false },
  { theirs: [], ours: [], same: false },
] as const

/** A node, and an operator who asks through a node that has every role and team itself. */
const ASKERS = [
  { kind: 'a node', as: (who: Principal): Principal => who },
  { kind: 'an operator', as: asOperator },
]
const EACH = ENGINES.flatMap((engine) => ASKERS.map(({ kind, as }) => ({ engine, kind, as })))

test('the matrix has every role of the table and every category', () => {
  const rows = MATRIX.map(([role, category]) => `${role} ${category}`)
  expect(rows.sort()).toEqual(
    ROLES.flatMap((role) => SHARING_CATEGORIES.map((one) => `${role} ${one}`)).sort(),
  )
})

describe.each(EACH)('the $engine.kind engine, asked by $kind', ({ engine, as }) => {
  test.each(MATRIX)('%s, %s: level 1 from %s, level 2 from %s', (role, category, level1, level2) => {
    for (const { theirs, ours, same } of TEAMS) {
      const asks = (action: Action, level: 1 | 2) =>
        judged(
          engine,
          request({
            principal: as(principal({ roles: [role], teams: theirs })),
            action,
            resource: { level, category },
            teams: ours,
          }),
        ).effect
      const expected = (from: string) => (from === 'any' || (from === 'team' && same) ? 'allow' : 'deny')
      expect(asks(ACTION[category], 1)).toBe(expected(level1))
      expect(asks('summary.receive', 1)).toBe(expected(level1))
      expect(asks(ACTION[category], 2)).toBe(expected(level2))
      expect(asks('summary.receive', 2)).toBe('deny')
    }
  })

  it('gives node health to every role, and to whoever has none', () => {
    for (const roles of [[], ['individual'], ['lead'], ['security'], ['admin'], ['auditor']]) {
      const asked = request({
        principal: as(principal({ roles })),
        action: 'query.node_health',
        resource: { level: 1 },
      })
      expect(judged(engine, asked)).toMatchObject({
        effect: 'allow',
        rule: expect.stringMatching(/^role\.any\.health/),
      })
    }
  })

  it('takes whoever has no role of the table for an individual, and nobody else', () => {
    const of = (roles: string[]) => judged(engine, request({ principal: as(principal({ roles })) })).effect
    expect(of([])).toBe('allow')
    expect(of(['auditor'])).toBe('allow')
    expect(of(['security'])).toBe('deny')
    expect(of(['security', 'individual'])).toBe('allow')
    expect(of(['auditor', 'lead'])).toBe('deny')
  })

  it('lets people have the agents of their own machine work, and nobody else', () => {
    const asked = (own: boolean, roles: readonly string[] = [], by_agent = false) =>
      engine.judgeAgent({
        principal: as(principal({ roles })),
        agent: 'kExecutor:build',
        operation: 'task',
        tool: 'exec',
        own,
        by_agent,
        at: FRIDAY,
        k: 5,
        teams: ['eng'],
      })
    for (const roles of [[], ['security'], ['admin'], ['auditor']]) {
      expect(asked(true, roles)).toMatchObject({
        effect: 'allow',
        rule: expect.stringMatching(/^agent\.own/),
      })
      expect(asked(true, roles, true).effect).toBe('allow')
      expect(asked(false, roles).effect).toBe('deny')
    }
  })

  it('refuses what does not fit together', () => {
    const refused = [
      request({ resource: { level: 1, category: 'anomalies' } }),
      request({ resource: { level: 1 } }),
      request({ action: 'summary.receive', resource: { level: 1 } }),
      request({ action: 'summary.receive', resource: { level: 2, category: 'tool_usage' } }),
    ]
    expect(refused.map((one) => judged(engine, one).effect)).toEqual(['deny', 'deny', 'deny', 'deny'])
  })
})

test('both engines agree on whatever is asked, and on the rule that permits it', () => {
  const effects = new Map<string, number>()
  fc.assert(
    fc.property(anyRequest, (asked) => {
      const one = judged(builtIn, asked)
      const other = judged(cedar, asked)
      effects.set(one.effect, (effects.get(one.effect) ?? 0) + 1)
      expect(other.effect).toBe(one.effect)
      expect(other.rule).not.toBe('policy.error')
      if (one.effect === 'allow') expect(other.rule.split('@')[0]).toBe(one.rule)
    }),
    { numRuns: times(1_000, 10_000) },
  )
  // Requests that are all refused would prove nothing.
  expect(Math.min(effects.get('allow') ?? 0, effects.get('deny') ?? 0)).toBeGreaterThan(times(100, 1_000))
})
