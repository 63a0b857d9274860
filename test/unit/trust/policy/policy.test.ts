// Both layers together: each can refuse alone, neither opens what the other refuses, and what is in force can be replaced.

import { describe, expect, it } from 'vitest'
import {
  type Consent,
  decide,
  type Policy,
  type PolicyEngine,
  type PolicySet,
} from '../../../../src/trust/policy/index.ts'
import { teamsOfNode } from '../../../../src/trust/policy/policy.ts'
import { policyOf } from '../../../support/mesh/policy.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'
import {
  ASKER,
  anyRequest,
  engineOf,
  consent as everything,
  FRIDAY,
  failing,
  principal,
  saying,
} from './requests.ts'

const consent = everything()
const setWith = (engine: PolicyEngine): PolicySet => ({ engine, files: [], warnings: [] })
const setOf = (effect: 'allow' | 'deny') => setWith(saying(effect, `it.${effect}`))
const made = (set?: PolicySet, teams: readonly string[] = []) => {
  let now = 0
  return policyOf({ teams: () => teams, now: () => ++now }, set)
}
const usage = { level: 1, category: 'tool_usage' } as const
/** What is decided about tools at level 1. */
const ofUsage = (policy: Policy, who = principal(), given = consent) =>
  policy.decide(who, 'query.tool_usage', usage, { at: FRIDAY, consent: given })

const LEAD = principal({ roles: ['lead'], teams: ['eng'] })

describe('the teams of this node', () => {
  const node = { teams: ['eng', 'ops'] }

  it('are those of its certificate, of which the configuration can leave some out and add none', () => {
    expect(teamsOfNode(node, [])).toEqual(['eng', 'ops'])
    expect(teamsOfNode(node, ['ops', 'web'])).toEqual(['ops'])
    expect(teamsOfNode({ teams: [] }, ['web'])).toEqual([])
  })

  it('are those of the configuration without a certificate', () => {
    expect(teamsOfNode(undefined, ['web'])).toEqual(['web'])
  })
})

