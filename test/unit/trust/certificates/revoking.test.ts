// Revocations stay: over lists that leave keys out, wrong clocks, restarts, issuers that ended, and disks that fail.
import { expect, test } from 'vitest'
import { REVOKED_MAX, RevocationList } from '../../../../protocols/messages/certificate.ts'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { statementIn } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import {
  issuer,
  issuerCertificate,
  listOf,
  mesh,
  NOW,
  node,
  nodeCertificate,
  other,
  rollWith,
  root,
} from './chains.ts'
import { four, invited, joins, meet, pass, type Room, restarted, room, time } from './rooms.ts'

const HOUR_MS = 3_600_000
const nobody = (): boolean => false

async function pair() {
  const { hq: issuing, ann, bob } = await four()
  await joins(issuing, ann, {}, 'ann')
  return { issuing, ann, bob }
}

const listsOf = ({ said }: Room): readonly Uint8Array[] =>
  said.filter(({ kind }) => kind === 'revocation_list').map(({ frame }) => frame)

test('a key that was revoked stays revoked when a later list leaves it out', () => {
  const roll = rollWith(issuerCertificate(), nodeCertificate())
  roll.list(listOf(issuer, [node.publicKey], { number: 4, version: NOW + 4 }), NOW)
  for (const later of [{ number: 5, version: NOW + 5 }, { version: NOW + 50 }]) {
    expect(roll.list(listOf(issuer, [], later), NOW)).toEqual([])
    expect(roll.revoked(node.nodeId)).toBeDefined()
  }
  expect(roll.listOf(issuer.nodeId)).toMatchObject({ number: 5 })
})

test('a key in a list of a lower number is revoked all the same', () => {
  const roll = rollWith(issuerCertificate(), nodeCertificate())
  roll.list(listOf(issuer, [other.publicKey], { number: 4, version: NOW + 4 }), NOW)
  expect(roll.list(listOf(issuer, [node.publicKey], { version: NOW + 50 }), NOW)).toEqual([node.nodeId])
  expect(roll.listOf(issuer.nodeId)?.number).toBe(4)
})

test('a list from the future counts for nothing, unless it was kept: then its keys and its number do', () => {
  const ahead = listOf(issuer, [node.publicKey], { number: 7, version: NOW + 400 * DAY_MS })
  const fresh = rollWith(issuerCertificate(), nodeCertificate())
  expect(fresh.list(ahead, NOW)).toEqual([])
  expect(fresh.revoked(node.nodeId)).toBeUndefined()
  const kept = rollWith(issuerCertificate(), nodeCertificate())
  expect(kept.list(ahead, NOW, true)).toEqual([node.nodeId])
  expect(kept.listOf(issuer.nodeId)).toMatchObject({ number: 7 })
  kept.list(listOf(issuer, [node.publicKey, other.publicKey], { number: 8, version: NOW + 8 }), NOW)
  expect(kept.revoked(other.nodeId)).toBeDefined()
})

test('a list that is kept counts as news once the clock, which was behind at the start, is right', () => {
  const roll = rollWith(issuerCertificate(), nodeCertificate())
  const right = NOW + 20 * DAY_MS
  roll.list(listOf(issuer, [], { number: 7, version: right - HOUR_MS }), right - DAY_MS, true)
  expect(roll.lists(right - DAY_MS).newest).toBe(NOW)
  expect(roll.word(node.nodeId, right)).toMatchObject({ stale: false, level: 'peer' })
  expect(roll.lists(right).newest).toBe(right - HOUR_MS)
})

test('an issuer whose clock was ahead for one look goes on revoking', async () => {
  const { issuing, ann } = await pair()
  time.now += 300 * DAY_MS
  await issuing.fleet.look(nobody)
  time.now = NOW + HOUR_MS
  await issuing.fleet.revoke(ann.id)
  expect(issuing.fleet.word(ann.id)).toBeUndefined()
  const member = rollWith(...(issuing.fleet.shown(ann.id).chain ?? []))
  member.list(listsOf(issuing).at(-1) as Uint8Array, time.now)
  expect(member.revoked(ann.id)).toBeDefined()
})

test('lists of an issuer whose certificate has ended say nothing about today', () => {
  const otherIssuer = issuerCertificate({ key: other.publicKey, name: 'hq-2' })
  const ending = issuerCertificate({ notAfter: NOW + DAY_MS })
  const leaf = nodeCertificate({ signer: other, notAfter: NOW + 30 * DAY_MS })
  const roll = rollWith(ending, otherIssuer, leaf)
  const late = NOW + 8 * DAY_MS
  // The issuer that ended goes on signing, and holds nobody up to date by it.
  roll.list(listOf(issuer, [], { number: 1, version: late }), late)
  expect(roll.word(node.nodeId, late)).toMatchObject({ stale: true, level: 'untrusted' })
  expect(roll.lists(late).newest).toBe(NOW)
  roll.list(listOf(other, [], { number: 1, version: late }), late)
  expect(roll.word(node.nodeId, late)).toMatchObject({ stale: false })
  expect(roll.lists(late).newest).toBe(late)
})

test('what an issuer revoked stays revoked when its own certificate has ended, after a restart too', () => {
  const late = NOW + 366 * DAY_MS
  const roll = rollWith()
  expect(roll.certificate(issuerCertificate(), late)).toMatchObject({ changed: [issuer.nodeId] })
  roll.list(listOf(issuer, [node.publicKey], { number: 1, version: NOW + 1 }), late, true)
  expect(roll.revoked(node.nodeId)).toBeDefined()
  expect(roll.word(issuer.nodeId, late)).toBeUndefined()
})

