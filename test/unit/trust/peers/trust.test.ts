// Trust: who decides, who is a member, what is remembered, and that everything is bounded.

import { expect, test, vi } from 'vitest'
import { formatNodeId, type NodeId } from '../../../../protocols/node-id.ts'
import { trustDomains } from '../../../../src/config/domains.ts'
import type { MemberChanges, MemberRepository } from '../../../../src/store/tables/members.ts'
import { DECISIONS_MAX } from '../../../../src/trust/peers/deciding.ts'
import { isMissing } from '../../../../src/trust/peers/index.ts'
import { ADDRESSES_MAX, MEMBER_KEPT_MS, MEMBERS_MAX, PENDING_MAX } from '../../../../src/trust/peers/seen.ts'
import { testIdentity, testNodes } from '../../../support/mesh/identity.ts'
import { NO_CERTIFICATES } from '../../../support/mesh/no-certificates.ts'
import { PATIENCE_MS } from '../../../support/run/until.ts'
import { bindingOf, certifying, type FilePeers, peersOf, START, SELF as self, trustRoom } from './world.ts'

const idOf = (n: number): NodeId => testIdentity(n).nodeId
/** One of many, whose key nobody has. */
function strangerOf(n: number): NodeId {
  const key = new Uint8Array(32).fill(9)
  new DataView(key.buffer).setUint32(0, n)
  return formatNodeId(key)
}
const [ann, bob, cid, dan] = testNodes(1, 2, 3, 4)

const world = (file: FilePeers = {}, over: Parameters<typeof trustRoom>[0] = {}) =>
  trustRoom({ file, ...over })
const nodes = (list: readonly { node_id: NodeId }[]): NodeId[] => list.map(({ node_id }) => node_id)
const at = (n: number): string => `/ip4/10.0.0.${n}/tcp/9238`

test('who decides: a denial anywhere, then the file, then a person, else nobody', async () => {
  const { trust } = await world({
    trusted: [
      [ann, { name: 'ann', level: 'supervisor', roles: ['security'], teams: ['eng'] }],
      [bob, { level: 'share_to' }],
      [cid, { level: 'untrusted' }],
    ],
    denied: [bob],
  })
  await trust.trust(dan, { level: 'query_from', name: 'dan', roles: ['lead'] })
  const brief = (node: NodeId) => {
    const { trust_level, why, denied, revoked } = trust.opinion(node)
    return [trust_level, why, denied, revoked, trust.admits(node)]
  }
  expect(brief(ann)).toEqual(['supervisor', 'config', false, false, true])
  expect(trust.opinion(ann)).toMatchObject({ name: 'ann', roles: ['security'], teams: ['eng'] })
  expect(brief(bob)).toEqual(['untrusted', 'config', true, false, false])
  expect(brief(cid)).toEqual(['untrusted', 'config', false, false, false])
  expect(brief(dan)).toEqual(['query_from', 'tofu', false, false, true])
  expect(trust.opinion(dan)).toMatchObject({ name: 'dan', roles: ['lead'], teams: [] })
  expect(brief(idOf(9))).toEqual(['untrusted', 'default', false, false, false])

  await trust.deny(ann)
  expect(brief(ann)).toEqual(['untrusted', 'tofu', true, false, false])
  expect(trust.opinion(ann)).toMatchObject({ name: 'ann', roles: [], teams: [] })
  await trust.revoke(dan)
  expect(brief(dan)).toEqual(['untrusted', 'tofu', false, true, false])
})

test('a stranger that calls itself as somebody trusted is called does not come between', async () => {
  const { trust } = await world({ trusted: [[ann, { name: 'ann' }]] })
  await trust.trust(bob, { name: 'bob' })
  trust.sawStranger(cid, { name: 'bob', addresses: [] })
  trust.sawStranger(dan, { name: 'ann', addresses: [] })
  expect([trust.resolve('bob', true), trust.resolve('ann', true)]).toEqual([bob, ann])
  // What a refused node is called may be its own claim: whoever is meant now has to be said.
  await trust.deny(bob)
  expect(() => trust.resolve('bob', true)).toThrow(expect.objectContaining({ code: 'conflict' }))
})

