// /policy: what is in force, supposed requests, and why a known node may have what it may have of the caller.

import { expect, onTestFinished, test } from 'vitest'
import type { PolicyShape } from '../../../src/api/contract/shapes.ts'
import { policyRoutes } from '../../../src/api/routes/trust/policy.ts'
import { DAY_MS } from '../../../src/base/calendar.ts'
import type { Operators } from '../../../src/trust/certificates/index.ts'
import type { Consent, PartOf } from '../../../src/trust/policy/index.ts'
import { owner } from '../../support/api/callers.ts'
import { servingOver } from '../../support/api/serving.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { plainPolicy } from '../../support/mesh/policy.ts'
import {
  type Change,
  issuer,
  issuerCertificate,
  mesh,
  NOW,
  operator,
  operatorCertificate,
  rollWith,
} from '../trust/certificates/chains.ts'

const bob = testIdentity(1).nodeId
const consent = {
  allow_peers: [],
  allow_supervisors: [],
  deny_peers: [],
  deny_only: [],
  off: false,
  max_level: 2 as const,
  allow_only: [{ who: bob as string, categories: ['tool_usage'] }],
  categories: { tool_usage: true, activity_patterns: true, safety_stats: true, anomalies: true },
  anomalies: 'identified',
} satisfies Consent & { allow_only: PartOf[] }

/** Carol is certified as a lead of eng, which `change` may change. */
function certified(change: Change = {}): Operators {
  const roll = rollWith(issuerCertificate(), operatorCertificate(change))
  return {
    mesh: () => mesh,
    verdict: (chain, key) => roll.operators.verdict(chain, key, NOW),
    chainOf: roll.operators.chainOf,
    list: () => roll.operators.list(NOW),
    issue: () => Promise.reject(new Error('nobody asks for this')),
  }
}

/** A bundle that sets something, and no more. */
const BUNDLE = {
  number: 3,
  signed_at: 0,
  lost: null,
  policies: 0,
  text: '',
  max_level: null,
  k_min: null,
  problem: null,
  totals: { aggregators: [], bucket: 'day', began: null, noise: null, audiences: [], former: [] },
}

function server(
  teams: readonly string[] = ['eng'],
  { operators = certified(), denied = false, settings = {}, loaded = {} } = {},
) {
  const rooms: Parameters<typeof servingOver>[1] = {
    policy: plainPolicy(teams),
    organisation: {
      state: () => (Object.keys(settings).length === 0 ? null : ({ ...BUNDLE, settings } as never)),
      take: async () => {},
      frame: () => undefined,
    },
    load: () => ({ values: new Map(), sources: new Map(), fleet: undefined, ...loaded }) as never,
    sharing: { consentOf: async () => consent },
    trust: {
      resolve: () => bob,
      opinion: (node_id) => ({
        node_id,
        fingerprint: '0123456789abcdef',
        name: 'bob',
        trust_level: 'peer',
        why: 'tofu',
        roles: ['lead'],
        teams: ['eng'],
        denied: denied && node_id === bob,
        revoked: false,
      }),
    },
    fleet: { operators },
    clock: { now: () => 0, monotonic: () => 0 },
    config: { policy: { accept_org: 'restrict' } as never, sharing: { k_min: 5 } as never },
  }
  const { get } = servingOver(policyRoutes, rooms, owner(1000))
  return (path: string) => get(`/api/v1/policy${path}`)
}

test('says what is in force', async () => {
  const inForce = { engine: 'built-in', files: [], teams: ['eng'], problem: null }
  expect((await server()('')).body).toMatchObject(inForce)
})

test.each([
  [{}, "the fleet's, and this machine's own file", 'default, fleet edition 3'],
  [{ own: '/srv/rules.toml', source: 'file' }, `the fleet's, and "/srv/rules.toml"`, 'file, fleet edition 3'],
  [{ refused: ['guard.rules'] }, "this machine's own file", 'default'],
])(
  'of a text of the fleet it says what holds here: both, unless it is not followed: %j',
  async (machine, here, source) => {
    const {
      own = '',
      refused = [],
      source: said = 'default',
    } = machine as {
      readonly own?: string
      readonly refused?: readonly string[]
      readonly source?: string
    }
    const settings = { 'guard.rules': "[[deny]]\ncommand = 'x'\n", 'guard.profile': 'strict' }
    const loaded = {
      values: new Map([
        ['guard.rules', own],
        ['guard.profile', 'strict'],
      ]),
      sources: new Map([['guard.rules', said]]),
      fleet: { edition: 3, settings, refused },
    }
    const { body } = await server(['eng'], { settings, loaded })('')
    expect((body as PolicyShape).organisation?.settings).toMatchObject([
      { key: 'guard.rules', here, source, followed: refused.length === 0 },
      { key: 'guard.profile', here: '"strict"', source: 'default' },
    ])
  },
)

