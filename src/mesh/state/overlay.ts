// Decides on neighbours: all members in a small mesh, few in a large mesh, and surplus ones not for long.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { createRecent } from '../../base/recent.ts'
import { choiceOf, createRing, placeOf } from './choice.ts'
import { type Dependent, LEAF_MOST, type Leaves } from './leaves.ts'

/** Members that a full mesh may have beyond its limit before it is thinned out, so that a visitor does not change it. */
const FULL_MORE = 4
/** With more links than this, links that neither end has chosen are closed, down to `LEAST`. */
const ENOUGH = 12
const LEAST = 8
/** With more links than this, links that only the other end has chosen are closed too. */
const MOST = 16
/** A link that was needed a moment ago, for a question or a look-up, may be needed again. */
const YOUNG_MS = 60_000
/** Many nodes start together: with more links than a full mesh has, a link that neither end chose counts as old sooner. */
const YOUNG_IN_A_CROWD_MS = 10_000
/** After so long without a new member all nodes on the LAN have been heard; `SETTLED_AT_MOST_MS` bounds the wait. */
const SETTLED_MS = 5_000
const SETTLED_AT_MOST_MS = 60_000
/**
 * Two nodes that find each other would both dial, and one of the two connections would be thrown away. So of a pair that is new to
 * each other the node with the smaller id dials, and the other one only if there is no link after this time. Where the other end may
 * still be waiting to settle it has longer.
 */
const THEIRS_MS = 2_000
const THEIRS_UNSETTLED_MS = 15_000
/** Links closed in one round. Few, because each other end has to find another neighbour. */
const CLOSED_AT_ONCE = 4
/** Nodes whose refusal is remembered. */
const DECLINED_MAX = 4_096

export interface OverlayDeps extends RollDeps {
  /** Links to all members up to so many. */
  readonly fullMeshUpTo: number
  /** Where this node asks often, links to all members up to so many. */
  readonly askerLinksUpTo: number
  /** Named in the configuration: always wanted. */
  readonly isStatic: (node: NodeId) => boolean
  readonly leaves: Pick<Leaves, 'known' | 'kept'>
}

/** Members that a link is wanted to and that are to be dialed now, the first first. */
export interface Due {
  readonly nodes: readonly NodeId[]
  /** In how many milliseconds there are more of them; undefined: not by time alone. */
  readonly againMs: number | undefined
  /** How many members were gone over for this. */
  readonly members: number
}

interface Refusal {
  /** Monotonic. */
  readonly at: number
  readonly until: number
  readonly leafHere: boolean
  /** This side closed the link. */
  readonly here: boolean
}

