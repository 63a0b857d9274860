// How one question of this node reaches the members it is for: directly, over a tree or by echo, then each missing one once more.
import { QUERY_HOPS } from '../../../../protocols/messages/query.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { Clock } from '../../../base/clock.ts'
import { isMissing } from '../../../trust/peers/index.ts'
import type { Relay } from './relay.ts'
import { treeOf, type Way, type Ways } from './trees.ts'
import type { Echo, Emit, Live } from './types.ts'

/** How long one repair dial may be without a word of the other machine; one on the LAN that is there answers in a tenth of it. */
const REPAIR_MS = 300
/** Repair dials of one question at once whose machines have not answered yet. */
const REPAIRS_AT_ONCE = 8
/** So many members that a tree did not reach are asked by one dial each: an echo crosses every link of the mesh. */
const DIALED_AFTER_TREE_MAX = 32
/** A tree has so long, or half of the question's time where that is less; an echo then looks for whoever is still missing. */
const TREE_MS = 1_000

export interface OutreachDeps {
  /** Up to so many members, all keep links to all. */
  readonly fullMeshUpTo: number
  readonly peers: () => readonly NodeId[]
  readonly linked: (node: NodeId) => boolean
  readonly relay: Relay
  /** What earlier questions of this node have shown. */
  readonly ways: Ways
  readonly clock: Clock
  readonly emit: Emit
}

export type Outreach = ReturnType<typeof createOutreach>

