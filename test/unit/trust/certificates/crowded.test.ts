// What fills up: certificates of one issuer, lists about issuers, places of issuers that ended, and the longest list of a root.
import { expect, test } from 'vitest'
import { HelloAck, ROOT_LIST_BYTES } from '../../../../protocols/messages/hello.ts'
import { DAY_MS } from '../../../../src/base/calendar.ts'
import { createShares } from '../../../../src/trust/certificates/roll.ts'
import type { Signer } from '../../../../src/trust/identity/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import {
  issuer,
  issuerCertificate,
  listOf,
  NOW,
  node,
  nodeCertificate,
  other,
  rollWith,
  root,
} from './chains.ts'
import { four, hears, invited, joins, listed, meet, pass, type Room, restarted, time } from './rooms.ts'

const keyOf = (n: number): Uint8Array => {
  const key = new Uint8Array(32).fill(3)
  new DataView(key.buffer).setUint32(0, n)
  return key
}

test('of a full map whoever has most gives up the oldest', () => {
  const map = createShares<number, string, string>(4, (value) => value[0] as string)
  for (const [at, value] of ['a1', 'b1', 'b2', 'b3', 'b4', 'a2'].entries()) map.set(at + 1, value)
  expect(Object.fromEntries(map)).toEqual({ 1: 'a1', 6: 'a2', 4: 'b3', 5: 'b4' })
  map.set(5, 'a3')
  expect([[...map].length, map.peek(5), map.has(2)]).toEqual([4, 'a3', false])
  expect([map.delete(4), map.delete(4)]).toEqual([true, false])
  map.clear()
  expect([...map]).toEqual([])
})

test('the thief of one issuer pushes out nobody whom another one certified', () => {
  const roll = rollWith()
  const thief = other
  roll.certificate(issuerCertificate(), NOW)
  roll.certificate(issuerCertificate({ key: thief.publicKey }), NOW)
  expect(roll.certificate(nodeCertificate(), NOW).changed).toEqual([node.nodeId])
  // As many as a roll remembers in all, and some more.
  for (let n = 0; n < 4_200; n++)
    roll.certificate(nodeCertificate({ signer: thief, key: keyOf(n), roles: [], teams: [] }), NOW)
  expect(roll.word(node.nodeId, NOW)).toBeDefined()
  expect(roll.certified(NOW).length).toBe(4_096 + 2)
})

test('the thief of an issuer that signs list after list, each of other keys, fills neither memory nor ledgers', () => {
  const roll = rollWith()
  roll.certificate(issuerCertificate(), NOW)
  let told = 0
  for (let number = 0; number < 5; number++) {
    const keys = Array.from({ length: 1_024 }, (_, n) => keyOf(number * 1_024 + n))
    told += roll.list(listOf(issuer, keys, { number, version: NOW + number }), NOW + number).length
  }
  expect([told, roll.lists(NOW).listed]).toEqual([2_048, 2_048])
  expect(roll.listOf(issuer.nodeId)?.number).toBe(4)
  // The root is another author.
  expect(roll.list(listOf(root, [keyOf(9_000)]), NOW)).toHaveLength(1)
})

test('no issuer keeps out machines of another one whose certificate is not known here yet', () => {
  const roll = rollWith()
  const thief = other
  roll.certificate(issuerCertificate({ key: thief.publicKey }), NOW)
  roll.list(listOf(thief, [issuer.publicKey]), NOW)
  expect(roll.chain(node.nodeId, [issuerCertificate(), nodeCertificate()], NOW)).toContain(node.nodeId)
  expect(roll.word(node.nodeId, NOW)).toBeDefined()
  // The root may.
  roll.list(listOf(root, [issuer.publicKey]), NOW)
  expect(roll.word(node.nodeId, NOW)).toBeUndefined()
})

test('issuers that ended make place for new ones; one that revoked somebody stays, with what it revoked', () => {
  const roll = rollWith()
  const early = { notBefore: NOW - 50 * DAY_MS, notAfter: NOW - DAY_MS, version: NOW - 50 * DAY_MS }
  const [first] = Array.from({ length: 256 }, (_, n) => testIdentity(20_000 + n))
  for (let n = 0; n < 256; n++)
    roll.certificate(issuerCertificate({ key: testIdentity(20_000 + n).publicKey, ...early }), NOW)
  roll.list(listOf(first as Signer, [node.publicKey]), NOW)
  expect(roll.certificate(issuerCertificate(), NOW).changed).toEqual([issuer.nodeId])
  expect(roll.isAuthority(testIdentity(20_000).nodeId)).toBe(true)
  expect(roll.isAuthority(testIdentity(20_001).nodeId)).toBe(false)
  expect(roll.revoked(node.nodeId)).toBeDefined()
  // A place of an issuer that still counts is nobody else's.
  for (let n = 0; n < 300; n++)
    roll.certificate(issuerCertificate({ key: testIdentity(21_000 + n).publicKey }), NOW)
  expect(roll.word(issuer.nodeId, NOW)).toBeDefined()
  expect(roll.isAuthority(testIdentity(20_000).nodeId)).toBe(true)
})

