// Waits until neighbours have fetched certain editions, before the node stops sending to them.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Timers } from '../../base/clock.ts'
import type { DocumentHead } from './types.ts'

/** Waits under way; more end at once. */
const WAITS_MAX = 16

type Edition = Pick<DocumentHead, 'author' | 'kind' | 'slot' | 'version'>

export interface Fetches {
  /** A neighbour got that edition from this node. */
  gave(peer: NodeId, slot: string, version: number): void
  /** A neighbour got that edition, of whatever author, from this node. */
  gaveTo(peer: NodeId, edition: Edition): void
  /**
   * Resolves when each of `peers` has got the edition from this node; after `ms` at the latest. With how many did, not counting
   * before the call.
   */
  spread(edition: Edition, peers: readonly NodeId[], ms: number): Promise<number>
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
  const nameOf = ({ author, kind, slot, version }: Edition): string => `${author} ${kind} ${slot} ${version}`
  const spreads = new Set<{ readonly name: string; readonly left: Set<NodeId>; readonly done: () => void }>()

  return {
    gaveTo(peer, edition) {
      if (spreads.size === 0) return
      const name = nameOf(edition)
      for (const one of spreads)
        if (one.name === name && one.left.delete(peer) && one.left.size === 0) one.done()
    },
    async spread(edition, peers, ms) {
      if (peers.length === 0 || spreads.size >= WAITS_MAX) return 0
      const { promise, resolve } = Promise.withResolvers<void>()
      const one = { name: nameOf(edition), left: new Set(peers), done: resolve }
      spreads.add(one)
      const cancel = timers.after(ms, resolve)
      await promise
      cancel()
      spreads.delete(one)
      return peers.length - one.left.size
    },
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
