// The room of certificates at its door: founding, joining, renewing, revoking, and what is left after a restart.
import { expect, test, vi } from 'vitest'
import { DAY_MS, HOUR_MS } from '../../../../src/base/calendar.ts'
import { KaroError } from '../../../../src/base/errors.ts'
import { createFleetRepository } from '../../../../src/store/tables/fleet.ts'
import { meshOf } from '../../../../src/trust/certificates/sign.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { issuerCertificate, NOW, root } from './chains.ts'
import {
  found,
  four,
  hears,
  invited,
  joins,
  listed,
  meet,
  pass,
  type Room,
  restarted,
  room,
  time,
} from './rooms.ts'

const everybody = (): boolean => true
const nobody = (): boolean => false
const nothing = async (): Promise<void> => {}

/** Whose certificates it has renewed. */
const renewals = ({ audited }: Room) =>
  audited.filter(({ type }) => type === 'certificate_renewed').map(({ peer }) => peer)

/** `ann` and `bob` were certified by one issuer; nobody has heard of the second one. */
async function mesh() {
  const { hq: issuer, second, ann, bob } = await four()
  await joins(issuer, ann, { teams: ['eng'] }, 'ann')
  await joins(issuer, bob, { teams: ['eng'] }, 'bob')
  return { issuer, second, ann, bob }
}

test('a node that joined and one that joined later admit each other, by what they show alone', async () => {
  const { issuer, ann, bob } = await mesh()
  expect(ann.fleet.word(bob.id)).toBeUndefined()
  expect(await meet(ann, bob)).toBe(true)
  const binding = { name: 'bob', teams: ['eng'], issuer: issuer.id }
  expect(ann.fleet.word(bob.id)).toMatchObject({ level: 'peer', stale: false, binding })
  expect(ann.changes).toContain(bob.id)
})

test('what the issuer signed is a document, by which members know those they never met', async () => {
  const { issuer, ann, bob } = await mesh()
  pass(issuer, ann)
  expect(ann.fleet.word(bob.id)).toMatchObject({ binding: { name: 'bob' } })
  expect(ann.fleet.certified().map(({ name }) => name)).toEqual(['hq', 'ann', 'bob'])
})

test('the ledgers say who was let in, and as what', async () => {
  const { issuer, ann } = await mesh()
  expect(issuer.audited.map(({ type }) => type)).toEqual([
    'mesh_joined',
    'invite_changed',
    'certificate_issued',
    'invite_changed',
    'certificate_issued',
  ])
  expect(ann.audited).toMatchObject([{ type: 'mesh_joined', details: { usage: 'node' } }])
})

test('a node that is in no mesh shows nothing, and hears nothing of certificates', async () => {
  const { ann } = await mesh()
  const alone = await room(8_010)
  expect(alone.fleet.shown(ann.id)).toEqual({})
  expect(await meet(alone, ann)).toBe(false)
  expect(alone.fleet.certified()).toEqual([])
})

test('an invite is shown to its inviter, and to nobody else', async () => {
  const { issuer, ann } = await mesh()
  const joiner = await room(8_011)
  await joiner.fleet.join(await invited(issuer), { places: [] })
  expect(joiner.fleet.seeks(issuer.id)).toBe(true)
  expect(joiner.fleet.seeks(ann.id)).toBe(false)
  expect(joiner.fleet.shown(ann.id)).toEqual({})
  expect(joiner.fleet.shown(issuer.id).join).toBeDefined()
})

test('a proof that somebody else shows lets nobody in', async () => {
  const { issuer } = await mesh()
  const joiner = await room(8_011)
  const thief = await room(8_012)
  await joiner.fleet.join(await invited(issuer), { places: [] })
  const stolen = joiner.fleet.shown(issuer.id)
  expect(await hears(issuer, thief, { ...stolen, name: 'thief' })).toBe(true)
  expect(issuer.fleet.answer(thief.id)).toEqual({ invite_refused: 'unknown' })
  expect(issuer.fleet.word(thief.id)).toBeUndefined()
  expect(issuer.audited.at(-1)).toMatchObject({ type: 'policy_violation', details: { why: 'unknown' } })
  expect(await meet(issuer, joiner)).toBe(true)
})