test('this node admits itself nowhere and is in no list', async () => {
  const { trust } = await world({ trusted: [self.nodeId] })
  trust.sawMember(self.nodeId, {})
  trust.sawStranger(self.nodeId, { name: 'me', addresses: [] })
  expect(trust.admits(self.nodeId)).toBe(false)
  expect([...trust.known(), ...trust.members(), ...trust.pending()]).toEqual([])
  for (const decide of [trust.deny, trust.revoke, (node: NodeId) => trust.trust(node, {})]) {
    await expect(decide(self.nodeId)).rejects.toMatchObject({ code: 'bad_request' })
  }
})

test('a decision is durable and effective when it resolves and when listeners hear of it', async () => {
  const { trust, restart, audited, repository } = await world()
  const heard: unknown[] = []
  trust.onChange(() => {
    throw new Error('a listener that fails')
  })
  const stop = trust.onChange((node) => heard.push([node, trust.admits(node), stored, audited.length]))
  let stored = 0
  const write = repository.write
  vi.spyOn(repository, 'write').mockImplementation(async (changes: MemberChanges) => {
    await write(changes)
    stored += changes.decisions?.length ?? 0
  })
  await trust.trust(bob, { level: 'peer', name: 'bob' })
  await trust.deny(bob)
  await trust.trust(bob, {})
  stop()
  await trust.revoke(bob)
  expect(heard).toEqual([
    [bob, true, 1, 1],
    [bob, false, 2, 2],
    [bob, true, 3, 3],
  ])
  expect(audited).toMatchObject([
    {
      type: 'trust_change',
      success: true,
      peer: bob,
      details: { action: 'trust', level_before: 'untrusted', level_after: 'peer' },
    },
    { details: { action: 'deny', level_before: 'peer', level_after: 'untrusted' } },
    { details: { action: 'trust', level_before: 'untrusted', level_after: 'peer' } },
    { details: { action: 'revoke', level_before: 'peer', level_after: 'untrusted' } },
  ])
  const { trust: next } = await restart()
  const left = { trust_level: 'untrusted', revoked: true, denied: false }
  expect(next.opinion(bob)).toMatchObject({ name: 'bob', ...left })
})

test('a decision that cannot be stored changes nothing and is told to nobody', async () => {
  const { trust, repository } = await world()
  const heard: NodeId[] = []
  trust.onChange((node) => heard.push(node))
  vi.spyOn(repository, 'write').mockRejectedValueOnce(new Error('disk full'))
  await expect(trust.trust(bob, {})).rejects.toThrow('disk full')
  expect([trust.admits(bob), heard]).toEqual([false, []])
  await trust.trust(bob, {})
  expect([trust.admits(bob), heard]).toEqual([true, [bob]])
})

test('what is not said again stays as it was decided; a denial takes roles and teams away for good', async () => {
  const { trust } = await world()
  await trust.trust(bob, { name: 'bob', roles: ['lead'], teams: ['eng'] })
  await trust.trust(bob, { level: 'share_to' })
  const kept = { name: 'bob', roles: ['lead'], teams: ['eng'] }
  expect(trust.opinion(bob)).toMatchObject({ ...kept, trust_level: 'share_to' })
  await trust.trust(bob, { roles: [] })
  expect(trust.opinion(bob)).toMatchObject({ trust_level: 'share_to', roles: [], teams: ['eng'] })
  await trust.deny(bob)
  await trust.trust(bob, {})
  expect(trust.opinion(bob)).toMatchObject({ name: 'bob', trust_level: 'peer', roles: [], teams: [] })
})

