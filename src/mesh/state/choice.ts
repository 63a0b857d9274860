// Chooses links in a mesh that is too large for links to all: few links, short ways, and no part falls off.
import { createHash } from 'node:crypto'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createRecent } from '../../base/recent.ts'

/** Next ones on the ring; with as many that choose this node, the ring holds where any one of them is gone. */
const SUCCESSORS = 2
/** Links across: what makes the ways short. As many come in on average, which makes about eight in all. */
const ACROSS = 2
/** Nodes whose place is remembered. */
const PLACES_MAX = 8_192

export interface Ring {
  /** The members, at most four, that this member chooses. Every node that knows the same members computes the same choice. */
  choiceOf(node: NodeId): ReadonlySet<NodeId>
}

interface Place {
  readonly node: NodeId
  /** Where it stands on the ring: 32 bits of SHA-256. */
  readonly at: number
}

/** How well `b` suits `a`, the least is the best: MurmurHash3's finalizer over both places. */
function rank(a: number, b: number): number {
  let mixed = Math.imul(a, 0x9e3779b1) ^ b
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

/** Places by node, to be kept from one ring to the next. */
export interface Places {
  of(node: NodeId): number
}

export function createPlaces(): Places {
  const places = createRecent<NodeId, number>(PLACES_MAX)
  return {
    of(node) {
      const known = places.get(node)
      if (known !== undefined) return known
      const place = createHash('sha256').update(node).digest().readUInt32BE(0)
      places.set(node, place)
      return place
    },
  }
}

const orderOf = (a: Place, b: Place): number => a.at - b.at || (a.node < b.node ? -1 : 1)

interface Ranked {
  readonly node: NodeId
  readonly rank: number
}
const isBefore = (a: Ranked, b: Ranked): boolean => a.rank < b.rank || (a.rank === b.rank && a.node < b.node)

/**
 * The ring of Chord (Stoica et al., 2001) for the links that hold the mesh together, and rendezvous hashing (Thaler and
 * Ravishankar, 1998) for those across: a member that comes or goes changes only the choices it is part of.
 */
export function createRing(members: Iterable<NodeId>, places: Places = createPlaces()): Ring {
  const ring: Place[] = [...new Set(members)].map((node) => ({ node, at: places.of(node) })).sort(orderOf)
  const indexOf = new Map(ring.map(({ node }, index) => [node, index]))
  const choices = new Map<NodeId, ReadonlySet<NodeId>>()

  const choose = (node: NodeId): ReadonlySet<NodeId> => {
    const index = indexOf.get(node)
    const self = index === undefined ? undefined : ring[index]
    if (index === undefined || self === undefined) return new Set()
    const steps = Array.from({ length: Math.min(SUCCESSORS, ring.length - 1) }, (_, step) => step + 1)
    const next = steps.map((step) => (ring[(index + step) % ring.length] as Place).node)
    const chosen = new Set(next)
    // One walk finds the best few; sorting all members for them costs too much in a large mesh.
    const across: Ranked[] = []
    for (const other of ring) {
      if (other === self || chosen.has(other.node)) continue
      const one = { node: other.node, rank: rank(self.at, other.at) }
      const place = across.findIndex((better) => isBefore(one, better))
      if (place >= 0) across.splice(place, 0, one)
      else if (across.length < ACROSS) across.push(one)
      if (across.length > ACROSS) across.pop()
    }
    for (const other of across) chosen.add(other.node)
    return chosen
  }

  return {
    choiceOf(node) {
      const known = choices.get(node)
      if (known !== undefined) return known
      const chosen = choose(node)
      if (indexOf.has(node)) choices.set(node, chosen)
      return chosen
    },
  }
}