export function createOverlay(deps: OverlayDeps) {
  const { clock, self } = deps
  const roll = createRoll(deps)
  const declined = createRecent<NodeId, Refusal>(DECLINED_MAX)
  let full = true
  /** When the first were known, and when there were more than ever before; monotonic. */
  let started: number | undefined
  let grown = 0
  let most = 0
  let settled = false
  /** This node asks often, since when and until when; monotonic. */
  let asks: { readonly since: number; readonly until: number } | undefined
  /** The members that are new at that moment are all that this node knows; monotonic. */
  let settledAt = Number.NEGATIVE_INFINITY

  const within = (until: number | undefined): boolean => until !== undefined && clock.monotonic() < until

  const look = () => {
    const seen = roll.look()
    full = seen.there.nodes.length <= deps.fullMeshUpTo + (full ? FULL_MORE : 0)
    return seen
  }

  const hasSettled = (known: number): boolean => {
    const now = clock.monotonic()
    if (known > most) {
      most = known
      grown = now
      started ??= now
    }
    if (settled || started === undefined) return settled
    settled = now - grown >= SETTLED_MS || now - started >= SETTLED_AT_MOST_MS
    if (settled) settledAt = now
    return settled
  }

  const isLeaf = (): boolean => {
    const { all, there } = look()
    return full && there.nodes.length <= LEAF_MOST && hasSettled(all.nodes.length)
  }
  const hasDeclined = (node: NodeId): boolean => {
    const refusal = declined.peek(node)
    if (!within(refusal?.until)) return false
    // The other side did not know that this node is a leaf when it closed the link, so it is told now.
    return refusal?.leafHere === true || !isLeaf()
  }
  /** Links to all are wanted for a while, although the mesh is large. */
  const wantsAll = ({ nodes: there }: Placed): boolean =>
    within(asks?.until) && there.length <= deps.askerLinksUpTo
  /**
   * The other side has closed the link since this node asks often. A link that was closed before, or by this side, may be of use
   * again.
   */
  const isTurnedAway = (node: NodeId): boolean => {
    const refusal = declined.peek(node)
    return refusal?.here === false && refusal.at >= (asks?.since ?? 0) && hasDeclined(node)
  }
  /** Leaves that had a link here: they may be unable to come back by themselves. */
  const leavesOf = ({ nodes: there }: Placed): NodeId[] => {
    const known = deps.leaves.known()
    if (known.length === 0) return []
    const present = new Set(there)
    return known.filter((node) => present.has(node))
  }

  /** The choice among these members. Members that declined are stepped over, which changes no other member's place. */
  const choiceAmong = ({ nodes, at }: Placed): ReadonlySet<NodeId> => choiceOf(self, nodes, at, hasDeclined)

  /** Members that are away are tried as well, at their own slow pace: no member is given up. */
  const chosen = (all: Placed, there: Placed): ReadonlySet<NodeId> =>
    all.nodes.length === there.nodes.length
      ? choiceAmong(all)
      : new Set([...choiceAmong(there), ...choiceAmong(all)])
  const everybody = ({ nodes }: Placed): NodeId[] => nodes.filter((node) => !hasDeclined(node))
  const everybodyToAsk = ({ nodes }: Placed): NodeId[] => nodes.filter((node) => !isTurnedAway(node))

  const olderThan = (ms: number) => (one: Dependent) => clock.monotonic() - one.since >= ms

  /** Of more neighbours than enough, those that are not needed: first those that neither end has chosen. */
  function thinned(all: Placed, ours: ReadonlySet<NodeId>, neighbours: readonly Dependent[]): NodeId[] {
    if (neighbours.length <= ENOUGH) return []
    // A neighbour that is not among the members any more has no place on the ring.
    const members = new Set(all.nodes)
    const gone = neighbours.map(({ node }) => node).filter((node) => !members.has(node))
    const more = [...gone, self]
    const ring = createRing([...all.nodes, ...more], [...all.at, ...more.map(placeOf)])
    const young = neighbours.length > deps.fullMeshUpTo ? YOUNG_IN_A_CROWD_MS : YOUNG_MS
    const others = neighbours
      .filter(({ node }) => !ours.has(node) && !deps.isStatic(node))
      // The youngest links are closed first, because a link that has held for long is likely to hold on.
      .toSorted((a, b) => b.since - a.since)
    const chosenByIt = ({ node }: Dependent): boolean => ring.choiceOf(node).has(self)
    const nobodys = others
      .filter(olderThan(young))
      .filter((one) => !chosenByIt(one))
      .slice(0, Math.max(0, neighbours.length - LEAST))
    const closing = nobodys.slice(0, CLOSED_AT_ONCE)
    const left = neighbours.length - nobodys.length
    if (closing.length < CLOSED_AT_ONCE && left > MOST) {
      const theirs = others
        .filter(olderThan(YOUNG_MS))
        .filter(chosenByIt)
        .slice(0, Math.min(left - MOST, CLOSED_AT_ONCE - closing.length))
      closing.push(...theirs)
    }
    return closing.map(({ node }) => node)
  }

  /** When more members are due, monotonic. */
  let again = Number.POSITIVE_INFINITY
  /** Those of them that this end dials by now, see `THEIRS_MS`; `newAt`: when they may have become due all at once. */
  const ours = (
    nodes: Iterable<NodeId>,
    theirs: { readonly ms: number; readonly newAt?: number },
  ): NodeId[] =>
    [...nodes].filter((node) => {
      const until = Math.max(roll.since(node), theirs.newAt ?? Number.NEGATIVE_INFINITY) + theirs.ms
      const isTheirs = node < self && within(until)
      if (isTheirs) again = Math.min(again, until)
      return !isTheirs
    })

  return {
    /** The members that a link is wanted to. */
    wanted(): ReadonlySet<NodeId> {
      const { all, there } = look()
      if (full) return new Set(everybody(all))
      const more = wantsAll(there) ? everybodyToAsk(there) : leavesOf(there)
      return new Set([...chosen(all, there), ...more])
    },
    /** After the start only those that a large mesh would link as well, until it has shown how large this one is. */
    due(): Due {
      const { all, there } = look()
      const first = chosen(all, there)
      // A mesh of few members links all of them in any case, so there is nothing to wait for.
      again = Number.POSITIVE_INFINITY
      const isCrowd = there.nodes.length > ENOUGH
      const waits = !hasSettled(all.nodes.length) && isCrowd
      if (waits) again = Math.min(grown + SETTLED_MS, (started ?? 0) + SETTLED_AT_MOST_MS)
      const theirs = isCrowd ? { ms: THEIRS_UNSETTLED_MS, newAt: settledAt } : { ms: THEIRS_MS }
      let more = leavesOf(there)
      if (full && !waits) more = ours(everybody(all), theirs)
      else if (!full && wantsAll(there)) more = everybodyToAsk(there)
      return {
        nodes: [...new Set([...ours(first, { ms: THEIRS_MS }), ...more])],
        againMs: Number.isFinite(again) ? Math.max(0, again - clock.monotonic()) : undefined,
        members: all.nodes.length,
      }
    },
    /** For the next `ms` milliseconds this node wants links to all members, because it asks them all often. */
    wantAll(ms: number) {
      const now = clock.monotonic()
      asks = { since: within(asks?.until) ? (asks?.since ?? now) : now, until: now + ms }
    },
    /**
     * One side has too many links and has closed this one: this side where `here` is true. `leafHere`: although this node said
     * that it is a leaf.
     */
    declined(node: NodeId, leafHere: boolean, here: boolean) {
      const at = clock.monotonic()
      declined.set(node, { at, until: at + AWAY_MS, leafHere, here })
    },
    hasDeclined,
    /** This node can link with so few others that it depends on each link. False until the first members were heard. */
    isLeaf,
    /** The known data about this node may have changed. */
    touch: roll.touch,
    present: roll.present,

    /** The neighbours to say goodbye to now. */
    surplus(linked: readonly Dependent[]): readonly NodeId[] {
      const { all, there } = look()
      if (full || wantsAll(there)) return []
      // Links of leaves have places of their own, so that neither kind takes those of the other.
      const kept = deps.leaves.kept(linked)
      const neighbours = linked.filter(({ node }) => !kept.has(node))
      const ours = chosen(all, there)
      // Leaves without a place go at once, because they come back and must not add up.
      const beyond = neighbours
        .filter(({ node, leaf }) => leaf && !ours.has(node) && !deps.isStatic(node))
        .filter(olderThan(YOUNG_IN_A_CROWD_MS))
        .map(({ node }) => node)
      return [...new Set([...beyond, ...thinned(all, ours, neighbours)])]
    },
  }
}

