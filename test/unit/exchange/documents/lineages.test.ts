// Rotations and revocations in partitioned meshes of ten certified nodes, with clocks that are off: the real rooms of trust, certificates and documents.
import { expect, onTestFinished, test } from 'vitest'
import { type Clock, systemRandom } from '../../../../src/base/clock.ts'
import { silentLog } from '../../../../src/base/run/log.ts'
import { createMemberRepository } from '../../../../src/store/tables/members.ts'
import { type Identity, signRotation } from '../../../../src/trust/identity/index.ts'
import { createLineage } from '../../../../src/trust/lineage/index.ts'
import { createTrust, type Trust } from '../../../../src/trust/peers/index.ts'
import { temporaryDatabase } from '../../../support/data/database.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { NOW } from '../../trust/certificates/chains.ts'
import { found, invited, meet, type Room, room } from '../../trust/certificates/rooms.ts'
import { MINUTE, Network, type Node } from './network.ts'

/** The eighth is ten minutes behind and the ninth ten ahead: those have no links until their clocks are right. */
const OFF = [0, 0, 4, -4, 0, 0, 4, -10, 10, -4].map((minutes) => minutes * MINUTE)

interface Member extends Room {
  readonly node: Node
  readonly trust: Trust
  /** The same node after a restart: what it had in memory is gone, its documents are read in another order. */
  again(): Promise<Trust>
}

async function trustOf(
  one: Pick<Room, 'identity' | 'fleet'>,
  clock: Clock,
  lineage = createLineage(clock.now),
) {
  const db = await temporaryDatabase()
  const make = async (fleet: Room['fleet'], of: typeof lineage): Promise<Trust> => {
    const trust = createTrust({
      config: { peers: { trusted: new Map(), denied: [] }, trust: { domains: new Map() } },
      repository: createMemberRepository(db),
      identity: one.identity,
      certificates: fleet,
      lineage: of,
      clock,
      log: silentLog,
      audit: { record: async () => {} },
    })
    await trust.start()
    onTestFinished(() => trust.stop())
    return trust
  }
  return { trust: await make(one.fleet, lineage), make }
}

/** The first is the issuer. */
async function certified() {
  const network = new Network({ seed: 11, epoch: NOW })
  const off = [...OFF]
  const members: Member[] = []
  for (const at of off.keys()) {
    const clock = { ...network.time.clock, now: () => network.time.clock.now() + (off[at] ?? 0) }
    const lineage = createLineage(clock.now)
    const one = await room(10_001 + at, { clock, lineage })
    const { trust, make } = await trustOf(one, clock, lineage)
    const ports = { ...one.fleet.documents, key_rotation: trust.rotations }
    const [node] = network.add(1, { clock, trust, ports }) as [Node]
    const again = async (): Promise<Trust> => {
      const fresh = createLineage(clock.now)
      const other = await room(10_001 + at, { clock, lineage: fresh, repository: one.repository })
      const next = await make(other.fleet, fresh)
      const kept = [...node.repository.kept.values()].toReversed()
      for (const kind of ['key_rotation', 'certificate', 'revocation_list', 'certificate'] as const) {
        for (const { row, frame } of kept) {
          if (row.kind !== kind) continue
          if (kind === 'key_rotation') next.rotations.accept(frame, false)
          else other.fleet.documents[kind].accept(frame, false)
        }
      }
      return next
    }
    members.push({ ...one, node, trust, again })
  }
  const [hq] = members as [Member]
  await found(hq)
  // Everybody joins before the clocks go wrong.
  off.fill(0)
  for (const one of members.slice(1)) {
    await one.fleet.join(await invited(hq), { places: [] })
    expect(await meet(hq, one, `node ${one.node.number}`)).toBe(true)
  }
  for (const { node } of members) await node.start()
  for (const { fleet, node, said } of members) {
    fleet.onDocument((kind, frame) => void node.room.publish(kind, frame).catch(() => {}))
    for (const { kind, frame } of said) await node.room.publish(kind, frame).catch(() => {})
  }
  await network.meet(5 * MINUTE)
  for (const { trust } of members)
    for (const { identity } of members) trust.sawMember(identity.nodeId, { name: '', addresses: [] })
  off.splice(0, off.length, ...OFF)
  const isRight = (node: Node): boolean => Math.abs(off[node.number - 1] ?? 0) < 5 * MINUTE
  /** Nodes reach those of their side, if both their clocks are right. */
  async function sides(sideOf: (node: Node) => number): Promise<void> {
    network.separate((a, b) => sideOf(a) === sideOf(b) && isRight(a) && isRight(b))
    await network.meet(10 * MINUTE)
  }
  async function together(): Promise<void> {
    await sides(() => 0)
    for (const at of [7, 8]) off[at] = 0
    await sides(() => 0)
    await network.pass(30 * MINUTE)
  }
  return { network, members, hq, sides, together, all: [...members.slice(0, 1), ...members.slice(2)] }
}