describe('two layers', () => {
  it('names the owner’s rule where the owner refuses, and does not ask the role policies', () => {
    const stopped = { ...consent, deny_peers: ['*'] }
    const decision = ofUsage(made(setWith(failing)), principal(), stopped)
    expect(decision).toEqual({ effect: 'deny', rule: 'consent.stopped', reason: expect.any(String) })
  })

  it('has no agent do anything for a node that opens no data, and says why', () => {
    const task = { operation: 'task', agent: 'kExecutor:x', tool: 'y', own: true, by_agent: false } as const
    const judged = (who: Parameters<typeof principal>[0]) =>
      made().judgeAgent({ ...task, principal: principal(who) })
    expect(judged({})).toMatchObject({ effect: 'allow' })
    expect(judged({ denied: true })).toMatchObject({ effect: 'deny', rule: 'trust.denied' })
    expect(judged({ trust_level: 'untrusted', why: 'certificate' })).toMatchObject({
      effect: 'deny',
      rule: 'trust.untrusted',
      reason: expect.stringContaining('no revocation list'),
    })
  })

  it('names the role policy’s rule where that refuses, and both where both allow', () => {
    expect(ofUsage(made(setOf('deny')))).toEqual({ effect: 'deny', rule: 'it.deny', reason: 'deny' })
    const rules = { rule: 'consent.allow', policy_rule: 'it.allow' }
    expect(ofUsage(made(setOf('allow')))).toMatchObject({ effect: 'allow', ...rules })
  })

  it('a role decides what is given to it in its team, and what is given to everybody is given to its bearer too', () => {
    const of = (teams: string[], allow_peers: string[]) =>
      ofUsage(made(undefined, teams), LEAD, { ...consent, allow_peers })
    expect(of(['eng'], ['role:lead'])).toMatchObject({ effect: 'allow', policy_rule: 'role.lead.level1' })
    expect(of(['ops'], ['role:lead'])).toMatchObject({ effect: 'deny', rule: 'role.team' })
    expect(of(['ops'], ['*'])).toMatchObject({ effect: 'allow', policy_rule: 'role.individual.level1' })
  })

  it('nobody has less with roles than without, unless somebody took it from the role', () => {
    const who = fc.subarray(['*', 'role:lead', 'role:auditor', 'team:eng', ASKER])
    const lists = fc.record({ allow_peers: who, allow_supervisors: who })
    const seen = { allow: 0, deny: 0, withhold: 0 }
    forAllIn(
      { numRuns: times(1_000, 10_000) },
      anyRequest,
      lists,
      ({ principal: asker, action, resource, teams, circumstances }, given) => {
        const asked = (roles: readonly string[]) =>
          made(undefined, teams).decide({ ...asker, roles }, action, resource, {
            ...circumstances,
            consent: { ...consent, ...given },
          }).effect
        const without = asked(asker.roles.filter((role) => role === 'auditor'))
        seen[without]++
        if (without !== 'deny') expect(asked(asker.roles)).toBe(without)
      },
    )
    expect(Math.min(seen.allow, seen.deny)).toBeGreaterThan(50)
  })

  it('what is forbidden or taken back from a role stays so, also where a member without it may have it', () => {
    const forbids = engineOf(({ principal: { roles } }) =>
      roles.includes('lead')
        ? { effect: 'deny', rule: 'no-leads@org.cedar:1', reason: 'no' }
        : { effect: 'allow', rule: 'it.allow', reason: 'yes' },
    )
    const ruleOf = (set?: PolicySet, given = consent) => ofUsage(made(set, ['ops']), LEAD, given).rule
    expect(ruleOf(setWith(forbids))).toBe('no-leads@org.cedar:1')
    expect(ruleOf(undefined, { ...consent, deny_peers: ['role:lead'] })).toBe('consent.stopped')
  })

  it('names anomalies to security where people said identified and give it totals, and to no other role unasked', () => {
    const nothing = { ...consent, allow_peers: [] }
    const asks = (roles: string[], given: Partial<Consent> = {}, trust_level: 'peer' | 'share_to' = 'peer') =>
      made(undefined, ['eng']).decide(
        principal({ roles, teams: ['eng'], trust_level }),
        'query.anomalies',
        { level: 1, category: 'anomalies' },
        { at: FRIDAY, consent: { ...nothing, ...given } },
      )
    const rules = { rule: 'consent.identified', policy_rule: 'role.security.level1' }
    expect(asks(['security'])).toMatchObject({ effect: 'allow', ...rules })
    for (const roles of [[], ['individual'], ['lead'], ['admin'], ['auditor']])
      expect(asks(roles)).toMatchObject({ effect: 'deny', rule: 'consent.none' })
    expect(asks(['security'], { anomalies: 'anonymous' }).rule).toBe('sharing.anomalies_anonymous')
    expect(asks(['security'], { allow_supervisors: [] }).rule).toBe('consent.none')
    expect(asks(['security'], { deny_peers: ['role:security'] }).rule).toBe('consent.stopped')
    expect(asks(['security'], {}, 'share_to')).toMatchObject({ effect: 'deny' })
  })

  it('asks role policies for health too', () => {
    const asked = (set: PolicySet) =>
      made(set).decide(principal(), 'query.node_health', { level: 1 }, { at: FRIDAY }).effect
    expect(asked(setOf('deny'))).toBe('deny')
    expect(asked(setOf('allow'))).toBe('allow')
  })

  it('never tells role policies what a person agreed to', () => {
    let seen: unknown
    const engine = engineOf((request) => {
      seen = request
      return { effect: 'allow', rule: 'x', reason: 'x' }
    })
    ofUsage(made(setWith(engine)))
    expect(JSON.stringify(seen)).not.toContain('allow_peers')
  })

  it('allows exactly what both allow', () => {
    forAllIn(
      { numRuns: times(300, 2_000) },
      anyRequest,
      fc.constantFrom(0, 1, 2),
      fc.boolean(),
      (asked, max_level, off) => {
        const given: Consent = { ...consent, max_level: max_level as 0 | 1 | 2, off }
        const { principal: who, action, resource, teams, circumstances } = asked
        const both = made(undefined, teams).decide(who, action, resource, {
          ...circumstances,
          consent: given,
        })
        const owner = decide(who, action, resource, given, who).effect
        const roles = made(undefined, teams).judge(who, action, resource, circumstances).effect
        expect(both.effect).toBe(owner === 'deny' || roles === 'deny' ? 'deny' : owner)
      },
    )
  })
})

