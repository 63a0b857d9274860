// One key on two machines is noticed by both and by whoever they are connected to; one machine that moves is not taken for two.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { silentLog } from '../../../src/base/run/log.ts'
import { createTwins, placesOf } from '../../../src/mesh/link/twins.ts'
import type { AuditRecord } from '../../../src/trust/audit/index.ts'
import { createFakeTrust } from '../../support/mesh/fake-trust.ts'
import { testIdentity } from '../../support/mesh/identity.ts'
import { until } from '../../support/run/until.ts'
import { start } from './cluster.ts'

const node = 'karo:ed25519:a' as NodeId

function watched() {
  let now = 0
  const entries: AuditRecord[] = []
  const twins = createTwins({
    audit: { record: async (entry) => void entries.push(entry) },
    clock: { now: () => now, monotonic: () => now },
    log: silentLog,
  })
  return { twins, entries, pass: (ms: number) => (now += ms) }
}

test('the third return to a place it has left tells two apart, once, and no longer than they are there', () => {
  const { twins, entries, pass } = watched()
  for (const place of ['a', 'b', 'a', 'b']) twins.came(node, place)
  expect(twins.state().others).toEqual([])
  twins.came(node, 'a')
  expect(twins.state()).toEqual({ others: [{ node_id: node, places: ['b', 'a'] }], here: [] })
  for (const place of ['b', 'a', 'b']) twins.came(node, place)
  expect(entries).toMatchObject([
    { type: 'policy_violation', success: false, peer: node, details: { reason: 'key_at_two_places' } },
  ])
  pass(11 * 60_000)
  expect(twins.state().others).toEqual([])
})

test('presences of two machines that share no address tell them apart where neither is linked', () => {
  const { twins } = watched()
  for (const place of ['10.0.0.5:1', '10.0.0.6:1', '10.0.0.5:1', '10.0.0.6:1', '10.0.0.5:1'])
    twins.heard(node, [place])
  expect(twins.state().others.map(({ node_id }) => node_id)).toEqual([node])
  const other = 'karo:ed25519:b' as NodeId
  for (let n = 0; n < 20; n++) twins.heard(other, n % 2 === 0 ? ['a:1', 'wlan:1'] : ['a:1'])
  twins.heard(other, [])
  expect(twins.state().others).toHaveLength(1)
})

test('a place is where others reach it: loopback counts on one machine only', () => {
  const [here, lan] = ['/ip4/127.0.0.1/tcp/1', '/ip4/10.0.0.5/tcp/1'] as const
  expect(placesOf([here, lan, 'no address'])).toEqual(['10.0.0.5:1'])
  expect(placesOf([here])).toEqual(['127.0.0.1:1'])
})

test('who reconnects, restarts on other ports, or carries a laptop about is one', () => {
  const { twins, entries, pass } = watched()
  for (let n = 0; n < 50; n++) twins.came(node, 'a')
  for (let n = 0; n < 50; n++) twins.came(node, `port ${n}`)
  for (let n = 0; n < 50; n++) {
    twins.came(node, n % 2 === 0 ? 'desk' : 'meeting')
    pass(10 * 60_000)
  }
  expect([twins.state().others, entries]).toEqual([[], []])
})

test('two clones that nobody trusts find each other: one answer of the key elsewhere is enough', async () => {
  const identity = testIdentity()
  const copy = await start({ identity })
  const trust = createFakeTrust()
  const original = await start({ identity, trust })
  const isSaidAt = ({ mesh }: typeof copy): void => {
    trust.sawStranger(identity.nodeId, { name: 'vm', addresses: mesh.status().listen })
    original.mesh.meet(identity.nodeId)
  }
  const other = await start()
  isSaidAt(other)
  const isPending = () => trust.pending().some(({ node_id }) => node_id === other.id)
  await until(isPending, { what: 'another key answers' })
  expect(original.mesh.inspect().twins.others).toEqual([])
  const isNoticed = (): boolean => {
    // Nobody is met a second time before the first meeting is over.
    isSaidAt(copy)
    return original.mesh.inspect().twins.others.length === 1
  }
  await until(isNoticed, { what: 'the copy is noticed' })
  const places = [original, copy].map(({ address }) => `127.0.0.1:${address().port}`)
  expect(original.mesh.inspect().twins).toEqual({ others: [{ node_id: identity.nodeId, places }], here: [] })
  expect(original.audited.filter(({ type }) => type === 'policy_violation')).toMatchObject([
    { peer: identity.nodeId, details: { reason: 'own_key_elsewhere' } },
  ])
})

test('two real nodes with one key: each says that the other is there, and so does the one they are connected to', async () => {
  const [one, two] = [testIdentity(), testIdentity()]
  const third = await start({ identity: one, trust: createFakeTrust([two.nodeId]) })
  const peers = [{ ...third.address(), nodeId: third.id }]
  const clone = () => start({ identity: two, trust: createFakeTrust([one.nodeId]), discovery: { peers } })
  const original = await clone()
  await until(() => original.link.peers().length === 1, { what: 'the original is connected' })
  expect(third.mesh.inspect().twins).toEqual({ others: [], here: [] })
  const copy = await clone()
  const places = [original, copy].map(({ address }) => `127.0.0.1:${address().port}`).toSorted()
  await until(() => third.mesh.inspect().twins.others.length === 1, { what: 'the third notices' })
  const [told] = third.mesh.inspect().twins.others
  expect([told?.node_id, told?.places.toSorted()]).toEqual([two.nodeId, places])
  for (const each of [original, copy]) {
    await until(() => each.mesh.inspect().twins.here.includes(third.id), { what: 'each notices' })
  }
  expect(third.mesh.inspect().twins.here).toEqual([])
})
