// What is signed with the root's key on the command line: when a key was revoked, and which nodes a bundle names.

import { execFileSync, spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { Certificate, RevocationList } from '../../../protocols/messages/certificate.ts'
import { PolicyBundle, type PolicyBundleBody } from '../../../protocols/messages/policy.ts'
import { formatNodeId } from '../../../protocols/node-id.ts'
import { systemRandom } from '../../../src/base/clock.ts'
import { createRootKey, meshOf, openRootKey } from '../../../src/trust/certificates/index.ts'
import { signStatement, verifyStatement } from '../../../src/trust/identity/index.ts'
import { ANSWERS } from '../../support/data/answers.ts'
import { temporaryDirectory } from '../../support/data/database.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { bundleOf, karo, policyWith } from '../../support/node/played-daemon.ts'

const peer = {
  node_id: testIdentity(1).nodeId,
  fingerprint: '0123456789abcdef',
  name: 'hq',
  addresses: [],
  state: 'pending',
  trust_level: 'untrusted',
  roles: [],
  teams: [],
  why: 'default',
  name_chosen: false,
  last_seen: null,
  known_by: null,
  presence: null,
}
const certificate = {
  usage: 'node',
  node_id: peer.node_id,
  fingerprint: peer.fingerprint,
  name: 'hq',
  roles: [],
  teams: [],
  grants: [],
  issuer: peer.node_id,
  issued_at: '2026-01-02T03:04:05.000Z',
  ends_at: '2026-02-02T03:04:05.000Z',
}
/** This node is an issuer, which `peers/explain` does not know: it is about others. */
const own = {
  ...certificate,
  usage: 'issuer',
  node_id: testIdentity(9).nodeId,
  fingerprint: 'fedcba9876543210',
  name: 'first',
  grants: ['security'],
  ends_at: new Date(Date.now() + 86_400_000).toISOString(),
}
const fleet = {
  mesh: null,
  root: null,
  why_not: null,
  issuer: true,
  stale: false,
  certified: 1,
  revoked: 0,
  own,
  last: own,
  revoked_by: null,
  joined_at: null,
  lists_at: null,
  joining: null,
}
const EXPLAIN = {
  ...policyWith(null),
  'GET /api/v1/peers/explain': { peer, steps: [] },
  'GET /api/v1/fleet': fleet,
}
const words = 'correct horse battery staple'

test('a key that is revoked again stays revoked from the first time on', async () => {
  const folder = temporaryDirectory()
  const [key, pass] = [join(folder, 'root.key'), join(folder, 'pass')]
  createRootKey(key, Buffer.from(words), systemRandom)
  writeFileSync(pass, `${words}\n`, { mode: 0o600 })
  const at = '2026-01-02T03:04:05.000Z'
  // What the issuer had revoked is repeated; what another one had is not.
  const [lost, other] = [testIdentity(2).nodeId, testIdentity(3).nodeId]
  const by_issuers = [
    { issuer: peer.node_id, node_id: lost, at },
    { issuer: lost, node_id: other, at },
  ]
  // The clock of the machine that signed the last list was some minutes ahead.
  const last = Date.now() + 200_000
  const signed_at = new Date(last).toISOString()
  const list = { number: 3, signed_at, revoked: [{ node_id: peer.node_id, at }], by_issuers }
  const { code, requests } = await karo(
    { ...EXPLAIN, 'GET /api/v1/fleet/root': list, 'POST /api/v1/fleet/root/list': list },
    ...['ca', 'revoke', 'hq', '--yes', '--root-key', key, '--passphrase-file', pass],
  )
  expect(code).toBe(0)
  const { body } = requests.find(({ line }) => line.startsWith('POST')) ?? {}
  const frame = new Uint8Array(Buffer.from((body as { list: string }).list, 'base64url'))
  const { number, version, revoked } = verifyStatement(RevocationList, frame).body
  expect(version).toBe(last + 1)
  expect([number, revoked.map((one) => [formatNodeId(one.key), one.at])]).toEqual([
    4,
    [peer.node_id, lost].map((node) => [node, Date.parse(at)]),
  ])
})

test('a bundle names no aggregator by what a node calls itself', async () => {
  const { code, err, requests } = await karo(EXPLAIN, 'policy', 'sign', '--aggregator', 'hq')
  expect([code, err]).toEqual([2, expect.stringContaining('0123 4567 89ab cdef')])
  expect(requests.filter(({ line }) => !line.startsWith('GET'))).toEqual([])
})

test('a bundle names an aggregator by the name in its certificate', async () => {
  const certified = { ...peer, why: 'certificate', certified_until: '2026-12-21T10:00:00.000Z' }
  const named = { ...EXPLAIN, 'GET /api/v1/peers/explain': { peer: certified, steps: [] } }
  // Both names are taken, and are those of one node.
  const both = ['--aggregator', 'hq=north', '--aggregator', 'hq=south']
  const { err } = await karo(named, 'policy', 'sign', ...both)
  expect(err).toContain('one node is named twice')
})

test('a bundle names the issuer that signs it, and its certificate says from then on who runs it', async () => {
  const folder = temporaryDirectory()
  const [key, pass] = [join(folder, 'root.key'), join(folder, 'pass')]
  const root = createRootKey(key, Buffer.from(words), systemRandom)
  writeFileSync(pass, `${words}\n`, { mode: 0o600 })
  const given = ['--root-key', key, '--passphrase-file', pass, '--aggregator', 'hq=south']
  const certified = { ...peer, why: 'certificate', certified_until: own.ends_at }
  const answers = {
    ...policyWith(null),
    'GET /api/v1/fleet': fleet,
    'GET /api/v1/identity': { node_id: own.node_id, fingerprint: own.fingerprint, name: own.name },
    'GET /api/v1/peers/explain': { peer: certified, steps: [] },
    'POST /api/v1/fleet/root': fleet,
    'POST /api/v1/fleet/assign': { certificate },
    'GET /api/v1/policy/bundle': { bundle: null },
    'POST /api/v1/policy/bundle': { organisation: null },
  }
  for (const name of ['first', 'fedc ba98 7654 3210', own.node_id]) {
    const { code, err, requests } = await karo(
      answers,
      ...['policy', 'sign', ...given, '--aggregator', `${name}=north`],
    )
    expect([code, err]).toEqual([0, ''])
    // The root alone certifies an issuer.
    const { body } = requests.find(({ line }) => line === 'POST /api/v1/fleet/root') ?? {}
    const frame = new Uint8Array(Buffer.from((body as { certificate: string }).certificate, 'base64url'))
    const signed = verifyStatement(Certificate, frame).body
    expect([formatNodeId(signed.key), signed.name, signed.owner, signed.grants]).toEqual([
      own.node_id,
      'first',
      'north',
      ['security'],
    ])
    expect(Math.abs(signed.not_after - Date.parse(own.ends_at))).toBeLessThan(1_000)
    expect([(body as { root: string }).root, requests.filter(({ line }) => line.includes('assign'))]).toEqual(
      [root.root, [expect.objectContaining({ body: { who: peer.node_id, owner: 'south' } })]],
    )
  }
})

test('a bundle says who runs the nodes that compute totals, and two have to', async () => {
  const folder = temporaryDirectory()
  const [key, pass] = [join(folder, 'root.key'), join(folder, 'pass')]
  createRootKey(key, Buffer.from(words), systemRandom)
  writeFileSync(pass, `${words}\n`, { mode: 0o600 })
  const nodes = [1, 2].map((n) => testIdentity(n).nodeId)
  const signed = (...aggregators: string[]) => signedAfter(null, ...aggregators)
  const signedAfter = (bundle: string | null, ...aggregators: string[]) =>
    signedWith(key, bundle, ...aggregators)
  const signedWith = (root: string, bundle: string | null, ...aggregators: string[]) => {
    let asked = 0
    const answers = {
      ...policyWith(null),
      'GET /api/v1/fleet': fleet,
      // One node after the other, as they are named.
      get 'GET /api/v1/peers/explain'() {
        const [node_id, said] = (aggregators[asked++] ?? '').split('=')
        // The certificate of a node says who has it, unless the person is to say so.
        return { peer: { ...peer, node_id, ...(said === undefined ? { owner: 'hq' } : {}) }, steps: [] }
      },
      'GET /api/v1/policy/bundle': { bundle },
      'POST /api/v1/policy/bundle': { organisation: null },
      'POST /api/v1/fleet/assign': { certificate },
    }
    return karo(
      answers,
      ...['policy', 'sign', '--bucket', '6h', '--noise', '10', '--audience', 'security', '--root-key', root],
      ...['--passphrase-file', pass, ...aggregators.flatMap((one) => ['--aggregator', one])],
    )
  }
  // Each machine would give to other hours.
  const hours = await karo({}, 'policy', 'sign', '--bucket', 'hour', '--noise', '9', '--root-key', key)
  expect([hours.code, hours.err]).toEqual([2, expect.stringContaining('need noise')])
  const one = await signed(`${nodes[0]}=north`, `${nodes[1]}=north`)
  expect([one.code, one.err]).toEqual([2, expect.stringContaining('run by north')])
  // Nobody types a passphrase for a key that is not there.
  for (const [path, why] of [
    ['/nowhere/root.key', 'there is no such file'],
    [dirname(key), 'this is a directory'],
  ] as const) {
    const lost = await karo(
      { 'GET /api/v1/policy/bundle': { bundle: null } },
      ...['fleet', 'set', 'guard.profile=strict', '--root-key', path],
    )
    expect([lost.code, lost.err]).toEqual([1, expect.stringContaining(`${path}: ${why}`)])
  }
  // Certificates say that both are of hq.
  expect((await signed(...nodes)).code).toBe(2)
  // As of <(age -d root.age): whoever writes into it does so once.
  const pipe = join(folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const writer = spawn('sh', ['-c', 'cat "$0" > "$1"', key, pipe])
  expect((await signedWith(pipe, null, `${nodes[0]}=north`, `${nodes[1]}=south`)).code).toBe(0)
  writer.kill()
  expect((await signed(`${nodes[0]}=north`, `${nodes[0]}=south`)).err).toContain('twice')
  expect((await signed(`${nodes[0]}=north`, `${nodes[1]}=ＮＯＲＴＨ`)).code).toBe(2)
  expect((await signed(`${nodes[0]}=north`)).err).toContain('two nodes')
  const bundleIn = ({ requests }: Awaited<ReturnType<typeof signed>>) => {
    const { body } = requests.find(({ line }) => line.startsWith('POST /api/v1/policy')) ?? {}
    const frame = new Uint8Array(Buffer.from((body as { bundle: string }).bundle, 'base64url'))
    return verifyStatement(PolicyBundle, frame).body
  }
  const ran = await signed(`${nodes[0]}=north`, `${nodes[1]}`)
  expect(ran.code).toBe(0)
  const assigned = ran.requests.filter(({ line }) => line.includes('/fleet/assign'))
  expect(assigned.map(({ body }) => body)).toEqual([{ who: nodes[0], owner: 'north' }])
  const { aggregators, bucket, noise, audiences, former, began, version } = bundleIn(ran)
  expect([former, began]).toEqual([undefined, version])
  expect(aggregators.map((of) => [formatNodeId(of.key), of.operator])).toEqual([
    [nodes[0], 'north'],
    [nodes[1], 'hq'],
  ])
  expect([bucket, noise, audiences]).toEqual(['6h', 10, ['security']])

  // Who computed totals before stays in the next bundle, as long as what they released is kept.
  const root = openRootKey(key, Buffer.from(words))
  const named = (...operators: string[]) =>
    operators.map((operator, at) => ({ key: testIdentity(at + 1).publicKey, operator }))
  const settings = [{ key: 'guard.profile', value: new Uint8Array(Buffer.from('"strict"')) }]
  const inForce = (totals: Partial<PolicyBundleBody>): string => {
    const said = {
      version: Date.now() - 1_000,
      number: 3,
      policies: new Uint8Array(),
      aggregators: [],
      settings,
    }
    const body = { ...said, mesh: meshOf(root.publicKey), ...totals }
    return Buffer.from(signStatement(PolicyBundle, body, root, body.version, systemRandom)).toString(
      'base64url',
    )
  }
  const next = [`${nodes[0]}=north`, `${nodes[1]}=south`]
  const formerAfter = async (totals: Partial<PolicyBundleBody>) => {
    const body = bundleIn(await signedAfter(inForce(totals), ...next))
    // Its settings are not what this command is about, so they stay.
    expect([body.number, body.settings]).toEqual([4, settings])
    const { former = [] } = body
    return former.map((one) => [one.aggregators.map(({ operator }) => operator), one.bucket ?? 'day'])
  }
  const before = { until: Date.now() - 3_600_000, bucket: 'hour' as const }
  const earlier = { ...before, aggregators: named('a', 'b') }
  expect(await formerAfter({ aggregators: named('north', 'hq') })).toEqual([[['north', 'hq'], 'day']])
  expect(await formerAfter({ aggregators: named('north', 'south'), bucket: '6h' })).toEqual([])
  expect(await formerAfter({ aggregators: named('north', 'south'), former: [earlier] })).toEqual([
    [['a', 'b'], 'hour'],
    [['north', 'south'], 'day'],
  ])
  // When totals began is said once: with the first that compute them.
  const beganAfter = async (totals: Partial<PolicyBundleBody>) => {
    const { began, version } = bundleIn(await signedAfter(inForce(totals), ...next))
    return began === version ? 'now' : began
  }
  expect(await beganAfter({ aggregators: named('north', 'hq'), began: 1_000 })).toBe(1_000)
  expect(await beganAfter({ aggregators: [], began: 1_000 })).toBe(1_000)
  expect(await beganAfter({ aggregators: [] })).toBe('now')
  const gone = { ...earlier, until: Date.parse('2020-01-01T00:00:00.000Z') }
  expect(await formerAfter({ aggregators: [], former: [gone] })).toEqual([])
})

test('what a bundle takes the place of is shown before the passphrase opens the root key', async () => {
  const folder = temporaryDirectory()
  const [key, pass] = [join(folder, 'root.key'), join(folder, 'pass')]
  createRootKey(key, Buffer.from(words), systemRandom)
  writeFileSync(pass, `${words}\n`, { mode: 0o600 })
  const before = {
    ...bundleOf([peer.node_id, own.node_id]),
    policies: 1,
    text: 'forbid (principal, action, resource);',
    k_min: 10,
  }
  const signed = (root: string) =>
    karo(
      { ...EXPLAIN, ...policyWith(before), 'GET /api/v1/policy/bundle': { bundle: null } },
      ...['policy', 'sign', '--max-level', '1', '--root-key', root, '--passphrase-file', pass],
    )
  const wrong = join(folder, 'wrong.key')
  createRootKey(wrong, Buffer.from('another battery staple'), systemRandom)
  const { code, err, requests } = await signed(wrong)
  const said = err.replaceAll(/\s+/g, ' ')
  expect(said).toContain('no total of fewer than 10 nodes; totals of each day for security')
  expect(said).toMatch(/Totals end with it: .* the passphrase does not open the root key/)
  expect([code, requests.filter(({ line }) => line.startsWith('POST'))]).toEqual([4, []])
  // Without the file of the key nothing is about to end.
  expect((await signed('/nowhere/root.key')).err).not.toContain('bundle 3')
})

test('settings that the fleet has, and a setting that it has not, are not signed again', async () => {
  const folder = temporaryDirectory()
  const [key, pass] = [join(folder, 'root.key'), join(folder, 'pass')]
  createRootKey(key, Buffer.from(words), systemRandom)
  writeFileSync(pass, `${words}\n`, { mode: 0o600 })
  const answers = {
    ...policyWith(null),
    'GET /api/v1/fleet': fleet,
    'GET /api/v1/policy/bundle': { bundle: null },
  }
  // Nobody is asked for the passphrase, nor refused: whoever asks for what there is has it.
  const { code, out, requests } = await karo(answers, 'fleet', 'unset', 'guard.profile', '--root-key', key)
  expect([code, out]).toEqual([0, 'Nothing was changed: it was so before.\n'])
  expect(requests.filter(({ line }) => !line.startsWith('GET'))).toEqual([])
  const signedBy = (root: ReturnType<typeof openRootKey>, more: Partial<PolicyBundleBody> = {}) => {
    const version = Date.now() - 1_000
    const body = { version, number: 3, policies: new Uint8Array(), aggregators: [], ...more }
    const frame = signStatement(
      PolicyBundle,
      { ...body, mesh: meshOf(root.publicKey) },
      root,
      version,
      systemRandom,
    )
    return { bundle: Buffer.from(frame).toString('base64url') }
  }
  const settings = [{ key: 'guard.profile', value: new Uint8Array(Buffer.from('"strict"')) }]
  const organisation = {
    ...bundleOf([]),
    settings: [{ key: 'guard.profile', value: '"strict"', here: '"strict"', source: '', followed: true }],
  }
  const inForce = {
    ...answers,
    ...policyWith(organisation),
    'GET /api/v1/policy/bundle': signedBy(openRootKey(key, Buffer.from(words)), { settings }),
  }
  for (const [json, shown] of [
    [[], 'Nothing was changed: it was so before.\n'],
    [['--json'], `${JSON.stringify({ organisation })}\n`],
  ] as const) {
    const same = await karo(inForce, 'fleet', 'set', 'guard.profile=strict', '--root-key', key, ...json)
    expect([same.code, same.err, same.out]).toEqual([0, '', shown])
    expect(same.requests.filter(({ line }) => !line.startsWith('GET'))).toEqual([])
  }
  const unknown = await karo(answers, 'fleet', 'unset', 'guard.profil')
  expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining("'guard.profil' is no key")])
  // One setting that is wrong keeps the others back.
  const wrong = await karo(answers, 'fleet', 'set', 'guard.profile=strict', 'guard.on_error=maybe')
  expect([wrong.code, wrong.err]).toEqual([
    2,
    expect.stringContaining('nothing was signed: guard.on_error is "maybe"'),
  ])
  // What another root signed is not signed again with this one.
  const other = createRootKey(join(folder, 'other.key'), Buffer.from(words), systemRandom)
  const kept = signedBy(other)
  const given = ['--root-key', key, '--passphrase-file', pass]
  for (const line of [
    ['fleet', 'set', 'guard.profile=strict'],
    ['policy', 'sign', '--max-level', '1'],
  ]) {
    const theirs = { ...answers, ...policyWith(null), 'GET /api/v1/policy/bundle': kept }
    const refused = await karo(theirs, ...line, ...given)
    expect([refused.code, refused.err]).toEqual([4, expect.stringContaining('another root signed')])
    expect(refused.requests.filter(({ line }) => !line.startsWith('GET'))).toEqual([])
  }
})

