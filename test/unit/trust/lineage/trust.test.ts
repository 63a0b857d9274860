// Trust over a lineage: what is said about one key counts for its successors, and two successors freeze them all.

import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { systemRandom as random } from '../../../../src/base/clock.ts'
import type { AuditRecord } from '../../../../src/trust/audit/index.ts'
import type { Certificates } from '../../../../src/trust/certificates/index.ts'
import { GRACE_MS, type Identity, signRotation } from '../../../../src/trust/identity/index.ts'
import { createLineage } from '../../../../src/trust/lineage/index.ts'
import { matchesEntry, principalOf } from '../../../../src/trust/policy/principal.ts'
import { testIdentities, testIdentity, testNodes } from '../../../support/mesh/identity.ts'
import { NO_CERTIFICATES } from '../../../support/mesh/no-certificates.ts'
import { bindingOf, type FilePeers, SELF, START, trustRoom } from '../peers/world.ts'

const [first, second, third, rival, other] = testIdentities(1, 2, 3, 4, 5)
const ids = testNodes(1, 2, 3, 4)
const [one, two, three, two2] = ids

async function world({
  revoked: listed,
  ...file
}: FilePeers & { readonly revoked?: readonly NodeId[] } = {}) {
  const revoked = new Set(listed)
  /** When each key was certified last. */
  const certified = new Map<NodeId, number>()
  const issuers = new Set<NodeId>()
  const certificates: Certificates = {
    ...NO_CERTIFICATES,
    revoked: (node) => (revoked.has(node) ? { at: START, by: SELF.nodeId, name: '' } : undefined),
    word(node) {
      const issued_at = certified.get(node)
      if (issued_at === undefined) return undefined
      const usage = issuers.has(node) ? 'issuer' : 'node'
      return { binding: bindingOf(node, { usage, issued_at }), stale: false, level: 'peer' }
    },
  }
  const moment = { time: START }
  const options = () => ({ file, moment, certificates, lineage: createLineage(() => moment.time) })
  const { trust, clock, audited, repository } = await trustRoom(options())
  /** The same disk in another process, which hears of these rotations. */
  const again = async (frames: readonly Uint8Array[]) => {
    const { trust: next } = await trustRoom({ ...options(), repository })
    for (const frame of frames) next.rotations.accept(frame, false)
    return next
  }
  const take = (...frames: readonly Uint8Array[]): void => {
    for (const frame of frames) trust.rotations.accept(frame, true)
  }
  return { trust, take, clock, audited, revoked, certified, issuers, again }
}

const rotate = (from: Identity, to: Identity, at = START): Uint8Array => signRotation(from, to, at, random)
/** Two successors of the first key. */
const FORK = [rotate(first, second), rotate(first, rival)]
const types = (audited: readonly AuditRecord[]): string[] => audited.map(({ type }) => type)

test('trust goes on without a command; the old key is honoured for a day and then refused', async () => {
  const { trust, take, clock, audited } = await world()
  const terms = { name: 'bob', roles: ['lead'] }
  await trust.trust(one, { level: 'peer', ...terms })
  take(rotate(first, second))
  for (const node of [one, two]) {
    expect(trust.opinion(node)).toMatchObject({ trust_level: 'peer', why: 'tofu', ...terms })
    expect(trust.admits(node)).toBe(true)
    expect(trust.memberOf(node)).toBe(one)
  }
  expect(types(audited)).toContain('peer_rotated')
  // A consent that names the key of before is a consent to this node.
  expect(matchesEntry(one, principalOf(trust.opinion(two)))).toBe(true)
  expect(matchesEntry(three, principalOf(trust.opinion(two)))).toBe(false)
  expect(trust.known()).toEqual([two])
  // A member is counted once, under the key it came with last.
  trust.sawMember(one, {})
  expect(trust.members().map(({ node_id }) => node_id)).toEqual([one])
  trust.sawMember(two, {})
  expect(trust.members().map(({ node_id }) => node_id)).toEqual([two])
  const told: NodeId[] = []
  trust.onChange((node) => told.push(node))
  clock.time = START + GRACE_MS
  trust.rotations.look()
  // The new key as well: what admitted it for that day may have been said of the old one.
  expect(told).toHaveLength(2)
  expect(new Set(told)).toEqual(new Set([one, two]))
  expect(trust.opinion(one)).toMatchObject({ trust_level: 'untrusted', why: 'rotated' })
  expect(trust.refuses(one)).toBe(true)
  expect(trust.admits(two)).toBe(true)
  await expect(trust.trust(one, {})).rejects.toMatchObject({ code: 'conflict' })
})

