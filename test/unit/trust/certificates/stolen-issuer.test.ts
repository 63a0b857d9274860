// What the thief of an issuer's key tries: to silence the root, to outlast its own revocation, and to come back at a restart.
import { expect, test } from 'vitest'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { code } from '../../../support/run/code.ts'
import { keeperOver } from '../../exchange/documents/keeping.ts'
import type { MemoryRepository } from '../../exchange/documents/network.ts'
import { NOW, nodeCertificate, root } from './chains.ts'
import { four, joins, listed, pass, type Room, restarted, room, time } from './rooms.ts'

/** What `room` keeps on its disk: the real keeper, which asks the room and tells it. */
const disk = ({ identity, fleet }: Room, repository?: MemoryRepository) =>
  keeperOver({ identity, now: () => time.now, ports: fleet.documents, repository })

async function again(ann: Room, repository: MemoryRepository): Promise<Room> {
  const next = await restarted(ann)
  await disk(next, repository).load()
  return next
}

test.each(['an issuer', 'the root itself'])('no list revokes the root: one of %s', async (whose) => {
  const { hq, ann } = await four()
  await joins(hq, ann)
  const by = whose === 'an issuer' ? hq.identity : root
  ann.fleet.documents.revocation_list.accept(listed(by, [root.publicKey], { number: 1, at: 0 }), true)
  time.now += 1_000
  await ann.fleet.revokedByRoot(listed(root, [hq.identity.publicKey], { number: 2 }))
  expect(ann.fleet.revoked(hq.id)).toMatchObject({ name: 'hq' })
  expect(ann.fleet.revoked(formatNodeId(root.publicKey))).toBeUndefined()
})

test('a person cannot revoke the root by mistake', async () => {
  const { hq } = await four()
  await expect(hq.fleet.revokedByRoot(listed(root, [root.publicKey]))).rejects.toEqual(code('refused'))
  expect(hq.fleet.rootList().number).toBeNull()
})

/** Ann and Bob, whom a second issuer certified; the first one is revoked by the root, and its thief goes on signing. */
async function stolen() {
  const { hq, second, ann, bob } = await four()
  const kept = disk(ann)
  for (const one of [ann, bob]) await joins(second, one)
  pass(second, ann)
  pass(hq, ann)
  for (const { said } of [hq, second])
    await kept.keep(...said.filter(({ kind }) => kind === 'certificate').map(({ frame }) => frame))
  return { hq, second, ann, bob, kept }
}

test('certificates that a revoked issuer signs put nobody out at the next start', async () => {
  const { hq, ann, bob, kept } = await stolen()
  await kept.keep(listed(root, [hq.identity.publicKey]))
  time.now += 1_000
  for (const { identity } of [ann, bob]) {
    const times = { version: time.now, notBefore: time.now, notAfter: time.now + DAY_MS }
    await kept.keep(nodeCertificate({ signer: hq.identity, key: identity.publicKey, name: 'x', ...times }))
  }
  expect(ann.fleet.state().own).not.toBeNull()
  const next = await again(ann, kept.repository)
  expect(next.fleet.state().own).toMatchObject({ name: 'newcomer' })
  expect(next.fleet.word(bob.id)).toBeDefined()
})

test('certificates of an issuer that is revoked later put nobody out at the next start either', async () => {
  const { hq, second, ann, kept } = await stolen()
  // The clock of the first issuer is ahead.
  const times = { version: time.now + 60_000, notBefore: time.now, notAfter: time.now + DAY_MS }
  await kept.keep(nodeCertificate({ signer: hq.identity, key: ann.identity.publicKey, name: 'x', ...times }))
  expect(ann.fleet.state().own).toMatchObject({ name: 'x' })
  await kept.keep(listed(root, [hq.identity.publicKey]))
  expect(ann.fleet.state().own).toBeNull()
  time.now += 1_000
  await joins(second, ann)
  await kept.keep(...second.said.slice(-1).map(({ frame }) => frame))
  expect(ann.fleet.state().own).toMatchObject({ issuer: second.id })
  const next = await again(ann, kept.repository)
  expect(next.fleet.state().own).toMatchObject({ issuer: second.id })
})

test('what an issuer had revoked stays so over a restart, whatever its thief signs after it was revoked', async () => {
  const { hq, second, ann, bob, kept } = await stolen()
  await kept.keep(listed(hq.identity, [bob.identity.publicKey]))
  time.now += 1_000
  await kept.keep(listed(root, [hq.identity.publicKey]))
  time.now += 1_000
  const carol = await room(8_815)
  await joins(second, carol)
  await kept.keep(...second.said.slice(-1).map(({ frame }) => frame))
  await kept.keep(listed(hq.identity, [bob.identity.publicKey, carol.identity.publicKey], { number: 1 }))
  const next = await again(ann, kept.repository)
  for (const one of [ann, next]) {
    expect(one.fleet.revoked(bob.id)).toBeDefined()
    expect(one.fleet.revoked(carol.id)).toBeUndefined()
  }
})

test('a list that came before the word of the root counts after a restart as it did before', async () => {
  const { hq, ann, bob, kept } = await stolen()
  const revoking = listed(root, [hq.identity.publicKey])
  time.now += 1_000
  // Nobody had heard of the root's list yet, the issuer itself neither.
  await kept.keep(listed(hq.identity, [bob.identity.publicKey]))
  await kept.keep(revoking)
  expect(ann.fleet.revoked(bob.id)).toBeDefined()
  const next = await again(ann, kept.repository)
  expect(next.fleet.revoked(bob.id)).toBeDefined()
})

test('an assignment that does not count is no success', async () => {
  const { hq, ann } = await four()
  await joins(hq, ann, { teams: ['eng'] })
  // The clock was wrong, and was set back.
  time.now += 3_600_000
  await hq.fleet.assign(ann.id, { teams: ['eng'], roles: ['lead'] })
  time.now -= 3_600_000
  await expect(hq.fleet.assign(ann.id, { roles: [] })).rejects.toEqual(code('conflict'))
})

test('a list that the thief dates back to before the root’s word puts nobody out, now or after a restart', async () => {
  const { hq, ann, bob, kept } = await stolen()
  time.now += 10_000
  await kept.keep(listed(root, [hq.identity.publicKey]))
  const backdated = listed(hq.identity, [bob.identity.publicKey], { version: NOW + 1, number: 9, at: NOW })
  await kept.keep(backdated)
  ann.fleet.documents.revocation_list.accept(backdated, true)
  expect(ann.fleet.revoked(bob.id)).toBeUndefined()
  const next = await again(ann, kept.repository)
  expect(next.fleet.revoked(bob.id)).toBeUndefined()
})

test('what issuers revoked is told, so that the root can repeat it', async () => {
  const { hq, ann, bob, kept } = await stolen()
  await kept.keep(listed(hq.identity, [bob.identity.publicKey]))
  expect(ann.fleet.rootList().by_issuers).toEqual([{ issuer: hq.id, node_id: bob.id, at: NOW }])
})