test('the file binds people: a key it denies is not trusted, one it names keeps its terms', async () => {
  const { trust, audited } = await world({
    trusted: [[ann, { name: 'ann', level: 'share_to' }]],
    denied: [bob],
  })
  const denial = { code: 'refused', where: 'config.toml [peers] denied' }
  await expect(trust.trust(bob, {})).rejects.toMatchObject(denial)
  expect(audited).toMatchObject([
    { type: 'trust_change', success: false, peer: bob, details: { code: 'refused' } },
  ])
  const others = [{ level: 'peer' }, { name: 'other' }, { roles: ['lead'] }, { teams: ['eng'] }] as const
  const conflict = { code: 'conflict', where: 'config.toml [peers.trusted]' }
  for (const terms of others) await expect(trust.trust(ann, terms)).rejects.toMatchObject(conflict)
  await trust.trust(ann, { level: 'share_to', name: 'ann' })
  await trust.revoke(ann)
  expect(trust.admits(ann)).toBe(false)
  await trust.trust(ann, {})
  expect(trust.opinion(ann)).toMatchObject({ trust_level: 'share_to', why: 'config' })
})

test('terms out of bounds are refused', async () => {
  const { trust } = await world()
  const bad = [
    { name: '' },
    { name: 'a\u001b[31mb' },
    { name: 'x'.repeat(65) },
    { roles: [''] },
    { roles: ['a,b'] },
    { teams: ['x'.repeat(65)] },
    { teams: Array.from({ length: 17 }, (_, i) => `t${i}`) },
  ]
  for (const terms of bad)
    await expect(trust.trust(bob, terms)).rejects.toMatchObject({ code: 'bad_request' })
  expect(trust.known()).toEqual([])
})

test('a member is who was admitted and seen; the file alone makes none', async () => {
  const { trust, restart } = await world({ trusted: [[ann, { name: 'ann' }], bob] })
  expect([trust.members(), trust.member(ann), trust.met(ann)]).toEqual([[], undefined, undefined])
  trust.sawMember(bob, { name: 'bobs-laptop', addresses: [at(2)] })
  trust.sawMember(cid, { name: 'never admitted' })
  expect(trust.members()).toMatchObject([
    { node_id: bob, name: 'bobs-laptop', addresses: [at(2)], last_seen: START, offline: false },
  ])
  expect(trust.opinion(bob).name).toBe('bobs-laptop')
  const { trust: next } = await restart()
  expect(next.members()).toEqual(trust.members())
  const { trust: without } = await restart({})
  expect(without.members()).toEqual([])
})

test('a member stays known for 7 days after it was last seen; Goodbye marks it offline', async () => {
  const { trust, clock, restart } = await world({ trusted: [ann, bob] })
  trust.sawMember(ann, { name: 'ann' })
  clock.time += 1000
  trust.sawMember(bob, { name: 'bob', offline: true })
  expect(trust.members().map(({ name, offline }) => `${name} ${offline}`)).toEqual(['bob true', 'ann false'])
  clock.time += MEMBER_KEPT_MS - 1000 - 1
  expect(nodes(trust.members())).toEqual([bob, ann])
  clock.time += 1
  expect(nodes(trust.members())).toEqual([bob])
  expect(trust.member(ann)).toBeUndefined()
  trust.sawMember(bob, {})
  expect(trust.members()).toMatchObject([{ node_id: bob, name: 'bob', offline: false }])
  const { trust: next, repository } = await restart()
  expect(nodes(next.members())).toEqual([bob])
  await next.stop()
  // A clock that is ahead when the node starts takes no addresses from it.
  expect((await repository.load()).sightings.length).toBe(2)
  clock.time -= MEMBER_KEPT_MS
  expect(nodes((await restart()).trust.members())).toContain(ann)
})

test('addresses are newest first, distinct, at most eight; names are safe to print', async () => {
  const { trust } = await world({ trusted: [ann] })
  for (let n = 1; n <= 12; n++) trust.sawMember(ann, { addresses: [at(n)] })
  trust.sawMember(ann, { addresses: [at(7), 'x'.repeat(500)], name: ' a\u001b[2Jn\u202en\n ' })
  const member = trust.member(ann)
  expect(member?.addresses).toEqual([7, 12, 11, 10, 9, 8, 6, 5].map(at))
  expect(member?.addresses.length).toBe(ADDRESSES_MAX)
  expect(member?.name).toBe('a[2Jnn')
  trust.sawStranger(bob, { name: 'y'.repeat(1000), addresses: [] })
  expect(trust.pending()[0]?.name).toBe('y'.repeat(64))
})

