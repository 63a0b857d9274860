// decide(): every trust level × action × level × consent against the table, and that a deny never opens anything.

import { describe, expect, it } from 'vitest'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { TRUST_LEVELS, type TrustLevel } from '../../../../src/base/words/trust-levels.ts'
import {
  ACTIONS,
  type Action,
  ANOMALY_CHOICES,
  type AnomalyChoice,
  type Consent,
  decide,
  matchesEntry,
  type Principal,
  principalOf,
  type QueryAction,
  type Resource,
  resourceOf,
  SHARING_CATEGORIES,
  summaryResource,
} from '../../../../src/trust/policy/index.ts'
import fc, { forAllIn } from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'
import { ASKER, consent, principal as member } from './requests.ts'

const OTHER = formatNodeId(new Uint8Array(32).fill(8))

const principal = (over: Partial<Principal> = {}): Principal =>
  member({ roles: ['lead'], teams: ['eng'], ...over })

/** With all the roles that the principal has. */
const decided = (who: Principal, action: Action, asked: Resource, given: Consent | undefined) =>
  decide(who, action, asked, given, who)

/** The trust table of the design, written a second time, by hand: who may have answers of each level, and summaries. */
const OPENS: Record<TrustLevel, { 1: boolean; 2: boolean; summaries: boolean }> = {
  untrusted: { 1: false, 2: false, summaries: false },
  share_to: { 1: false, 2: false, summaries: true },
  query_from: { 1: true, 2: false, summaries: false },
  peer: { 1: true, 2: true, summaries: true },
  supervisor: { 1: false, 2: true, summaries: false },
}

const CATEGORY = {
  'query.tool_usage': 'tool_usage',
  'query.safety_posture': 'safety_stats',
  'query.activity_patterns': 'activity_patterns',
  'query.anomalies': 'anomalies',
} as const

function resource(action: QueryAction, level: 1 | 2): Resource {
  return action === 'query.node_health' ? { level } : { level, category: CATEGORY[action] }
}

/** What the design says of a request, written a second time. */
function expected(who: Principal, action: Action, { level, category }: Resource, given?: Consent) {
  const opens = OPENS[who.trust_level]
  if (who.denied || who.trust_level === 'untrusted') return 'deny'
  if (action === 'query.node_health') return 'allow'
  const isSummary = action === 'summary.receive'
  if (category === undefined || given === undefined) return 'deny'
  if (!isSummary && category !== CATEGORY[action]) return 'deny'

  const names = (entries: readonly string[]) => entries.some((one) => matchesEntry(one, who))
  const namesFor = (parts: Consent['allow_only']) =>
    names(parts.filter(({ categories }) => categories.includes(category)).map((part) => part.who))
  if (given.off || level > given.max_level || !given.categories[category]) return 'deny'
  if (names(given.deny_peers) || namesFor(given.deny_only)) return 'deny'
  // They leave one node only under its name, and go into totals also without.
  const named: readonly AnomalyChoice[] = level === 1 ? ['identified'] : ['anonymous', 'identified']
  if (category === 'anomalies' && !named.includes(given.anomalies)) return 'deny'

  const isGiven = names(given.allow_peers) || namesFor(given.allow_only)
  const isTotal = names(given.allow_supervisors)
  if (level === 2) return !isSummary && opens[2] && (isGiven || isTotal) ? 'withhold' : 'deny'
  // Who looks after all machines is told what people let be named.
  if (category === 'anomalies' && who.roles.includes('security') && opens[2] && isTotal) return 'allow'
  return opens[isSummary ? 'summaries' : 1] && isGiven ? 'allow' : 'deny'
}