test('a rotation is told when it comes, and not when it is read at the start, before the rest that was kept', async () => {
  const { trust } = await world()
  await trust.trust(one, { level: 'peer' })
  const told: NodeId[] = []
  trust.rotations.onTaken(({ to }) => void told.push(to))
  trust.rotations.accept(rotate(first, second), false)
  trust.rotations.accept(rotate(second, third), true)
  expect([told, trust.memberOf(three)]).toEqual([[three], one])
})

test('no new key makes a denial or a revocation undone, and taking it back is about them all', async () => {
  for (const how of ['deny', 'revoke'] as const) {
    const { trust, take } = await world()
    await trust[how](one)
    take(rotate(first, second), rotate(second, third, START + 1))
    for (const node of [one, two, three])
      expect([trust.refuses(node), trust.admits(node)]).toEqual([true, false])
    await trust.trust(three, {})
    for (const node of [one, two, three]) expect(trust.admits(node)).toBe(true)
    // The other way round: said about the newest, it is about the others.
    await trust[how](three)
    for (const node of [one, two, three]) expect(trust.refuses(node)).toBe(true)
  }
})

test('trust that was given to a key of a denied lineage, before that was known, ends', async () => {
  const { trust } = await world()
  await trust.deny(one)
  await trust.trust(two, {})
  expect(trust.admits(two)).toBe(true)
  trust.rotations.accept(rotate(first, second), true)
  expect([trust.admits(two), trust.refuses(two)]).toEqual([false, true])
})

test('what the file and a list of a mesh say about an earlier key holds for the later ones', async () => {
  const frame = rotate(first, second)
  const trusted = await world({ trusted: [one] })
  trusted.trust.rotations.accept(frame, true)
  expect(trusted.trust.opinion(two)).toMatchObject({ trust_level: 'peer', why: 'config' })
  const denied = await world({ denied: [one] })
  denied.trust.rotations.accept(frame, true)
  expect(denied.trust.opinion(two)).toMatchObject({ denied: true, why: 'config' })
  await expect(denied.trust.trust(two, {})).rejects.toMatchObject({ code: 'refused' })
  const listed = await world({ revoked: [one], trusted: [two] })
  listed.trust.rotations.accept(frame, true)
  expect(listed.trust.opinion(two)).toMatchObject({ revoked: true, trust_level: 'untrusted' })
})

test('rotations of keys that nobody here knows are not taken', async () => {
  const { trust } = await world()
  expect(trust.rotations.wanted(one)).toBe(false)
  trust.rotations.shown([rotate(first, second)])
  await trust.trust(two, {})
  expect(trust.memberOf(two)).toBe(two)
  expect(trust.rotations.wanted(two)).toBe(true)
  trust.rotations.shown([rotate(first, second), rotate(second, third)])
  expect(trust.memberOf(three)).toBe(two)
})

test('two successors freeze the lineage until a person trusts one of them', async () => {
  const { trust, take, audited, again } = await world()
  await trust.trust(one, { level: 'peer', name: 'bob' })
  const frames = [rotate(first, second), rotate(first, rival, START + 1), rotate(second, third, START + 2)]
  take(...frames)
  expect(types(audited)).toContain('lineage_frozen')
  for (const node of [one, two, three, two2]) {
    expect(trust.opinion(node)).toMatchObject({ trust_level: 'untrusted', why: 'frozen', denied: false })
    // Connections stay, since a decision comes over them.
    expect([trust.admits(node), trust.standing(node)]).toEqual([true, 'member'])
  }
  expect([...trust.known()].sort()).toEqual([one, two, two2].sort())
  const says = trust.explain(two).find(({ decides }) => decides)
  expect(says).toMatchObject({ source: 'frozen', says: expect.stringContaining(two2) })
  await expect(trust.trust(one, {})).rejects.toMatchObject({ code: 'conflict' })

  await trust.trust(two, {})
  for (const node of [two, three])
    expect(trust.opinion(node)).toMatchObject({ trust_level: 'peer', name: 'bob' })
  expect(trust.opinion(two2)).toMatchObject({ trust_level: 'untrusted', why: 'rotated' })
  expect(trust.refuses(two2)).toBe(true)
  // The choice survives a restart.
  const restarted = await again(frames)
  expect([restarted.admits(three), restarted.refuses(two2)]).toEqual([true, true])
  // A denial of the chosen one is one of the whole lineage, and does not make the other one count.
  await trust.deny(three)
  for (const node of [one, two, three, two2]) expect(trust.admits(node)).toBe(false)
})

