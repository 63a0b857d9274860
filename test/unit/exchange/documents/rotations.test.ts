// Rotations as documents of the real rooms: over partitions and wrong clocks, two successors beside each other; and editions withdrawn.
import { expect, test } from 'vitest'
import { systemRandom } from '../../../../src/base/clock.ts'
import { GRACE_MS, signRotation } from '../../../../src/trust/identity/index.ts'
import { createLineage, type Lineage } from '../../../../src/trust/lineage/index.ts'
import { testIdentity } from '../../../support/mesh/identity.ts'
import { HOUR, MINUTE, Network, type Node } from './network.ts'

/** Nodes with a lineage each; `off`: how far the clock of each is off now, ms. */
async function nodesOf(off: readonly number[]) {
  const network = new Network({ seed: 3 })
  const lineages: Lineage[] = []
  for (const at of off.keys()) {
    const { clock } = network.time
    const own = { ...clock, now: () => clock.now() + (off[at] ?? 0) }
    const lineage = createLineage(own.now)
    lineages.push(lineage)
    const port = {
      wanted: () => true,
      accept: (frame: Uint8Array, isNew: boolean) => void lineage.take(frame, isNew),
      isFirst: () => false,
    }
    network.add(1, { clock: own, ports: { key_rotation: port } })
  }
  for (const node of network.nodes) await node.start()
  network.weave()
  return { network, nodes: network.nodes as unknown as readonly [Node, Node, Node], lineages }
}

test('a rotation reaches clocks that are four minutes off at once, and one that is ten behind when it is set right', async () => {
  const off = [0, 4 * MINUTE, -4 * MINUTE, -10 * MINUTE, 10 * MINUTE]
  const { network, nodes, lineages } = await nodesOf(off)
  const [ann] = nodes
  const slow = network.nodes[3] as Node
  const next = testIdentity(40_001)
  const frame = signRotation(ann.identity, next, network.now, systemRandom)
  // Frames of a clock that is ten minutes off are refused, so it has no links; nor would it take the rotation.
  network.separate((a, b) => a !== slow && b !== slow)
  expect(lineages[3]?.take(frame, true)).toBeUndefined()
  await ann.room.publish('key_rotation', frame)
  await network.pass(MINUTE)
  const states = () => lineages.slice(1).map((lineage) => lineage.state(ann.id).kind)
  expect(states()).toEqual(['replaced', 'replaced', 'current', 'replaced'])
  off[3] = 0
  network.separate(() => true)
  await network.meet(MINUTE)
  expect(states()).toEqual(['replaced', 'replaced', 'replaced', 'replaced'])
  for (const lineage of lineages.slice(1)) expect(lineage.current(ann.id)).toBe(next.nodeId)
  // The day is over at each by its own clock.
  await network.pass(GRACE_MS - 5 * MINUTE)
  expect(states()).toEqual(['retired', 'replaced', 'replaced', 'retired'])
  await network.pass(10 * MINUTE)
  expect(states()).toEqual(['retired', 'retired', 'retired', 'retired'])
})

test('whoever has the old key pushes out no rotation of it, whatever dates the new ones have', async () => {
  const { network, nodes, lineages } = await nodesOf([0, 0])
  const [ann, bob] = nodes
  const mine = testIdentity(40_001)
  await ann.room.publish('key_rotation', signRotation(ann.identity, mine, network.now, systemRandom))
  await network.pass(MINUTE)
  for (let at = 0; at < 6; at++) {
    const thiefs = testIdentity(40_010 + at)
    await bob.room
      .publish('key_rotation', signRotation(ann.identity, thiefs, network.now, systemRandom))
      .catch(() => {})
    await network.pass(MINUTE)
  }
  expect(lineages[1]?.state(mine.nodeId)).toMatchObject({ kind: 'frozen' })
  const kept = createLineage(network.time.clock.now)
  for (const { frame } of bob.repository.kept.values()) kept.take(frame)
  expect(bob.holdings('key_rotation').size).toBe(4)
  expect(kept.state(ann.id)).toMatchObject({ fork: { between: expect.arrayContaining([mine.nodeId]) } })
})

test('the day of a rotation is not made longer by signing it again', async () => {
  const { network, nodes, lineages } = await nodesOf([0, 0])
  const [ann, bob] = nodes
  const next = testIdentity(40_001)
  const first = signRotation(ann.identity, next, network.now, systemRandom)
  await ann.room.publish('key_rotation', first)
  await network.pass(20 * HOUR)
  await ann.room.publish('key_rotation', signRotation(ann.identity, next, network.now, systemRandom))
  await network.pass(5 * HOUR)
  expect(lineages[1]?.state(ann.id).kind).toBe('retired')
  const kept = await bob.room.of(ann.id, 'key_rotation')
  expect(kept.map(({ bytes }) => bytes)).toEqual([first])
  expect(bob.audits.map(({ type }) => type)).toContain('ledger_conflict')
})

test('an edition without a node that had the one before is known to be withdrawn from it, and from nobody else', async () => {
  const { network, nodes } = await nodesOf([0, 0, 0])
  const [ann, bob, cid] = nodes
  const at = network.now - HOUR
  await ann.share(at, [bob, cid])
  await network.pass(MINUTE)
  expect(await bob.room.of(ann.id, 'summary')).toHaveLength(1)
  expect(bob.room.withdrawn(ann.id, 'summary')).toEqual([])
  const since = network.now
  const fetched = ann.room.fetched(
    bob.id,
    [...(await ann.room.of(ann.id, 'summary'))].map(({ head }) => head.slot),
    since,
    MINUTE,
  )
  await ann.share(at, [cid])
  await network.pass(MINUTE)
  expect(await fetched).toBe(1)
  expect(await bob.room.of(ann.id, 'summary')).toEqual([])
  expect(bob.room.withdrawn(ann.id, 'summary')).toMatchObject([{ version: since }])
  expect(cid.room.withdrawn(ann.id, 'summary')).toEqual([])
  // Given again, it is not withdrawn any more.
  await ann.share(at, [bob, cid])
  await network.pass(MINUTE)
  expect(bob.room.withdrawn(ann.id, 'summary')).toEqual([])
  expect(await bob.room.of(ann.id, 'summary')).toHaveLength(1)
})