test('a role that the issuer may give no more counts for nothing, though it was given before', () => {
  const roll = rollWith(issuerCertificate({ grants: ['security'] }), nodeCertificate({ roles: ['security'] }))
  expect(roll.word(node.nodeId, NOW)).toMatchObject({ binding: { roles: ['security'] } })
  expect(roll.certificate(issuerCertificate({ version: NOW + 1 }), NOW).changed).toContain(node.nodeId)
  expect(roll.word(node.nodeId, NOW)).toBeUndefined()
})

test.each(['before', 'after'])('what a revoked issuer signs counts for nothing %s what holds', (order) => {
  const roll = rollWith(issuerCertificate(), issuerCertificate({ key: other.publicKey, name: 'hq-2' }))
  roll.list(listOf(root, [other.publicKey]), NOW)
  if (order === 'after') roll.certificate(nodeCertificate(), NOW)
  const forged = nodeCertificate({ signer: other, version: NOW + 60_000 })
  const told = roll.certificate(forged, NOW)
  if (order === 'after') expect(told).toEqual({ changed: [], fault: 'revoked' })
  if (order === 'before') roll.certificate(nodeCertificate(), NOW)
  expect(roll.word(node.nodeId, NOW)).toMatchObject({ binding: { issuer: issuer.nodeId } })
})

test('a revocation that cannot be stored fails, counts here, and is signed again', async () => {
  const { issuing, ann } = await pair()
  issuing.fleet.onDocument(() => Promise.reject(new Error('the disk is full')))
  await expect(issuing.fleet.revoke(ann.id)).rejects.toThrow('the disk is full')
  await expect(issuing.fleet.revoke(ann.id)).rejects.toThrow('the disk is full')
  expect(issuing.fleet.word(ann.id)).toBeUndefined()
  const stored: Uint8Array[] = []
  issuing.fleet.onDocument((_, frame) => void stored.push(frame))
  expect(await issuing.fleet.revoke(ann.id)).toBe(true)
  expect(stored.length).toBe(1)
  // Who says it twice hears anew how many members have it: they fetch a list that is newer than theirs, and no other.
  await issuing.fleet.revoke(ann.id)
  expect(stored.length).toBe(2)
})

test('a machine is told that it is let in when its certificate is stored, not before', async () => {
  const { issuing, bob } = await pair()
  await bob.fleet.join(await invited(issuing), { places: [] })
  issuing.fleet.onDocument(() => Promise.reject(new Error('the disk is full')))
  expect(await meet(issuing, bob, 'bob')).toBe(false)
})

test('an issuer that lost its list takes it from a member, and goes on from there', async () => {
  const { issuing, ann } = await pair()
  await issuing.fleet.revoke(ann.id)
  const newest = listsOf(issuing).at(-1) as Uint8Array
  const restored = await restarted(issuing)
  time.now += 1
  await restored.fleet.look(nobody)
  restored.fleet.documents.revocation_list.accept(newest, true)
  expect(restored.fleet.revoked(ann.id)).toBeDefined()
  const member = await room(8_504)
  await joins(restored, member)
  pass({ ...restored, said: restored.said.slice(-2) }, member)
  expect(member.fleet.revoked(ann.id)).toBeDefined()
})

test('a list that is full refuses another key, and drops none', async () => {
  const { issuing, ann } = await pair()
  const keys = Array.from({ length: REVOKED_MAX }, (_, at) => testIdentity(20_000 + at).publicKey)
  const full = listOf(issuing.identity, keys, { number: 9, version: NOW + 9 })
  issuing.fleet.documents.revocation_list.accept(full, true)
  await expect(issuing.fleet.revoke(ann.id)).rejects.toMatchObject({ code: 'too_large' })
  expect(issuing.fleet.revoked(testIdentity(20_000).nodeId)).toBeDefined()
})

test('an issuer of more keys than a list names, after a restore, signs those that it revoked last, and revokes no others', async () => {
  const { issuing, ann } = await pair()
  const keysFrom = (first: number) =>
    Array.from({ length: REVOKED_MAX }, (_, at) => testIdentity(first + at).publicKey)
  const lists = [listOf(issuing.identity, keysFrom(20_000), { number: 9, version: NOW + 9 })]
  lists.push(listOf(issuing.identity, keysFrom(30_000), { number: 10, version: NOW + 10, at: NOW + 10 }))
  for (const list of lists) issuing.fleet.documents.revocation_list.accept(list, true)
  time.now += 2 * DAY_MS
  await issuing.fleet.look(nobody)
  const newest = statementIn(RevocationList, listsOf(issuing).at(-1) as Uint8Array, mesh)!.body
  expect(newest.number).toBeGreaterThan(10)
  expect(newest.revoked).toHaveLength(REVOKED_MAX)
  expect(Buffer.compare(newest.revoked[0]!.key, keysFrom(20_000)[0]!)).not.toBe(0)
  expect(newest.revoked.every(({ at }) => at === NOW + 10)).toBe(true)
  expect(issuing.fleet.revoked(testIdentity(20_000).nodeId)).toBeDefined()
  await expect(issuing.fleet.revoke(ann.identity.nodeId)).rejects.toMatchObject({ code: 'too_large' })
})