test('denying one of two successors, or an issuer that revokes it, leaves the other one', async () => {
  const denied = await world()
  await denied.trust.trust(one, {})
  denied.take(...FORK)
  await denied.trust.deny(two2)
  expect([denied.trust.opinion(two).trust_level, denied.trust.refuses(two2)]).toEqual(['peer', true])

  const { trust, take, revoked, certified } = await world({ trusted: [one] })
  take(...FORK)
  expect(trust.opinion(two).why).toBe('frozen')
  revoked.add(two2)
  // Its issuer certifies the other one after that, and only then it counts.
  certified.set(two, START)
  expect(trust.opinion(two).why).toBe('frozen')
  certified.set(two, START + 1)
  expect([trust.opinion(two).trust_level, trust.refuses(two2)]).toEqual(['peer', true])
  // What the thief signs afterwards changes nothing any more.
  take(rotate(first, other))
  expect([trust.opinion(two).trust_level, trust.refuses(other.nodeId)]).toEqual(['peer', true])
})

test('where the right successor has not come yet, a revocation leaves the lineage to no other one', async () => {
  const { trust, take, revoked } = await world({ trusted: [one] })
  // The thief's first one is revoked, and this node has seen the thief's second one before the owner's.
  take(rotate(first, rival), rotate(first, other))
  revoked.add(two2)
  expect(trust.opinion(other.nodeId)).toMatchObject({ trust_level: 'untrusted', why: 'frozen' })
  const denied = await world({ trusted: [one], denied: [two2] })
  denied.take(rotate(first, rival), rotate(first, other))
  expect(denied.trust.opinion(other.nodeId)).toMatchObject({ trust_level: 'untrusted', why: 'frozen' })
})

test('nobody gets round a denial or a revocation by another successor of an earlier key', async () => {
  for (const how of ['deny', 'revoke'] as const) {
    const { trust, take, again } = await world({ trusted: [one] })
    const frames = [rotate(first, second), rotate(first, rival, START + 1), rotate(rival, third, START + 2)]
    take(frames[0]!)
    await trust[how](two)
    take(...frames.slice(1))
    for (const one of [trust, await again(frames), await again(frames.toReversed())]) {
      for (const node of ids) expect([one.refuses(node), one.admits(node)]).toEqual([true, false])
    }
  }
})

test('a fork below a fork: trust in the last key chooses all the way, in whatever order people decide', async () => {
  const [k3, t3] = [third, other]
  const upperFork = [rotate(first, second), rotate(first, rival, START + 1)]
  const frames = [...upperFork, rotate(second, k3, START + 2), rotate(second, t3, START + 3)]
  const { trust, take, again } = await world()
  await trust.trust(one, {})
  take(...frames)
  await trust.trust(k3.nodeId, {})
  for (const now of [trust, await again(frames)]) {
    expect([now.opinion(k3.nodeId).trust_level, now.admits(k3.nodeId)]).toEqual(['peer', true])
    for (const node of [two2, t3.nodeId]) expect(now.refuses(node)).toBe(true)
  }
  const upper = await world({ trusted: [one] })
  upper.take(...frames)
  await upper.trust.trust(k3.nodeId, {})
  await upper.trust.trust(two, {})
  expect(upper.trust.opinion(k3.nodeId).trust_level).toBe('peer')
  // Taken back: the newest choice counts.
  await upper.trust.deny(t3.nodeId)
  await upper.trust.trust(t3.nodeId, {})
  expect([upper.trust.admits(t3.nodeId), upper.trust.refuses(k3.nodeId)]).toEqual([true, true])
})

test('a denial of one branch is about it in whatever order records are read, and the choice stays when a third one comes', async () => {
  for (const [to, against] of [
    [second, rival],
    [rival, second],
  ] as const) {
    const { trust, take, again } = await world()
    const frames = [rotate(first, against), rotate(first, to, START + 1), rotate(first, other, START + 2)]
    // A decision that names both keys, from before the fork was known.
    take(frames[0]!)
    await trust.deny(against.nodeId)
    await trust.trust(against.nodeId, {})
    take(frames[1]!)
    await trust.deny(against.nodeId)
    take(frames[2]!)
    for (const now of [trust, await again(frames)]) {
      expect([now.admits(to.nodeId), now.opinion(to.nodeId).trust_level]).toEqual([true, 'peer'])
      for (const node of [against, other]) expect(now.refuses(node.nodeId)).toBe(true)
    }
  }
})