describe('what is in force', () => {
  it('is replaced at once, and says what could not be until something could', () => {
    const policy = made(setOf('deny'))
    const asks = () => ofUsage(policy).effect
    expect(asks()).toBe('deny')
    const problem = 'org.cedar:1:2: no policy'
    policy.refused(problem)
    expect(policy.status()).toMatchObject({ engine: 'cedar', problem, loaded_at: 1 })
    expect(asks()).toBe('deny')
    policy.use(setOf('allow'))
    expect(asks()).toBe('allow')
    expect(policy.status()).toMatchObject({ problem: null, loaded_at: 2 })
  })
})

describe('totals', () => {
  const none = { ...consent, allow_peers: [], allow_supervisors: [] }
  const ALL_OF_IT: Consent['allow_only'] = [{ who: '*', categories: ['tool_usage'] }]
  const UNUSED = { ...consent.categories, tool_usage: false }
  const counted = (given: Consent | undefined, audience = 'security') =>
    made().counts(audience, 'query.tool_usage', { at: FRIDAY, ...(given && { consent: given }) }).effect

  it.each<[string, Consent | undefined, 'allow' | 'deny']>([
    ['nobody was asked', undefined, 'deny'],
    ['nothing was allowed', none, 'deny'],
    ['everybody', consent, 'allow'],
    ['the role, for totals', { ...none, allow_supervisors: ['role:security'] }, 'allow'],
    ['the role, for level 1, which says more', { ...none, allow_peers: ['role:security'] }, 'allow'],
    ['another role', { ...none, allow_supervisors: ['role:admin'] }, 'deny'],
    ['one node of that role', { ...none, allow_supervisors: [principal().node_id] }, 'deny'],
    ['the category alone', { ...none, allow_only: ALL_OF_IT }, 'allow'],
    ['another category', { ...none, allow_only: [{ who: '*', categories: ['anomalies'] }] }, 'deny'],
    ['it was taken back from the role', { ...consent, deny_peers: ['role:security'] }, 'deny'],
    ['the category was taken back', { ...consent, deny_only: ALL_OF_IT }, 'deny'],
    ['level 2 is off', { ...consent, max_level: 1 }, 'deny'],
    ['sharing is off', { ...consent, off: true }, 'deny'],
    ['the file turns the category off', { ...consent, categories: UNUSED }, 'deny'],
  ])('counts a person in by consent: %s', (_, given, expected) => expect(counted(given)).toBe(expected))

  it('counts nobody in where the role policies refuse the audience', () => {
    const context = { at: FRIDAY, consent }
    expect(made(setOf('deny')).counts('security', 'query.tool_usage', context).effect).toBe('deny')
    // A lead has totals of their team only, and an audience is in no team.
    expect(counted(consent, 'lead')).toBe('deny')
  })

  it('is read by those who have the role and level 2, and by nobody else', () => {
    const reads = (over: Parameters<typeof principal>[0], set?: PolicySet) =>
      made(set).reads(principal(over), 'security', 'query.tool_usage', { at: FRIDAY })
    const security = { trust_level: 'supervisor', roles: ['security'] } as const
    expect(reads(security)).toMatchObject({ effect: 'allow', rule: 'totals.audience' })
    expect(reads({ ...security, denied: true })).toMatchObject({ effect: 'deny', rule: 'trust.denied' })
    expect(reads({ ...security, trust_level: 'share_to' })).toMatchObject({ rule: 'trust.level' })
    expect(reads({ ...security, roles: ['admin'] })).toMatchObject({
      effect: 'deny',
      rule: 'totals.audience',
    })
    expect(reads(security, setOf('deny'))).toMatchObject({ effect: 'deny', rule: 'it.deny' })
  })
})
