// A machine that was revoked hears of it from whoever it knocks at, by a list that counts, and by nothing else.
import { beforeEach, expect, test } from 'vitest'
import type { Signer } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { listOf, NOW, root } from './chains.ts'
import { found, invited, joins, meet, pass, type Room, room, time } from './rooms.ts'

beforeEach(() => {
  time.now = NOW
})

const listed = (by: Signer, keys: readonly Uint8Array[]): Uint8Array =>
  listOf(by, keys, { version: time.now, number: 99 })

/** Ann and Bob, whom hq certified, and what Ann is not told of: a second issuer, whom Bob knows. */
async function fleet(at: number) {
  const [hq, second, ann, bob] = (await Promise.all(
    [at, at + 1, at + 2, at + 3].map((one) => room(one)),
  )) as [Room, Room, Room, Room]
  await found(hq)
  for (const one of [ann, bob]) {
    await joins(hq, one)
  }
  await found(second)
  pass(hq, second)
  pass(second, bob)
  return { hq, second, ann, bob }
}

test('who revoked it, and when, also by an issuer that it has not met; after a restart too', async () => {
  const { second, ann, bob } = await fleet(8_901)
  time.now += 60_000
  expect(await second.fleet.revoke(ann.identity.nodeId)).toBe(true)
  pass(second, bob)
  expect(ann.fleet.state()).toMatchObject({ why_not: null, revoked_by: null })
  await meet(ann, bob)
  const by = { node_id: second.identity.nodeId, root: false, name: 'hq', at: NOW + 60_000 }
  expect(ann.fleet.state()).toMatchObject({ own: null, why_not: 'revoked', revoked_by: by })
  // Both are stored, the certificate of the issuer first: without it the list says nothing.
  expect(ann.said.map(({ kind }) => kind)).toEqual(['certificate', 'revocation_list'])
  const restarted = await room(8_903, { repository: ann.repository })
  for (const { kind, frame } of ann.said) restarted.fleet.documents[kind].accept(frame, false)
  expect(restarted.fleet.state()).toMatchObject({ why_not: 'revoked', revoked_by: by })
  // It is heard once.
  await meet(ann, bob)
  expect(ann.said).toHaveLength(2)
})

test('a key that the root revoked is shown the list of the root', async () => {
  const { ann, bob } = await fleet(8_911)
  await bob.fleet.revokedByRoot(listed(root, [ann.identity.publicKey]))
  await meet(ann, bob)
  expect(ann.fleet.state()).toMatchObject({ why_not: 'revoked', revoked_by: { root: true, name: '' } })
})

test('an invite of whoever it may be is refused at once, with the way back', async () => {
  const { hq, ann, bob } = await fleet(8_921)
  await hq.fleet.revoke(ann.identity.nodeId)
  pass(hq, bob)
  await meet(ann, bob)
  const code = await invited(hq)
  await expect(ann.fleet.join(code, { places: [] })).rejects.toMatchObject({
    code: 'refused',
    hint: expect.stringContaining('identity new'),
  })
})

test('nobody but an issuer puts a machine out by showing it a list', async () => {
  const { hq, second, ann, bob } = await fleet(8_931)
  const { publicKey } = ann.identity
  const issuer = second.fleet.shown(ann.identity.nodeId).chain![0]!
  const byBob = bob.fleet.shown(ann.identity.nodeId).chain![1]!
  const forged = Uint8Array.from(listed(second.identity, [publicKey]))
  forged[forged.length - 1]! ^= 1
  for (const [what, revoked_by] of Object.entries({
    'of a stranger': { list: listed(testIdentity(77), [publicKey]), issuer },
    'of a member': { list: listed(bob.identity, [publicKey]), issuer: byBob },
    'with another signature': { list: forged, issuer },
    // What does not name it is no word to it: lists of the mesh come as documents.
    'about others': { list: listed(hq.identity, [bob.identity.publicKey]), issuer },
  })) {
    ann.fleet.answered(bob.identity.nodeId, { revoked_by })
    expect([what, ann.fleet.state().why_not]).toEqual([what, null])
    expect(ann.fleet.revoked(bob.identity.nodeId)).toBeUndefined()
  }
  expect(ann.said.filter(({ kind }) => kind === 'revocation_list')).toEqual([])
  // One that would count does, whoever shows it.
  const list = listed(second.identity, [publicKey])
  ann.fleet.answered(bob.identity.nodeId, { revoked_by: { list, issuer } })
  expect(ann.fleet.state().why_not).toBe('revoked')
})

test('a member is told nothing of that', async () => {
  const { hq, ann, bob } = await fleet(8_941)
  await hq.fleet.revoke(ann.identity.nodeId)
  pass(hq, bob)
  expect(bob.fleet.answer(hq.identity.nodeId)).toEqual({})
  expect(bob.fleet.answer(testIdentity(78).nodeId)).toEqual({})
  expect(Object.keys(bob.fleet.answer(ann.identity.nodeId))).toEqual(['revoked_by'])
})