test.each([
  ['as=role:security&action=query.tool_usage&level=2', { effect: 'allow', rule: 'role.security.level2' }],
  ['as=role:security&action=query.tool_usage', { effect: 'allow', rule: 'role.individual.level1', level: 1 }],
  ['action=query.tool_usage&trust=supervisor', { level: 2 }],
])('judges a supposed request: %s', async (words, judged) => {
  expect((await server()(`/check?${words}`)).body).toMatchObject(judged)
})

test.each([
  'action=query.tools',
  'action=summary.receive',
  'as=lead&action=query.tool_usage',
  'as=role:Security&action=query.tool_usage',
  'action=query.tool_usage&level=3',
  'action=query.tool_usage&at=noon',
  'action=query.tool_usage&trust=friend',
])('refuses what is no request: %s', async (words) => {
  expect((await server()(`/check?${words}`)).status).toBe(400)
})

test('explains by both layers, with the consent of the caller', async () => {
  const explain = async (words: string, teams?: string[]) =>
    (await server(teams)(`/explain?who=bob&${words}`)).body
  expect(await explain('action=query.tool_usage')).toMatchObject({
    effect: 'allow',
    rule: 'role.lead.level1',
    roles: ['lead'],
    teams: ['eng'],
    layers: [
      { layer: 'owner', rule: 'consent.allow_category', decides: false },
      { layer: 'roles', rule: 'role.lead.level1', decides: true },
    ],
  })
  expect(await explain('action=query.safety_posture')).toMatchObject({ effect: 'deny', rule: 'consent.none' })
  const outside = await explain('action=query.tool_usage', ['ops'])
  expect(outside).toMatchObject({ effect: 'allow', rule: 'role.individual.level1' })
  expect(await explain('action=query.node_health', [])).toMatchObject({ effect: 'allow', category: null })
})

test('explains an operator by the certificate, with the node, and by no consent that is the node’s', async () => {
  const explain = async (words: string, options?: Parameters<typeof server>[1]) =>
    (await server(['eng'], options)(`/explain?who=carol&via=bob&action=query.tool_usage${words}`)).body
  expect(await explain('')).toMatchObject({
    effect: 'deny',
    rule: 'consent.none',
    roles: ['lead'],
    teams: ['eng'],
    node: { node_id: bob, name: 'bob' },
    operator: {
      node_id: operator.nodeId,
      fingerprint: operator.fingerprint,
      name: 'carol',
      certificate: { state: 'valid', issuer: { node_id: issuer.nodeId }, ends_at: expect.any(String) },
      limit: { questions: 20, per_seconds: 10 },
    },
  })
  expect((await server()('/explain?who=bob&action=query.tool_usage')).body).toMatchObject({ operator: null })
  consent.allow_only.push({ who: operator.nodeId, categories: ['tool_usage'] })
  onTestFinished(() => void consent.allow_only.pop())
  expect(await explain('')).toMatchObject({ effect: 'allow', rule: 'role.lead.level1' })
  // Whatever the operator has: through a node that is denied it is nothing.
  expect(await explain('', { denied: true })).toMatchObject({ effect: 'deny', rule: 'trust.denied' })
  const ended = certified({ notBefore: NOW - DAY_MS, version: NOW - DAY_MS, notAfter: NOW })
  const over = await explain('', { operators: ended })
  expect(over).toMatchObject({
    effect: 'deny',
    rule: 'operator.certificate_expired',
    roles: [],
    teams: [],
    operator: { certificate: { state: 'expired' } },
    layers: [{ layer: 'owner', decides: true }],
  })
  const nobody = await server()('/explain?who=mallory&via=bob&action=query.tool_usage')
  expect(nobody.status).toBe(404)
})
