// The root's word while its key is away again: an issuer that it revoked, and roles and teams that an issuer changes.
import { expect, test } from 'vitest'
import { systemRandom } from '../../../../src/base/clock.ts'
import { type Signer, signRotation } from '../../../../src/trust/identity/index.ts'
import { createLineage } from '../../../../src/trust/lineage/index.ts'
import { NOW, other, root } from './chains.ts'
import { found, four, invited, joins, listed, meet, pass, type Room, room, time } from './rooms.ts'

async function fleet() {
  const { hq, second, ann, bob } = await four()
  await joins(hq, ann, { teams: ['eng'] }, 'ann')
  await joins(hq, bob, { teams: ['eng'] }, 'bob')
  for (const from of [hq, second]) for (const to of [hq, second, ann, bob]) pass(from, to)
  return { hq, second, ann, bob }
}

const listOf = (by: Signer, number: number, rooms: readonly Room[], mesh?: Uint8Array): Uint8Array =>
  listed(
    by,
    rooms.map(({ identity }) => identity.publicKey),
    { number, ...(mesh && { mesh }) },
  )

test('an issuer that the root revokes is out, with everybody whom it certified, and signs nothing any more', async () => {
  const { hq, second, ann, bob } = await fleet()
  expect(ann.fleet.word(bob.id)).toBeDefined()
  ann.changes.length = 0
  // On any member: the issuer itself may be the machine that was stolen.
  const list = listOf(root, 0, [hq])
  await ann.fleet.revokedByRoot(list)
  expect(ann.said).toEqual([{ kind: 'revocation_list', frame: list }])
  expect(ann.fleet.rootList()).toMatchObject({ number: 0, revoked: [{ node_id: hq.id, at: NOW }] })
  expect(ann.fleet.revoked(hq.id)).toMatchObject({ name: 'hq' })
  expect(ann.fleet.word(bob.id)).toBeUndefined()
  expect(ann.fleet.state()).toMatchObject({ own: null, why_not: 'issuer_revoked' })
  // Links to them end: trust hears of each.
  expect(ann.changes).toEqual(expect.arrayContaining([hq, bob].map(({ identity }) => identity.nodeId)))

  hq.fleet.documents.revocation_list.accept(list, true)
  expect(hq.fleet.state().issuer).toBe(false)
  await expect(invited(hq)).rejects.toMatchObject({ code: 'refused' })

  // Another issuer lets the machine in again, as the same key.
  second.fleet.documents.revocation_list.accept(list, true)
  await joins(second, ann, { teams: ['ops'] }, 'ann')
  expect(ann.fleet.state().own).toMatchObject({ issuer: second.id, teams: ['ops'] })
})

test('a list that the root of this mesh did not sign, or an older one, changes nothing', async () => {
  const { hq, second, ann } = await fleet()
  for (const wrong of [
    listOf(other, 0, [hq]),
    listOf(hq.identity, 7, [second]),
    listOf(root, 0, [hq], new Uint8Array(32)),
    listOf(root, 0, [hq]).subarray(0, -1),
    new Uint8Array(),
  ]) {
    await expect(ann.fleet.revokedByRoot(wrong)).rejects.toMatchObject({ code: 'refused' })
  }
  expect(ann.fleet.rootList()).toMatchObject({ number: null, revoked: [] })
  await ann.fleet.revokedByRoot(listOf(root, 3, []))
  await expect(ann.fleet.revokedByRoot(listOf(root, 3, [hq]))).rejects.toMatchObject({ code: 'conflict' })
  expect(ann.fleet.revoked(hq.id)).toBeUndefined()
  const alone = await room(8_705)
  await expect(alone.fleet.revokedByRoot(listOf(root, 0, [hq]))).rejects.toMatchObject({ code: 'refused' })
})