// Which members there are, and which of them are away: worked out again for those alone of whom something was heard. Pure.

/** A node that could not be reached, or has too many links, is not chosen again for so long. */
const AWAY_MS = 10 * 60_000
/** Failed attempts in a row after which another node is chosen as well. */
const FAILURES = 2

interface RollDeps {
  readonly self: NodeId
  readonly clock: Clock
  /** All nodes that are admitted here and have an address. */
  readonly members: () => Iterable<NodeId>
  /** Whether this node is one of `members`. */
  readonly isMember: (node: NodeId) => boolean
  /** True for a node that said it leaves, or that others say is lost. */
  readonly isGone: (node: NodeId) => boolean
  /** Attempts in vain in a row. */
  readonly failures: (node: NodeId) => number
  /** All members are gone over this often whatever was heard, because `isGone` may change with time alone. */
  readonly wholeEveryMs: number
}

/** Nodes, with their places on every ring beside them. */
interface Placed {
  readonly nodes: readonly NodeId[]
  readonly at: readonly number[]
}

/** The same objects, as long as no member came, went, or was away meanwhile. */
interface Look {
  /** Every member but this node. */
  readonly all: Placed
  /** Those of them that are not away. */
  readonly there: Placed
}

const NOBODY: Placed = { nodes: [], at: [] }