/** A member whose issuer the root revokes with as many other keys as a list holds, and one that knows it. */
async function revoked() {
  const { hq, second, ann, bob } = await four()
  await joins(hq, ann)
  await joins(second, bob)
  for (const from of [hq, second]) for (const to of [ann, bob]) pass(from, to)
  time.now += 1_000
  const keys = [hq.identity.publicKey, ...Array.from({ length: 1_023 }, (_, n) => keyOf(n))]
  const list = listed(root, keys)
  await bob.fleet.revokedByRoot(list)
  return { hq, second, ann, bob, list }
}

const isSayable = (answer: ReturnType<Room['fleet']['answer']>): boolean =>
  HelloAck.body.safeParse({ stage: 'pending', skew_ms: 0, ...answer }).success

test('the longest list of a root is shown to whom it puts out, within the bound of what a hello says', async () => {
  const { hq, ann, bob, list } = await revoked()
  expect(list.length).toBeLessThan(ROOT_LIST_BYTES)
  bob.fleet.heard(ann.id, { ...ann.fleet.shown(bob.id), name: 'ann' })
  const answer = bob.fleet.answer(ann.id)
  expect(answer.root_list).toEqual(list)
  expect(isSayable(answer)).toBe(true)
  ann.fleet.answered(bob.id, answer)
  await Promise.resolve()
  expect(ann.fleet.revoked(hq.id)).toBeDefined()
})

test('a machine that joins anew hears what it was granted, and one that is put out is shown the list without it', async () => {
  const { second, ann, list } = await revoked()
  await second.fleet.revokedByRoot(list)
  ann.fleet.documents.revocation_list.accept(list, true)
  expect(ann.fleet.state().own).toBeNull()
  expect(await joins(second, ann)).toBe(true)
  expect(second.fleet.answer(ann.id).granted).toBeDefined()
  // Now the second issuer is revoked as well, and still has the answer that it gave.
  time.now += 1_000
  await second.fleet.revokedByRoot(listed(root, [second.identity.publicKey], { number: 1 }))
  const answer = second.fleet.answer(ann.id)
  expect(Object.keys(answer)).toEqual(['root_list'])
  expect(isSayable(answer)).toBe(true)
})

test('a key that an issuer revoked is shown no list of the root', async () => {
  const { second, bob, list } = await revoked()
  await second.fleet.revokedByRoot(list)
  await second.fleet.revoke(bob.id)
  second.fleet.heard(bob.id, { ...bob.fleet.shown(second.id), name: 'bob' })
  expect(second.fleet.answer(bob.id).root_list).toBeUndefined()
})

test('an invite that is shown again gives nobody back what people took away since', async () => {
  const { hq, ann } = await four()
  const code = await invited(hq, { roles: ['lead'], teams: ['eng', 'ops'], for_ms: 90 * DAY_MS, uses: 2 })
  await ann.fleet.join(code, { places: [] })
  const proof = ann.fleet.shown(hq.id)
  expect(await meet(hq, ann)).toBe(true)
  const own = () => hq.fleet.word(ann.id)?.binding
  expect(own()).toMatchObject({ roles: ['lead'], teams: ['eng', 'ops'] })
  time.now += 3_600_000
  await hq.fleet.assign(ann.id, { roles: [], teams: ['eng'] })
  const again = () => hears(hq, ann, { ...proof, name: 'alice' })
  time.now += 3_600_000
  await again()
  expect(own()).toMatchObject({ name: 'newcomer', roles: [], teams: ['eng'] })
  // Nor after its certificate has ended.
  time.now += 31 * DAY_MS
  expect(own()).toBeUndefined()
  await again()
  expect(own()).toMatchObject({ roles: [], teams: ['eng'] })
  expect(hq.fleet.invites()[0]?.used).toHaveLength(1)
  // Nor where the issuer was started anew after that.
  time.now += 31 * DAY_MS
  const later = await restarted(hq)
  for (const { kind, frame } of hq.said) later.fleet.documents[kind].accept(frame, false)
  expect(later.fleet.fault(ann.id)).toBe('expired')
  await hears(later, ann, { ...proof, name: 'alice' })
  expect(later.fleet.word(ann.id)?.binding).toMatchObject({ roles: [], teams: ['eng'] })
})