test('a stranger that shows one invite after the other fills no ledger', async () => {
  const { issuer } = await mesh()
  const stranger = await room(8_012)
  const join = { id: new Uint8Array(8), proof: new Uint8Array(32) }
  const refused = () => issuer.audited.filter(({ type }) => type === 'policy_violation')
  for (let at = 0; at < 20; at++) await hears(issuer, stranger, { join, name: 'stranger' })
  expect(refused()).toHaveLength(1)
  time.now += 60_000
  await hears(issuer, stranger, { join, name: 'stranger' })
  expect(refused().map(({ details }) => details?.times)).toEqual([1, 20])
  // What was counted since is told when the node stops, and names nobody.
  for (let at = 0; at < 5; at++) await hears(issuer, stranger, { join, name: 'stranger' })
  await issuer.fleet.stop()
  expect(refused().at(-1)).toMatchObject({ details: { why: 'unknown', times: 5 } })
  expect(refused().at(-1)?.peer).toBeUndefined()
})

test('an answer that the inviter did not make is believed by nobody', async () => {
  const { issuer } = await mesh()
  const joiner = await room(8_011)
  await joiner.fleet.join(await invited(issuer), { places: [] })
  const rogue = await room(8_013)
  const other = await room(8_014)
  const { granted } = await grantOf(issuer, other)
  // A grant for another machine, then the same from a node that the code does not commit to.
  joiner.fleet.answered(issuer.id, { granted })
  expect(joiner.fleet.state()).toMatchObject({ own: null, joining: { refused: 'proof' } })
  joiner.fleet.answered(rogue.id, { granted })
  expect(joiner.fleet.state().own).toBeNull()
  expect(await meet(issuer, joiner)).toBe(true)
})

async function grantOf(issuer: Room, joiner: Room) {
  await joiner.fleet.join(await invited(issuer), { places: [] })
  await hears(issuer, joiner, { ...joiner.fleet.shown(issuer.id), name: 'x' })
  return issuer.fleet.answer(joiner.id)
}

test('a joiner that was told the root takes no other one', async () => {
  const { issuer, ann } = await mesh()
  const joiner = await room(8_011)
  await joiner.fleet.join(await invited(issuer), { root: ann.identity.publicKey, places: [] })
  await meet(issuer, joiner)
  expect(joiner.fleet.state()).toMatchObject({ own: null, root: null, joining: { refused: 'root' } })
})

test('a node whose certificate ended stays in its mesh, whatever root an inviter answers with', async () => {
  const { ann } = await mesh()
  const state = ann.fleet.state()
  time.now += 31 * DAY_MS
  const other = testIdentity(8_030)
  const rogue = await room(8_031)
  await rogue.fleet.found(
    other.publicKey,
    issuerCertificate({
      signer: other,
      mesh: meshOf(other.publicKey),
      key: rogue.identity.publicKey,
      version: time.now,
      notBefore: time.now,
      notAfter: time.now + DAY_MS,
    }),
  )
  await joins(rogue, ann, { for_ms: DAY_MS / 2 })
  expect(ann.fleet.state()).toMatchObject({ root: state.root, own: null, joining: { refused: 'root' } })
})

test('names are one each, whatever machines call themselves', async () => {
  const { issuer } = await mesh()
  const second = await room(8_020)
  await joins(issuer, second, {}, 'ann')
  expect(second.fleet.state().own?.name).toMatch(/^ann-[0-9a-f]{6}$/)
  const hard = await room(8_022, { isNameKnown: (name) => name === 'boss' })
  await found(hard)
  for (const [at, name] of ['HQ', '838A 4e91 e1f8 dcbf', 'boss'].entries()) {
    const joiner = await room(8_023 + at)
    await joins(hard, joiner, {}, name)
    expect(joiner.fleet.state().own?.name).toMatch(new RegExp(`^${name}-[0-9a-f]{6}$`))
  }
})

