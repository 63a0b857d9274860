// /peers and /audit: the shapes scripts rely on, decisions by any way of naming a node, and refusals with codes.

import { expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { PeerShape } from '../../../src/api/contract/shapes.ts'
import { auditRoutes } from '../../../src/api/routes/audit.ts'
import { peersRoutes } from '../../../src/api/routes/mesh/peers.ts'
import type { Rooms } from '../../../src/api/server/rooms.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import type { Apart } from '../../../src/mesh/index.ts'
import type { Binding, FleetState } from '../../../src/trust/certificates/index.ts'
import { owner } from '../../support/api/callers.ts'
import { serving } from '../../support/api/serving.ts'
import { testIdentities, testNodes } from '../../support/mesh/identity.ts'
import { NO_CERTIFICATES } from '../../support/mesh/no-certificates.ts'
import { some } from '../../support/some.ts'
import { openLedger } from '../trust/audit/ledger.ts'
import { bindingOf, SELF as self, trustRoom } from '../trust/peers/world.ts'

const ids = testIdentities(1, 2, 3, 4, 5)
const [ann, bob, cid, dan, eve] = testNodes(1, 2, 3, 4, 5)
const at = (n: number): string => `/ip4/10.0.0.${n}/tcp/9238`

/** Bob rotated his key: his is one machine with the key of cid. */
const firstKey = (id: NodeId): NodeId => (id === cid ? bob : id)

/** `over`: certificates that ended lately. */
async function node(certified: readonly Binding[] = [], over: readonly Binding[] = []) {
  const { audit, clock, repository: ledger } = await openLedger({ identity: self })
  const { trust } = await trustRoom({
    file: { trusted: [[ann, { name: 'ann', roles: ['lead'], teams: ['eng'] }]], denied: [dan] },
    audit,
    clock,
    certificates: {
      ...NO_CERTIFICATES,
      told: () => over.map(({ node_id }) => node_id),
      lately: (id) => over.find(({ node_id }) => node_id === id),
    },
  })
  const connected = new Set<NodeId>()
  const ended = new Set<NodeId>()
  const apart = new Map<NodeId, Apart>()
  const links = new Map<NodeId, readonly string[]>()
  const mesh = {
    isConnected: (id: NodeId) => connected.has(id),
    apart: (id: NodeId) => apart.get(id),
    linksOf: (id: NodeId) => links.get(id) ?? [],
    inspect: () => ({ stale: [], twins: { others: [], here: [] } }) as never,
  }
  const fleet = {
    word: (id: NodeId) => {
      const binding = certified.find(({ node_id }) => node_id === id)
      return binding === undefined ? undefined : { binding, stale: false, level: 'peer' as const }
    },
    fault: (id: NodeId) => (ended.has(id) ? 'expired' : undefined),
    certified: () => certified,
    revoke: async () => false,
    look: async () => 0,
    state: () => ({ issuer: false }) as FleetState,
  }
  const summaries = { withdrawFrom: async () => ({ held: 3, emptied: 3, fetched: 2, end() {} }) }
  const documents = {
    ownLedgerHeads: async () => [],
    spread: async () => ({ linked: 2, have: 1 }),
  }
  const asked = { by: owner() }
  const routes = [
    peersRoutes(
      some<Rooms>({
        clock,
        trust: { ...trust, memberOf: firstKey },
        mesh,
        fleet,
        summaries,
        documents,
        log: silentLog,
      }),
    ),
    auditRoutes(
      some<Rooms>({
        audit,
        trust,
        clock,
        documents,
        totals: { audiences: () => [], readersOf: () => ({ nodes: [], operators: [] }) },
      }),
    ),
  ]
  const { get, post } = serving(routes, { caller: () => asked.by })
  const decide = (what: 'trust' | 'deny' | 'revoke', of: object) => post(`/api/v1/peers/${what}`, of)
  return { asked, get, post: decide, trust, connected, ended, apart, links, clock, ledger }
}

test('a machine whose certificate ended is missing, and so is an issuer whose did', async () => {
  const over = (id: NodeId, usage: Binding['usage']) => bindingOf(id, { usage, name: usage, not_after: 2 })
  const { get, ended } = await node([], [over(cid, 'node'), over(eve, 'issuer')])
  ended.add(cid)
  const { peers } = (await get('/api/v1/peers')).body as { peers: PeerShape[] }
  expect(
    peers
      .filter(({ name }) => name === 'node' || name === 'issuer')
      .map(({ name, state, trust_level, certificate_ended }) => [
        name,
        state,
        trust_level,
        certificate_ended,
      ]),
  ).toEqual([
    ['issuer', 'missing', 'untrusted', true],
    ['node', 'missing', 'untrusted', true],
  ])
})

test('a machine that is reached through others names the neighbour that told of it', async () => {
  const { get, trust } = await node()
  trust.sawMember(ann, { name: 'ann', addresses: [at(1)] })
  trust.heardOf(bob, { name: 'bob', addresses: [], offline: false }, ann)
  const { body } = await get('/api/v1/peers')
  const told = body.peers.map(({ name, known_by, through }: PeerShape) => [name, known_by, through])
  expect(told).toContainEqual(['bob', 'gossip', ids[0].fingerprint])
  expect(told).toContainEqual(['ann', 'link', undefined])
})

test('whom a machine says it is linked with is told while it is there', async () => {
  const { get, trust, links } = await node()
  trust.sawMember(ann, { name: 'ann', addresses: [at(1)] })
  links.set(ann, [ids[1].fingerprint])
  const told = async () => {
    const { body } = await get('/api/v1/peers')
    return body.peers.find(({ name }: PeerShape) => name === 'ann').links
  }
  expect(await told()).toEqual([ids[1].fingerprint])
  trust.sawMember(ann, { name: 'ann', addresses: [at(1)], offline: true })
  expect(await told()).toBeUndefined()
})

test('peers lists everybody known with state, level and why, those who wait first', async () => {
  const { get, trust, connected, ended } = await node()
  trust.sawMember(ann, { name: 'anns', addresses: [at(1)] })
  connected.add(ann)
  ended.add(bob)
  trust.sawStranger(bob, { name: 'bobs-laptop', addresses: [at(2)] })
  await trust.trust(cid, { level: 'share_to', name: 'cid' })
  await trust.trust(eve, { name: 'eve' })
  await trust.revoke(eve)
  const { status, body } = await get('/api/v1/peers')
  expect(status).toBe(200)
  expect(body).toMatchSnapshot()
})

test('who waits for a decision, and where nodes are, is told to administrators alone', async () => {
  const { asked, get, trust } = await node()
  trust.sawMember(ann, { name: 'anns', addresses: [at(1)] })
  trust.sawStranger(bob, { name: 'bobs-laptop', addresses: [at(2)] })
  asked.by = { ...owner(), admin: false }
  const { text } = await get('/api/v1/peers')
  expect(text).toContain(ann)
  for (const hidden of [bob, 'bobs-laptop', '10.0.0.']) expect(text).not.toContain(hidden)
  const named = [ids[1].fingerprint, 'bobs-laptop', 'bobs-lapto']
  const asks = named.flatMap((who) => [`peers/explain?who=${who}`, `audit/log?peer=${who}`])
  for (const ask of [`peers/explain?who=${bob}`, ...asks]) {
    const { body } = await get(`/api/v1/${ask}`)
    expect(body.error?.code).toBe('not_found')
    // Not as the nearest name either.
    expect(body.error.hint ?? '').not.toContain('bobs')
  }
  asked.by = owner()
  expect((await get('/api/v1/peers/explain?who=bobs-laptop')).body.peer.node_id).toBe(bob)
})

test('of a trusted node without a link it is said why, when that is known', async () => {
  const { get, trust, apart } = await node()
  await trust.trust(cid, { level: 'peer', name: 'cid' })
  apart.set(cid, { why: 'clock', clock_off_ms: 600_000 })
  apart.set(ann, { why: 'not_trusted_there' })
  const { body } = await get('/api/v1/peers')
  const of = (id: NodeId) => body.peers.find((one: { node_id: string }) => one.node_id === id)
  expect(of(cid)).toMatchObject({ why: 'tofu', apart: 'clock', clock_off_ms: 600_000 })
  expect(of(ann)).toMatchObject({ why: 'config', apart: 'not_trusted_there' })
  expect(of(eve)?.apart).toBeUndefined()
})

test('trust, deny and revoke take a fingerprint, a name or a node id and answer with the peer as it is now', async () => {
  const { post, trust } = await node()
  trust.sawStranger(bob, { name: 'bobs-laptop', addresses: [] })
  const grouped = ids[1].fingerprint.match(/.{4}/g)!.join(' ')
  const terms = { level: 'peer', name: 'bob', roles: ['lead'], teams: ['eng'] }
  expect(await post('trust', { who: grouped, ...terms })).toMatchObject({
    status: 200,
    body: {
      peer: { node_id: bob, name: 'bob', state: 'known', trust_level: 'peer', roles: ['lead'], why: 'tofu' },
    },
  })
  const [denied, trusted] = [await post('deny', { who: 'bob' }), await post('trust', { who: 'bob' })]
  expect(denied.body.peer).toMatchObject({ state: 'denied', trust_level: 'untrusted' })
  expect(trusted.body.peer).toMatchObject({ state: 'known', trust_level: 'peer' })
  expect((await post('revoke', { who: bob })).body.peer).toMatchObject({ state: 'revoked' })
  expect((await post('trust', { who: cid })).body.peer).toMatchObject({ node_id: cid, state: 'known' })
})

test('a name that a node gave itself trusts nobody, whatever the node was before', async () => {
  const { post, get, trust } = await node()
  trust.sawStranger(bob, { name: 'alice', addresses: [] })
  const refused = await post('trust', { who: 'alice' })
  expect(refused).toMatchObject({ status: 400, body: { error: { code: 'bad_request' } } })
  expect(refused.body.error.hint).toContain(ids[1].fingerprint.slice(0, 4))
  expect(trust.admits(bob)).toBe(false)
  expect((await get('/api/v1/peers/explain?who=alice')).body.peer.name_chosen).toBe(false)
  await trust.deny(bob)
  expect((await post('trust', { who: 'alice' })).status).toBe(400)
  // Trusted by its key, and still called so by itself alone: a name may not raise its level.
  expect((await post('trust', { who: bob, level: 'share_to' })).status).toBe(200)
  trust.sawMember(bob, { name: 'alice' })
  expect((await post('trust', { who: 'alice', level: 'peer' })).status).toBe(400)
  expect((await post('trust', { who: bob, name: 'al' })).body.peer.name_chosen).toBe(true)
  // People here call it so now.
  expect((await post('trust', { who: 'al', teams: ['eng'] })).status).toBe(200)
})

test('what cannot be done is refused with its code and where', async () => {
  const { post, get } = await node()
  const refusal = async (answer: Promise<{ status: number; body: { error?: { code: string } } }>) => {
    const { status, body } = await answer
    return [status, body.error?.code]
  }
  expect(await refusal(post('trust', { who: 'nobody' }))).toEqual([404, 'not_found'])
  expect(await refusal(post('trust', { who: dan }))).toEqual([403, 'refused'])
  expect(await refusal(post('trust', { who: ann, level: 'share_to' }))).toEqual([409, 'conflict'])
  expect(await refusal(post('deny', { who: self.nodeId }))).toEqual([400, 'bad_request'])
  expect(await refusal(get('/api/v1/peers/explain?who=nobody'))).toEqual([404, 'not_found'])
})

test('explain has every source with the one that decided', async () => {
  const { get } = await node()
  const { body } = await get(`/api/v1/peers/explain?who=${encodeURIComponent('ann')}`)
  expect(body.peer).toMatchObject({ node_id: ann, why: 'config' })
  expect(body.steps.map((step: { source: string; decides: boolean }) => [step.source, step.decides])).toEqual(
    [
      ['denied', false],
      ['revoked', false],
      ['config', true],
      ['tofu', false],
      ['certificate', false],
      ['domain', false],
      ['default', false],
    ],
  )
})

test('the audit log is filtered, and verify says where the ledger is broken', async () => {
  const { get, post, clock, ledger } = await node()
  await post('trust', { who: bob, name: 'bob' })
  clock.time += 60_000
  await post('deny', { who: 'bob' })
  await post('trust', { who: dan })
  const entries = async (query: string) => (await get(`/api/v1/audit/log${query}`)).body.entries
  expect(await entries('')).toMatchObject([
    { seq: 3, type: 'trust_change', success: false, peer: dan },
    { seq: 2, timestamp: '2025-11-20T08:16:00.000Z', details: { action: 'deny' } },
    { seq: 1, timestamp: '2025-11-20T08:15:00.000Z', details: { action: 'trust' } },
  ])
  expect(Object.keys((await entries('?limit=1'))[0]).sort()).toEqual(
    ['details', 'hash', 'peer', 'seq', 'success', 'timestamp', 'type'].sort(),
  )
  expect((await entries('?peer=bob&type=trust_change')).length).toBe(2)
  expect((await entries('?type=query_asked')).length).toBe(0)
  expect((await entries('?since=2025-11-20T08:15:30Z')).length).toBe(2)

  const whole = (await get('/api/v1/audit/verify')).body
  const [{ hash: head }] = await entries('?limit=1')
  expect(whole).toEqual({ ok: true, entries: 3, head, first_bad: null, earlier_keys: [] })
  await ledger.append([
    { seq: 2, ts: 1, type: 'trust_change', details: Buffer.from('{}'), hash: Buffer.alloc(32) },
  ])
  expect((await get('/api/v1/audit/verify')).body).toMatchObject({ ok: false, entries: 3, first_bad: 2 })
})

test('a certificate that holds has not ended, whatever its machine showed before', async () => {
  const holds = { node_id: ann, issuer: self.nodeId, usage: 'node', not_after: 1_763_700_000_000 } as Binding
  const { get, ended } = await node([holds])
  ended.add(ann)
  const { peer } = (await get('/api/v1/peers/explain?who=ann')).body
  expect(peer).toMatchObject({ certified_until: expect.any(String) })
  expect(peer.certificate_ended).toBeUndefined()
})

test('of an issuer, its machines are counted by their newest certificate, and a rotated one once', async () => {
  const of = (node_id: NodeId, issuer: NodeId, issued_at: number, usage: 'issuer' | 'node' = 'node') =>
    ({ node_id, issuer, issued_at, usage, not_after: 1_763_700_000_000 }) as Binding
  const certifies = async (...certified: Binding[]) => {
    const { get } = await node([of(ann, self.nodeId, 1, 'issuer'), ...certified])
    return (await get('/api/v1/peers/explain?who=ann')).body.peer.certifies
  }
  expect(await certifies()).toBe(0)
  expect(await certifies(of(bob, ann, 2), of(cid, ann, 3), of(eve, ann, 3))).toBe(2)
  // Another issuer certified its new key, or only its old one.
  expect(await certifies(of(bob, ann, 2), of(cid, dan, 3))).toBe(0)
  expect(await certifies(of(bob, dan, 2), of(cid, ann, 3))).toBe(1)
})
