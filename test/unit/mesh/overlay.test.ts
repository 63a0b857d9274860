// The overlay at work: many nodes that choose, link and thin out by themselves, over a clock that the test moves.
import { expect, test } from 'vitest'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createRing } from '../../../src/mesh/state/choice.ts'
import { createLeaves, type Dependent } from '../../../src/mesh/state/leaves.ts'
import { createOverlay } from '../../../src/mesh/state/overlay.ts'
import { randomOf } from '../../support/run/random.ts'

const ROUND_MS = 15_000

type Deps = Parameters<typeof createOverlay>[0]
/** Of a node in whose mesh nobody is away, and who is named in no configuration. */
const overlayOf = (self: NodeId, own: Pick<Deps, 'clock' | 'members' | 'leaves'> & Partial<Deps>) =>
  createOverlay({
    self,
    fullMeshUpTo: 32,
    askerLinksUpTo: 60,
    isMember: () => true,
    wholeEveryMs: 0,
    isGone: () => false,
    failures: () => 0,
    isStatic: () => false,
    ...own,
  })

interface World {
  readonly links: Map<NodeId, Map<NodeId, number>>
  readonly alive: Set<NodeId>
  readonly overlays: ReadonlyMap<NodeId, ReturnType<typeof createOverlay>>
  /** Every node looks for whom it wants, then closes what is too much. Returns how many links came or went. */
  round(): number
  degrees(): number[]
  /** Nodes that the first one reaches. */
  reached(): number
  link(a: NodeId, b: NodeId): void
}

function world(
  count: number,
  fullMeshUpTo: number,
  knows: (node: NodeId, other: NodeId) => boolean = () => true,
): World {
  let now = 0
  const nodes = Array.from({ length: count }, (_, n) => `karo:test:${n}` as NodeId)
  const alive = new Set(nodes)
  const links = new Map(nodes.map((node) => [node, new Map<NodeId, number>()]))
  /** Dials in a row that failed, by who dialed: asked for with every pair in every round. */
  const failures = new Map(nodes.map((node) => [node, new Map<NodeId, number>()]))
  const of = (node: NodeId): Map<NodeId, number> => links.get(node) as Map<NodeId, number>
  const overlays = new Map(
    nodes.map((self) => [
      self,
      overlayOf(self, {
        fullMeshUpTo,
        clock: { now: () => now, monotonic: () => now },
        members: () => nodes.filter((other) => other !== self && knows(self, other)),
        failures: (node) => failures.get(self)?.get(node) ?? 0,
        leaves: createLeaves({ upTo: 256, rankOf: () => 0 }),
      }),
    ]),
  )
  const link = (a: NodeId, b: NodeId): void => {
    of(a).set(b, now)
    of(b).set(a, now)
  }
  const cut = (a: NodeId, b: NodeId): void => {
    of(a).delete(b)
    of(b).delete(a)
  }
  return {
    links,
    alive,
    overlays,
    link,
    round() {
      now += ROUND_MS
      let changes = 0
      for (const [node, overlay] of overlays) {
        if (!alive.has(node)) continue
        for (const other of [...of(node).keys()]) if (!alive.has(other)) cut(node, other)
        const failed = failures.get(node) as Map<NodeId, number>
        for (const other of overlay.wanted()) {
          if (of(node).has(other)) continue
          // Both must admit; a dead one answers nobody.
          if (alive.has(other) && knows(other, node)) {
            link(node, other)
            failed.delete(other)
            changes++
          } else failed.set(other, (failed.get(other) ?? 0) + 1)
        }
        const held = [...of(node)]
        const neighbours: Dependent[] = held.map(([other, since]) => ({ node: other, since, leaf: false }))
        for (const other of overlay.surplus(neighbours)) {
          cut(node, other)
          overlay.declined(other, false, true)
          overlays.get(other)?.declined(node, false, false)
          changes++
        }
      }
      return changes
    },
    degrees: () => [...alive].map((node) => of(node).size),
    reached() {
      const seen = new Set([...alive].slice(0, 1))
      for (const node of seen) for (const other of of(node).keys()) if (alive.has(other)) seen.add(other)
      return seen.size
    },
  }
}

