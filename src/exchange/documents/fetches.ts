// Waits until neighbours have fetched certain editions, before the node stops sending to them.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Timers } from '../../base/clock.ts'
import { type Edition, editionOf } from './read.ts'

/** Waits of each kind under way; more end at once. */
const WAITS_MAX = 16

/** `keyOf`: which of those that are waited for this is; undefined: none. */
type KeyOf = (peer: NodeId, edition: Edition) => string | undefined

export function createFetches(self: NodeId, timers: Timers) {
  const of = () => new Set<{ readonly keyOf: KeyOf; readonly left: Set<string>; readonly done: () => void }>()
  const spreads = of()
  const slotted = of()

  async function wait(
    waits: typeof spreads,
    keys: readonly string[],
    ms: number,
    keyOf: KeyOf,
  ): Promise<number> {
    if (keys.length === 0 || waits.size >= WAITS_MAX) return 0
    const { promise, resolve } = Promise.withResolvers<void>()
    const one = { keyOf, left: new Set(keys), done: resolve }
    waits.add(one)
    const cancel = timers.after(ms, resolve)
    await promise
    cancel()
    waits.delete(one)
    return keys.length - one.left.size
  }

  return {
    /** A neighbour got that edition, of whatever author, from this node. */
    gave(peer: NodeId, edition: Edition) {
      for (const { keyOf, left, done } of [...spreads, ...slotted]) {
        const key = keyOf(peer, edition)
        if (key !== undefined && left.delete(key) && left.size === 0) done()
      }
    },
    /**
     * Resolves when each of `peers` has got the edition from this node; after `ms` at the latest. With how many did, not counting
     * before the call.
     */
    spread(edition: Edition, peers: readonly NodeId[], ms: number) {
      const name = editionOf(edition)
      return wait(spreads, peers, ms, (peer, one) => (editionOf(one) === name ? peer : undefined))
    },
    /** Resolves with how many of this node's `slots` it fetched, in an edition of `since` (ms since the epoch) or later; within `ms`. */
    fetched: (peer: NodeId, slots: readonly string[], since: number, ms: number) =>
      wait(slotted, slots, ms, (by, { author, slot, version }) =>
        by === peer && author === self && version >= since ? slot : undefined,
      ),
  }
}