test('a sighting that only moves the time is written at most once a minute, and on stop', async () => {
  const { trust, clock, repository, restart } = await world({ trusted: [ann] })
  const write = vi.spyOn(repository, 'write')
  const stored = async () => (await repository.load()).sightings[0]?.last_seen
  const first = clock.time
  trust.sawMember(ann, { name: 'ann', addresses: [at(1)] })
  await vi.waitUntil(async () => (await stored()) === first, { timeout: PATIENCE_MS })
  for (let i = 0; i < 59; i++) {
    clock.time += 1000
    trust.sawMember(ann, { name: 'ann', addresses: [at(1)] })
  }
  await new Promise(setImmediate)
  expect(write).toHaveBeenCalledTimes(1)
  clock.time += 1000
  trust.sawMember(ann, {})
  await vi.waitUntil(async () => (await stored()) === first + 60_000, { timeout: PATIENCE_MS })
  clock.time += 5
  trust.sawMember(ann, {})
  const { trust: next } = await restart()
  expect(next.member(ann)?.last_seen).toBe(first + 60_005)
})

test('sightings that cannot be stored are kept and written later', async () => {
  const { trust, repository } = await world({ trusted: [ann] })
  const write = vi.spyOn(repository, 'write').mockRejectedValueOnce(new Error('disk full'))
  trust.sawMember(ann, { name: 'ann' })
  await vi.waitUntil(() => write.mock.settledResults[0]?.type === 'rejected', { timeout: PATIENCE_MS })
  expect(trust.members().length).toBe(1)
  await trust.stop()
  expect((await repository.load()).sightings).toMatchObject([{ name: 'ann' }])
})

test('a stranger is pending until somebody decides, and a member once admitted and seen', async () => {
  const { trust, clock, restart } = await world()
  const first = clock.time
  trust.sawStranger(bob, { name: 'bobs-laptop', addresses: [at(2)] })
  clock.time += 500
  trust.sawStranger(bob, { name: 'bobs-laptop', addresses: [at(3)] })
  const laptop = { node_id: bob, name: 'bobs-laptop', addresses: [at(3), at(2)] }
  expect(trust.pending()).toMatchObject([{ ...laptop, first_seen: first, last_seen: first + 500 }])
  const { trust: next } = await restart()
  expect(next.pending()).toEqual(trust.pending())
  await next.trust(bob, {})
  // Trusted here, not yet there: no member, still findable.
  expect([next.pending(), next.members()]).toEqual([[], []])
  expect(next.met(bob)).toMatchObject({ addresses: [at(3), at(2)] })
  expect(next.resolve('bobs-laptop')).toBe(bob)
  next.sawMember(bob, {})
  expect(next.members()).toMatchObject([laptop])
  expect(next.pending()).toEqual([])
})

test('deny removes from the own lists, keeps the name, and the refused does not become pending again', async () => {
  const { trust } = await world({ denied: [dan] })
  trust.sawStranger(bob, { name: 'bob', addresses: [at(2)] })
  await trust.deny(bob)
  trust.sawStranger(bob, { name: 'bob2', addresses: [] })
  trust.sawStranger(dan, { name: 'dan', addresses: [] })
  // That it still tries is known.
  expect(trust.pending()).toEqual([])
  expect(trust.met(bob)).toMatchObject({ addresses: [], last_seen: expect.any(Number) })
  expect(trust.resolve('bob')).toBe(bob)
  await trust.trust(cid, { name: 'cid' })
  trust.sawMember(cid, {})
  await trust.revoke(cid)
  trust.sawMember(cid, {})
  expect([trust.members(), trust.met(cid)]).toEqual([[], undefined])
  expect(new Set(trust.known())).toEqual(new Set([bob, cid, dan]))
})