const entry = fc.constantFrom<string>('*', 'team:eng', 'team:ops', 'role:lead', 'role:security', ASKER, OTHER)
const part = fc.record({ who: entry, categories: fc.subarray([...SHARING_CATEGORIES], { minLength: 1 }) })
/** Mostly what opens everything, so that each member decides alone in some. */
const seldom = <K extends keyof Consent>(member: K, any: fc.Arbitrary<Consent[K]>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(consent()[member]) }, { weight: 1, arbitrary: any })
const entries = fc.array(entry, { maxLength: 2 })
const parts = fc.array(part, { maxLength: 2 })
const anyConsent: fc.Arbitrary<Consent> = fc.record({
  allow_peers: fc.oneof(fc.constant(['*']), entries),
  allow_supervisors: fc.oneof(fc.constant(['*']), entries),
  deny_peers: seldom('deny_peers', entries),
  allow_only: parts,
  deny_only: seldom('deny_only', parts),
  max_level: seldom('max_level', fc.constantFrom(0, 1, 2)),
  categories: fc.record({
    tool_usage: fc.boolean(),
    activity_patterns: fc.boolean(),
    safety_stats: fc.boolean(),
    anomalies: fc.boolean(),
  }),
  anomalies: fc.constantFrom(...ANOMALY_CHOICES),
  off: seldom('off', fc.boolean()),
})
const anyPrincipal: fc.Arbitrary<Principal> = fc.record({
  node_id: fc.constantFrom(ASKER, OTHER),
  trust_level: fc.constantFrom(...TRUST_LEVELS),
  denied: fc.constantFrom(false, false, false, true),
  roles: fc.subarray(['lead', 'security']),
  teams: fc.subarray(['eng', 'ops']),
})

describe('decide', () => {
  it('answers, and sends summaries to, whom the table and the consent say, whatever is asked', () => {
    const effects = { allow: 0, withhold: 0, deny: 0 }
    forAllIn(
      { numRuns: times(500, 5_000) },
      anyPrincipal,
      fc.option(anyConsent, { nil: undefined, freq: 20 }),
      (who, given) => {
        for (const action of ACTIONS)
          for (const category of [undefined, ...SHARING_CATEGORIES])
            for (const level of [1, 2] as const) {
              const asked = category === undefined ? { level } : { level, category }
              const { effect } = decided(who, action, asked, given)
              const what = `${action} of ${category}, level ${level}`
              expect(effect, what).toBe(expected(who, action, asked, given))
              effects[effect]++
            }
      },
    )
    // Requests that are all refused would prove nothing.
    expect(Math.min(effects.allow, effects.withhold)).toBeGreaterThan(times(100, 1_000))
  })

  const usage = resource('query.tool_usage', 1)
  const anomalies = resource('query.anomalies', 1)
  const none = { allow_peers: [], allow_supervisors: [] }
  const one = { who: ASKER, categories: ['tool_usage'] } as const
  it.each<[string, Partial<Consent>, Partial<Principal>?, Resource?, Action?]>([
    ['trust.denied', {}, { denied: true }],
    ['trust.untrusted', {}, { trust_level: 'untrusted' }],
    ['health.admitted', { off: true }, {}, { level: 1 }, 'query.node_health'],
    ['request.category', {}, {}, anomalies],
    ['request.level', {}, {}, { ...usage, level: 2 }, 'summary.receive'],
    ['sharing.off', { off: true }],
    ['sharing.max_level', { max_level: 0 }],
    ['sharing.category', { categories: { ...consent().categories, tool_usage: false } }],
    ['sharing.anomalies', { anomalies: 'off' }, {}, anomalies, 'query.anomalies'],
    ['sharing.anomalies_anonymous', { anomalies: 'anonymous' }, {}, anomalies, 'query.anomalies'],
    ['consent.stopped', { deny_peers: [ASKER] }],
    ['consent.category', { deny_only: [one] }],
    ['trust.level', {}, { trust_level: 'share_to' }],
    ['consent.none', none],
    ['consent.none', { ...none, allow_only: [one] }, { node_id: OTHER }],
    ['level2.totals', {}, {}, { ...usage, level: 2 }],
    ['consent.allow', { deny_only: [one] }, { node_id: OTHER }],
    ['consent.allow_category', { ...none, allow_only: [one] }],
    ['consent.identified', { allow_peers: [] }, { roles: ['security'] }, anomalies, 'query.anomalies'],
  ])('names the rule: %s', (rule, given, who, asked = usage, action = 'query.tool_usage') => {
    expect(decided(principal(who), action, asked, consent(given)).rule).toBe(rule)
  })

  it.each([
    ['certificate', /revocation list/],
    ['frozen', /several successors/],
    ['default', /not trusted here/],
  ] as const)('says to its own people why a node has no level: %s', (why, says) => {
    const who = principal({ trust_level: 'untrusted', why })
    expect(decided(who, 'query.tool_usage', usage, consent()).reason).toMatch(says)
  })

  it('says what is missing and what to do when it withholds', () => {
    const supervisor = principal({ trust_level: 'supervisor' })
    const asked = resource('query.tool_usage', 2)
    const decision = decided(supervisor, 'query.tool_usage', asked, consent())
    expect(decision.effect).toBe('withhold')
    expect(decision.reason).toMatch(/two aggregators of the mesh/)
    expect(decided(supervisor, 'query.tool_usage', asked, undefined).rule).toBe('consent.absent')
  })
})

