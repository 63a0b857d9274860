// /policy: what is in force, supposed requests, and why a known node may have what it may have of the caller.
import { expect, onTestFinished, test } from 'vitest'
import { policyRoutes } from '../../../src/api/routes/trust/policy.ts'
import { buildServer } from '../../../src/api/server/server.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Consent } from '../../../src/trust/policy/index.ts'
import { owner } from '../../support/api/callers.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { plainPolicy } from '../../support/mesh/policy.ts'

const bob = testIdentity(1).nodeId
const consent: Consent = {
  ...{ allow_peers: [], allow_supervisors: [], deny_peers: [], deny_only: [], off: false, max_level: 2 },
  allow_only: [{ who: bob, categories: ['tool_usage'] }],
  categories: { tool_usage: true, activity_patterns: true, safety_stats: true, anomalies: true },
}

function server(teams: readonly string[] = ['eng']) {
  const built = buildServer({
    routes: [
      policyRoutes({
        policy: plainPolicy(teams),
        organisation: { state: () => null, take: async () => {} },
        accepts: () => 'restrict',
        sharing: { consentOf: async () => consent },
        trust: {
          resolve: () => bob,
          opinion: (node_id) => ({
            ...{ node_id, fingerprint: '0123456789abcdef', name: 'bob', trust_level: 'peer', why: 'tofu' },
            ...{ roles: ['lead'], teams: ['eng'], denied: false, revoked: false },
          }),
        },
        clock: { now: () => 0, monotonic: () => 0 },
        k: () => 5,
      }),
    ],
    callerOf: async () => owner(1000),
    clock: { now: () => 0, monotonic: () => 0 },
    log: silentLog,
  })
  onTestFinished(() => built.close())
  return async (path: string) => {
    const answer = await built.inject(`/api/v1/policy${path}`)
    return { status: answer.statusCode, body: answer.json() }
  }
}

test('says what is in force', async () => {
  expect((await server()('')).body).toMatchObject({
    engine: 'built-in',
    files: [],
    teams: ['eng'],
    problem: null,
  })
})

test('judges a supposed request, and refuses what is none with what is allowed', async () => {
  const get = server()
  const check = (words: string) => get(`/check?${words}`)
  expect((await check('as=role:security&action=query.tool_usage&level=2')).body).toMatchObject({
    effect: 'allow',
    rule: 'role.security.level2',
  })
  expect((await check('as=role:security&action=query.tool_usage')).body).toMatchObject({
    effect: 'deny',
    level: 1,
  })
  expect((await check('action=query.tool_usage&trust=supervisor')).body).toMatchObject({ level: 2 })
  for (const bad of [
    'action=query.tools',
    'action=summary.receive',
    'as=lead&action=query.tool_usage',
    'action=query.tool_usage&level=3',
    'action=query.tool_usage&at=noon',
    'action=query.tool_usage&trust=friend',
  ]) {
    expect((await check(bad)).status, bad).toBe(400)
  }
})

test('explains by both layers, with the consent of the caller', async () => {
  const explain = async (words: string, teams?: string[]) =>
    (await server(teams)(`/explain?who=bob&${words}`)).body
  expect(await explain('action=query.tool_usage')).toMatchObject({
    ...{ effect: 'allow', rule: 'role.lead.level1', roles: ['lead'], teams: ['eng'] },
    layers: [
      { layer: 'owner', rule: 'consent.allow_category', decides: false },
      { layer: 'roles', rule: 'role.lead.level1', decides: true },
    ],
  })
  expect(await explain('action=query.safety_posture')).toMatchObject({ effect: 'deny', rule: 'consent.none' })
  expect(await explain('action=query.tool_usage', ['ops'])).toMatchObject({
    effect: 'deny',
    rule: 'role.team',
  })
  expect(await explain('action=query.node_health', [])).toMatchObject({ effect: 'allow', category: null })
})
