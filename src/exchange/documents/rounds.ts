// Plans comparisons of documents: on connecting, then one neighbour a minute, and visits to members without a link.
import type { NodeId } from '../../../protocols/node-id.ts'
import { createVisits, type VisitsDeps } from './absence/visits.ts'
import type { Pulled } from './puller.ts'

/** Jittered by a quarter either way, so that nodes started together drift apart. */
const ROUND_MS = 60_000
/** After a link came up: many may at once. */
const UP_MS = 300
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

export interface RoundsDeps extends Omit<VisitsDeps, 'doneAt'> {
  readonly pull: (peer: NodeId) => Promise<Pulled>
}

export function createRounds(deps: RoundsDeps): Rounds {
  const { clock, random, timers } = deps
  /** When all that a member has was looked at (monotonic, ms). */
  const doneAt = new Map<NodeId, number>()
  const visits = createVisits({ ...deps, doneAt })
  let running = false
  const cancels = new Map<string, () => void>()
  const queue = new Set<NodeId>()
  const busy = new Set<NodeId>()
  /** Asked for again while it was being walked. */
  const again = new Set<NodeId>()

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

  return {
    start() {
      running = true
      visits.start()
      later('round', ROUND_MS * random.float(), round)
    },
    stop() {
      running = false
      visits.stop()
      for (const cancel of cancels.values()) cancel()
      cancels.clear()
      queue.clear()
    },
    up: (peer) => later(`up ${peer}`, UP_MS * random.float(), () => walk(peer)),
    down: (peer) => void queue.delete(peer),
    behind: (peer) => later(`behind ${peer}`, BEHIND_MS * random.float(), () => walk(peer)),
  }
}