/** Rounds until nothing changes any more, for twice as long as anything is remembered. */
function settle(it: World): void {
  const QUIET = (2 * 10 * 60_000) / ROUND_MS
  let quiet = 0
  for (let round = 0; round < 1_000 && quiet < QUIET; round++) quiet = it.round() === 0 ? quiet + 1 : 0
  expect(quiet).toBe(QUIET)
}

test('a small mesh links everybody with everybody, and keeps it so a little beyond the limit', () => {
  const it = world(12, 10)
  settle(it)
  expect(it.degrees()).toEqual(new Array(12).fill(11))
})

test('a full mesh that has become too large thins out without falling apart', () => {
  const it = world(40, 32)
  for (const [a] of it.links) for (const [b] of it.links) if (a < b) it.link(a, b)
  expect(it.degrees()).toEqual(new Array(40).fill(39))
  settle(it)
  expect(Math.max(...it.degrees())).toBeLessThanOrEqual(16)
  expect(Math.min(...it.degrees())).toBeGreaterThanOrEqual(4)
  expect(it.reached()).toBe(40)
})

test('sixty members have about eight links each, all in one piece, also when a fifth has died', () => {
  const it = world(60, 32)
  const settled = (): void => {
    settle(it)
    expect(it.reached()).toBe(it.alive.size)
    expect(Math.min(...it.degrees())).toBeGreaterThanOrEqual(4)
    expect(Math.max(...it.degrees())).toBeLessThanOrEqual(16)
  }
  settled()
  const random = randomOf(1)
  for (const node of [...it.alive]) if (random.below(5) === 0) it.alive.delete(node)
  settled()
})

test('where not everybody trusts everybody it is one mesh all the same', () => {
  const trusts = new Set<string>()
  const random = randomOf(7)
  // Trust is mutual here; a quarter of it is missing.
  const knows = (a: NodeId, b: NodeId): boolean => !trusts.has(a < b ? `${a} ${b}` : `${b} ${a}`)
  for (let a = 0; a < 80; a++)
    for (let b = a + 1; b < 80; b++)
      if (random.below(4) === 0) {
        const [x, y] = [`karo:test:${a}`, `karo:test:${b}`]
        trusts.add(x < y ? `${x} ${y}` : `${y} ${x}`)
      }
  const it = world(80, 32, knows)
  settle(it)
  expect(it.reached()).toBe(80)
  expect(Math.max(...it.degrees())).toBeLessThanOrEqual(16)
})

const others = Array.from({ length: 60 }, (_, n) => `karo:test:${n}` as NodeId)

/** Less than the ids of all others, so that each new member is this node's to dial; and greater. */
const [LEAST, GREATEST] = ['karo:test:', 'karo:test:self'] as [NodeId, NodeId]

/** One node that knows the first `known` of the others. */
function alone(
  known: number,
  isStatic: (node: NodeId) => boolean = () => false,
  { self = GREATEST, askerLinksUpTo = 60 } = {},
) {
  const state = { now: 0, known }
  return Object.assign(state, {
    overlay: overlayOf(self, {
      askerLinksUpTo,
      clock: { now: () => state.now, monotonic: () => state.now },
      members: () => others.slice(0, state.known),
      isStatic,
      leaves: createLeaves({ upTo: 3, rankOf: (node) => (node.endsWith('5') ? 0 : 1) }),
    }),
  })
}

test('one that is named in the configuration is never surplus, nor is what was opened a moment ago', () => {
  const it = alone(60, (node) => node.endsWith('7'))
  const neighbours = others.map((node) => ({ node, since: 0, leaf: false }))
  expect(it.overlay.surplus(neighbours)).toEqual([])
  it.now = 61_000
  const closed = it.overlay.surplus(neighbours)
  expect(closed).toHaveLength(4)
  expect(closed.filter((node) => node.endsWith('7'))).toEqual([])
  expect(closed.filter((node) => it.overlay.wanted().has(node))).toEqual([])
})

