// decide(): every trust level × action × level × consent against the table, and that a deny never opens anything.

import { describe, expect, it } from 'vitest'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { TRUST_LEVELS, type TrustLevel } from '../../../../src/base/words/trust-levels.ts'
import {
  ACTIONS,
  ANOMALY_CHOICES,
  type AnomalyChoice,
  type Consent,
  decide,
  matchesEntry,
  type Principal,
  principalOf,
  QUERY_ACTIONS,
  type QueryAction,
  type Resource,
  resourceOf,
  SHARING_CATEGORIES,
  summaryResource,
} from '../../../../src/trust/policy/index.ts'
import fc from '../../../support/run/properties.ts'
import { times } from '../../../support/run/thorough.ts'

const ASKER = formatNodeId(new Uint8Array(32).fill(7))
const OTHER = formatNodeId(new Uint8Array(32).fill(8))

const principal = (over: Partial<Principal> = {}): Principal => ({
  node_id: ASKER,
  trust_level: 'peer',
  denied: false,
  roles: ['lead'],
  teams: ['eng'],
  ...over,
})

const consent = (over: Partial<Consent> = {}): Consent => ({
  allow_peers: ['*'],
  allow_supervisors: ['*'],
  deny_peers: [],
  allow_only: [],
  deny_only: [],
  max_level: 2,
  categories: { tool_usage: true, activity_patterns: true, safety_stats: true, anomalies: true },
  anomalies: 'identified',
  off: false,
  ...over,
})

/** Consents that differ in whom they let have what, and whether the asker is in the list for level 1 and for level 2. */
const CONSENTS: readonly (readonly [
  name: string,
  given: Consent | undefined,
  level1: boolean,
  level2: boolean,
])[] = [
  ['absent', undefined, false, false],
  ['empty', consent({ allow_peers: [], allow_supervisors: [] }), false, false],
  ['by *', consent(), true, true],
  ['by node id', consent({ allow_peers: [ASKER], allow_supervisors: [] }), true, true],
  ['by team', consent({ allow_peers: ['team:eng'], allow_supervisors: [] }), true, true],
  ['by role', consent({ allow_peers: ['role:lead'], allow_supervisors: [] }), true, true],
  [
    'somebody else',
    consent({ allow_peers: [OTHER, 'team:ops', 'role:eng'], allow_supervisors: [OTHER] }),
    false,
    false,
  ],
  ['level 2 only', consent({ allow_peers: [] }), false, true],
  [
    'for all categories but none listed',
    consent({
      allow_peers: [],
      allow_supervisors: [],
      allow_only: [{ who: ASKER, categories: [...SHARING_CATEGORIES] }],
    }),
    true,
    true,
  ],
  [
    'stopped for all categories',
    consent({ deny_only: [{ who: 'team:eng', categories: [...SHARING_CATEGORIES] }] }),
    false,
    false,
  ],
  ['max level 1', consent({ max_level: 1 }), true, false],
  ['max level 0', consent({ max_level: 0 }), false, false],
  ['off', consent({ off: true }), false, false],
  ['stopped', consent({ deny_peers: [ASKER] }), false, false],
  ['team stopped', consent({ deny_peers: ['team:eng'] }), false, false],
  ['somebody else stopped', consent({ deny_peers: [OTHER] }), true, true],
  [
    'categories off',
    consent({
      categories: { tool_usage: false, activity_patterns: false, safety_stats: false, anomalies: false },
    }),
    false,
    false,
  ],
]