test('an issuer gives no role that the root did not grant it', async () => {
  const { issuer } = await mesh()
  await expect(invited(issuer, { roles: ['security'] })).rejects.toMatchObject({ code: 'refused' })
  time.now += 1
  await found(issuer, { grants: ['security'] })
  const soc = await room(8_021)
  await joins(issuer, soc, { roles: ['security'] }, 'soc')
  expect(issuer.fleet.word(soc.id)).toMatchObject({ binding: { roles: ['security'] } })
  // Taken back, every certificate with that role is void, and its holder is told why; given again, it holds again.
  time.now += 1
  await found(issuer)
  pass(issuer, soc)
  expect(issuer.fleet.word(soc.id)).toBeUndefined()
  expect(soc.fleet.state()).toMatchObject({ own: null, why_not: 'not_granted' })
  time.now += 1
  await found(issuer, { grants: ['security'] })
  pass(issuer, soc)
  expect(soc.fleet.state()).toMatchObject({ own: { roles: ['security'] }, why_not: null })
})

test('a node that is no issuer certifies nobody', async () => {
  const { ann } = await mesh()
  const hint = expect.stringMatching(/karo ca renew.*karo ca init/)
  await expect(invited(ann)).rejects.toMatchObject({ code: 'refused', hint })
  await expect(ann.fleet.revoke(ann.id)).rejects.toMatchObject({ code: 'refused' })
  expect(await ann.fleet.look(everybody)).toBe(0)
})

test('a certificate is renewed from its twentieth day on, of nodes that are there, and the root is not needed', async () => {
  const { issuer, ann, bob } = await mesh()
  const end = ann.fleet.state().own?.not_after
  time.now += 19 * DAY_MS
  await issuer.fleet.look(everybody)
  pass(issuer, ann)
  expect(ann.fleet.state().own?.not_after).toBe(end)
  time.now += 2 * DAY_MS
  await issuer.fleet.look((node) => node === ann.id)
  pass(issuer, ann)
  pass(issuer, bob)
  const renewed = { not_after: time.now + 30 * DAY_MS, name: 'ann', teams: ['eng'] }
  expect(ann.fleet.state().own).toMatchObject(renewed)
  expect(bob.fleet.state().own?.not_after).toBe(end)
  expect(renewals(issuer)).toEqual([ann.id])
  // Who was away for too long is certified no more, and everybody is told.
  time.now = (end ?? 0) + 1
  issuer.changes.length = 0
  await issuer.fleet.look(nobody)
  expect(issuer.changes).toEqual([bob.id])
  expect(issuer.fleet.word(bob.id)).toBeUndefined()
  expect(issuer.fleet.word(ann.id)).toBeDefined()
})

test('what was renewed is kept over a restart', async () => {
  const { issuer, ann } = await mesh()
  time.now += 21 * DAY_MS
  await issuer.fleet.look(everybody)
  pass(issuer, ann)
  const { own } = ann.fleet.state()
  await ann.fleet.stop()
  const again = await restarted(ann)
  expect(again.fleet.state()).toMatchObject({ own, root: root.nodeId })
})