test('one member fills nobody else’s place with keys, and what freezes a lineage is taken all the same', async () => {
  const { trust, take } = await world({ trusted: [one, other.nodeId] })
  const made = Array.from({ length: 200 }, (_, at) => testIdentity(1_000 + at))
  // Three successors of each key, breadth first.
  for (const [at, to] of made.entries()) {
    const from = at === 0 ? first : made[Math.floor((at - 1) / 3)]!
    take(rotate(from, to))
  }
  expect(trust.keyState(made[199]!.nodeId).kind).toBe('current')
  take(rotate(first, second))
  expect(trust.keyState(two).kind).toBe('frozen')
  take(rotate(other, third))
  expect(trust.admits(three)).toBe(true)
})

test('members that nobody here speaks about have so many rotations in all, and an issuer’s key has none', async () => {
  const { trust, certified, issuers } = await world()
  await trust.trust(one, {})
  const guests = Array.from({ length: 20 }, (_, at) => testIdentity(2_000 + at))
  for (const { nodeId } of guests) trust.heardOf(nodeId, { name: '', addresses: [], offline: false }, one)
  let next = 3_000
  for (const guest of guests) {
    let from = guest
    for (let at = 0; at < 31; at++) {
      const to = testIdentity(next++)
      if (trust.rotations.wanted(from.nodeId)) trust.rotations.accept(rotate(from, to), true)
      from = to
    }
  }
  for (const { nodeId } of guests) expect(trust.rotations.wanted(nodeId)).toBe(false)
  expect(trust.rotations.wanted(one)).toBe(true)
  await trust.trust(guests[0]!.nodeId, {})
  expect(trust.rotations.wanted(guests[0]!.nodeId)).toBe(true)
  certified.set(two, START)
  expect(trust.rotations.wanted(two)).toBe(true)
  issuers.add(two)
  expect(trust.rotations.wanted(two)).toBe(false)
})

test('a key whose day is over may knock and is shown what replaced it; one that is refused may not', async () => {
  const { trust, clock } = await world()
  await trust.trust(one, {})
  const frame = rotate(first, second)
  trust.rotations.accept(frame, true)
  expect(trust.rotations.toldTo(one)).toBeUndefined()
  clock.time = START + GRACE_MS
  expect([trust.admits(one), trust.refuses(one), trust.bars(one)]).toEqual([false, true, false])
  expect(trust.rotations.toldTo(one)).toEqual(frame)
  await trust.deny(two)
  expect(trust.bars(one)).toBe(true)
})

test('a denied node stays denied when it forks itself', async () => {
  const { trust, take } = await world()
  await trust.deny(one)
  take(...FORK)
  for (const node of [one, two, two2])
    expect([trust.refuses(node), trust.opinion(node).denied]).toEqual([true, true])
})

test('a key that two others name as their successor is frozen with them', async () => {
  const { trust, take } = await world({ trusted: [one, two] })
  take(rotate(first, third), rotate(second, third))
  expect(trust.opinion(three).why).toBe('frozen')
})

test('a lineage that leads back to itself, or is too long, goes no further', async () => {
  const { trust, take } = await world({ trusted: [one] })
  take(rotate(first, second), rotate(second, first))
  expect(trust.keyState(two).kind).toBe('current')
  const chain = [other, ...Array.from({ length: 40 }, (_, at) => testIdentity(100 + at))]
  const long = await world({ trusted: [other.nodeId] })
  long.take(...chain.slice(1).map((to, at) => rotate(chain[at]!, to)))
  expect(long.trust.admits(chain[31]!.nodeId)).toBe(true)
  expect(long.trust.admits(chain[32]!.nodeId)).toBe(false)
})

test('a rotation that is kept here counts after a start with a clock that is behind, and no new one from the future', async () => {
  const { trust, clock, again } = await world()
  await trust.trust(one, { level: 'peer' })
  const frame = rotate(first, second)
  trust.rotations.accept(frame, true)
  clock.time -= 3_600_000
  const next = await again([frame])
  expect([next.memberOf(two), next.admits(two)]).toEqual([one, true])
  next.rotations.accept(rotate(second, third), true)
  expect(next.admits(three)).toBe(false)
})
