// Decides on dials and their addresses: static peers, members, and strangers once; and notes what each dial came to. Pure.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { createRecent } from '../../base/recent.ts'
import type { StaticPeer } from '../../config/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Book } from './book.ts'
import type { Connections } from './connections.ts'
import type { Due } from './overlay.ts'
import type { Places } from './places.ts'
import { createRedial } from './redial.ts'
import type { Conn, ConnId, Emit, Outcome, Target } from './types.ts'

/** The most strangers that wait to be met. A LAN has fewer, and invented keys get no more places than this. */
const MEETINGS_MAX = 64
/** Strangers dialed at the same time, however many are invented. */
const MEETINGS_AT_ONCE = 2

/** Addresses found by looking around that wait to be dialed; the next look finds the others again. */
const LISTED_MAX = 1_024
/** Of those, so many are dialed at the same time. */
const LISTED_AT_ONCE = 2
/** The node that was met at an address is known from then on, as a member or as pending; after this time another machine may have the address. */
const MEET_AGAIN_MS = 60 * 60_000

/**
 * A round of dials looks at every member, and in a mesh where machines come and go each presence may lead to one. With a pause
 * that grows with the members, a node spends about the same on its rounds however many there are.
 */
const PAUSE_MS_PER_MEMBER = 2
/** A round is never further away than this. */
const PAUSE_MOST_MS = 2_000

const FAILED: Outcome = { kind: 'ended', reason: 'cut' }
const SILENT: Outcome = { kind: 'ended', reason: 'silent' }
/** An address gets a new place in its rate every 10 s. */
const HELD: Outcome = { kind: 'held', retryAfterMs: 5_000 }

export interface DialingDeps {
  readonly peers: readonly StaticPeer[]
  readonly trust: Pick<Trust, 'admits' | 'refuses'>
  readonly book: Pick<Book, 'failed' | 'proved'>
  readonly places: Places
  readonly connections: Pick<Connections, 'get' | 'isConnected' | 'to'>
  readonly clock: Clock
  readonly random: Random
  readonly emit: Emit
}

export type Dialing = ReturnType<typeof createDialing>

interface Static {
  readonly peer: StaticPeer
  /** The pinned key, or the key last met there; undefined when no key was met or the node was not there any more. */
  node: NodeId | undefined
  /** Found by looking around: forgotten after one dial, whatever that comes to. */
  readonly once?: true
}

const keyOf = ({ host, port }: StaticPeer): Target => `${host}:${port}`

