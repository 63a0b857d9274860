// Plans visits to members without a link: soon to those that wrote for this node before, to all others at a pace of its own.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Clock, Random } from '../../../base/clock.ts'
import type { Catalog } from '../catalog.ts'
import { DOCUMENT_KINDS, KINDS } from '../kinds.ts'
import type { MembersView } from '../members.ts'

/** Time between two looks at the members that are there without a link. */
const LOOK_MS = 15_000
/** Time between two visits to members that probably have something. A link that nobody needs is closed after a minute. */
const SOON_MS = 5_000
/** Such visits are spread over so many of them at least, so that a member that came back is not visited by all at once. */
const SPREAD_OVER = 60
/**
 * Time between two other visits: so long for each member without a link, within bounds. The upper bound is what a node has to
 * bear in a mesh of any size, as the push and pull of memberlist, which goes to one member at a time, however many there are.
 */
const PACE_EACH_MS = 1_000
const PACE_MS = 60_000
/** A member is visited again after this long, in large meshes later: a notice may be missed, and relays change. */
const AGAIN_MS = 3_600_000
/** A member that could not be reached, or did not answer, is tried again after this time. */
const RETRY_MS = 5 * 60_000

type Linked = Pick<ReadonlyMap<NodeId, unknown>, 'has'>

/** To a member that probably has something, or to one of the others. */
interface Visit {
  readonly at: number
  readonly isOther: boolean
}

export interface VisitsDeps {
  /** Admitted members that are there. */
  readonly present: () => readonly NodeId[]
  /** It wrote sealed documents for this node, so it has what it wrote meanwhile. */
  readonly isLikely: (node: NodeId) => boolean
  /** When all that a member has was looked at (monotonic, ms); members that went are removed. */
  readonly doneAt: Map<NodeId, number>
  readonly clock: Pick<Clock, 'monotonic'>
  readonly random: Pick<Random, 'float'>
}

const NEVER = Number.NEGATIVE_INFINITY

/**
 * Finds documents that are kept for this node by nobody's neighbour: each member without a link is visited once after it (or this
 * node) came back. With n members without a link, one that wrote for this node before is visited within 5 s for each of
 * those, or within five minutes; any other one within n minutes, or n seconds times n where n is less than 60.
 */
export function createVisits({ clock, random, doneAt, present, isLikely }: VisitsDeps) {
  /** When it was last visited. */
  const triedAt = new Map<NodeId, number>()
  const planned = new Map<NodeId, Visit>()
  /** The visit that is under way. */
  let visiting: Visit | undefined
  /** When to look next, when all members are gone over again, and the earliest time of the next visit to one of the others. */
  let at = Number.POSITIVE_INFINITY
  let planAt = NEVER
  let otherAt = NEVER
  let pace = PACE_MS
  let again = AGAIN_MS

  const lookedAt = (node: NodeId): number => doneAt.get(node) ?? NEVER
  const isDone = (node: NodeId, now: number): boolean => now - lookedAt(node) < again

  /** Gives members that came a time, and forgets members that went, and visits that the member made meanwhile, which serves both. */
  function plan(now: number, linked: Linked): void {
    const there = new Set(present())
    for (const times of [doneAt, triedAt, planned])
      for (const node of times.keys()) if (!there.has(node) && !linked.has(node)) times.delete(node)
    for (const node of planned.keys()) if (isDone(node, now)) planned.delete(node)
    const unlinked = [...there].filter((node) => !linked.has(node))
    pace = Math.min(PACE_MS, Math.max(SOON_MS, PACE_EACH_MS * unlinked.length))
    again = Math.max(AGAIN_MS, pace * unlinked.length)
    const due = unlinked.filter(
      (node) => !planned.has(node) && !isDone(node, now) && now - (triedAt.get(node) ?? NEVER) >= RETRY_MS,
    )
    const likely = new Set(due.filter((node) => !doneAt.has(node) && isLikely(node)))
    const spread = SOON_MS * Math.max(likely.size, Math.min(unlinked.length, SPREAD_OVER))
    for (const node of due) {
      const isOther = !likely.has(node)
      planned.set(node, { at: now + random.float() * (isOther ? pace * unlinked.length : spread), isOther })
    }
  }

  return {
    start(): void {
      at = clock.monotonic() + LOOK_MS * random.float()
    },
    /** When the next look is due (monotonic, ms). */
    at: () => at,
    /** The member that is to be visited now; `visited` has to follow. */
    look(linked: Linked): NodeId | undefined {
      const now = clock.monotonic()
      if (now < at) return undefined
      if (now >= planAt) {
        planAt = now + LOOK_MS
        plan(now, linked)
      }
      const isBusy = [...planned.values()].some(({ isOther }) => !isOther || now + LOOK_MS >= otherAt)
      at = isBusy ? now + SOON_MS : planAt
      if (visiting !== undefined) return undefined
      const isFree = (node: NodeId): boolean => !isDone(node, now) && !linked.has(node)
      const [first] = [...planned]
        .filter(([node, visit]) => visit.at <= now && (!visit.isOther || now >= otherAt) && isFree(node))
        .sort(
          ([a, one], [b, other]) => Number(one.isOther) - Number(other.isOther) || lookedAt(a) - lookedAt(b),
        )
      if (first === undefined) return undefined
      const [node, visit] = first
      planned.delete(node)
      visiting = visit
      triedAt.set(node, now)
      return node
    },
    visited(isReached: boolean): void {
      // A failed dial costs little, and the next member may have something.
      if (visiting?.isOther === true && isReached)
        otherAt = clock.monotonic() + pace * (0.75 + random.float() / 2)
      visiting = undefined
    },
  }
}

/** Whether a member, under any of its keys, wrote sealed documents that this node keeps because they are or were for it. */
export const wroteHere =
  (catalog: Pick<Catalog, 'shelf'>, members: Pick<MembersView, 'keysOf'>) =>
  (node: NodeId): boolean =>
    members
      .keysOf(node)
      .some((key) =>
        DOCUMENT_KINDS.some(
          (kind) =>
            KINDS[kind].audience === 'recipients' &&
            catalog.shelf(key, kind).some(({ role }) => role === 'received' || role === 'withdrawn'),
        ),
      )
