// Plans visits to members without a link: soon to those that wrote for this node before, to all others at a pace of its own.
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Clock, Random, Timers } from '../../../base/clock.ts'
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

export interface Visits {
  start(): void
  stop(): void
}

export interface VisitsDeps {
  /** Admitted members that are there. */
  readonly present: () => readonly NodeId[]
  readonly linked: () => readonly NodeId[]
  /** It wrote sealed documents for this node, so it has what it wrote meanwhile. */
  readonly isLikely: (node: NodeId) => boolean
  /** When all that a member has was looked at (monotonic, ms); members that went are removed. */
  readonly doneAt: Map<NodeId, number>
  readonly reach: (node: NodeId) => Promise<boolean>
  readonly clock: Clock
  readonly random: Random
  readonly timers: Timers
}

const NEVER = Number.NEGATIVE_INFINITY

/**
 * Finds documents that are kept for this node by nobody's neighbour: each member without a link is visited once after it (or this
 * node) came back. With n members without a link, one that wrote for this node before is visited within 5 s for each of
 * those, or within five minutes; any other one within n minutes, or n seconds times n where n is less than 60.
 */
export function createVisits(deps: VisitsDeps): Visits {
  const { clock, random, timers, doneAt } = deps
  let running = false
  let cancel = (): void => {}
  /** When it was last visited. */
  const triedAt = new Map<NodeId, number>()
  /** When a member is to be visited: those that probably have something, and all others. */
  const soon = new Map<NodeId, number>()
  const others = new Map<NodeId, number>()
  let visiting = false
  /** When all members are gone over again, and the earliest time of the next visit to one of the others; monotonic, ms. */
  let planAt = NEVER
  let otherAt = NEVER
  let pace = PACE_MS
  let again = AGAIN_MS

  const isDone = (node: NodeId, now: number): boolean => now - (doneAt.get(node) ?? NEVER) < again

  function forget(there: ReadonlySet<NodeId>, linked: ReadonlySet<NodeId>): void {
    for (const times of [doneAt, triedAt]) {
      for (const node of times.keys()) if (!there.has(node) && !linked.has(node)) times.delete(node)
    }
    for (const times of [soon, others]) {
      for (const node of times.keys()) if (!there.has(node) || linked.has(node)) times.delete(node)
    }
  }

  /** Gives members that came a time, and forgets members that went. */
  function plan(now: number): void {
    const present = deps.present()
    const linked = new Set(deps.linked())
    forget(new Set(present), linked)
    const unlinked = present.filter((node) => !linked.has(node))
    pace = Math.min(PACE_MS, Math.max(SOON_MS, PACE_EACH_MS * unlinked.length))
    again = Math.max(AGAIN_MS, pace * unlinked.length)
    const due = unlinked.filter(
      (node) =>
        !soon.has(node) &&
        !others.has(node) &&
        !isDone(node, now) &&
        now - (triedAt.get(node) ?? NEVER) >= RETRY_MS,
    )
    const likely = due.filter((node) => !doneAt.has(node) && deps.isLikely(node))
    const spread = SOON_MS * Math.max(likely.length, Math.min(unlinked.length, SPREAD_OVER))
    for (const node of likely) soon.set(node, now + random.float() * spread)
    for (const node of due) {
      if (!soon.has(node)) others.set(node, now + random.float() * pace * unlinked.length)
    }
  }

  /** Takes out a member whose time has come; of several, the one that was looked at longest ago. */
  function take(times: Map<NodeId, number>, now: number): NodeId | undefined {
    let best: NodeId | undefined
    for (const [node, at] of times) {
      if (at > now) continue
      // The member visited this node meanwhile, which serves both.
      if (isDone(node, now)) times.delete(node)
      else if (best === undefined || (doneAt.get(node) ?? NEVER) < (doneAt.get(best) ?? NEVER)) best = node
    }
    if (best !== undefined) times.delete(best)
    return best
  }

  async function visit(node: NodeId, isOther: boolean): Promise<void> {
    visiting = true
    triedAt.set(node, clock.monotonic())
    try {
      const isReached = await deps.reach(node)
      // A failed dial costs little, and the next member may have something.
      if (isOther && isReached) otherAt = clock.monotonic() + pace * (0.75 + random.float() / 2)
    } finally {
      visiting = false
    }
  }

  function look(): void {
    const now = clock.monotonic()
    if (now >= planAt) {
      planAt = now + LOOK_MS
      plan(now)
    }
    if (!visiting) {
      const likely = take(soon, now)
      const other = likely === undefined && now >= otherAt ? take(others, now) : undefined
      const node = likely ?? other
      if (node !== undefined && !deps.linked().includes(node)) void visit(node, other !== undefined)
    }
    const isBusy = soon.size > 0 || (others.size > 0 && now + LOOK_MS >= otherAt)
    later(isBusy ? SOON_MS : Math.max(0, planAt - now))
  }

  function later(ms: number): void {
    cancel = timers.after(ms, () => {
      if (running) look()
    })
  }

  return {
    start() {
      running = true
      later(LOOK_MS * random.float())
    },
    stop() {
      running = false
      cancel()
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