/** The trust table of the design, written a second time, by hand. */
const LEVEL_OPENS: Record<TrustLevel, { 1: boolean; 2: boolean }> = {
  untrusted: { 1: false, 2: false },
  share_to: { 1: false, 2: false },
  query_from: { 1: true, 2: false },
  peer: { 1: true, 2: true },
  supervisor: { 1: false, 2: true },
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

/** Likewise, who is sent summaries. */
const RECEIVES: Record<TrustLevel, boolean> = {
  untrusted: false,
  share_to: true,
  query_from: false,
  peer: true,
  supervisor: false,
}

describe('decide', () => {
  it.each(CONSENTS)('sends summaries to whom the table says, consent %s', (_name, given, listed) => {
    for (const trust of TRUST_LEVELS)
      for (const category of SHARING_CATEGORIES) {
        const { effect } = decide(
          principal({ trust_level: trust }),
          'summary.receive',
          summaryResource(category),
          given === undefined ? {} : { consent: given },
        )
        expect(effect, `${trust}, ${category}`).toBe(RECEIVES[trust] && listed ? 'allow' : 'deny')
      }
  })

  it('knows no summaries of totals, nor of nothing, nor for a denied node, nor of a category that is off', () => {
    const all = { consent: consent() }
    const refused = [
      decide(principal(), 'summary.receive', { level: 2, category: 'tool_usage' }, all),
      decide(principal(), 'summary.receive', { level: 1 }, all),
      decide(principal({ denied: true }), 'summary.receive', summaryResource('tool_usage'), all),
      decide(principal(), 'summary.receive', summaryResource('tool_usage'), {
        consent: consent({ categories: { ...consent().categories, tool_usage: false } }),
      }),
    ]
    expect(refused.map(({ effect }) => effect)).toEqual(['deny', 'deny', 'deny', 'deny'])
  })

  it.each(CONSENTS)('answers whom the table says, consent %s', (_name, given, level1, level2) => {
    const listed = { 1: level1, 2: level2 }
    for (const trust of TRUST_LEVELS)
      for (const action of QUERY_ACTIONS)
        for (const level of [1, 2] as const) {
          const who = principal({ trust_level: trust })
          const context = given === undefined ? {} : { consent: given }
          const { effect } = decide(who, action, resource(action, level), context)
          const open = LEVEL_OPENS[trust][level] && listed[level]
          const answer = level === 1 ? 'allow' : 'withhold'
          const health = trust === 'untrusted' ? 'deny' : 'allow'
          const expected = action === 'query.node_health' ? health : open ? answer : 'deny'
          expect(effect, `${trust}, ${action}, level ${level}`).toBe(expected)
        }
  })

  it('gives a denied node nothing, not even health, whatever its level', () => {
    for (const trust of TRUST_LEVELS) {
      for (const action of QUERY_ACTIONS) {
        const decision = decide(
          principal({ trust_level: trust, denied: true }),
          action,
          resource(action, 1),
          {
            consent: consent(),
          },
        )
        expect(decision).toMatchObject({ effect: 'deny', rule: 'trust.denied' })
      }
    }
  })

  it('refuses a category that is not the action’s', () => {
    for (const action of QUERY_ACTIONS) {
      if (action === 'query.node_health') continue
      for (const category of SHARING_CATEGORIES) {
        if (category === CATEGORY[action]) continue
        expect(decide(principal(), action, { level: 1, category }, { consent: consent() }).effect).toBe(
          'deny',
        )
      }
      expect(decide(principal(), action, { level: 1 }, { consent: consent() }).effect).toBe('deny')
    }
  })

  it('switches each category off by itself', () => {
    for (const action of QUERY_ACTIONS) {
      if (action === 'query.node_health') continue
      const categories = { ...consent().categories, [CATEGORY[action]]: false }
      for (const asked of QUERY_ACTIONS) {
        if (asked === 'query.node_health') continue
        const { effect } = decide(principal(), asked, resource(asked, 1), {
          consent: consent({ categories }),
        })
        expect(effect).toBe(asked === action ? 'deny' : 'allow')
      }
    }
  })

  it('lets anomalies out of one node only under its name, into totals also without, and otherwise not at all', () => {
    const rules = (anomalies: AnomalyChoice) =>
      ([1, 2] as const).map(
        (level) =>
          decide(principal(), 'query.anomalies', resource('query.anomalies', level), {
            consent: consent({ anomalies }),
          }).rule,
      )
    expect(rules('off')).toEqual(['sharing.anomalies', 'sharing.anomalies'])
    expect(rules('anonymous')).toEqual(['sharing.anomalies_anonymous', 'level2.totals'])
    expect(rules('identified')).toEqual(['consent.allow', 'level2.totals'])
    for (const action of QUERY_ACTIONS.filter((one) => one !== 'query.anomalies'))
      expect(
        decide(principal(), action, resource(action, 1), { consent: consent({ anomalies: 'off' }) }).effect,
      ).toBe('allow')
  })

  it('gives one category to one node and no other, and takes one from whoever has all', () => {
    const only = consent({
      allow_peers: [],
      allow_supervisors: [],
      allow_only: [{ who: ASKER, categories: ['tool_usage'] }],
    })
    const but = consent({ deny_only: [{ who: ASKER, categories: ['tool_usage'] }] })
    for (const action of QUERY_ACTIONS) {
      if (action === 'query.node_health') continue
      const asks = (given: Consent, level: 1 | 2, who = principal()) =>
        decide(who, action, resource(action, level), { consent: given })
      const usage = action === 'query.tool_usage'
      expect(asks(only, 1)).toMatchObject({
        effect: usage ? 'allow' : 'deny',
        rule: usage ? 'consent.allow_category' : 'consent.none',
      })
      expect(asks(only, 2).effect).toBe(usage ? 'withhold' : 'deny')
      expect(asks(only, 1, principal({ node_id: OTHER })).effect).toBe('deny')
      expect(asks(but, 1)).toMatchObject({
        effect: usage ? 'deny' : 'allow',
        rule: usage ? 'consent.category' : 'consent.allow',
      })
      expect(asks(but, 2).effect).toBe(usage ? 'deny' : 'withhold')
      expect(asks(but, 1, principal({ node_id: OTHER })).effect).toBe('allow')
    }
    const sent = (given: Consent) =>
      SHARING_CATEGORIES.filter(
        (category) =>
          decide(principal(), 'summary.receive', summaryResource(category), { consent: given }).effect ===
          'allow',
      )
    expect(sent(only)).toEqual(['tool_usage'])
    expect(sent(but)).toEqual(['activity_patterns', 'safety_stats', 'anomalies'])
  })

  it('says what is missing and what to do when it withholds', () => {
    const decision = decide(
      principal({ trust_level: 'supervisor' }),
      'query.tool_usage',
      resource('query.tool_usage', 2),
      {
        consent: consent(),
      },
    )
    expect(decision.effect).toBe('withhold')
    expect(decision.reason).toMatch(/two aggregators of the mesh/)
  })
})

const entry = fc.constantFrom<string>('*', 'team:eng', 'team:ops', 'role:lead', 'role:security', ASKER, OTHER)
const part = fc.record({
  who: entry,
  categories: fc.subarray([...SHARING_CATEGORIES], { minLength: 1 }),
})
const anyConsent: fc.Arbitrary<Consent> = fc.record({
  allow_peers: fc.array(entry, { maxLength: 4 }),
  allow_supervisors: fc.array(entry, { maxLength: 4 }),
  deny_peers: fc.array(entry, { maxLength: 2 }),
  allow_only: fc.array(part, { maxLength: 2 }),
  deny_only: fc.array(part, { maxLength: 2 }),
  max_level: fc.constantFrom(0, 1, 2),
  categories: fc.record({
    tool_usage: fc.boolean(),
    activity_patterns: fc.boolean(),
    safety_stats: fc.boolean(),
    anomalies: fc.boolean(),
  }),
  anomalies: fc.constantFrom(...ANOMALY_CHOICES),
  off: fc.boolean(),
})
const anyPrincipal: fc.Arbitrary<Principal> = fc.record({
  node_id: fc.constantFrom(ASKER, OTHER),
  trust_level: fc.constantFrom(...TRUST_LEVELS),
  denied: fc.boolean(),
  roles: fc.subarray(['lead', 'security']),
  teams: fc.subarray(['eng', 'ops']),
})
const deniesMore: fc.Arbitrary<(p: Principal, c: Consent) => [Principal, Consent]> = fc.oneof(
  entry.map((denied) => (p: Principal, c: Consent): [Principal, Consent] => [
    p,
    { ...c, deny_peers: [...c.deny_peers, denied] },
  ]),
  part.map((denied) => (p: Principal, c: Consent): [Principal, Consent] => [
    p,
    { ...c, deny_only: [...c.deny_only, denied] },
  ]),
  fc.constant((p: Principal, c: Consent): [Principal, Consent] => [{ ...p, denied: true }, c]),
  fc.constant((p: Principal, c: Consent): [Principal, Consent] => [p, { ...c, off: true }]),
  fc.constant((p: Principal, c: Consent): [Principal, Consent] => [p, { ...c, max_level: 0 }]),
  fc.constant((p: Principal, c: Consent): [Principal, Consent] => [p, { ...c, anomalies: 'off' }]),
  fc
    .constantFrom(...SHARING_CATEGORIES)
    .map((category) => (p: Principal, c: Consent): [Principal, Consent] => [
      p,
      { ...c, categories: { ...c.categories, [category]: false } },
    ]),
)

const resourceFor = (action: (typeof ACTIONS)[number], level: 1 | 2): Resource =>
  action === 'summary.receive' ? { level, category: 'safety_stats' } : resource(action, level)

describe('deny beats allow', () => {
  it('never turns a refusal into a permission by adding a deny, nor a withheld one', () => {
    fc.assert(
      fc.property(
        anyPrincipal,
        anyConsent,
        fc.constantFrom(...ACTIONS),
        fc.constantFrom<1 | 2>(1, 2),
        deniesMore,
        (who, given, action, level, denyMore) => {
          const before = decide(who, action, resourceFor(action, level), { consent: given }).effect
          const [who2, given2] = denyMore(who, given)
          const after = decide(who2, action, resourceFor(action, level), { consent: given2 }).effect
          if (before === 'deny') expect(after).toBe('deny')
          if (before === 'withhold') expect(after).not.toBe('allow')
        },
      ),
      { numRuns: times(300, 2_000) },
    )
  })

  it('gives level 1 only to who a list names and level and denials let through', () => {
    fc.assert(
      fc.property(anyPrincipal, anyConsent, (who, given) => {
        const { effect } = decide(who, 'query.tool_usage', resource('query.tool_usage', 1), {
          consent: given,
        })
        const listed = (entries: readonly string[]) => entries.some((one) => matchesEntry(one, who))
        const listedFor = (parts: Consent['allow_only']) =>
          listed(parts.filter((one) => one.categories.includes('tool_usage')).map((one) => one.who))
        const expected =
          !who.denied &&
          LEVEL_OPENS[who.trust_level][1] &&
          !given.off &&
          given.max_level >= 1 &&
          given.categories.tool_usage &&
          !listed(given.deny_peers) &&
          !listedFor(given.deny_only) &&
          (listed(given.allow_peers) || listedFor(given.allow_only))
        expect(effect === 'allow').toBe(expected)
      }),
      { numRuns: times(300, 2_000) },
    )
  })
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
    decide(asking, 'query.tool_usage', { level: 1, category: 'tool_usage' }, { consent: consent(over) })
      .effect

  it('has what was agreed with the operator, and nothing of what was agreed with the node', () => {
    for (const entry of ['*', OPERATOR, 'role:security', 'team:soc']) {
      expect(effect({ allow_peers: [entry] })).toBe('allow')
      expect(effect({ allow_peers: [], allow_only: [{ who: entry, categories: ['tool_usage'] }] })).toBe(
        'allow',
      )
    }
    for (const entry of [ASKER, OTHER, 'role:lead', 'team:eng']) {
      expect(effect({ allow_peers: [entry] })).toBe('deny')
      expect(effect({ allow_peers: [], allow_only: [{ who: entry, categories: ['tool_usage'] }] })).toBe(
        'deny',
      )
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
