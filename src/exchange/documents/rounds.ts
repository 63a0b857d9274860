// Plans comparisons of documents: on connecting, then one neighbour a minute, and once each member that is back.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random, Timers } from '../../base/clock.ts'
import type { Pulled } from './puller.ts'

/** Jittered by a quarter either way, so that nodes started together drift apart. */
const ROUND_MS = 60_000
/** After a link came up: many may at once. */
const UP_MS = 300
/** Time between two looks at the members that are there without a link. */
const LOOK_MS = 15_000
/** Time between two dials. A link that nobody needs is closed after a minute, so a dozen such links exist at a time. */
const VISIT_EVERY_MS = 5_000
/**
 * Members without a link are visited once each after they (or this node) came back, and again after this long, in large
 * meshes later: whoever holds a document for this node and is nobody's neighbour is found so.
 */
const VISIT_AGAIN_MS = 3_600_000
const VISIT_PACE_MS = 30_000
/** A member that could not be reached, or did not answer, is tried again after this time. */
const RETRY_MS = 5 * 60_000
/** Walks at once. */
const PARALLEL = 3
/** A neighbour whose position has moved is asked at most this often because of it. */
const BEHIND_MS = 5_000

export interface Rounds {
  start(): void
  stop(): void
  up(peer: NodeId): void
  down(peer: NodeId): void
  /** The neighbour has something that was not looked at. */
  behind(peer: NodeId): void
}

export interface RoundsDeps {
  readonly present: () => readonly NodeId[]
  readonly linked: () => readonly NodeId[]
  readonly pull: (peer: NodeId) => Promise<Pulled>
  readonly reach: (node: NodeId) => Promise<boolean>
  readonly clock: Clock
  readonly random: Random
  readonly timers: Timers
}

export function createRounds(deps: RoundsDeps): Rounds {
  const { clock, random, timers } = deps
  let running = false
  const cancels = new Map<string, () => void>()
  /** When all that a member has was looked at (monotonic, ms). */
  const doneAt = new Map<NodeId, number>()
  /** When it was last visited. */
  const triedAt = new Map<NodeId, number>()
  /** When a member without a link is to be visited. */
  const visits = new Map<NodeId, number>()
  const queue = new Set<NodeId>()
  const busy = new Set<NodeId>()
  /** Asked for again while it was being walked. */
  const again = new Set<NodeId>()
  let visiting = false
  /** When all members are gone over again; monotonic, ms. */
  let planAt = Number.NEGATIVE_INFINITY

  const isLinked = (peer: NodeId): boolean => deps.linked().includes(peer)

  /** One timer for each purpose. */
  function later(purpose: string, ms: number, run: () => void): void {
    if (!running || cancels.has(purpose)) return
    cancels.set(
      purpose,
      timers.after(ms, () => {
        cancels.delete(purpose)
        if (running) run()
      }),
    )
  }

  function next(): void {
    for (const peer of queue) {
      if (busy.size >= PARALLEL) return
      queue.delete(peer)
      if (!isLinked(peer)) continue
      busy.add(peer)
      void walkNow(peer)
    }
  }

  async function walkNow(peer: NodeId): Promise<void> {
    try {
      const pulled = await deps.pull(peer)
      if (pulled === 'done') doneAt.set(peer, clock.monotonic())
      if (pulled === 'more') again.add(peer)
    } finally {
      busy.delete(peer)
      if (again.delete(peer)) later(`behind ${peer}`, BEHIND_MS, () => walk(peer))
      next()
    }
  }

  function walk(peer: NodeId): void {
    if (busy.has(peer)) again.add(peer)
    else queue.add(peer)
    next()
  }

  const oldest = (nodes: readonly NodeId[]): NodeId | undefined => {
    let best: NodeId | undefined
    for (const node of nodes) {
      if (best === undefined || (doneAt.get(node) ?? 0) < (doneAt.get(best) ?? 0)) best = node
    }
    return best
  }

  function round(): void {
    const peer = oldest(deps.linked())
    if (peer !== undefined) walk(peer)
    later('round', ROUND_MS * (0.75 + random.float() / 2), round)
  }

  /** Gives members that came a time, and forgets members that went. */
  function plan(now: number): void {
    const present = deps.present()
    const there = new Set(present)
    const linked = new Set(deps.linked())
    const visitEvery = Math.max(VISIT_AGAIN_MS, VISIT_PACE_MS * present.length)
    for (const times of [doneAt, triedAt]) {
      for (const node of times.keys()) if (!there.has(node) && !linked.has(node)) times.delete(node)
    }
    for (const node of visits.keys()) if (!there.has(node) || linked.has(node)) visits.delete(node)
    for (const node of present) {
      if (linked.has(node) || visits.has(node)) continue
      if (now - (doneAt.get(node) ?? Number.NEGATIVE_INFINITY) < visitEvery) continue
      if (now - (triedAt.get(node) ?? Number.NEGATIVE_INFINITY) < RETRY_MS) continue
      // The visits are spread over the time that visiting all members takes, so that not all visit a returned member at once.
      visits.set(node, now + random.float() * VISIT_EVERY_MS * present.length)
    }
  }

  /** Visits one member whose time has come. All members are gone over more seldom than that. */
  function look(): void {
    const now = clock.monotonic()
    if (now >= planAt) {
      planAt = now + LOOK_MS
      plan(now)
    }
    for (const [node, at] of visits) {
      if (visiting) break
      if (at > now) continue
      visits.delete(node)
      if (isLinked(node)) continue
      visiting = true
      triedAt.set(node, now)
      void deps.reach(node).finally(() => {
        visiting = false
      })
    }
    later('look', visits.size > 0 ? VISIT_EVERY_MS : Math.max(0, planAt - now), look)
  }

  return {
    start() {
      running = true
      later('round', ROUND_MS * random.float(), round)
      later('look', LOOK_MS * random.float(), look)
    },
    stop() {
      running = false
      for (const cancel of cancels.values()) cancel()
      cancels.clear()
      queue.clear()
    },
    up: (peer) => later(`up ${peer}`, UP_MS * random.float(), () => walk(peer)),
    down: (peer) => void queue.delete(peer),
    behind: (peer) => later(`behind ${peer}`, BEHIND_MS * random.float(), () => walk(peer)),
  }
}
