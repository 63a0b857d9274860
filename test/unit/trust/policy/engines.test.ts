// One suite for both engines: each cell of the role table, refusals, and random requests on which both agree.
import { join } from 'node:path'
import { describe, expect, it, test } from 'vitest'
import { ROLES } from '../../../../src/base/words/roles.ts'
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
import { rowOf } from '../../../../src/trust/policy/roles.ts'
import { forAllIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'
import { anyRequest, asOperator, FRIDAY, principal, request } from './requests.ts'

const SHIPPED = join(import.meta.dirname, '../../../../configs/policies/roles.cedar')
const { engine: cedar } = await loadPolicies([SHIPPED])
const ENGINES: readonly PolicyEngine[] = [builtIn, cedar]

const MATRIX = ROLES.flatMap((role) =>
  SHARING_CATEGORIES.map((category) => {
    const from = (level: 1 | 2) => rowOf(role, level, category)?.from ?? 'nobody'
    return [role, category, from(1), from(2)] as const
  }),
)

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

describe.each(EACH)('the $engine.kind engine, asked by $kind', ({ engine, as }) => {
  test.each(MATRIX)('%s, %s: level 1 from %s, level 2 from %s', (role, category, level1, level2) => {
    for (const { theirs, ours, same } of TEAMS) {
      const who = as(principal({ roles: [role], teams: theirs }))
      const asks = (action: Action, level: 1 | 2) =>
        judged(engine, request({ principal: who, action, resource: { level, category }, teams: ours })).effect
      const expected = (from: string) => (from === 'any' || (from === 'team' && same) ? 'allow' : 'deny')
      expect(asks(ACTION[category], 1)).toBe(expected(level1))
      expect(asks('summary.receive', 1)).toBe(expected(level1))
      expect(asks(ACTION[category], 2)).toBe(expected(level2))
      expect(asks('summary.receive', 2)).toBe('deny')
    }
  })

  it('gives node health to every role, and to whoever has none', () => {
    for (const roles of [[], ['individual'], ['lead'], ['security'], ['admin'], ['auditor']]) {
      const who = as(principal({ roles }))
      const asked = request({ principal: who, action: 'query.node_health', resource: { level: 1 } })
      const rule = expect.stringMatching(/^role\.any\.health/)
      expect(judged(engine, asked)).toMatchObject({ effect: 'allow', rule })
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
      const rule = expect.stringMatching(/^agent\.own/)
      expect(asked(true, roles)).toMatchObject({ effect: 'allow', rule })
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
  forAllIn({ numRuns: times(1_000, 10_000) }, anyRequest, (asked) => {
    const one = judged(builtIn, asked)
    const other = judged(cedar, asked)
    effects.set(one.effect, (effects.get(one.effect) ?? 0) + 1)
    expect(other.effect).toBe(one.effect)
    expect(other.rule).not.toBe('policy.error')
    if (one.effect === 'allow') expect(other.rule.split('@')[0]).toBe(one.rule)
  })
  // Requests that are all refused would prove nothing.
  expect(Math.min(effects.get('allow') ?? 0, effects.get('deny') ?? 0)).toBeGreaterThan(times(100, 1_000))
})
