// The order of the sources of trust, as a table, and every combination of them: the strongest that speaks decides, and a denial wins.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { type Evidence, standingOf, weigh } from '../../../../src/trust/peers/opinion.ts'
import { bindingOf } from './world.ts'

const NODE = 'karo:ed25519:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' as NodeId
const ISSUER = 'karo:ed25519:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA' as NodeId

const SILENT: Evidence = {
  node_id: NODE,
  fingerprint: '0'.repeat(16),
  display_name: 'x',
  config_denied: false,
  config_trusted: undefined,
  decision: undefined,
  certified: undefined,
  certificate_revoked: undefined,
  certificate_fault: undefined,
  domain: undefined,
  heard_of: false,
  lineage: { kind: 'current' },
  other_keys: [],
}
const terms = { name: '', roles: [], teams: [] } as const
const decided = { ...terms, level: null, denied: false, revoked: false, decided_at: 1 } as const
const binding = bindingOf(NODE, { roles: ['lead'], teams: ['certified'], issuer: ISSUER })

type Row = readonly [source: string, speaks: Partial<Evidence>]

/** Strongest first, as the design has it. Those of a person's decision exclude one another: the newest stands. */
const DENIALS: readonly Row[] = [
  ['denied by the file', { config_denied: true }],
  ['denied by hand', { decision: { ...decided, denied: true } }],
  ['revoked by hand', { decision: { ...decided, revoked: true } }],
  ['revoked by a list', { certificate_revoked: { at: 1, by: ISSUER, name: 'c' } }],
]
const GRANTS: readonly (readonly [why: string, level: string, speaks: Partial<Evidence>])[] = [
  ['config', 'query_from', { config_trusted: { level: 'query_from', roles: ['r'], teams: ['file'] } }],
  ['tofu', 'supervisor', { decision: { ...decided, level: 'supervisor', teams: ['hand'] } }],
  ['certificate', 'peer', { certified: { binding, level: 'peer', stale: false } }],
  [
    'domain',
    'share_to',
    { domain: { subnet: '10.0.3.0/24', ip: '10.0.3.9', level: 'share_to', teams: ['net'] } },
  ],
]

/** All subsets, each as a list of its members in order. */
const subsets = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: 2 ** all.length }, (_, mask) => all.filter((__, index) => (mask >> index) & 1))

const grantsOf = subsets(GRANTS)

test('of the sources that speak, the strongest decides about level, roles and teams', () => {
  for (const grants of grantsOf) {
    const evidence = Object.assign({ ...SILENT }, ...grants.map(([, , speaks]) => speaks)) as Evidence
    const [first] = grants
    const { opinion, steps } = weigh(evidence)
    expect(opinion).toMatchObject({ why: first?.[0] ?? 'default', trust_level: first?.[1] ?? 'untrusted' })
    expect(standingOf(evidence)).toBe(first === undefined ? 'stranger' : 'member')
    expect(steps().map(({ source }) => source)).toEqual([
      ...['denied', 'revoked', 'config', 'tofu', 'certificate', 'domain', 'default'],
    ])
    const deciding = steps().filter(({ decides }) => decides)
    expect(deciding.map(({ source }) => source)).toEqual([opinion.why])
  }
})

test('a denial anywhere wins over every combination of the others', () => {
  for (const [what, denial] of DENIALS) {
    for (const grants of grantsOf) {
      // The decision that denies stands in place of one that trusts.
      const spoken = grants.map(([, , speaks]) => speaks)
      const evidence = Object.assign({ ...SILENT }, ...spoken, denial) as Evidence
      const { opinion } = weigh(evidence)
      expect(opinion, what).toMatchObject({ trust_level: 'untrusted', roles: [], teams: [] })
      expect(opinion.denied || opinion.revoked, what).toBe(true)
      expect(standingOf(evidence), what).toBe('stranger')
    }
  }
})

test('a weaker source changes nothing of what a stronger one says, also where that one says less', () => {
  const less: readonly Partial<Evidence>[] = [
    { config_trusted: { level: 'untrusted', roles: [], teams: [] } },
    { decision: { ...decided, level: 'untrusted' } },
    { certified: { binding, level: 'untrusted', stale: true } },
  ]
  for (const [index, stronger] of less.entries()) {
    const alone = weigh({ ...SILENT, ...stronger }).opinion
    const rest = GRANTS.slice(index + 1).map(([, , speaks]) => speaks)
    for (const weaker of subsets(rest)) {
      const evidence = Object.assign({ ...SILENT }, ...weaker, stronger) as Evidence
      const { name: _, ...said } = weigh(evidence).opinion
      const { name: __, ...expected } = alone
      expect(said).toEqual(expected)
    }
  }
})

test('a plain yes by hand leaves roles and teams to a certificate of the same level, as long as that holds', () => {
  const decision = { ...decided, level: 'peer' } as const
  const certified = { binding, level: 'peer', stale: false } as const
  const both = { ...SILENT, decision, certified }
  const why = (evidence: Evidence) => weigh(evidence).opinion.why
  expect(weigh(both).opinion).toMatchObject({ why: 'certificate', roles: ['lead'], teams: ['certified'] })
  expect(why({ ...both, decision: { ...decision, teams: ['web'] } })).toBe('tofu')
  expect(why({ ...both, decision: { ...decision, level: 'share_to' } })).toBe('tofu')
  expect(why({ ...both, certified: { binding, level: 'untrusted', stale: true } })).toBe('tofu')
  expect(weigh({ ...both, decision: { ...decision, denied: true } }).opinion.roles).toEqual([])
})

test('a subnet that is not trusted makes nobody a member', () => {
  const domain = { subnet: '10.0.3.0/24', ip: '10.0.3.9', level: 'untrusted', teams: [] } as const
  expect(standingOf({ ...SILENT, domain })).toBe('stranger')
  expect(weigh({ ...SILENT, domain }).opinion).toMatchObject({ why: 'domain', trust_level: 'untrusted' })
})
