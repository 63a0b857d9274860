// A machine that was revoked hears of it from whoever it knocks at, by a list that counts, and by nothing else.
import { expect, test } from 'vitest'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { NOW, root } from './chains.ts'
import { four, invited, joins, listed, meet, pass, restarted, time } from './rooms.ts'

/** Ann and Bob, whom hq certified, and what Ann is not told of: a second issuer, whom Bob knows. */
async function fleet() {
  const { hq, second, ann, bob } = await four()
  for (const one of [ann, bob]) await joins(hq, one)
  pass(hq, second)
  pass(second, bob)
  return { hq, second, ann, bob }
}

test('who revoked it, and when, also by an issuer that it has not met; after a restart too', async () => {
  const { second, ann, bob } = await fleet()
  time.now += 60_000
  expect(await second.fleet.revoke(ann.id)).toBe(true)
  pass(second, bob)
  expect(ann.fleet.state()).toMatchObject({ why_not: null, revoked_by: null })
  await meet(ann, bob)
  const by = { node_id: second.id, root: false, name: 'hq', at: NOW + 60_000 }
  expect(ann.fleet.state()).toMatchObject({ own: null, why_not: 'revoked', revoked_by: by })
  // Both are stored, the certificate of the issuer first: without it the list says nothing.
  expect(ann.said.map(({ kind }) => kind)).toEqual(['certificate', 'revocation_list'])
  const again = await restarted(ann)
  for (const { kind, frame } of ann.said) again.fleet.documents[kind].accept(frame, false)
  expect(again.fleet.state()).toMatchObject({ why_not: 'revoked', revoked_by: by })
  // It is heard once.
  await meet(ann, bob)
  expect(ann.said).toHaveLength(2)
})

test('a key that the root revoked is shown the list of the root', async () => {
  const { ann, bob } = await fleet()
  await bob.fleet.revokedByRoot(listed(root, [ann.identity.publicKey], { number: 99 }))
  await meet(ann, bob)
  expect(ann.fleet.state()).toMatchObject({ why_not: 'revoked', revoked_by: { root: true, name: '' } })
})

test('an invite of whoever it may be is refused at once, with the way back', async () => {
  const { hq, ann, bob } = await fleet()
  await hq.fleet.revoke(ann.id)
  pass(hq, bob)
  await meet(ann, bob)
  const code = await invited(hq)
  const wayBack = { code: 'refused', hint: expect.stringContaining('identity new') }
  await expect(ann.fleet.join(code, { places: [] })).rejects.toMatchObject(wayBack)
})

test('nobody but an issuer puts a machine out by showing it a list', async () => {
  const { hq, second, ann, bob } = await fleet()
  const { publicKey } = ann.identity
  const number = 99
  const issuer = second.fleet.shown(ann.id).chain![0]!
  const byBob = bob.fleet.shown(ann.id).chain![1]!
  const forged = Uint8Array.from(listed(second.identity, [publicKey], { number }))
  forged[forged.length - 1]! ^= 1
  for (const [what, revoked_by] of Object.entries({
    'of a stranger': { list: listed(testIdentity(77), [publicKey], { number }), issuer },
    'of a member': { list: listed(bob.identity, [publicKey], { number }), issuer: byBob },
    'with another signature': { list: forged, issuer },
    // What does not name it is no word to it: lists of the mesh come as documents.
    'about others': { list: listed(hq.identity, [bob.identity.publicKey], { number }), issuer },
  })) {
    ann.fleet.answered(bob.id, { revoked_by })
    expect([what, ann.fleet.state().why_not]).toEqual([what, null])
    expect(ann.fleet.revoked(bob.id)).toBeUndefined()
  }
  expect(ann.said.filter(({ kind }) => kind === 'revocation_list')).toEqual([])
  // One that would count does, whoever shows it.
  const list = listed(second.identity, [publicKey], { number })
  ann.fleet.answered(bob.id, { revoked_by: { list, issuer } })
  expect(ann.fleet.state().why_not).toBe('revoked')
})

test('a member is told nothing of that', async () => {
  const { hq, ann, bob } = await fleet()
  await hq.fleet.revoke(ann.id)
  pass(hq, bob)
  expect(bob.fleet.answer(hq.id)).toEqual({})
  expect(bob.fleet.answer(testIdentity(78).nodeId)).toEqual({})
  expect(Object.keys(bob.fleet.answer(ann.id))).toEqual(['revoked_by'])
})
