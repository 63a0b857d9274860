// The overlay as a graph: few links each, everybody reachable in few steps, also when a tenth is gone.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createRing } from '../../../src/mesh/state/choice.ts'
import { randomOf } from '../../support/run/random.ts'

type Graph = ReadonlyMap<NodeId, ReadonlySet<NodeId>>

const membersOf = (count: number, seed: number): NodeId[] =>
  Array.from({ length: count }, (_, n) => `karo:test:${seed}:${n}` as NodeId)

/** A link is there when either end chooses it. */
function graphOf(members: readonly NodeId[], ringOf: (node: NodeId) => ReturnType<typeof createRing>): Graph {
  const graph = new Map(members.map((node) => [node, new Set<NodeId>()]))
  for (const node of members) {
    for (const other of ringOf(node).choiceOf(node)) {
      graph.get(node)?.add(other)
      graph.get(other)?.add(node)
    }
  }
  return graph
}

/** How many of `alive` are reached from the first of them, and in how many steps. */
function reach(graph: Graph, alive: ReadonlySet<NodeId>): { count: number; steps: number } {
  const [first] = alive
  const steps = new Map<NodeId, number>(first === undefined ? [] : [[first, 0]])
  // A Map is walked in the order of insertion, what is added meanwhile included.
  for (const [node, step] of steps)
    for (const other of graph.get(node) ?? [])
      if (alive.has(other) && !steps.has(other)) steps.set(other, step + 1)
  return { count: steps.size, steps: Math.max(...steps.values()) }
}

const degrees = (graph: Graph): number[] => [...graph.values()].map((links) => links.size)

function without(members: readonly NodeId[], share: number, seed: number): Set<NodeId> {
  const random = randomOf(seed)
  return new Set(members.filter(() => random.below(1_000) >= share * 1_000))
}

const SIZES = [33, 50, 200, 1_000]
const SEEDS = [1, 2]
const CASES = SIZES.flatMap((size) => SEEDS.map((seed) => ({ size, seed })))

test.each(CASES)(
  '$size members (seed $seed): about eight links each, short ways, and a tenth gone cuts nobody off',
  ({ size, seed }) => {
    const members = membersOf(size, seed)
    const ring = createRing(members)
    const graph = graphOf(members, () => ring)
    const all = degrees(graph)
    expect(Math.min(...all)).toBeGreaterThanOrEqual(4)
    expect(Math.max(...all)).toBeLessThanOrEqual(16)
    const average = all.reduce((sum, degree) => sum + degree, 0) / size
    expect(average).toBeGreaterThan(7)
    expect(average).toBeLessThan(9)
    const { count, steps } = reach(graph, new Set(members))
    expect(count).toBe(size)
    expect(steps).toBeLessThanOrEqual(6)
    const alive = without(members, 0.1, seed)
    const left = reach(graph, alive)
    expect(left.count).toBe(alive.size)
    expect(left.steps).toBeLessThanOrEqual(8)
  },
)

test.each(SEEDS)('members that each know three quarters of the others are one mesh (seed %i)', (seed) => {
  const members = membersOf(200, seed)
  let n = 0
  const graph = graphOf(members, (node) => createRing([...without(members, 0.25, seed * 1_000 + n++), node]))
  expect(reach(graph, new Set(members)).count).toBe(200)
  expect(Math.max(...degrees(graph))).toBeLessThanOrEqual(20)
})

test('one that leaves changes the links of its neighbours only', () => {
  const members = membersOf(200, 1)
  const before = createRing(members)
  const [gone, ...rest] = members as [NodeId, ...NodeId[]]
  const after = createRing(rest)
  for (const node of rest) {
    const old = before.choiceOf(node)
    const lost = [...old].filter((other) => !after.choiceOf(node).has(other))
    // The one that is gone, and at most the one across that is now next on the ring.
    expect(lost.length).toBeLessThanOrEqual(old.has(gone) ? 2 : 0)
  }
})

test('two, one, and nobody', () => {
  const [a, b] = membersOf(2, 1) as [NodeId, NodeId]
  expect([...createRing([a, b]).choiceOf(a)]).toEqual([b])
  expect([...createRing([a]).choiceOf(a)]).toEqual([])
})