test('a revoked node is out at once, wherever the list comes, and no invite lets it in again', async () => {
  const { issuer, ann, bob } = await mesh()
  await meet(ann, bob)
  expect(await issuer.fleet.revoke(bob.id)).toBe(true)
  expect(issuer.fleet.word(bob.id)).toBeUndefined()
  expect(ann.fleet.word(bob.id)).toBeDefined()
  pass(issuer, ann)
  expect(ann.fleet.word(bob.id)).toBeUndefined()
  expect(ann.fleet.revoked(bob.id)).toMatchObject({ by: issuer.id, name: 'bob' })
  expect(ann.changes.at(-1)).toBe(bob.id)
  expect(ann.audited.at(-1)).toMatchObject({ type: 'certificate_revoked', peer: bob.id })
  // Its own chain still looks good to itself.
  expect(await meet(ann, bob)).toBe(false)
  // Without anything that it had.
  const home = await room(bob.number)
  await joins(issuer, home)
  expect(home.fleet.state()).toMatchObject({ own: null, joining: { refused: 'revoked' } })
  expect(issuer.fleet.word(home.id)).toBeUndefined()
})

test('a revoked node is not renewed', async () => {
  const { issuer, bob } = await mesh()
  await issuer.fleet.revoke(bob.id)
  time.now += 25 * DAY_MS
  await issuer.fleet.look(everybody)
  expect(issuer.fleet.word(bob.id)).toBeUndefined()
  expect(renewals(issuer)).not.toContain(bob.id)
})

test('a list of nobody who may revoke counts for nothing, and one of another mesh neither', async () => {
  const { issuer, ann, bob } = await mesh()
  await meet(ann, bob)
  const keys = [issuer.identity.publicKey, bob.identity.publicKey]
  const listBy = (signer: typeof bob.identity, of = meshOf(root.publicKey)): Uint8Array =>
    listed(signer, keys, { number: 99, mesh: of })
  // A member that is no issuer, a stranger, and the issuer for a mesh that is not this one.
  const ofElsewhere = listBy(issuer.identity, new Uint8Array(32))
  for (const frame of [listBy(bob.identity), listBy(testIdentity(8_099)), ofElsewhere])
    ann.fleet.documents.revocation_list.accept(frame, true)
  expect(ann.fleet.word(bob.id)).toBeDefined()
  expect(ann.fleet.word(issuer.id)).toBeDefined()
  expect(ann.fleet.documents.revocation_list.wanted(bob.id)).toBe(false)
  // The same list of the issuer counts, but for the issuer itself: only the root decides about issuers.
  ann.fleet.documents.revocation_list.accept(listBy(issuer.identity), true)
  expect(ann.fleet.word(bob.id)).toBeUndefined()
  expect(ann.fleet.word(issuer.id)).toBeDefined()
})

test('an issuer does not revoke another one', async () => {
  const { issuer, second } = await mesh()
  pass(second, issuer)
  await expect(issuer.fleet.revoke(second.id)).rejects.toMatchObject({ code: 'refused' })
})

test('a member that the root certifies becomes an issuer, for those who were there before too', async () => {
  const { issuer, ann, bob } = await mesh()
  time.now += 1
  await found(ann)
  pass(ann, bob)
  const joiner = await room(8_032)
  expect(await joins(ann, joiner)).toBe(true)
  expect(await meet(joiner, bob)).toBe(true)
  expect(await meet(joiner, issuer)).toBe(true)
})

test('one issuer renews for another that is gone, somewhat later', async () => {
  const { issuer, second, ann } = await mesh()
  pass(issuer, second)
  time.now += 21 * DAY_MS
  await second.fleet.look(everybody)
  expect(renewals(second)).toEqual([])
  time.now += 5 * DAY_MS
  await second.fleet.look(everybody)
  pass(second, ann)
  expect(ann.fleet.state().own).toMatchObject({ issuer: second.id, not_after: time.now + 30 * DAY_MS })
})

test('without a list for a week certificates open no data, and membership stays, until one comes', async () => {
  const { issuer, ann, bob } = await mesh()
  await meet(ann, bob)
  time.now += 7 * DAY_MS
  expect(ann.fleet.word(bob.id)).toMatchObject({ stale: false, level: 'peer' })
  time.now += 1
  expect(ann.fleet.word(bob.id)).toMatchObject({ stale: true, level: 'untrusted' })
  expect(ann.fleet.state().stale).toBe(true)
  await issuer.fleet.look(nobody)
  pass(issuer, ann)
  expect(ann.fleet.word(bob.id)).toMatchObject({ stale: false, level: 'peer' })
})