interface Entry {
  isThere: boolean
  readonly place: number
  readonly since: number
  /** It is away until then because it could not be reached; monotonic, ms. */
  awayUntil: number
}

const newEntry = (node: NodeId, since: number): Entry => ({
  isThere: true,
  awayUntil: Number.NEGATIVE_INFINITY,
  since,
  place: placeOf(node),
})

/**
 * A mesh in which machines come and go is looked at some thirty times a minute by each node, and asking about each member takes
 * several tables. A look costs what has changed since the last one.
 */
export function createRoll(deps: RollDeps) {
  const { self, clock } = deps
  let entries = new Map<NodeId, Entry>()
  const touched = new Set<NodeId>()
  let now: Look = { all: NOBODY, there: NOBODY }
  let isStale = true
  /** When all members are checked again: after `wholeEveryMs`, or when the first of the absent ones may be back. */
  let wholeAt = Number.NEGATIVE_INFINITY

  /** Whether anything changed that a look shows. */
  function judge(node: NodeId, entry: Entry): boolean {
    const before = entry.isThere
    if (deps.failures(node) >= FAILURES) entry.awayUntil = clock.monotonic() + AWAY_MS
    const isAway = clock.monotonic() < entry.awayUntil
    if (isAway) wholeAt = Math.min(wholeAt, entry.awayUntil)
    entry.isThere = !isAway && !deps.isGone(node)
    return entry.isThere !== before
  }

  function judgeAll(): void {
    wholeAt = clock.monotonic() + deps.wholeEveryMs
    touched.clear()
    const next = new Map<NodeId, Entry>()
    let changed = 0
    for (const node of deps.members()) {
      if (node === self) continue
      const known = entries.get(node)
      const entry = known ?? newEntry(node, clock.monotonic())
      next.set(node, entry)
      if (judge(node, entry) || known === undefined) changed++
    }
    isStale ||= changed > 0 || next.size !== entries.size
    entries = next
  }

  function judgeTouched(): void {
    for (const node of touched) {
      const known = entries.get(node)
      if (node === self || !deps.isMember(node)) {
        isStale = entries.delete(node) || isStale
        continue
      }
      const entry = known ?? newEntry(node, clock.monotonic())
      if (known === undefined) entries.set(node, entry)
      if (judge(node, entry) || known === undefined) isStale = true
    }
    touched.clear()
  }

  return {
    look() {
      if (clock.monotonic() >= wholeAt) judgeAll()
      else judgeTouched()
      if (!isStale) return now
      isStale = false
      const all = { nodes: [] as NodeId[], at: [] as number[] }
      const there = { nodes: [] as NodeId[], at: [] as number[] }
      for (const [node, { isThere, place }] of entries) {
        all.nodes.push(node)
        all.at.push(place)
        if (!isThere) continue
        there.nodes.push(node)
        there.at.push(place)
      }
      now = { all, there }
      return now
    },
    /** The known data about this node may have changed: the next check reads it again. */
    touch: (node: NodeId) => void touched.add(node),
    /** When a look showed this member first, monotonic ms; minus infinity for a node that is none. */
    since: (node: NodeId) => entries.get(node)?.since ?? Number.NEGATIVE_INFINITY,
    /** The node was heard, or it is connected. */
    present(node: NodeId) {
      const entry = entries.get(node)
      if (entry !== undefined) entry.awayUntil = Number.NEGATIVE_INFINITY
      touched.add(node)
    },
  }
}
