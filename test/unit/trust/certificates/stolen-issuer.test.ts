// What the thief of an issuer's key tries: to silence the root, to outlast its own revocation, and to come back at a restart.
import { beforeEach, expect, test } from 'vitest'
import { formatNodeId } from '../../../../protocols/node-id.ts'
import { systemRandom } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createCatalog } from '../../../../src/exchange/documents/catalog.ts'
import { createKeeper } from '../../../../src/exchange/documents/keeper.ts'
import { createMembersView } from '../../../../src/exchange/documents/members.ts'
import type { DocumentsParts } from '../../../../src/exchange/documents/parts.ts'
import { readDocument } from '../../../../src/exchange/documents/read.ts'
import { signCertificate, signRevocationList } from '../../../../src/trust/certificates/sign.ts'
import type { Signer } from '../../../../src/trust/identity/index.ts'
import { some } from '../../../support/some.ts'
import { MemoryRepository } from '../../exchange/documents/network.ts'
import { mesh, NOW, root } from './chains.ts'
import { found, joins, pass, type Room, room, time } from './rooms.ts'

const clock = { now: () => time.now, monotonic: () => time.now }

beforeEach(() => {
  time.now = NOW
})

const listOf = (by: Signer, number: number, keys: readonly Uint8Array[], at = time.now): Uint8Array =>
  signRevocationList(
    by,
    { version: time.now, number, mesh, revoked: keys.map((key) => ({ key, at })) },
    systemRandom,
  )

/** What `room` keeps on its disk: the real keeper, which asks the room and tells it. */
function disk({ identity, fleet }: Room, repository = new MemoryRepository()) {
  const trust = { members: () => [], member: () => undefined, admits: () => false, refuses: () => false }
  const catalog = createCatalog()
  const ports = fleet.documents
  const keeper = createKeeper(
    some<DocumentsParts>({
      identity,
      self: identity.nodeId,
      catalog,
      repository,
      clock,
      random: systemRandom,
      log: silentLog,
      ports,
      members: createMembersView(trust, identity.nodeId, clock, ports),
      hints: () => undefined,
      audit: { record: async () => {} },
      witness: { wants: () => false, given: () => {} },
      carrier: { carries: () => false },
    }),
  )
  const keep = async (...frames: readonly Uint8Array[]): Promise<void> => {
    for (const frame of frames) await keeper.keep([readDocument(frame, time.now)])
  }
  return { repository, load: keeper.load, keep }
}

/** Ann restarts: what she had in memory is gone, what is on her disks stays. */
async function again(ann: Room, number: number, repository: MemoryRepository): Promise<Room> {
  const next = await room(number, { repository: ann.repository })
  await disk(next, repository).load()
  return next
}

test.each(['an issuer', 'the root itself'])('no list revokes the root: one of %s', async (whose) => {
  const [hq, ann] = await Promise.all([room(8_801), room(8_802)])
  await found(hq)
  await joins(hq, ann)
  const by = whose === 'an issuer' ? hq.identity : root
  ann.fleet.documents.revocation_list.accept(listOf(by, 1, [root.publicKey], 0), true)
  time.now += 1_000
  await ann.fleet.revokedByRoot(listOf(root, 2, [hq.identity.publicKey]))
  expect(ann.fleet.revoked(hq.identity.nodeId)).toMatchObject({ name: 'hq' })
  expect(ann.fleet.revoked(formatNodeId(root.publicKey))).toBeUndefined()
})

test('a person cannot revoke the root by mistake', async () => {
  const hq = await room(8_803)
  await found(hq)
  await expect(hq.fleet.revokedByRoot(listOf(root, 0, [root.publicKey]))).rejects.toMatchObject({
    code: 'refused',
  })
  expect(hq.fleet.rootList().number).toBeNull()
})

/** Ann and Bob, whom a second issuer certified; the first one is revoked by the root, and its thief goes on signing. */
async function stolen() {
  const [hq, second, ann, bob] = await Promise.all([room(8_811), room(8_812), room(8_813), room(8_814)])
  await found(hq)
  await found(second)
  const kept = disk(ann)
  for (const one of [ann, bob]) {
    await joins(second, one)
  }
  pass(second, ann)
  pass(hq, ann)
  for (const { said } of [hq, second])
    await kept.keep(...said.filter(({ kind }) => kind === 'certificate').map(({ frame }) => frame))
  return { hq, second, ann, bob, kept }
}

test('certificates that a revoked issuer signs put nobody out at the next start', async () => {
  const { hq, ann, bob, kept } = await stolen()
  await kept.keep(listOf(root, 0, [hq.identity.publicKey]))
  time.now += 1_000
  for (const { identity } of [ann, bob]) {
    const terms = { usage: 'node' as const, key: identity.publicKey, name: 'x', roles: [], teams: [] }
    const times = { version: time.now, notBefore: time.now, notAfter: time.now + 86_400_000 }
    await kept.keep(signCertificate(hq.identity, mesh, { ...terms, ...times }, systemRandom))
  }
  expect(ann.fleet.state().own).not.toBeNull()
  const restarted = await again(ann, 8_813, kept.repository)
  expect(restarted.fleet.state().own).toMatchObject({ name: 'newcomer' })
  expect(restarted.fleet.word(bob.identity.nodeId)).toBeDefined()
})