/** `lost`: nothing will come from this member any more; called at most once for each member, and never after `end`. */
export function createOutreach(deps: OutreachDeps, live: Live, lost: (node: NodeId, busy: boolean) => void) {
  const { peers, linked, relay, ways, clock, emit } = deps
  const { ask, question, members } = live
  /** Members that neither answered nor are lost. */
  const awaited = new Set(members.keys())
  /** Asked directly, and not heard of since. */
  const pending = new Set<NodeId>()
  /** Neighbours that carry the question further. */
  let carriers: ReadonlySet<NodeId> = new Set()
  /** Members with a link, and others that are expected to be there. */
  let present: ReadonlySet<NodeId> = new Set()
  /** Members whose answers came over neighbours that carry the question. */
  const reached = new Set<NodeId>()
  /** The question goes over this tree. */
  let way: Way | undefined
  /** Members that the tree missed, and the echo after it looks for. */
  const sought = new Set<NodeId>()
  /** Members that had their second chance, and members among them that still have to be dialed. */
  const repaired = new Set<NodeId>()
  /** An echo has come back: whoever is still missing then is found by a dial or not at all. */
  let searched = false
  const queue: NodeId[] = []
  const dials = new Set<NodeId>()
  /** Dials whose machine has answered. They may take as long as the question, so they do not count against the others. */
  const slow = new Set<NodeId>()
  let ended = false

  const left = (): number => Math.max(0, Math.floor(live.deadlineAt - clock.monotonic()))

  function lose(node: NodeId, busy = false): void {
    pending.delete(node)
    if (!ended && awaited.delete(node)) lost(node, busy)
  }

  /** False: there is no link to ask over. */
  function askDirectly(node: NodeId): boolean {
    if (!linked(node)) return false
    pending.add(node)
    const { query_id, document, trace } = question
    const hop = { query_id, remaining_ms: left(), hops: QUERY_HOPS, document }
    emit({ do: 'hand', to: node, hop, trace })
    return true
  }

  /** Once for each member: over the link that is there, or by one dial. */
  function repair(node: NodeId): void {
    if (ended || !awaited.has(node) || pending.has(node)) return
    // Its dial decides.
    if (dials.has(node) || queue.includes(node)) return
    if (repaired.has(node)) {
      lose(node)
      return
    }
    repaired.add(node)
    if (askDirectly(node)) return
    queue.push(node)
    dialNext()
  }

  function dialNext(): void {
    if (dials.size - slow.size >= REPAIRS_AT_ONCE) return
    const node = queue.shift()
    if (node === undefined) return
    dials.add(node)
    emit({ do: 'dial', ask, node, ms: REPAIR_MS })
  }

  /** Whoever the tree should have reached. What the echo that made it did not reach either, is asked directly. */
  const missedBy = ({ present: then, reached: once }: Way): readonly NodeId[] =>
    [...awaited].filter((node) => present.has(node) && (once.has(node) || !then.has(node)))

  /** False: there is nobody to hand the question to. */
  function echo(): boolean {
    if (way !== undefined) emit({ do: 'timer', timer: `tree ${ask}`, ms: undefined })
    way = undefined
    carriers = relay.begin(question, left())
    if (carriers.size === 0) relay.end(question, false)
    return carriers.size > 0
  }

  /** True: the tree leaves a neighbour to hand the question to. */
  function goOverTree(): boolean {
    way = ways.over()
    if (way === undefined) return false
    carriers = relay.begin(question, left(), way.tree)
    if (carriers.size === 0) relay.end(question, false)
    else emit({ do: 'timer', timer: `tree ${ask}`, ms: Math.min(TREE_MS, left() / 2) })
    return carriers.size > 0
  }

  /** An echo looks for those whom the tree did not reach. True: it is under way. */
  function echoAfterTree(): boolean {
    const missed = ended || way === undefined ? [] : missedBy(way)
    if (missed.length === 0) return false
    ways.fail()
    if (!echo()) return false
    for (const node of missed) sought.add(node)
    return true
  }

  /** True: the echo may find it, or finds it only now that one of those whom the tree missed cannot be dialed either. */
  const isSought = (node: NodeId): boolean =>
    sought.has(node) || (way !== undefined && missedBy(way).includes(node) && echoAfterTree())

  return {
    start() {
      const apart = [...members.values()].filter(({ node_id }) => !linked(node_id))
      // Where everybody has a link to everybody, a broken link says that its other end is gone, or wants no link.
      const linksToAll = live.known <= deps.fullMeshUpTo
      // A member without a link that is away is dialed at once like the others, but no echo is sent through the mesh to look
      // for it: else one machine that is switched off would make every question of a small mesh an echo.
      const expected = new Set(
        apart
          .filter((member) => !isMissing({ ...member, unsure: member.unsure && linksToAll }, clock.now()))
          .map(({ node_id }) => node_id),
      )
      present = new Set([...members.keys()].filter((node) => linked(node) || expected.has(node)))
      const spread = expected.size > 0 && peers().length > 0 && (goOverTree() || echo())
      if (!spread) {
        for (const node of members.keys()) if (!askDirectly(node)) repair(node)
        return
      }
      for (const { node_id } of apart) if (!expected.has(node_id)) repair(node_id)
    },
    /** The neighbour was handed the question to carry, so it brings answers of others; another one speaks for itself only. */
    carriedBy: (node: NodeId) => carriers.has(node),
    /** The member's answer is there. */
    settled(node: NodeId) {
      if (!pending.delete(node) && awaited.has(node)) reached.add(node)
      awaited.delete(node)
    },
    /** The member says that nothing more will come; `busy`: because it has no time to read the question. */
    done(node: NodeId, busy: boolean) {
      if (pending.has(node)) lose(node, busy)
    },
    down(node: NodeId) {
      if (pending.delete(node)) repair(node)
    },
    /** The time of the tree is over. */
    treeIsLate: echoAfterTree,
    /** The question came back from where it travelled, over a tree or as an echo. */
    echoed({ silent }: Echo, overTree: boolean) {
      if (overTree) {
        // The ending of a tree that an echo has followed says nothing any more.
        if (way === undefined) return
        if (missedBy(way).length > DIALED_AFTER_TREE_MAX && echoAfterTree()) return
        emit({ do: 'timer', timer: `tree ${ask}`, ms: undefined })
      } else searched = true
      for (const node of [...awaited]) {
        // A silent neighbour had the question all the time over a link that still stands: asking again changes nothing.
        if (silent.has(node)) lose(node)
        else repair(node)
      }
    },
    /** Neighbours have had time to answer. */
    late() {
      for (const node of awaited) if (linked(node)) emit({ do: 'doubt', ask, node })
    },
    /** The neighbour shows no sign of life. */
    silent(node: NodeId) {
      if (pending.has(node)) lose(node)
    },
    /** The node's machine has answered the dial, and takes its time for the rest. */
    slow(node: NodeId) {
      if (ended || !dials.has(node)) return
      slow.add(node)
      dialNext()
    },
    dialed(node: NodeId, reached: boolean) {
      if (ended || !dials.delete(node)) return
      slow.delete(node)
      // Its answer may have come another way meanwhile.
      const isAsked = reached && awaited.has(node) && askDirectly(node)
      if (awaited.has(node) && !isAsked && (searched || !isSought(node))) lose(node)
      dialNext()
    },
    /** With `tell`, neighbours that are still at work hear that nothing more is wanted. */
    end(tell: boolean) {
      if (!ended && !tell && way === undefined && reached.size > 0)
        ways.learn({ tree: treeOf(question), present, reached })
      ended = true
      if (way !== undefined) emit({ do: 'timer', timer: `tree ${ask}`, ms: undefined })
      relay.end(question, tell)
      if (!tell) return
      const { author, query_id } = question
      for (const to of pending) emit({ do: 'end', to, done: { author, query_id, answered: 0, lost: 0 } })
    },
  }
}