test('an issuer signs its list anew every day, with a number that grows', async () => {
  const { issuer } = await mesh()
  const lists = (): number => issuer.said.filter(({ kind }) => kind === 'revocation_list').length
  const before = lists()
  await issuer.fleet.look(nobody)
  expect(lists()).toBe(before)
  time.now += DAY_MS
  await issuer.fleet.look(nobody)
  expect(lists()).toBe(before + 1)
})

test('a node is in one mesh', async () => {
  const { issuer, ann } = await mesh()
  const conflict = { code: 'conflict' }
  await expect(ann.fleet.join(await invited(issuer), { places: [] })).rejects.toMatchObject(conflict)
  await expect(ann.fleet.found(ann.identity.publicKey, new Uint8Array(1))).rejects.toMatchObject(conflict)
})

test('an enrolment file is used at the first start, and not again', async () => {
  const { issuer } = await mesh()
  const code = await invited(issuer)
  const enrolment = () => ({ code, root: root.publicKey, places: ['10.0.0.5:9238'] })
  const clock = { ahead: 800 * DAY_MS, now: () => NOW + clock.ahead, monotonic: () => NOW }
  const machine = await room(8_040, { enrolment, clock })
  // A clock that was years ahead at the start, and is set right.
  expect(machine.fleet.state().joining).toMatchObject({ refused: 'expired' })
  clock.ahead = 0
  await machine.fleet.enrol()
  expect(machine.fleet.state().joining).toMatchObject({ places: ['10.0.0.5:9238'], refused: null })
  expect(await meet(issuer, machine)).toBe(true)
  await machine.fleet.stop()
  const again = await restarted(machine, { enrolment })
  expect(again.fleet.state()).toMatchObject({ joining: null, root: root.nodeId })
  // It was off until its certificate had ended, and nobody has removed the file.
  clock.ahead = 40 * DAY_MS
  const late = await restarted(machine, { enrolment, clock })
  expect(late.fleet.state()).toMatchObject({
    why_not: 'ended',
    joining: {
      refused: 'expired',
      detail: expect.stringMatching(/^this invite ended at .*: ask for a new one$/),
    },
  })
})

test('an issuer whose certificate has ended is told apart from its machines, and knows what to renew, also after a restart', async () => {
  const { issuer, ann } = await mesh()
  time.now += 1
  await found(issuer, { grants: ['security'] })
  const soc = await room(8_022)
  await joins(issuer, soc, { roles: ['security'] }, 'soc')
  const clock = { now: () => NOW + 401 * DAY_MS, monotonic: () => NOW }
  for (const [one, ended] of [
    [issuer, { why_not: 'issuer_ended', last: { name: 'hq', grants: ['security'] } }],
    [ann, { why_not: 'ended' }],
  ] as const)
    expect((await restarted(one, { clock })).fleet.state()).toMatchObject({ own: null, ...ended })
  // Roles that its issuer may not give any more are no terms to go on with.
  time.now += 1
  await found(issuer)
  pass(issuer, soc)
  expect(soc.fleet.state()).toMatchObject({ own: null, why_not: 'not_granted', last: null })
})

test('a machine that was off past the end of its certificate is told of for 30 days more', async () => {
  const { issuer, ann } = await mesh()
  const end = ann.fleet.state().own!.not_after
  const told = (now: number) => {
    time.now = now
    const { nodeId } = ann.identity
    return [issuer.fleet.told().includes(nodeId), issuer.fleet.lately(nodeId)?.not_after]
  }
  expect(told(end + 30 * DAY_MS - 1)).toEqual([true, end])
  expect(issuer.fleet.certified().map(({ name }) => name)).not.toContain('ann')
  expect(told(end + 30 * DAY_MS)).toEqual([false, undefined])
})

