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

/** Places follow from the names alone, so all rings of a process share them. */
const places = createRecent<NodeId, number>(PLACES_MAX)

/** Where a node stands on every ring, a whole number below 2^32. */
export function placeOf(node: NodeId): number {
  // Not as a use: a ring goes over all its members, so that all of them are used alike.
  const known = places.peek(node)
  if (known !== undefined) return known
  const place = createHash('sha256').update(node).digest().readUInt32BE(0)
  places.set(node, place)
  return place
}

/** How far it is from one place to another, on a ring of 2^32 places; of two at the same place the lesser name comes first. */
function stepsTo(from: Place, to: number, node: NodeId): number {
  const steps = to - from.at
  return steps < 0 || (steps === 0 && node < from.node) ? steps + 2 ** 32 : steps
}

interface Ranked {
  readonly node: NodeId
  readonly rank: number
}
const isBefore = (a: Ranked, b: Ranked): boolean => a.rank < b.rank || (a.rank === b.rank && a.node < b.node)

/**
 * The members, at most four, that `node` chooses among `members`, whose places are `at`; `node` counts as a member. A skipped
 * member is treated as if it were not there. The ring of Chord (Stoica et al., 2001) for the links that hold the mesh
 * together, and rendezvous hashing (Thaler and Ravishankar, 1998) for those across: a member that comes or goes changes only
 * the choices it is part of.
 */
export function choiceOf(
  node: NodeId,
  members: readonly NodeId[],
  at: readonly number[],
  isSkipped: (other: NodeId) => boolean = () => false,
): ReadonlySet<NodeId> {
  const self = { node, at: placeOf(node) }
  // One walk finds the best few of each kind; sorting all members for them costs too much in a large mesh. The best to go
  // across to may be among the next ones, so there are as many more of them.
  const next: Ranked[] = []
  const across: Ranked[] = []
  // By number, because pairs of number and member would be made and thrown away for each member of each look.
  for (let index = 0; index < members.length; index++) {
    const other = members[index] as NodeId
    if (other === node) continue
    const place = at[index] as number
    insert(next, SUCCESSORS, other, stepsTo(self, place, other), isSkipped)
    insert(across, SUCCESSORS + ACROSS, other, rank(self.at, place), isSkipped)
  }
  const chosen = new Set(next.map((one) => one.node))
  const others = across.filter((one) => !chosen.has(one.node))
  for (const other of others.slice(0, ACROSS)) chosen.add(other.node)
  return chosen
}

/** All nodes that know the same members compute the same choices. */
export function createRing(members: readonly NodeId[], at: readonly number[] = members.map(placeOf)) {
  const choices = new Map<NodeId, ReadonlySet<NodeId>>()
  return {
    /** The members, at most four, that this member chooses. */
    choiceOf(node: NodeId) {
      const known = choices.get(node)
      if (known !== undefined) return known
      const chosen = choiceOf(node, members, at)
      choices.set(node, chosen)
      return chosen
    },
  }
}

/** Puts it among the `most` best, the best first, if it is one of them. */
function insert(
  best: Ranked[],
  most: number,
  node: NodeId,
  rank: number,
  isSkipped: (other: NodeId) => boolean,
): void {
  const last = best[most - 1]
  // Most members are none of the best few, and nothing is made for them.
  if ((last !== undefined && rank > last.rank) || isSkipped(node)) return
  const one = { node, rank }
  if (last !== undefined && !isBefore(one, last)) return
  const place = best.findIndex((other) => isBefore(one, other))
  best.splice(place < 0 ? best.length : place, 0, one)
  if (best.length > most) best.pop()
}
