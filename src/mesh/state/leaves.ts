// Links that leaves depend on: who said that it has few others, which of these links are kept, and who found no place. Pure.
import type { NodeId } from '../../../protocols/node-id.ts'
import { createRecent } from '../../base/recent.ts'
import type { Conn } from './types.ts'

/**
 * A node that can link with so many others at most is a leaf. Each of its links may be the only one over which a
 * question, a document or a revocation gets to it.
 */
export const LEAF_MOST = 8
/** Nodes that found no place, on either side of the link; for coverage and for karo doctor. */
const TURNED_AWAY_MAX = 1_024

/** A neighbour, as far as its place depends on it. */
export interface Dependent {
  readonly node: NodeId
  /** When the link came up; monotonic, ms. */
  readonly since: number
  /** It said that it is a leaf. */
  readonly leaf: boolean
}

export interface LeavesDeps {
  /** `[overlay] leaves_up_to`. */
  readonly upTo: number
  /**
   * How well founded its admission is, the least is the best. What a person or the configuration admits comes before what
   * could be many at once by the word of one issuer or one subnet, in this order.
   */
  readonly rankOf: (node: NodeId) => number
}

export type Leaves = ReturnType<typeof createLeaves>

export function createLeaves({ upTo, rankOf }: LeavesDeps) {
  /** With the rank that each had when it introduced itself; the one that did so last stands last. */
  const known = new Map<NodeId, number>()
  const turnedAway = createRecent<NodeId, 'here' | 'there'>(TURNED_AWAY_MAX)

  return {
    /** The node introduced itself. */
    met(node: NodeId, leaf: boolean): void {
      known.delete(node)
      if (!leaf || upTo === 0) return
      known.set(node, rankOf(node))
      if (known.size <= upTo) return
      const worst = Math.max(...known.values())
      for (const [one, rank] of known) {
        if (rank < worst) continue
        known.delete(one)
        return
      }
    },
    /** Leaves that had a link here last; links to them are wanted. At most `upTo`, the best ranked. */
    known: (): readonly NodeId[] => [...known.keys()],
    /** The neighbours whose links are kept because they are leaves: the best ranked, and of one rank those that came first. */
    kept(neighbours: readonly Dependent[]): ReadonlySet<NodeId> {
      const leaves = neighbours.filter(({ leaf }) => leaf)
      if (leaves.length <= upTo) return new Set(leaves.map(({ node }) => node))
      const ranked = leaves
        .map((one) => ({ ...one, rank: rankOf(one.node) }))
        .toSorted((a, b) => a.rank - b.rank || a.since - b.since)
      return new Set(ranked.slice(0, upTo).map(({ node }) => node))
    },
    /** The link ended because one side had too many. `leaf`: the other side is a leaf, `leafHere`: this node is one. */
    surplus({ node, leaf, leafHere }: Pick<Conn, 'node' | 'leaf' | 'leafHere'>, closedHere: boolean): void {
      known.delete(node)
      if (closedHere ? leaf : leafHere) turnedAway.set(node, closedHere ? 'here' : 'there')
    },
    /** A link to the node is up. */
    came: (node: NodeId) => void turnedAway.delete(node),
    /** Leaves for which no place was left here. */
    turnedAway: () => [...turnedAway].flatMap(([node, where]) => (where === 'here' ? [node] : [])),
    /** `here`: no place was left for it here; `there`: none for this node there. */
    noPlace: (node: NodeId) => turnedAway.peek(node),
  }
}