test('a machine whose certificate ended is revoked in the whole mesh like any other, and an issuer by the root alone', async () => {
  const { issuer, ann, bob } = await mesh()
  const second = await room(8_023)
  await found(second)
  pass(second, issuer)
  time.now += 40 * DAY_MS
  await found(issuer)
  pass(issuer, bob)
  expect(bob.fleet.lately(ann.id)).toMatchObject({ name: 'ann' })
  expect(await issuer.fleet.revoke(ann.id)).toBe(true)
  pass(issuer, bob)
  expect(bob.fleet.revoked(ann.id)).toBeDefined()
  expect(bob.fleet.lately(ann.id)).toBeUndefined()
  time.now = NOW + 366 * DAY_MS
  expect(issuer.fleet.word(second.id)).toBeUndefined()
  await found(issuer)
  await expect(issuer.fleet.revoke(second.id)).rejects.toMatchObject({ code: 'refused' })
})

test('an enrolment file that lasts longer than the certificate brings a machine back that slept too long', async () => {
  const { issuer } = await mesh()
  const code = await invited(issuer, { for_ms: 90 * DAY_MS })
  const machine = await room(8_046, { enrolment: () => ({ code, root: root.publicKey, places: [] }) })
  expect(await meet(issuer, machine, 'web-1')).toBe(true)
  await machine.fleet.look(nobody)
  time.now += 40 * DAY_MS
  await machine.fleet.look(nobody)
  await vi.waitFor(() =>
    expect(machine.fleet.state()).toMatchObject({ own: null, joining: { refused: null } }),
  )
  expect(await meet(issuer, machine, 'web-1')).toBe(true)
})

test('an enrolment file is used as soon as the disk takes that it is, without another start', async () => {
  const { hq } = await four()
  const code = await invited(hq)
  const repository = createFleetRepository(await temporaryDatabase())
  const held = { isThere: false, isFull: false }
  const { fleet } = await room(8_046, {
    enrolment: () => (held.isThere ? { code, root: root.publicKey, places: [] } : undefined),
    repository: {
      load: repository.load,
      async write(changed) {
        if (held.isFull) throw new Error('ENOSPC')
        await repository.write(changed)
      },
    },
  })
  Object.assign(held, { isThere: true, isFull: true })
  await expect(fleet.enrol()).rejects.toThrow('ENOSPC')
  expect(fleet.seeks(hq.id)).toBe(false)
  held.isFull = false
  await fleet.enrol()
  expect(fleet.seeks(hq.id)).toBe(true)
})

test('an enrolment file that is put right counts without another start, and one that is as before does nothing', async () => {
  const { issuer } = await mesh()
  const code = await invited(issuer)
  const held: { file: () => { code: string; root: Uint8Array; places: string[] } } = {
    file: () => {
      throw new KaroError('bad_file', 'it is no JSON')
    },
  }
  const machine = await room(8_044, { enrolment: () => held.file() })
  expect(machine.fleet.state().joining).toMatchObject({ refused: 'enrolment_file' })
  held.file = () => ({ code, root: root.publicKey, places: ['10.0.0.6:9238'] })
  await machine.fleet.enrol()
  expect(machine.fleet.state().joining).toMatchObject({ places: ['10.0.0.6:9238'], refused: null })
  const { attempt } = machine.fleet.state().joining!
  await machine.fleet.enrol()
  expect(machine.fleet.state().joining).toMatchObject({ attempt })
  // A code that a person typed meanwhile is not replaced by the file, at another start either.
  const typed = await invited(issuer)
  await machine.fleet.join(typed, { places: ['10.0.0.7:9238'] })
  await machine.fleet.enrol()
  expect(machine.fleet.state().joining).toMatchObject({ places: ['10.0.0.7:9238'] })
  await machine.fleet.stop()
  const again = await restarted(machine, { enrolment: () => held.file() })
  expect(again.fleet.state().joining).toMatchObject({ places: ['10.0.0.7:9238'] })
  // The same invite with another address does, because the file was corrected while the machine was off.
  await again.fleet.stop()
  held.file = () => ({ code: typed, root: root.publicKey, places: ['10.0.0.8:9238'] })
  const last = await restarted(machine, { enrolment: () => held.file() })
  expect(last.fleet.state().joining).toMatchObject({ places: ['10.0.0.8:9238'] })
  expect(await meet(issuer, last)).toBe(true)
})

