// Waits until one neighbour has fetched certain editions of this node's own: before it is told nothing any more.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Timers } from '../../base/clock.ts'

/** Waits under way; more end at once. */
const WAITS_MAX = 16

export interface Fetches {
  /** A neighbour got that edition from this node. */
  gave(peer: NodeId, slot: string, version: number): void
  /** Resolves with how many of `slots` it fetched, in an edition of `since` (ms since the epoch) or later; within `ms`. */
  fetched(peer: NodeId, slots: readonly string[], since: number, ms: number): Promise<number>
}

export function createFetches(timers: Timers): Fetches {
  const waits = new Set<{
    readonly peer: NodeId
    readonly left: Set<string>
    readonly since: number
    readonly done: () => void
  }>()
  return {
    gave(peer, slot, version) {
      for (const wait of waits) {
        if (wait.peer !== peer || version < wait.since || !wait.left.delete(slot)) continue
        if (wait.left.size === 0) wait.done()
      }
    },
    async fetched(peer, slots, since, ms) {
      if (slots.length === 0 || waits.size >= WAITS_MAX) return 0
      const { promise, resolve } = Promise.withResolvers<void>()
      const wait = { peer, left: new Set(slots), since, done: resolve }
      waits.add(wait)
      const cancel = timers.after(ms, resolve)
      await promise
      cancel()
      waits.delete(wait)
      return slots.length - wait.left.size
    },
  }
}