test('whoever has the fleet keep for fewer days is told what that deletes', async () => {
  const folder = temporaryDirectory()
  const [key, pass] = [join(folder, 'root.key'), join(folder, 'pass')]
  createRootKey(key, Buffer.from(words), systemRandom)
  writeFileSync(pass, `${words}\n`, { mode: 0o600 })
  const settings = [{ key: 'retention.events_days', value: '30', here: '30', source: '', followed: true }]
  const organisation = { ...bundleOf([]), settings }
  const answers = {
    'GET /api/v1/policy/bundle': { bundle: null },
    'POST /api/v1/policy/bundle': { organisation },
  }
  const given = ['--root-key', key, '--passphrase-file', pass]
  const { out } = await karo(
    answers,
    'fleet',
    'set',
    'retention.events_days=30',
    'guard.profile=strict',
    ...given,
  )
  expect(out).toMatch(/karo fleet show\nOnce an hour, commands older than 30 days are removed for good\.\n$/)
})

test('settings are shown with each machine of the fleet, also with one that may not answer, and with what another edition lost', async () => {
  const { node_id, fingerprint } = own
  const node = { node_id, fingerprint, name: 'first', last_seen: own.issued_at, online: true }
  const health = { version: '0.1.0', uptime_seconds: 5, events_24h: 0, settings: { edition: 7, refused: [] } }
  const coverage = {
    known: 2,
    answered: 1,
    from_summary: 0,
    denied: 1,
    withheld: 0,
    failed: 0,
    unreachable: 0,
  }
  const nodes = [
    { fingerprint: own.fingerprint, name: 'first', outcome: 'answered' },
    { fingerprint: peer.fingerprint, name: 'hq', outcome: 'denied' },
  ]
  const organisation = { ...bundleOf([]), number: 7, lost: own.issued_at }
  const { out, err } = await karo(
    {
      ...policyWith(organisation),
      'GET /api/v1/fleet': fleet,
      'POST /api/v1/query': {
        ...(ANSWERS.QueryResult as object),
        query_type: 'NodeHealth',
        coverage: { ...coverage, complete: false, nodes },
        data: { nodes: [{ ...node, ...health }] },
      },
    },
    'fleet',
    'show',
  )
  expect(err).toBe('')
  expect(out).toContain('Lost: what another one alone said')
  expect(out).toMatch(/first .* 7 {2}follows\n.*hq .* – {2}does not say: denied\n/)
})