test.each([
  [new KaroError('bad_file', 'others may read it'), 'others may read it'],
  // What it was not written for might hold a part of the file.
  [new Error('04HM'), null],
])('a broken enrolment file keeps nobody from starting: %s', async (error, detail) => {
  const enrolment = () => {
    throw error
  }
  const machine = await room(8_041, { enrolment })
  expect(machine.fleet.state()).toMatchObject({ joining: { refused: 'enrolment_file', detail }, root: null })
})

test('an invite promises only what can be signed', async () => {
  const { issuer } = await mesh()
  const long = (n: number) => Array.from({ length: 8 }, (_, i) => `${n}${i}`.padEnd(64, 'ü'))
  for (const terms of [{ teams: ['a b'] }, { roles: ['\n'] }, { roles: long(1), teams: long(2) }])
    await expect(invited(issuer, terms)).rejects.toMatchObject({ code: 'bad_request' })
  expect(issuer.fleet.invites()).toHaveLength(2)
})

test('a joiner hears when its inviter cannot sign, and when it certifies nobody any more', async () => {
  time.now = NOW
  const issuer = await room(8_040)
  await found(issuer, { grants: ['security'] })
  const soc = await room(8_041)
  await soc.fleet.join(await invited(issuer, { roles: ['security'] }), { places: [] })
  const late = await room(8_042)
  await late.fleet.join(await invited(issuer, { for_ms: 3 * DAY_MS }), { places: [] })
  time.now += 1
  await found(issuer, { days: 2 })
  await meet(issuer, soc)
  expect(soc.fleet.state().joining).toMatchObject({ refused: 'error' })
  time.now += 2 * DAY_MS + 1
  await meet(issuer, late)
  expect(late.fleet.state().joining).toMatchObject({ refused: 'no_issuer' })
  // The invite is kept, and is good again with the issuer.
  await found(issuer, { days: 2 })
  await meet(issuer, late)
  expect(late.fleet.state()).toMatchObject({ joining: null, own: { issuer: issuer.id } })
})

test('a certificate that a wrong clock disbelieves is told apart from a refused invite', async () => {
  const { issuer } = await mesh()
  const joiner = await room(8_043, { clock: { now: () => NOW - 2 * DAY_MS, monotonic: () => NOW } })
  await joins(issuer, joiner)
  expect(joiner.fleet.state().joining?.refused).toMatch(/^certificate_(clock|not_yet_valid)$/)
})

test('a node that left is in no mesh after its restart, gives nobody in by its invites, and joins another one, or this one again', async () => {
  const { issuer, ann } = await mesh()
  const code = await invited(issuer, { uses: 3 })
  await ann.fleet.leave(nothing)
  expect(ann.audited.at(-1)).toMatchObject({ type: 'trust_change', details: { action: 'leave_mesh' } })
  const out = await restarted(ann)
  expect(out.fleet.state()).toMatchObject({ mesh: null, own: null, joining: null, certified: 0 })
  expect(out.fleet.word(issuer.id)).toBeUndefined()
  await expect(out.fleet.leave(nothing)).rejects.toMatchObject({ code: 'refused' })
  await out.fleet.join(code, { places: [] })
  expect(await meet(issuer, out, 'ann')).toBe(true)
  // So does an issuer, whose invites end with that.
  await issuer.fleet.leave(nothing)
  const alone = await restarted(issuer)
  expect([alone.fleet.state().root, alone.fleet.invites()]).toEqual([null, []])
})