type Less = (given: Consent) => Partial<Consent>
/** Takes something away from what a person agreed to. */
const takesAway: fc.Arbitrary<Less> = fc.oneof(
  entry.map(
    (one): Less =>
      ({ deny_peers }) => ({ deny_peers: [...deny_peers, one] }),
  ),
  part.map(
    (one): Less =>
      ({ deny_only }) => ({ deny_only: [...deny_only, one] }),
  ),
  fc.constantFrom<Less>(
    () => ({ off: true }),
    () => ({ max_level: 0 }),
    () => ({ anomalies: 'off' }),
  ),
  fc.constantFrom(...SHARING_CATEGORIES).map(
    (one): Less =>
      ({ categories }) => ({ categories: { ...categories, [one]: false } }),
  ),
)

it('never turns a refusal into a permission by adding a deny, nor a withheld one', () => {
  const action = fc.constantFrom(...ACTIONS)
  const level = fc.constantFrom<1 | 2>(1, 2)
  forAllIn(
    { numRuns: times(300, 2_000) },
    anyPrincipal,
    anyConsent,
    action,
    level,
    fc.boolean(),
    takesAway,
    (who, given, ...asked) => {
      const [action, level, isDenied, takeAway] = asked
      const of = action === 'summary.receive' ? summaryResource('safety_stats') : resource(action, level)
      const before = decided(who, action, { ...of, level }, given).effect
      const denied = isDenied ? { ...who, denied: true } : who
      const less = { ...given, ...takeAway(given) }
      const after = decided(denied, action, { ...of, level }, less).effect
      if (before === 'deny') expect(after).toBe('deny')
      if (before === 'withhold') expect(after).not.toBe('allow')
    },
  )
})

describe('an operator who asks through a node', () => {
  const OPERATOR = formatNodeId(new Uint8Array(32).fill(9))
  const asking = principal({
    operator: '0123456789abcdef',
    operator_id: OPERATOR,
    roles: ['security'],
    teams: ['soc'],
    through: { node_id: ASKER, roles: ['lead'], teams: ['eng'] },
  })
  const effect = (over: Partial<Consent>): string =>
    decided(asking, 'query.tool_usage', { level: 1, category: 'tool_usage' }, consent(over)).effect

  const only = (who: string): Partial<Consent> => ({
    allow_peers: [],
    allow_only: [{ who, categories: ['tool_usage'] }],
  })

  it('has what was agreed with the operator, and nothing of what was agreed with the node', () => {
    for (const entry of ['*', OPERATOR, 'role:security', 'team:soc']) {
      expect([effect({ allow_peers: [entry] }), effect(only(entry))]).toEqual(['allow', 'allow'])
    }
    for (const entry of [ASKER, OTHER, 'role:lead', 'team:eng']) {
      expect([effect({ allow_peers: [entry] }), effect(only(entry))]).toEqual(['deny', 'deny'])
    }
  })

  it('has nothing of what was taken back from either', () => {
    for (const entry of ['*', OPERATOR, 'role:security', 'team:soc', ASKER, 'role:lead', 'team:eng']) {
      expect(effect({ deny_peers: [entry] })).toBe('deny')
      expect(effect({ deny_only: [{ who: entry, categories: ['tool_usage'] }] })).toBe('deny')
    }
    expect(effect({ deny_peers: [OTHER] })).toBe('allow')
  })
})

describe('resourceOf', () => {
  it('takes the level asked for, and gives supervisors aggregates and others level 1 without one', () => {
    for (const trust of TRUST_LEVELS) {
      const who = principal({ trust_level: trust })
      expect(resourceOf('query.tool_usage', who, undefined).level).toBe(trust === 'supervisor' ? 2 : 1)
      expect(resourceOf('query.tool_usage', who, 1)).toEqual({ level: 1, category: 'tool_usage' })
      expect(resourceOf('query.tool_usage', who, 2)).toEqual({ level: 2, category: 'tool_usage' })
      expect(resourceOf('query.node_health', who, undefined)).toEqual({ level: 1 })
    }
  })
})

describe('principalOf', () => {
  it('counts a revoked key as denied', () => {
    expect(principalOf({ ...principal(), revoked: true }).denied).toBe(true)
    expect(principalOf({ ...principal(), revoked: false })).toEqual(principal())
  })
})
