// What mDNS hears: addresses for the book, and now and then a new attempt to reach whoever was heard.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { createRecent } from '../../base/recent.ts'

/** mDNS answers come as often as anybody asks; one node is tried anew because of them this often. */
const SIGHTING_EVERY_MS = 30_000
/** Nodes whose last sighting is remembered. */
const SIGHTED_MAX = 512

export interface SightingsDeps {
  readonly clock: Clock
  /** This node itself, or one that is denied or revoked here. */
  readonly ignores: (node: NodeId) => boolean
  /** Notes where it was heard. */
  readonly note: (node: NodeId, addresses: readonly string[]) => void
  readonly connected: (node: NodeId) => boolean
  /** It is worth another attempt now. */
  readonly onSeen: (node: NodeId) => void
}

/** Returns what to call when somebody was heard; `addresses` are multiaddrs, and nothing about them is verified. */
export function createSightings(deps: SightingsDeps) {
  /** Monotonic. */
  const sighted = createRecent<NodeId, number>(SIGHTED_MAX)

  return (node: NodeId, addresses: readonly string[]): void => {
    if (deps.ignores(node)) return
    deps.note(node, addresses)
    if (deps.connected(node)) return
    const now = deps.clock.monotonic()
    if (now - (sighted.get(node) ?? Number.NEGATIVE_INFINITY) < SIGHTING_EVERY_MS) return
    sighted.set(node, now)
    deps.onSeen(node)
  }
}