test('in a crowd, what neither end has chosen is closed after seconds; what is one link of few is not', () => {
  const it = alone(60)
  const crowd = others.slice(0, 40).map((node) => ({ node, since: 0, leaf: false }))
  const ring = createRing([...others, 'karo:test:self' as NodeId])
  it.now = 9_000
  expect(it.overlay.surplus(crowd)).toEqual([])
  it.now = 11_000
  const closed = it.overlay.surplus(crowd)
  expect(closed).toHaveLength(4)
  for (const node of closed) {
    expect(it.overlay.wanted().has(node)).toBe(false)
    expect(ring.choiceOf(node).has('karo:test:self' as NodeId)).toBe(false)
  }
  expect(it.overlay.surplus(crowd.slice(0, 32))).toEqual([])
})

test('whoever knows of a large mesh dials none but whom it chooses, at once', () => {
  const it = alone(49, undefined, { self: LEAST })
  expect(it.overlay.due().nodes).toHaveLength(4)
  expect(new Set(it.overlay.due().nodes)).toEqual(it.overlay.wanted())
})

test('while many are being heard after the start, it dials as in a large mesh; then everybody, its choice first', () => {
  const it = alone(0, undefined, { self: LEAST })
  for (; it.known < 12; it.known++) expect(it.overlay.due().nodes).toHaveLength(it.known)
  for (it.known = 13; it.known <= 30; it.known++) {
    it.now += 4_000 / it.known
    expect(it.overlay.due().nodes).toHaveLength(4)
  }
  it.known = 30
  expect(it.overlay.wanted().size).toBe(30)
  const choice = it.overlay.due().nodes
  it.now += 5_000
  expect(it.overlay.due().nodes).toHaveLength(30)
  expect(it.overlay.due().nodes.slice(0, 4)).toEqual(choice)
  // Whoever comes later is dialed at once.
  it.known = 31
  expect(it.overlay.due().nodes).toHaveLength(31)
  it.known = 49
  expect(it.overlay.due().nodes).toHaveLength(4)
})

test('a mesh that never comes to rest is not waited for', () => {
  const it = alone(5, undefined, { self: LEAST })
  for (; it.now < 60_000; it.now += 4_000) {
    it.overlay.due()
    it.known++
  }
  expect(it.known).toBe(20)
  expect(it.overlay.due().nodes).toHaveLength(20)
})

test('of two that are new to each other the one with the smaller id dials, the other one only if no link came', () => {
  const it = alone(12)
  expect(it.overlay.due().nodes).toEqual([])
  expect(it.overlay.due().againMs).toBe(2_000)
  it.now = 1_999
  expect(it.overlay.due().nodes).toEqual([])
  expect(it.overlay.wanted().size).toBe(12)
  it.now = 2_000
  expect(it.overlay.due().nodes).toHaveLength(12)
  expect(it.overlay.due().againMs).toBeUndefined()
  // The one that comes later is new then.
  it.known = 13
  expect(it.overlay.due().nodes).not.toContain(others[12])
})

test('in a crowd the end with the greater id waits until the other one has settled, and looks again by itself', () => {
  const [it, other] = [alone(20), alone(20, undefined, { self: LEAST })]
  expect(other.overlay.due().nodes).toHaveLength(4)
  expect(it.overlay.due().nodes).toEqual([])
  for (let left = it.overlay.due().againMs; left !== undefined; left = it.overlay.due().againMs) {
    it.now += left
    const { length } = it.overlay.due().nodes
    if (it.now < 20_000) expect(length).toBeLessThanOrEqual(4)
  }
  expect(it.now).toBe(20_000)
  expect(it.overlay.due().nodes).toHaveLength(20)
  other.now = other.overlay.due().againMs ?? 0
  expect(other.now).toBe(5_000)
  expect(other.overlay.due().nodes).toHaveLength(20)
})

/** `from` is the first of them; all have had their links for two minutes. */
const leavesFrom = (from: number, count: number, leaf = true) =>
  others.slice(from, from + count).map((node, index) => ({ node, since: index, leaf }))

test('links of leaves are kept up to a bound, and take no place of the others', () => {
  const it = alone(60)
  it.now = 120_000
  const ring = it.overlay.wanted()
  const crowd = leavesFrom(0, 20, false)
  const without = it.overlay.surplus(crowd)
  expect(without.length).toBeGreaterThan(0)
  const leaves = leavesFrom(30, 3)
  expect(new Set(it.overlay.surplus([...leaves, ...crowd]))).toEqual(new Set(without))
  for (const { node } of leaves) expect(ring.has(node)).toBe(false)
})

