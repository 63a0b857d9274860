// Which members there are, and which of them are away: worked out again for those alone of whom something was heard. Pure.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import { placeOf } from './choice.ts'

/** A node that could not be reached, or has too many links, is not chosen again for so long. */
export const AWAY_MS = 10 * 60_000
/** Failed attempts in a row after which another node is chosen as well. */
const FAILURES = 2

export interface RollDeps {
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
export interface Placed {
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

export interface Roll {
  look(): Look
  /** The known data about this node may have changed: the next check reads it again. */
  touch(node: NodeId): void
  /** The node was heard, or it is connected. */
  present(node: NodeId): void
  /** When a look showed this member first, monotonic ms; minus infinity for a node that is none. */
  since(node: NodeId): number
}

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
export function createRoll(deps: RollDeps): Roll {
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
    touch: (node) => void touched.add(node),
    since: (node) => entries.get(node)?.since ?? Number.NEGATIVE_INFINITY,
    present(node) {
      const entry = entries.get(node)
      if (entry !== undefined) entry.awayUntil = Number.NEGATIVE_INFINITY
      touched.add(node)
    },
  }
}
