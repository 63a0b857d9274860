// Members known by gossip alone: whose word counts, for how long, and how many there may be.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../../protocols/node-id.ts'
import { isMissing, type Trust } from '../../../../src/trust/peers/index.ts'
import {
  GOSSIP_MEMBERS_MAX,
  GOSSIP_MEMBERS_OF_ONE,
  MEMBER_KEPT_MS,
} from '../../../../src/trust/peers/seen.ts'
import { testIdentity, testNodes } from '../../../support/mesh/identity.ts'
import { peersOf, SELF as self, type TrustWorld, trustRoom } from './world.ts'

const idOf = (n: number): NodeId => testIdentity(n).nodeId
const [ann, bob, cid, dan] = testNodes(1, 2, 3, 4)

/** By default `ann` and `bob` are trusted. */
const world = (trusted: readonly NodeId[] = [ann, bob]) => trustRoom({ file: { trusted } })

const here = { name: 'cid', addresses: ['/ip4/10.0.0.3/tcp/1'], offline: false }
const ids = (trust: Trust): NodeId[] => trust.members().map(({ node_id }) => node_id)

test('whom an admitted member announces is a member, also after a restart', async () => {
  const first = await world()
  expect(first.trust.heardOf(cid, here, ann)).toBe(true)
  const member = { ...here, node_id: cid, known_by: 'gossip', unsure: false, last_seen: first.clock.time }
  expect(first.trust.member(cid)).toMatchObject(member)
  // Membership is not trust.
  expect(first.trust.admits(cid)).toBe(false)
  expect(first.trust.opinion(cid)).toMatchObject({ trust_level: 'untrusted', name: 'cid' })
  const second = await first.restart()
  expect(second.trust.member(cid)).toMatchObject(member)
  second.clock.time += MEMBER_KEPT_MS
  expect(second.trust.members()).toEqual([])
})

test('nobody’s word counts but an admitted member’s', async () => {
  const { trust } = await world()
  expect(trust.heardOf(cid, here, dan)).toBe(false)
  expect(trust.heardOf(self.nodeId, here, ann)).toBe(false)
  await trust.deny(cid)
  expect(trust.heardOf(cid, here, ann)).toBe(false)
  expect(trust.members()).toEqual([])
})

test('who announced it is refused: it goes with it, unless another one has announced it since', async () => {
  const { trust } = await world()
  await trust.trust(dan, {})
  trust.heardOf(cid, here, dan)
  await trust.revoke(dan)
  expect(ids(trust)).toEqual([])
  trust.heardOf(cid, here, ann)
  expect(ids(trust)).toEqual([cid])
})

test('who announced it is not trusted any more after a restart: it counts no more', async () => {
  const first = await world()
  first.trust.heardOf(cid, here, ann)
  const second = await first.restart({ trusted: [bob] })
  expect(ids(second.trust)).toEqual([])
  // Another one may announce it.
  expect(second.trust.heardOf(cid, here, bob)).toBe(true)
  expect(ids(second.trust)).toEqual([cid])
})

const REFUSALS = ['deny', 'revoke'] as const
test.each(REFUSALS)('who announced it is refused (%s): who is admitted here itself stays', async (refuse) => {
  const [eve, fay] = [idOf(5), idOf(6)]
  const first = await world([bob, eve])
  await first.trust.trust(ann, {})
  await first.trust.trust(dan, {})
  for (const node of [cid, dan, eve, fay]) first.trust.heardOf(node, here, ann)
  // Somebody may decide only after hearing of it.
  await first.trust.trust(cid, {})
  const before = first.trust.member(cid)
  await first.trust[refuse](ann)
  const admitted = [cid, dan, eve].toSorted()
  expect(ids(first.trust).toSorted()).toEqual(admitted)
  expect(first.trust.member(cid)).toEqual(before)
  // Whoever is not, is forgotten: to trust the sponsor again brings nobody back.
  expect(first.trust.known()).not.toContain(fay)
  const second = await first.restart()
  expect(ids(second.trust).toSorted()).toEqual(admitted)
  // Its own refusal still takes it away.
  await second.trust.deny(cid)
  expect(ids(second.trust).toSorted()).toEqual([dan, eve].toSorted())
})

test('a reload that denies who announced it keeps whom the same file admits', async () => {
  const { trust, config } = await world()
  for (const node of [cid, dan]) trust.heardOf(node, here, ann)
  config.peers = peersOf({ trusted: [bob, cid], denied: [ann] })
  await trust.reload()
  expect(ids(trust)).toEqual([cid])
})

test('whoever is admitted here is charged to the next that announces it once its sponsor is refused', async () => {
  const first = await world([ann, bob, cid])
  first.trust.heardOf(cid, here, ann)
  first.trust.heardOf(cid, here, bob)
  expect(first.trust.member(cid)?.sponsor).toBe(ann)
  await first.trust.deny(ann)
  expect(ids(first.trust)).toEqual([cid])
  first.trust.heardOf(cid, here, bob)
  expect(first.trust.member(cid)?.sponsor).toBe(bob)
  // Not admitted any more, it counts as long as that one is.
  const second = await first.restart({ trusted: [bob] })
  expect(ids(second.trust)).toEqual([cid])
  await second.trust.deny(bob)
  expect(ids(second.trust)).toEqual([])
})

test('one that was connected stays known by its link; one that is trusted here needs no link to count', async () => {
  const { trust } = await world()
  trust.sawMember(ann, { name: 'ann' })
  expect(trust.heardOf(ann, { ...here, name: 'ann' }, bob)).toBe(true)
  expect(trust.member(ann)?.known_by).toBe('link')
  expect(trust.heardOf(bob, { ...here, name: 'bob' }, ann)).toBe(true)
  expect(trust.member(bob)?.known_by).toBe('gossip')
  trust.sawMember(bob, {})
  expect(trust.member(bob)?.known_by).toBe('link')
})

