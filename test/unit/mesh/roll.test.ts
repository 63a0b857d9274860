// The members as the overlay looks at them: asked about again when something was heard of them, and all of them now and then.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createRoll } from '../../../src/mesh/state/overlay.ts'
import { testNodes } from '../../support/mesh/identity.ts'

const WHOLE_MS = 15_000
const AWAY_MS = 10 * 60_000
const [a, b, c, self] = testNodes(1, 2, 3, 4)

function world() {
  const state = {
    now: 0,
    members: new Set([self, a, b]),
    gone: new Set<NodeId>(),
    failures: new Map<NodeId, number>(),
    /** Members that were asked about since. */
    asked: 0,
  }
  const roll = createRoll({
    self,
    wholeEveryMs: WHOLE_MS,
    clock: { now: () => state.now, monotonic: () => state.now },
    members: () => state.members,
    isMember: (node) => state.members.has(node),
    isGone(node) {
      state.asked++
      return state.gone.has(node)
    },
    failures: (node) => state.failures.get(node) ?? 0,
  })
  return Object.assign(state, { roll })
}

const nodesOf = (roll: ReturnType<typeof createRoll>) => {
  const { all, there } = roll.look()
  return { all: all.nodes, there: there.nodes }
}

test('nobody is asked about twice, and the arrays are the same, until something was heard', () => {
  const it = world()
  const first = it.roll.look()
  expect(nodesOf(it.roll)).toEqual({ all: [a, b], there: [a, b] })
  it.asked = 0
  expect(it.roll.look()).toBe(first)
  it.roll.touch(a)
  expect(it.roll.look()).toBe(first)
  expect(it.asked).toBe(1)
})

test('who came, went or left is seen at the next look after a word of it', () => {
  const it = world()
  it.roll.look()
  it.members.add(c)
  it.roll.touch(c)
  expect(nodesOf(it.roll).all).toEqual([a, b, c])
  it.gone.add(b)
  it.roll.touch(b)
  expect(nodesOf(it.roll)).toEqual({ all: [a, b, c], there: [a, c] })
  it.members.delete(a)
  it.roll.touch(a)
  it.roll.touch(self)
  expect(nodesOf(it.roll)).toEqual({ all: [b, c], there: [c] })
})

test('what no word came of is seen all the same, after a while', () => {
  const it = world()
  it.roll.look()
  it.gone.add(a)
  it.members.delete(b)
  expect(nodesOf(it.roll).all).toEqual([a, b])
  it.now = WHOLE_MS
  expect(nodesOf(it.roll)).toEqual({ all: [a], there: [] })
})

test('who could not be reached twice is away for ten minutes, or until it is heard', () => {
  const it = world()
  it.failures.set(a, 2)
  expect(nodesOf(it.roll).there).toEqual([b])
  it.failures.clear()
  it.roll.touch(a)
  it.now = AWAY_MS - 1
  expect(nodesOf(it.roll).there).toEqual([b])
  it.now = AWAY_MS
  expect(nodesOf(it.roll).there).toEqual([a, b])
  it.failures.set(a, 2)
  it.roll.touch(a)
  expect(nodesOf(it.roll).there).toEqual([b])
  it.failures.clear()
  it.roll.present(a)
  expect(nodesOf(it.roll).there).toEqual([a, b])
})