const half = ({ number }: Node): number => (number <= 5 ? 0 : 1)
const level = (trust: Trust, { nodeId }: Pick<Identity, 'nodeId'>): string =>
  trust.opinion(nodeId).trust_level
const [mine, thiefs, thiefs2] = [50_001, 50_002, 50_003].map(testIdentity) as [Identity, Identity, Identity]

/** At every node, and after a restart of each. */
async function everywhere(all: readonly Member[], check: (trust: Trust) => void): Promise<void> {
  for (const { trust, again } of all) {
    check(trust)
    check(await again())
  }
}

test('an owner and a thief rotate on both sides of a partition: frozen everywhere, and decided everywhere by what the issuer says', async () => {
  const { network, members, hq, sides, together, all } = await certified()
  const ann = members[1] as Member
  const rotate = (to: Identity): Uint8Array => signRotation(ann.identity, to, network.now, systemRandom)
  const give = (to: Member | undefined, frame: Uint8Array) => to?.node.room.publish('key_rotation', frame)
  const far = members[6]
  await sides(half)
  await give(ann, rotate(mine))
  await give(far, rotate(thiefs))
  await sides(half)
  expect([level(hq.trust, mine), level((far as Member).trust, thiefs)]).toEqual(['peer', 'peer'])
  await together()
  await everywhere(all, (trust) => {
    for (const key of [ann.identity, mine, thiefs])
      expect(trust.opinion(key.nodeId)).toMatchObject({ why: 'frozen' })
  })

  // Apart again: the issuer revokes the thief's key, and the thief makes another one where nobody has heard of it.
  await sides(half)
  await hq.fleet.revoke(thiefs.nodeId)
  await hq.trust.revoke(thiefs.nodeId)
  await hq.fleet.look(() => false)
  await give(far, rotate(thiefs2))
  await sides(half)
  for (const one of all.filter(({ node }) => half(node) === 0 && node !== hq.node))
    expect([level(one.trust, mine), one.trust.refuses(thiefs.nodeId)]).toEqual(['peer', true])
  for (const one of all.filter(({ node }) => half(node) === 1))
    expect([mine, thiefs, thiefs2].map((key) => level(one.trust, key))).toEqual(Array(3).fill('untrusted'))
  await together()
  await everywhere(all, (trust) => {
    expect(level(trust, mine)).toBe('peer')
    for (const key of [thiefs, thiefs2]) expect(trust.refuses(key.nodeId)).toBe(true)
  })
})

test('revoked on one side while it rotates and forks on the other one: it is out everywhere, under every key', async () => {
  const { network, members, hq, sides, together, all } = await certified()
  const ann = members[1] as Member
  const far = members[6] as Member
  await sides(half)
  await hq.fleet.revoke(ann.identity.nodeId)
  for (const [from, to] of [
    [ann.identity, mine],
    [mine, thiefs],
    [ann.identity, thiefs2],
  ] as const)
    await far.node.room.publish('key_rotation', signRotation(from, to, network.now, systemRandom))
  await sides(half)
  for (const one of all.filter(({ node }) => half(node) === 0))
    expect(one.trust.refuses(ann.identity.nodeId)).toBe(true)
  await together()
  await everywhere(all, (trust) => {
    for (const key of [ann.identity, mine, thiefs, thiefs2])
      expect([trust.refuses(key.nodeId), trust.admits(key.nodeId)]).toEqual([true, false])
  })
})

test('a node whose lineage was forked and decided before is revoked whole, and comes back by no fork of an earlier key', async () => {
  const { network, members, hq, together, all } = await certified()
  const ann = members[1] as Member
  const rotated = async (from: Identity, to: Identity): Promise<void> => {
    await (members[2] as Member).node.room.publish(
      'key_rotation',
      signRotation(from, to, network.now, systemRandom),
    )
    await network.pass(5 * MINUTE)
  }
  await rotated(ann.identity, mine)
  await rotated(ann.identity, thiefs)
  await hq.fleet.revoke(thiefs.nodeId)
  await hq.trust.revoke(thiefs.nodeId)
  await hq.fleet.look(() => false)
  await together()
  for (const { trust } of all) expect(level(trust, mine)).toBe('peer')
  const next = testIdentity(50_004)
  await rotated(mine, next)
  await hq.fleet.look(() => false)
  await network.pass(5 * MINUTE)
  // It has three certificates now, and is one member of ten.
  const held = hq.fleet
    .certified()
    .filter(({ node_id }) => hq.trust.memberOf(node_id) === ann.identity.nodeId)
  expect([held.length, hq.fleet.state().certified]).toEqual([3, 10])
  expect(await hq.fleet.revoke(next.nodeId)).toBe(true)
  await network.pass(5 * MINUTE)
  const sibling = testIdentity(50_005)
  await rotated(mine, thiefs2)
  await rotated(ann.identity, sibling)
  await everywhere(all, (trust) => {
    for (const key of [next, thiefs2, sibling, mine])
      expect([trust.refuses(key.nodeId), level(trust, key)]).toEqual([true, 'untrusted'])
  })
})
