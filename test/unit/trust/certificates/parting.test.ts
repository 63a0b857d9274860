// Whom a list puts out loses its data at once, and its link when what it has from here was emptied, or a little later.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { trustRoom } from '../peers/world.ts'
import { listOf, root } from './chains.ts'
import { clock, four, joins, pass, type Room, room } from './rooms.ts'

/** Bob, with real trust, hears of what hq revokes; Ann and Cid are certified, and `linked` says who is linked to him. */
async function fleet(linked: (node: NodeId) => boolean = () => true) {
  const { hq, ann, bob } = await four()
  const cid = await room(8_005)
  for (const one of [ann, bob, cid]) await joins(hq, one)
  pass(hq, bob)
  const { trust } = await trustRoom({ identity: bob.identity, certificates: bob.fleet, clock })
  const told: NodeId[] = []
  trust.onChange((node) => told.push(node))
  const asked: {
    readonly node: NodeId
    readonly begun: () => void
    readonly end: (error?: Error) => void
  }[] = []
  bob.fleet.onParting({
    isLinked: linked,
    empty(node, begun) {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      asked.push({ node, begun, end: (error) => (error === undefined ? resolve() : reject(error)) })
      return promise
    },
  })
  const revoke = async (one: Room): Promise<NodeId> => {
    await hq.fleet.revoke(one.id)
    const { frame } = hq.said.at(-1)!
    bob.fleet.documents.revocation_list.accept(frame, true)
    return one.id
  }
  return { hq, ann, bob, cid, trust, told, asked, revoke }
}

test('its data ends with the list, its link when its copies are empty; everybody hears of both', async () => {
  const { ann, trust, told, asked, revoke } = await fleet()
  const out = await revoke(ann)
  expect(asked.map(({ node }) => node)).toEqual([out])
  expect(trust.opinion(out)).toMatchObject({ revoked: true, trust_level: 'untrusted' })
  expect([trust.admits(out), trust.refuses(out)]).toEqual([true, false])
  // What it could open is looked up first: who hears that it is out publishes without it.
  expect(told).toEqual([])
  asked[0]!.begun()
  expect(told).toEqual([out])
  expect(trust.admits(out)).toBe(true)
  asked[0]!.end()
  await new Promise(setImmediate)
  expect([trust.admits(out), trust.refuses(out)]).toEqual([false, true])
  expect(told).toEqual([out, out])
})

test('one that cannot be emptied is cut off all the same', async () => {
  const { ann, trust, asked, revoke } = await fleet()
  const out = await revoke(ann)
  asked[0]!.end(new Error('the disk is full'))
  await new Promise(setImmediate)
  expect([trust.admits(out), trust.refuses(out)]).toEqual([false, true])
})

test('who is not linked is out at once, and so is whom this node revoked, or had on disk', async () => {
  const { ann, cid, hq, trust, told, asked, revoke } = await fleet(() => false)
  const out = await revoke(ann)
  expect([told, asked, trust.refuses(out)]).toEqual([[out], [], true])
  const own: NodeId[] = []
  hq.fleet.onParting({ isLinked: () => true, empty: async (node) => void own.push(node) })
  await hq.fleet.revoke(cid.id)
  expect([own, hq.fleet.isParting(cid.id)]).toEqual([[], false])
  const { bob, asked: stored } = await fleet()
  const list = listOf(hq.identity, [bob.identity.publicKey], { number: 1 })
  bob.fleet.documents.revocation_list.accept(list, false)
  expect(stored).toEqual([])
})

test('who was certified by an issuer that the root revokes is emptied too, and of many only some', async () => {
  const { hq, ann, bob, cid, trust, asked } = await fleet()
  pass(hq, bob)
  const others = Array.from({ length: 40 }, (_, n) => testIdentity(500 + n).publicKey)
  const revoked = [hq.identity.publicKey, ...others]
  bob.fleet.documents.revocation_list.accept(listOf(root, revoked), true)
  expect(asked).toHaveLength(16)
  const nodes = [hq, ann, cid].map(({ identity }) => identity.nodeId)
  expect(asked.map(({ node }) => node)).toEqual(expect.arrayContaining(nodes))
  expect(nodes.map(trust.admits)).toEqual([true, true, true])
  expect(nodes.map((node) => trust.opinion(node).trust_level)).toEqual(nodes.map(() => 'untrusted'))
  expect(trust.refuses(testIdentity(539).nodeId)).toBe(true)
})