test('pending is bounded: 64, the one last seen longest ago goes', async () => {
  const { trust, clock, restart } = await world()
  for (let n = 0; n < PENDING_MAX + 10; n++) {
    clock.time += 1
    trust.sawStranger(testIdentity(100 + n).nodeId, { name: `n${n}`, addresses: [] })
    // The first keeps coming.
    trust.sawStranger(testIdentity(100).nodeId, { name: 'n0', addresses: [] })
  }
  const names = trust.pending().map(({ name }) => name)
  expect(names.length).toBe(PENDING_MAX)
  expect(names).toContain('n0')
  expect(names).not.toContain('n10')
  expect(names).toContain('n11')
  const { trust: next, repository } = await restart()
  expect(next.pending().length).toBe(PENDING_MAX)
  expect((await repository.load()).strangers.length).toBe(PENDING_MAX)
})

test('members and decisions are bounded', async () => {
  // A repository that only counts: the disk is not what is tested here.
  const rows = new Set<string>()
  const name = (key: Uint8Array): string => Buffer.from(key).toString('hex')
  const counting: MemberRepository = {
    load: async () => ({ decisions: [], sightings: [], strangers: [] }),
    write: async ({ sightings = [], forget_sightings = [] }) => {
      for (const { key } of sightings) rows.add(name(key))
      for (const key of forget_sightings) rows.delete(name(key))
    },
  }
  const many = Array.from({ length: MEMBERS_MAX + 3 }, (_, n) => strangerOf(n))
  const { trust, clock } = await world({ trusted: many }, { repository: counting })
  for (const node of many) {
    clock.time += 1
    trust.sawMember(node, {})
  }
  expect(trust.members().length).toBe(MEMBERS_MAX)
  expect([trust.member(many[2]!), trust.member(many[3]!)?.node_id]).toEqual([undefined, many[3]])

  for (const node of many.slice(0, DECISIONS_MAX)) await trust.deny(node)
  await expect(trust.deny(bob)).rejects.toMatchObject({ code: 'conflict' })
  await trust.revoke(many[0]!)
  await trust.stop()
  expect(rows.size).toBe(3)
})

test('what a person decided holds for every key of the member', async () => {
  const { repository, restart } = await world()
  const keys = [testIdentity(2).publicKey, testIdentity(3).publicKey] as const
  const decision = { keys, name: 'bob', roles: [], teams: [], denied: false, revoked: false, decided_at: 1 }
  await repository.write({ decisions: [{ ...decision, level: 'peer' }] })
  const { trust } = await restart()
  expect([trust.admits(bob), trust.admits(cid)]).toEqual([true, true])
  await trust.deny(cid)
  expect([trust.admits(bob), trust.admits(cid)]).toEqual([false, false])
  const { trust: next } = await restart()
  expect([next.opinion(bob).denied, next.opinion(cid).denied]).toEqual([true, true])
})

test('a stored level this program does not know opens nothing', async () => {
  const { repository, restart } = await world()
  const decision = { name: '', roles: [], teams: [], denied: false, revoked: false, decided_at: 1 }
  const keys = [testIdentity(2).publicKey] as const
  await repository.write({ decisions: [{ ...decision, keys, level: 'overlord' }] })
  const { trust } = await restart()
  expect([trust.admits(bob), trust.opinion(bob).trust_level]).toEqual([false, 'untrusted'])
})

test('a reload takes over what the file says now, tells and records each node it changes, and no other', async () => {
  const { trust, config, audited } = await world({ trusted: [ann, [bob, { name: 'bob' }]], denied: [dan] })
  trust.sawMember(ann, { name: 'ann', addresses: [at(1)] })
  const told: NodeId[] = []
  trust.onChange((node) => told.push(node))
  await trust.reload()
  expect([told, audited]).toEqual([[], []])

  const bobs = [bob, { name: 'bob' }] as const
  config.peers = peersOf({ trusted: [bobs, [cid, { level: 'supervisor' }]], denied: [ann] })
  // The object alone changes nothing: a change is told, then holds.
  expect(trust.admits(ann)).toBe(true)
  await trust.reload()
  expect([ann, bob, cid, dan].map(trust.admits)).toEqual([false, true, true, false])
  expect([ann, bob, cid, dan].map(trust.refuses)).toEqual([true, false, false, false])
  expect(trust.members()).toEqual([])
  expect(new Set(told)).toEqual(new Set([ann, cid, dan]))
  expect(audited.map(({ type, peer, details }) => [type, peer, details.action, details.level_after])).toEqual(
    told.map((node) => ['trust_change', node, 'reload', node === cid ? 'supervisor' : 'untrusted']),
  )
})