test('an issuer changes teams and roles of a machine that need not do anything', async () => {
  const { hq, second, ann, bob } = await fleet()
  const binding = await hq.fleet.assign(bob.id, { teams: ['ops'] })
  expect(binding).toMatchObject({ name: 'bob', roles: [], teams: ['ops'] })
  pass(hq, ann)
  pass(hq, bob)
  expect(ann.fleet.word(bob.id)?.binding.teams).toEqual(['ops'])
  expect(bob.fleet.state().own?.teams).toEqual(['ops'])
  expect(await hq.fleet.assign(bob.id, { name: 'Bob' })).toMatchObject({ name: 'Bob', teams: ['ops'] })
  // An older certificate, shown again, takes nothing back.
  time.now += 1_000
  await hq.fleet.assign(bob.id, { roles: ['lead'] })
  const [older] = hq.said.filter(({ kind }) => kind === 'certificate').slice(-2)
  pass(hq, ann)
  ann.fleet.documents.certificate.accept(older!.frame, true)
  expect(ann.fleet.word(bob.id)?.binding).toMatchObject({ roles: ['lead'], teams: ['ops'] })

  const refused = (by: Room, who: Room, terms: Parameters<Room['fleet']['assign']>[1]) =>
    expect(by.fleet.assign(who.id, terms)).rejects
  await refused(hq, bob, { name: 'Ann' }).toMatchObject({ code: 'conflict' })
  await refused(hq, bob, { roles: ['admin'] }).toMatchObject({ code: 'refused' })
  await refused(hq, second, { teams: ['eng'] }).toMatchObject({ code: 'refused' })
  await refused(bob, ann, { teams: ['eng'] }).toMatchObject({ code: 'refused' })
  await refused(hq, await room(8_706), { teams: ['eng'] }).toMatchObject({ code: 'not_found' })
  await refused(hq, bob, { teams: ['no label\n'] }).toMatchObject({ code: 'bad_request' })
})

test('whoever was certified by a revoked issuer hears of it from those who do not admit it any more', async () => {
  const { hq, ann, bob } = await fleet()
  await ann.fleet.revokedByRoot(listOf(root, 0, [hq]))
  // Bob has no link to anybody who would give it documents: it dials ann, and is a stranger there.
  expect(await meet(ann, bob)).toBe(false)
  expect(bob.fleet.state().own).toBeNull()
  expect(bob.said.map(({ kind }) => kind)).toEqual(['revocation_list'])
  // Once is enough.
  await meet(ann, bob)
  expect(bob.said).toHaveLength(1)
})

test('a list in an acknowledgement counts only when the root signed it, and a stranger is shown none', async () => {
  const { hq, ann, bob } = await fleet()
  for (const list of [listOf(hq.identity, 9, [bob]), listOf(other, 0, [hq]), new Uint8Array(5)])
    bob.fleet.answered(ann.id, { root_list: list })
  expect(bob.fleet.state().own).not.toBeNull()
  expect(bob.said).toEqual([])
  await ann.fleet.revokedByRoot(listOf(root, 0, [hq]))
  const stranger = await room(8_707)
  await meet(ann, stranger)
  expect(ann.fleet.answer(stranger.id)).toEqual({})
})

test('a machine whose issuer may not give its role any more is certified anew by another one, or without the role', async () => {
  const { hq, second, ann: soc, bob: eng } = await four()
  time.now += 1
  await found(hq, { grants: ['security'] })
  await found(second, { grants: ['security'] })
  await joins(hq, soc, { roles: ['security'], teams: ['blue'] })
  await joins(hq, eng, { roles: ['lead'], teams: ['blue'] })
  time.now += 1_000
  // The root took back what the first one might give.
  await found(hq)
  pass(hq, second)
  const { nodeId } = soc.identity
  expect(second.fleet.word(nodeId)).toBeUndefined()
  expect(second.fleet.assignable(hq.id).map(({ roles }) => roles)).toEqual(
    expect.arrayContaining([['security'], ['lead']]),
  )
  // The one that may not give it does not, and what nobody names stays.
  await expect(hq.fleet.assign(nodeId, {})).rejects.toMatchObject({ code: 'refused' })
  const moved = await second.fleet.assign(nodeId, {})
  expect(moved).toMatchObject({ roles: ['security'], teams: ['blue'], name: 'newcomer' })
  expect(second.fleet.word(nodeId)?.binding.issuer).toBe(second.id)
  expect(await hq.fleet.assign(nodeId, { roles: [] })).toMatchObject({ roles: [], teams: ['blue'] })
  // One that was revoked, or whose issuer was, is not mended like that.
  await second.fleet.revoke(eng.id)
  await expect(second.fleet.assign(eng.id, {})).rejects.toMatchObject({ code: 'not_found' })
  expect(second.fleet.assignable(hq.id).map(({ node_id }) => node_id)).not.toContain(eng.id)
})

test('a machine that has rotated its key is listed once, by the new key as soon as that is certified', async () => {
  const lineage = createLineage(() => time.now)
  const { hq, bob } = await four()
  const [next, second] = [await room(8_711), await room(8_712, { lineage })]
  await found(second)
  const listed = () => {
    pass(hq, second)
    return second.fleet.assignable(hq.id).map(({ node_id }) => node_id)
  }
  await joins(hq, bob)
  lineage.take(signRotation(bob.identity, next.identity, time.now, systemRandom))
  expect(listed()).toEqual([bob.id])
  await joins(hq, next)
  expect(listed()).toEqual([next.id])
})