test('lost is not left: it is marked until it is heard again', async () => {
  const { trust } = await world()
  trust.lost(cid)
  expect(trust.member(cid)).toBeUndefined()
  trust.heardOf(cid, here, ann)
  trust.lost(cid)
  expect(trust.member(cid)).toMatchObject({ unsure: true, offline: false })
  trust.heardOf(cid, here, ann)
  expect(trust.member(cid)?.unsure).toBe(false)
  trust.heardOf(cid, { ...here, offline: true }, ann)
  trust.lost(cid)
  expect(trust.member(cid)).toMatchObject({ unsure: false, offline: true })
})

test('who waits for approval goes on waiting although others announce it', async () => {
  const { trust } = await world()
  trust.sawStranger(cid, { name: 'cid', addresses: [] })
  trust.heardOf(cid, here, ann)
  expect(trust.pending().map(({ node_id }) => node_id)).toEqual([cid])
  await trust.trust(cid, {})
  expect(trust.pending()).toEqual([])
})

/** Hears `count` of them, one a second. */
const announce = ({ trust, clock }: TrustWorld, from: number, count: number, by: NodeId): NodeId[] =>
  Array.from({ length: count }, (_, n) => {
    clock.time += 1_000
    expect(trust.heardOf(idOf(from + n), here, by)).toBe(true)
    return idOf(from + n)
  })

test('one neighbour has room for so many; the longest silent gives way, and only its own', async () => {
  const it = await world()
  const bobs = announce(it, 500, 2, bob)
  const anns = announce(it, 1_000, GOSSIP_MEMBERS_OF_ONE, ann)
  // The first has spoken again, so that the second is the longest silent.
  announce(it, 1_000, 1, ann)
  const [late] = announce(it, 2_000, 1, ann)
  expect(ids(it.trust)).toHaveLength(2 + GOSSIP_MEMBERS_OF_ONE)
  expect(new Set(ids(it.trust))).toEqual(new Set([...bobs, ...anns, late].filter((one) => one !== anns[1])))
  expect(it.trust.member(late as NodeId)).toMatchObject({ known_by: 'gossip', sponsor: ann })
  // What gave way is gone for the next start as well.
  const again = await it.restart()
  expect(ids(again.trust)).toHaveLength(2 + GOSSIP_MEMBERS_OF_ONE)
})

test('whoever is trusted here is charged to nobody, and never gives way', async () => {
  const trusted = Array.from({ length: 2 * GOSSIP_MEMBERS_OF_ONE }, (_, n) => idOf(500 + n))
  const it = await world([ann, ...trusted])
  announce(it, 500, trusted.length, ann)
  announce(it, 1_000, 2 * GOSSIP_MEMBERS_OF_ONE, ann)
  expect(ids(it.trust)).toHaveLength(trusted.length + GOSSIP_MEMBERS_OF_ONE)
  expect(ids(it.trust)).toEqual(expect.arrayContaining(trusted))
})

test('whose sponsor is refused at the next start counts for the one that announces it then', async () => {
  const first = await world()
  const anns = announce(first, 1_000, GOSSIP_MEMBERS_OF_ONE, ann)
  const second = await first.restart({ trusted: [bob] })
  announce(second, 2_000, GOSSIP_MEMBERS_OF_ONE, bob)
  second.clock.time += 1_000
  for (const node of anns) expect(second.trust.heardOf(node, here, bob)).toBe(true)
  expect(ids(second.trust)).toHaveLength(GOSSIP_MEMBERS_OF_ONE)
})

test('many neighbours together: there is an end, and newcomers are members all the same', async () => {
  const sponsors = Array.from({ length: GOSSIP_MEMBERS_MAX / GOSSIP_MEMBERS_OF_ONE + 1 }, (_, n) =>
    idOf(100 + n),
  )
  const it = await world(sponsors)
  for (const [n, by] of sponsors.entries()) announce(it, 1_000 * (n + 1), GOSSIP_MEMBERS_OF_ONE, by)
  expect(ids(it.trust)).toHaveLength(GOSSIP_MEMBERS_MAX)
  const bySponsor = Map.groupBy(it.trust.members(), ({ sponsor }) => sponsor)
  expect(bySponsor.get(sponsors.at(-1))).toHaveLength(GOSSIP_MEMBERS_OF_ONE)
  expect(bySponsor.has(sponsors[0])).toBe(false)
})

test('a member is away after three times the pause that it said, and who met it since does not shorten that', async () => {
  const { trust, clock } = await world()
  const [minute, hour] = [60_000, 3_600_000]
  const isAway = (node: NodeId) => isMissing(trust.member(node), clock.time)
  trust.heardOf(ann, { ...here, againMs: hour }, ann)
  trust.sawMember(bob, {})
  clock.time += 15 * minute - 1
  expect([isAway(ann), isAway(bob)]).toEqual([false, false])
  trust.sawMember(ann, {})
  clock.time += 1
  expect([isAway(ann), isAway(bob)]).toEqual([false, true])
  clock.time += 3 * hour - 15 * minute - 1
  expect(isAway(ann)).toBe(false)
  clock.time += 1
  expect(isAway(ann)).toBe(true)
  // A mesh that became small says it more often again.
  trust.heardOf(ann, { ...here, againMs: 5 * minute }, ann)
  clock.time += 15 * minute
  expect(isAway(ann)).toBe(true)
})