test('what an issuer signed counts nowhere that denies it, and its names are not names that people chose', async () => {
  const certificates = certifying(
    bindingOf(bob, { name: 'bob', issuer: ann }),
    bindingOf(cid, { name: 'cid', issuer: dan }),
  )
  const { trust, config } = await world({}, { certificates })
  // Cid calls itself by the name that a person gave to somebody else.
  await trust.trust(dan, { name: 'cid' })
  expect(trust.resolve('cid')).toBe(dan)

  const told: NodeId[] = []
  trust.onChange((node) => told.push(node))
  expect(trust.admits(bob)).toBe(true)
  await trust.deny(ann)
  expect(trust.admits(bob)).toBe(false)
  expect(trust.opinion(bob).trust_level).toBe('untrusted')
  expect(trust.admits(cid)).toBe(true)
  expect(told).toEqual([ann, bob])

  config.peers = { ...config.peers, denied: [dan] }
  await trust.reload()
  expect(trust.admits(cid)).toBe(false)
  expect(told).toEqual([ann, bob, dan, cid])
})

test('a machine whose certificate ended is known and not admitted, gives way to one of its name, and is none of those whose issuer is refused here', async () => {
  const rotated = idOf(5)
  const told = [
    bindingOf(bob, { teams: ['eng'], issuer: ann, not_after: START }),
    bindingOf(cid, { issuer: dan, not_after: START }),
    bindingOf(rotated, { name: 'r', not_after: START + 1 }),
  ]
  const lately = (node: NodeId) => told.find(({ node_id }) => node_id === node)
  const held = certifying(...told)
  let changed = (_: NodeId) => {}
  let isOver = false
  const certificates = {
    ...NO_CERTIFICATES,
    told: () => [bob, cid],
    lately,
    word: (node: NodeId) => (isOver ? undefined : held.word(node)),
    onChange(listener: typeof changed) {
      changed = listener
      return () => {}
    },
  }
  const { trust, clock } = await world({ denied: [dan] }, { certificates })
  trust.sawMember(bob, { name: 'c' })
  trust.heardOf(strangerOf(1), { name: 'x', addresses: [], offline: false }, bob)
  expect(trust.known()).toContain(strangerOf(1))
  isOver = true
  changed(bob)
  // When it was seen last stays known.
  expect(trust.met(bob)).toMatchObject({ last_seen: clock.time })
  expect(trust.known()).toEqual([dan, bob, cid])
  expect([trust.admits(bob), trust.standing(bob)]).toEqual([false, 'known'])
  expect(trust.opinion(bob)).toMatchObject({ name: 'c', why: 'default', teams: [], ended: told[0] })
  expect(trust.opinion(cid).ended).toBeUndefined()
  // A rotated key has none of its own yet, and that of the key before still holds.
  expect(trust.opinion(rotated).ended).toBeUndefined()
  // A machine that was met and is trusted has the name.
  expect(trust.resolve('c')).toBe(bob)
  await trust.trust(cid, {})
  trust.sawMember(cid, { name: 'c' })
  expect(trust.resolve('c')).toBe(cid)
  // The other one comes back, and waits for an invite.
  clock.time += 60_000
  trust.sawStranger(bob, { name: 'c', addresses: [] })
  expect(trust.met(bob)).toMatchObject({ last_seen: clock.time })
  // What its certificates say of it changes, and it waits all the same.
  changed(bob)
  expect(trust.pending().map(({ node_id }) => node_id)).toEqual([bob])
  // A person's word counts instead.
  await trust.trust(bob, {})
  expect(trust.opinion(bob)).toMatchObject({ why: 'tofu', ended: undefined })
})