test('nobody leaves while a file would let the machine in again', async () => {
  const { issuer, ann } = await mesh()
  const code = await invited(issuer)
  const held = await restarted(ann, { enrolment: () => ({ code, places: [] }) })
  await expect(held.fleet.leave(nothing)).rejects.toMatchObject({ code: 'conflict' })
  const unreadable = (): never => {
    throw new KaroError('bad_file', 'others may read or change it')
  }
  const unread = await restarted(ann, { enrolment: unreadable })
  const first = vi.fn(nothing)
  await expect(unread.fleet.leave(first)).rejects.toMatchObject({ code: 'conflict' })
  expect(first).not.toHaveBeenCalled()
  expect((await restarted(ann)).fleet.state().own).not.toBeNull()
})

test('a node that could not store that it leaves belongs to its mesh, and leaves by another try', async () => {
  const { ann } = await mesh()
  const disk = { full: true }
  const write: typeof ann.repository.write = async (changes) => {
    if (disk.full && changes.membership === null) throw new Error('ENOSPC')
    await ann.repository.write(changes)
  }
  const one = await restarted(ann, { repository: { ...ann.repository, write } })
  await expect(one.fleet.leave(nothing)).rejects.toThrow('ENOSPC')
  await expect(one.fleet.leave(() => Promise.reject(new Error('EIO')))).rejects.toThrow('EIO')
  expect(one.fleet.state().joined_at).not.toBeNull()
  disk.full = false
  await one.fleet.leave(nothing)
  expect((await restarted(ann)).fleet.state().root).toBeNull()
})

test('an issuer that left lets nobody in and makes no invite before its restart, which drops the documents of the mesh', async () => {
  const { issuer } = await mesh()
  const code = await invited(issuer)
  const late = await room(8_060)
  await late.fleet.join(code, { places: [] })
  await issuer.fleet.leave(nothing)
  expect(await meet(issuer, late, 'late')).toBe(false)
  expect(late.fleet.state().joining).toMatchObject({ refused: 'no_issuer' })
  await expect(invited(issuer)).rejects.toMatchObject({ code: 'refused' })
  const outOfMesh = vi.fn(nothing)
  const alone = await restarted(issuer, { outOfMesh })
  expect(alone.fleet.invites()).toEqual([])
  expect((await alone.repository.load()).invites).toEqual([])
  expect(outOfMesh).toHaveBeenCalledOnce()
  await found(alone)
  await restarted(alone, { outOfMesh })
  expect(outOfMesh).toHaveBeenCalledOnce()
})

test('what was kept counts once the clock, which was behind at the start, is right', async () => {
  const { issuer, ann, bob } = await mesh()
  await issuer.fleet.revoke(bob.identity.nodeId)
  time.now = NOW - DAY_MS
  const again = await restarted(ann)
  for (const { kind, frame } of issuer.said) again.fleet.documents[kind].accept(frame, false)
  expect(again.fleet.state()).toMatchObject({ own: null, why_not: 'early', certified: 0, revoked: 0 })
  time.now = NOW + HOUR_MS
  await again.fleet.look(nobody)
  expect(again.fleet.state()).toMatchObject({ own: { name: 'ann' }, why_not: null, certified: 2, revoked: 1 })
})

test('a certificate that a clock signed which was ahead is told as that, after a restart', async () => {
  time.now = NOW + DAY_MS
  const issuer = await room(8_050)
  await found(issuer)
  time.now = NOW
  const again = await restarted(issuer)
  expect(again.fleet.state()).toMatchObject({ own: null, why_not: 'early' })
  // When it has begun it counts, without a restart.
  const later = await restarted(issuer)
  time.now = NOW + DAY_MS
  await later.fleet.look(nobody)
  expect(later.fleet.state()).toMatchObject({ issuer: true, why_not: null })
  time.now = NOW
  await found(again)
  expect(again.fleet.state()).toMatchObject({ issuer: true, why_not: null })
})