test('certificates of an issuer that is revoked later put nobody out at the next start either', async () => {
  const { hq, second, ann, kept } = await stolen()
  const terms = { usage: 'node' as const, key: ann.identity.publicKey, name: 'x', roles: [], teams: [] }
  // The clock of the first issuer is ahead.
  const times = { version: time.now + 60_000, notBefore: time.now, notAfter: time.now + 86_400_000 }
  await kept.keep(signCertificate(hq.identity, mesh, { ...terms, ...times }, systemRandom))
  expect(ann.fleet.state().own).toMatchObject({ name: 'x' })
  await kept.keep(listOf(root, 0, [hq.identity.publicKey]))
  expect(ann.fleet.state().own).toBeNull()
  time.now += 1_000
  await joins(second, ann)
  await kept.keep(...second.said.slice(-1).map(({ frame }) => frame))
  expect(ann.fleet.state().own).toMatchObject({ issuer: second.identity.nodeId })
  const restarted = await again(ann, 8_813, kept.repository)
  expect(restarted.fleet.state().own).toMatchObject({ issuer: second.identity.nodeId })
})

test('what an issuer had revoked stays so over a restart, whatever its thief signs after it was revoked', async () => {
  const { hq, second, ann, bob, kept } = await stolen()
  await kept.keep(listOf(hq.identity, 0, [bob.identity.publicKey]))
  time.now += 1_000
  await kept.keep(listOf(root, 0, [hq.identity.publicKey]))
  time.now += 1_000
  const carol = await room(8_815)
  await joins(second, carol)
  await kept.keep(...second.said.slice(-1).map(({ frame }) => frame))
  await kept.keep(listOf(hq.identity, 1, [bob.identity.publicKey, carol.identity.publicKey]))
  const restarted = await again(ann, 8_813, kept.repository)
  for (const one of [ann, restarted]) {
    expect(one.fleet.revoked(bob.identity.nodeId)).toBeDefined()
    expect(one.fleet.revoked(carol.identity.nodeId)).toBeUndefined()
  }
})

test('a list that came before the word of the root counts after a restart as it did before', async () => {
  const { hq, ann, bob, kept } = await stolen()
  const revoking = listOf(root, 0, [hq.identity.publicKey])
  time.now += 1_000
  // Nobody had heard of the root's list yet, the issuer itself neither.
  await kept.keep(listOf(hq.identity, 0, [bob.identity.publicKey]))
  await kept.keep(revoking)
  expect(ann.fleet.revoked(bob.identity.nodeId)).toBeDefined()
  const restarted = await again(ann, 8_813, kept.repository)
  expect(restarted.fleet.revoked(bob.identity.nodeId)).toBeDefined()
})

test('an assignment that does not count is no success', async () => {
  const [hq, ann] = await Promise.all([room(8_821), room(8_822)])
  await found(hq)
  await joins(hq, ann, { teams: ['eng'] })
  // The clock was wrong, and was set back.
  time.now += 3_600_000
  await hq.fleet.assign(ann.identity.nodeId, { teams: ['eng'], roles: ['lead'] })
  time.now -= 3_600_000
  await expect(hq.fleet.assign(ann.identity.nodeId, { roles: [] })).rejects.toMatchObject({
    code: 'conflict',
  })
})

test('a list that the thief dates back to before the root’s word puts nobody out, now or after a restart', async () => {
  const { hq, ann, bob, kept } = await stolen()
  time.now += 10_000
  await kept.keep(listOf(root, 0, [hq.identity.publicKey]))
  const backdated = signRevocationList(
    hq.identity,
    { version: NOW + 1, number: 9, mesh, revoked: [{ key: bob.identity.publicKey, at: NOW }] },
    systemRandom,
  )
  await kept.keep(backdated)
  ann.fleet.documents.revocation_list.accept(backdated, true)
  expect(ann.fleet.revoked(bob.identity.nodeId)).toBeUndefined()
  const restarted = await again(ann, 8_813, kept.repository)
  expect(restarted.fleet.revoked(bob.identity.nodeId)).toBeUndefined()
})

test('what issuers revoked is told, so that the root can repeat it', async () => {
  const { hq, ann, bob, kept } = await stolen()
  await kept.keep(listOf(hq.identity, 0, [bob.identity.publicKey]))
  expect(ann.fleet.rootList().by_issuers).toEqual([
    { issuer: hq.identity.nodeId, node_id: bob.identity.nodeId, at: NOW },
  ])
})