test('of a machine that stood in the lobby and was told of, what is newer counts; one that is trusted here stays a member while it waits there', async () => {
  const { trust, clock } = await world({ trusted: [ann, bob] })
  trust.sawMember(ann, { name: 'ann', addresses: [] })
  trust.heardOf(bob, { name: 'bob', addresses: [at(1)], offline: false }, ann)
  clock.time += 60_000
  trust.sawStranger(bob, { name: 'bob', addresses: [at(2)] })
  expect(trust.met(bob)).toMatchObject({ last_seen: clock.time, addresses: [at(2)] })
  clock.time += 60_000
  trust.heardOf(bob, { name: 'bob', addresses: [at(3)], offline: false }, ann)
  expect(trust.met(bob)).toMatchObject({ last_seen: clock.time, known_by: 'gossip' })
  // It does not trust this node any more.
  trust.sawStranger(ann, { name: 'ann', addresses: [] })
  expect(nodes(trust.members())).toContain(ann)
})

test('the key of an operator is no node: it can be denied, and that taken back, and never trusted', async () => {
  const persons = new Set<NodeId>([dan])
  const certificates = { ...NO_CERTIFICATES, isPerson: (key: NodeId) => persons.has(key) }
  const { trust, audited } = await world({}, { certificates })
  await expect(trust.trust(dan, {})).rejects.toMatchObject({ code: 'refused' })
  expect(trust.admits(dan)).toBe(false)
  await trust.deny(dan)
  expect(trust.opinion(dan)).toMatchObject({ denied: true })
  // What `karo peers deny` says undoes the denial.
  await trust.trust(dan, { level: 'peer' })
  expect(trust.opinion(dan)).toMatchObject({ denied: false, revoked: false, trust_level: 'untrusted' })
  expect(trust.admits(dan)).toBe(false)
  await expect(trust.trust(dan, {})).rejects.toMatchObject({ code: 'refused' })
  expect(audited.map(({ success }) => success)).toEqual([false, true, true, false])
})

test('keys that come and go in a trusted subnet push out nobody who was met, and leave nothing', async () => {
  const { trust, config } = await world({ trusted: [ann] })
  Object.assign(config, { trust: { domains: trustDomains.check({ '10.0.3.0/24': { level: 'peer' } }) } })
  await trust.reload()
  trust.sawMember(ann, { name: 'ann' })
  for (let n = 0; n < MEMBERS_MAX + 10; n++) {
    const node = strangerOf(n)
    trust.connected(node, ['10.0.3.9'])
    expect(trust.admits(node)).toBe(true)
    trust.sawMember(node, { name: 'x' })
    trust.connected(node, [])
  }
  expect(nodes(trust.members())).toEqual([ann])
  expect(trust.known()).toEqual([ann])
})

test('explain says whose denial makes a certificate worth nothing', async () => {
  const issuer = testIdentity(20).nodeId
  const certificates = certifying(bindingOf(ann, { issuer }))
  const { trust } = await world({ denied: [issuer] }, { certificates })
  expect(trust.explain(ann).find(({ source }) => source === 'certificate')).toMatchObject({
    decides: false,
    says: `its certificate is not valid: ${issuer}, which signed it, is refused here`,
  })
})

test('a clock that was ahead for a moment makes nobody present until then', async () => {
  const { trust, clock } = await world({ trusted: [ann, bob] })
  const year = 365 * 86_400_000
  clock.time += year
  trust.sawMember(ann, { name: 'ann' })
  clock.time -= year
  trust.sawMember(ann, {})
  expect(trust.member(ann)?.last_seen).toBe(START)
  expect(isMissing(trust.member(ann), START + 86_400_000)).toBe(true)
  const said = { name: 'ann', addresses: [], offline: false, at: START, againMs: 300_000 }
  expect(trust.heardOf(ann, said, bob)).toBe(true)
  expect(isMissing(trust.member(ann), START)).toBe(false)
  expect(isMissing(trust.member(ann), START + 3_600_000)).toBe(true)
})