export function createDialing(deps: DialingDeps) {
  const { trust, book, places, connections, emit } = deps
  const redial = createRedial(deps)
  const pace = createPace(deps.clock)
  const statics = new Map<Target, Static>(
    deps.peers.map((peer) => [keyOf(peer), { peer, node: peer.nodeId }]),
  )
  /** Addresses that static peers are being dialed at. */
  const dialing = new Map<string, Target>()
  const meetings = new Set<NodeId>()
  /** When somebody was met at an address found by looking around; monotonic. */
  const metAt = createRecent<Target, number>(LISTED_MAX)
  /** Strangers that are being dialed. */
  const meeting = new Set<Target>()
  /**
   * Dials that have led to a connection whose outcome is still to come. A static peer's address and the member behind it
   * may be dialed at the same time, and libp2p then gives both dials the same connection.
   */
  const waiting = new Map<ConnId, Set<Target>>()
  let running = false
  let looks = false

  const isNode = (target: Target): target is NodeId => !statics.has(target)
  const isStranger = (target: Target): boolean => isNode(target) && !trust.admits(target)

  const nodeOf = (target: Target): NodeId | undefined => (isNode(target) ? target : statics.get(target)?.node)

  const look = (): void => {
    // Many wake-ups of one moment make one round.
    if (!running || looks) return
    looks = true
    emit({ do: 'timer', timer: 'redial', ms: pace.left() })
  }

  const finish = (target: Target, outcome: Outcome): void => {
    meeting.delete(target)
    for (const [address, of] of dialing) if (of === target) dialing.delete(address)
    if (isNode(target)) {
      meetings.delete(target)
      // libp2p notes each node it dials, and strangers must not add up in its peer store.
      if (!trust.admits(target)) emit({ do: 'unlist', node: target })
    }
    redial.settle(target, outcome)
    if (statics.get(target)?.once) statics.delete(target)
    emit({ did: 'finish', target, outcome })
    look()
  }

  const begin = (target: Target): void => {
    if (isStranger(target) && meetings.has(target as NodeId)) meeting.add(target)
    const fixed = statics.get(target)
    if (fixed !== undefined) {
      emit({ do: 'dial', target, to: fixed.peer.nodeId, at: fixed.peer })
      return
    }
    const node = target as NodeId
    const at = places.toDial(node)
    if (at.length > 0) emit({ do: 'dial', target, to: node, at })
    else finish(target, places.isHeld(node) ? HELD : FAILED)
  }

  const failed = (target: Target, silent: boolean): void => {
    if (isNode(target)) book.failed(target)
    const fixed = statics.get(target)
    // Another node may answer there next time.
    if (fixed?.node !== undefined && !connections.isConnected(fixed.node)) fixed.node = fixed.peer.nodeId
    finish(target, silent ? SILENT : FAILED)
  }

  const waitFor = (id: ConnId, target: Target): void =>
    void waiting.set(id, (waiting.get(id) ?? new Set()).add(target))

  /** Ends a dial by what its connection came to. A connection that gave way to another one to the same node comes to what that one does. */
  const came = (target: Target, outcome: Outcome, node = nodeOf(target)): void => {
    const others = outcome.kind === 'ended' && node !== undefined ? connections.to(node) : []
    const undecided = others.find((other) => other.outcome === undefined)
    if (others.some(({ admitted }) => admitted)) finish(target, { kind: 'admitted' })
    else if (undecided === undefined) finish(target, outcome)
    else waitFor(undecided.id, target)
  }

  const isMissing = (node: NodeId): boolean => !connections.isConnected(node) && !trust.refuses(node)

  function* members(due: readonly NodeId[], hasDeclined: (node: NodeId) => boolean): Iterable<Target> {
    const behindStatic = new Set<NodeId>()
    for (const [key, { node, once }] of statics) {
      if (once) continue
      if (node !== undefined) behindStatic.add(node)
      if (node === undefined || (isMissing(node) && !hasDeclined(node))) yield key
    }
    for (const node of due) if (isMissing(node) && !behindStatic.has(node)) yield node
  }

  /** Strangers and addresses that were found: few at a time, beside the dials of members, so that they hold up none of those. */
  function* others(): Iterable<Target> {
    // A dial lasts until the stranger has said hello, or has been silent for as long as it may.
    const strangers = [...meetings].filter(
      (node) => isStranger(node) && isMissing(node) && !meeting.has(node),
    )
    yield* strangers.slice(0, Math.max(0, MEETINGS_AT_ONCE - meeting.size))
    const listed = [...statics].filter(([, { once }]) => once).map(([key]) => key)
    const dialed = listed.filter(redial.isRunning).length
    yield* listed.filter((key) => !redial.isRunning(key)).slice(0, Math.max(0, LISTED_AT_ONCE - dialed))
  }

  const targetOf = (node: NodeId): Target => {
    if (statics.size === 0) return node
    for (const [key, fixed] of statics) if (fixed.node === node && !fixed.once) return key
    return node
  }

  return {
    start() {
      running = true
      look()
    },
    stop() {
      running = false
      looks = false
      emit({ do: 'timer', timer: 'redial', ms: undefined })
    },
    /** Another node may be wanted or due now, so a round follows. */
    look,
    /** The timer of the rounds has rung. `hasDeclined`: of nodes behind addresses of the configuration, who wants no link. */
    round(due: Due, hasDeclined: (node: NodeId) => boolean) {
      looks = false
      if (!running) return
      pace.begun(due.members)
      const { begin: begun, nextMs } = redial.due(members(due.nodes, hasDeclined), others())
      const ms = Math.min(nextMs ?? Number.POSITIVE_INFINITY, due.againMs ?? Number.POSITIVE_INFINITY)
      emit({ do: 'timer', timer: 'redial', ms: Number.isFinite(ms) ? Math.max(ms, pace.left()) : undefined })
      for (const target of begun) begin(target)
    },
    /** The target under which this node is dialed. */
    targetOf,
    /** The nodes that may be dialed under this target. */
    nodesOf: (target: Target): readonly NodeId[] => [nodeOf(target)].filter((node) => node !== undefined),
    /** True for a node behind an address of the configuration. */
    isStatic: (node: NodeId) => !isNode(targetOf(node)),
    /** Begins one attempt now, unless an attempt is under way. */
    dial(target: Target) {
      if (redial.begin(target)) begin(target)
    },
    isRunning: redial.isRunning,
    wake(node: NodeId) {
      redial.wake(targetOf(node))
      look()
    },
    failures: (node: NodeId) => redial.failures(targetOf(node)),
    /** A stranger was heard on the LAN: meet it once, so that both sides see each other as pending. */
    meet(node: NodeId) {
      if (!isStranger(node) || trust.refuses(node) || connections.isConnected(node)) return
      if (meetings.has(node) || meetings.size >= MEETINGS_MAX) return
      // `mayMeet` comes last because it counts against the rate, which a stranger that is not met must not use up.
      if (places.mayMeet(node)) meetings.add(node)
    },
    met(node: NodeId) {
      meetings.delete(node)
    },
    /** This address is dialed as those of the configuration are, until the node stops. */
    visit(peer: StaticPeer) {
      const target = keyOf(peer)
      if (!statics.has(target)) statics.set(target, { peer, node: peer.nodeId })
      look()
    },
    /** The nodes at these IP addresses are met once, except where a node was met within the last hour. */
    list(peers: readonly StaticPeer[]) {
      const now = deps.clock.monotonic()
      for (const peer of peers) {
        const key = keyOf(peer)
        if (statics.has(key) || statics.size >= deps.peers.length + LISTED_MAX) continue
        if (now - (metAt.get(key) ?? Number.NEGATIVE_INFINITY) < MEET_AGAIN_MS) continue
        if (peer.nodeId !== undefined && connections.isConnected(peer.nodeId)) continue
        statics.set(key, { peer, node: peer.nodeId, once: true })
      }
      look()
    },
    lost(node: NodeId, lastedMs: number) {
      redial.lost(targetOf(node), lastedMs)
      look()
    },
    /** A static peer is being dialed at these addresses. */
    dialing(target: Target, addresses: readonly string[]) {
      for (const address of addresses) dialing.set(address, target)
    },
    /** A connection has proven its key; that tells whose a static peer's address is, however the connection fares. */
    opened({ node }: Conn, at: string | undefined) {
      if (at === undefined) return
      const target = dialing.get(at) ?? ''
      const fixed = statics.get(target)
      if (fixed !== undefined) fixed.node = node
      if (fixed?.once) metAt.set(target, deps.clock.monotonic())
      book.proved(node, at)
    },
    dialed(target: Target, id: ConnId | undefined, silent = false) {
      if (!redial.isRunning(target)) return
      if (id === undefined) return failed(target, silent)
      const conn = connections.get(id)
      if (conn !== undefined && conn.outcome === undefined) waitFor(id, target)
      else came(target, conn?.outcome ?? FAILED)
    },
    settled({ id, node }: Conn, outcome: Outcome) {
      const targets = waiting.get(id) ?? []
      waiting.delete(id)
      for (const target of targets) came(target, outcome, node)
    },
  }
}

/** How soon a node goes over all of its members again: the more they are the later, so that looking costs the same in any mesh. */
export function createPace(clock: Pick<Clock, 'monotonic'>) {
  let next = Number.NEGATIVE_INFINITY
  return {
    /** Until a round may begin, ms; 0: now. */
    left: () => Math.max(0, next - clock.monotonic()),
    /** A round over so many members begins. */
    begun(members: number): void {
      next = clock.monotonic() + Math.min(members * PAUSE_MS_PER_MEMBER, PAUSE_MOST_MS)
    },
  }
}