test('of too many leaves those stay that a person chose, then those that came first; the others go in one round', () => {
  const it = alone(60)
  it.now = 120_000
  // The bound is three; the one that a person chose came last.
  const leaves = leavesFrom(21, 15)
  const closed = new Set(it.overlay.surplus(leaves))
  const chosen = leaves.filter(({ node }) => node.endsWith('5'))
  expect(chosen.map(({ node }) => node)).toEqual(['karo:test:25', 'karo:test:35'])
  const stay = leaves.filter(({ node }) => !closed.has(node)).map(({ node }) => node)
  const ours = it.overlay.wanted()
  expect(stay.filter((node) => !ours.has(node))).toEqual(
    [21, 25, 35].map((n) => `karo:test:${n}` as NodeId).filter((node) => !ours.has(node)),
  )
  expect(closed.size).toBeGreaterThan(4)
})

test('a leaf goes back to a node that did not know that it is one, and not to one that knew', () => {
  const it = alone(3)
  const [first, second] = others as [NodeId, NodeId]
  expect(it.overlay.isLeaf()).toBe(false)
  it.now = 6_000
  expect(it.overlay.isLeaf()).toBe(true)
  it.overlay.declined(first, false, false)
  it.overlay.declined(second, true, false)
  expect(it.overlay.wanted().has(first)).toBe(true)
  expect(it.overlay.wanted().has(second)).toBe(false)
  it.now += 11 * 60_000
  expect(it.overlay.wanted().has(second)).toBe(true)
  it.known = 9
  expect(it.overlay.isLeaf()).toBe(false)
})

test('a flood of leaves by a weaker word pushes out none whose word is stronger, now or when they are to be dialed', () => {
  const ranks = new Map<NodeId, number>([
    ['karo:test:person' as NodeId, 0],
    ['karo:test:issuer' as NodeId, 1],
  ])
  const leaves = createLeaves({ upTo: 3, rankOf: (node) => ranks.get(node) ?? 3 })
  const flood = others.slice(0, 40)
  for (const node of ranks.keys()) leaves.met(node, true)
  for (const node of flood) leaves.met(node, true)
  expect(leaves.known()).toEqual([...ranks.keys(), flood.at(-1)])
  // They came last.
  const neighbours = [...flood, ...ranks.keys()].map((node, since) => ({ node, since, leaf: true }))
  expect([...leaves.kept(neighbours)]).toEqual([...ranks.keys(), flood[0]])
})

test('whoever asks often links with all, also with those that were given up before, and keeps them until it asks no more', () => {
  const it = alone(60)
  const few = it.overlay.wanted().size
  expect(few).toBeLessThanOrEqual(4)
  const [ours, before, theirs] = others.filter((node) => !it.overlay.wanted().has(node)) as [
    NodeId,
    NodeId,
    NodeId,
  ]
  it.overlay.declined(before, false, false)
  it.now = 1_000
  it.overlay.wantAll(600_000)
  it.overlay.declined(ours, false, true)
  it.overlay.declined(theirs, false, false)
  it.overlay.wantAll(599_000)
  expect(new Set(it.overlay.due().nodes)).toEqual(it.overlay.wanted())
  expect([...it.overlay.wanted()].toSorted()).toEqual(others.filter((node) => node !== theirs).toSorted())
  const neighbours = others.map((node) => ({ node, since: 0, leaf: false }))
  it.now = 599_000
  expect(it.overlay.surplus(neighbours)).toEqual([])
  it.now = 600_000
  expect(it.overlay.surplus(neighbours)).toHaveLength(4)
  expect(it.overlay.wanted().size).toBeLessThanOrEqual(4)
})

test('whoever asks often in a mesh with more members than the bound keeps few links', () => {
  const it = alone(60)
  it.overlay.wantAll(600_000)
  expect(it.overlay.wanted().size).toBe(60)
  const bounded = alone(60, undefined, { askerLinksUpTo: 59 })
  bounded.overlay.wantAll(600_000)
  expect(bounded.overlay.wanted().size).toBeLessThanOrEqual(4)
})
