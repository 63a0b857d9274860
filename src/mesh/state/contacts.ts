// Decides on connections: hears of members by every means, has the wanted ones dialed, and lets surplus ones go. Pure.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { createQuotas } from '../../base/quota.ts'
import { createRecent } from '../../base/recent.ts'
import type { TrustSource } from '../../base/words/trust-levels.ts'
import type { Config, StaticPeer } from '../../config/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import { formatEndpoint, parseEndpoint } from '../admission/endpoint.ts'
import { allowsAddress } from '../admission/gater.ts'
import { type Book, createBook } from './book.ts'
import { createCaution } from './caution.ts'
import type { Connections } from './connections.ts'
import { createDialing, type Dialing } from './dialing.ts'
import { createLeaves } from './leaves.ts'
import { createOverlay } from './overlay.ts'
import { createPlaces } from './places.ts'
import type { Conn, Emit, EndReason, MeshEvent, Outcome, Target } from './types.ts'

/**
 * A member that says it is back, or somewhere else, is dialed at once; one that says so without end, at the pace of
 * the redial loop.
 */
const WAKINGS = { frames: 4, perMs: 60_000 }
const WAKINGS_MAX = 1_024
/** mDNS answers come as often as anybody asks, so a sighting makes this node try the same node again at most this often. */
const SIGHTING_EVERY_MS = 30_000
/** Changes about members that only time causes, without an event of this node, are noticed within this time. */
const MEMBERS_EVERY_MS = 15_000
/** Nodes whose last sighting is remembered. */
const SIGHTED_MAX = 1_024

/** How well founded an admission is: by naming the node itself, by an issuer, by a subnet. */
const RANKS: Readonly<Partial<Record<TrustSource, number>>> = {
  config: 0,
  tofu: 0,
  certificate: 1,
  domain: 2,
}
const LAST_RANK = 3

export interface ContactsDeps {
  readonly config: Pick<Config, 'mesh' | 'overlay'> & {
    readonly discovery: Pick<Config['discovery'], 'peers' | 'dht'>
  }
  readonly self: NodeId
  readonly trust: Pick<Trust, 'admits' | 'refuses' | 'member' | 'known' | 'met' | 'opinion'>
  readonly connections: Connections
  /** Multiaddrs that this node listens on now; empty while the mesh does not run. */
  readonly listening: () => readonly string[]
  /** Every link to this neighbour is usable. */
  readonly complete: (node: NodeId) => boolean
  /** True while something is under way with this neighbour. */
  readonly inUse: (node: NodeId) => boolean
  readonly clock: Clock
  readonly random: Random
  readonly emit: Emit
}

export function createContacts(deps: ContactsDeps) {
  const { config, trust, connections, clock } = deps
  const admits = (node: NodeId): boolean => trust.admits(node)
  const now = (): number => clock.monotonic()
  const isOwn = (ip: string): boolean => deps.listening().some((address) => parseEndpoint(address)?.ip === ip)

  const book = createBook(admits)
  const caution = createCaution(config.mesh.port, isOwn, now)
  const isHere = (address: string): boolean => deps.listening().includes(address)
  const places = createPlaces({ book, caution, admits, isHere })
  const dialing = createDialing({ ...deps, book, places, peers: config.discovery.peers })
  const leaves = createLeaves({
    upTo: config.overlay.leaves_up_to,
    rankOf: (node) => RANKS[trust.opinion(node).why] ?? LAST_RANK,
  })
  const overlay = createOverlay({
    leaves,
    self: deps.self,
    fullMeshUpTo: config.overlay.full_mesh_up_to,
    askerLinksUpTo: config.overlay.asker_links_up_to,
    clock,
    *members() {
      for (const node of book.nodes()) if (admits(node)) yield node
    },
    isMember: (node) => book.has(node) && admits(node),
    wholeEveryMs: MEMBERS_EVERY_MS,
    isGone(node) {
      const member = trust.member(node)
      return member !== undefined && (member.offline || member.unsure)
    },
    failures: dialing.failures,
    isStatic: dialing.isStatic,
  })
  const asks = createAsks({
    dialing,
    book,
    emit: deps.emit,
    looksUp: config.discovery.dht,
    isThere: (node) => connections.neighbour(node) !== undefined && deps.complete(node),
    // A dial to a node that is not admitted here would end in the lobby there.
    isPossible: (node) => running && admits(node),
  })
  const wakings = createQuotas<NodeId>(WAKINGS, WAKINGS_MAX)
  const sightedAt = createRecent<NodeId, number>(SIGHTED_MAX)
  /** Neighbours that this side lets go; emptied as their links end, which is before the next event. */
  const releasing = new Set<NodeId>()
  let running = false

  /** The addresses in an mDNS answer that are worth noting. */
  const usable = (node: NodeId, addresses: readonly string[], source: string): readonly string[] => {
    const known = book.addresses(node)
    return addresses.filter((address) => {
      const ip = parseEndpoint(address)?.ip
      if (ip === undefined || !allowsAddress(config.mesh, ip)) return false
      return ip === source || known.includes(address) || caution.named(source)
    })
  }

  return {
    dialing,
    asks,
    /** Before the host listens. */
    prepare(): void {
      for (const node of trust.known()) {
        book.learn(node, trust.met(node)?.addresses ?? [])
        overlay.touch(node)
      }
    },
    start(): void {
      running = true
      dialing.start()
    },
    stop(): void {
      running = false
      dialing.stop()
      asks.stop()
    },
    /** The timer of the redial rounds has rung. */
    round: (): void => dialing.round(overlay.due(), overlay.hasDeclined),
    /** Whether a member has told that it is at this IP address. */
    knownAt: book.membersAt,

    sighted({ node, addresses, source }: Extract<MeshEvent, { readonly on: 'sighted' }>): void {
      // Who says to be this node is met like a stranger: where the key is proven, somebody copied it.
      if (trust.refuses(node)) return
      book.hear(node, usable(node, addresses, source))
      overlay.touch(node)
      const since = now() - (sightedAt.get(node) ?? Number.NEGATIVE_INFINITY)
      if (connections.isConnected(node) || since < SIGHTING_EVERY_MS) return
      sightedAt.set(node, now())
      dialing.meet(node)
      dialing.wake(node)
    },
    /** Nodes may be at these IP addresses: those that are not known there are met once. */
    listed(peers: readonly StaticPeer[]): void {
      dialing.list(peers.filter(({ host, port }) => !isHere(formatEndpoint({ ip: host, port }))))
    },
    /** A member's presence said where it is. `worthATry`: it is back, or it has moved. */
    heard(node: NodeId, addresses: readonly string[], worthATry: boolean): void {
      overlay.touch(node)
      // A node that is not admitted here is not dialed either.
      if (!admits(node)) return
      book.learn(node, addresses)
      if (!worthATry) return
      overlay.present(node)
      if (connections.isConnected(node)) return
      if (wakings(node).take(now())) dialing.wake(node)
    },
    /** Others say that it is lost. */
    missed: overlay.touch,
    /** A person's decision about this node has taken effect, or a certificate's. */
    decided(node: NodeId, byPerson: boolean): void {
      overlay.touch(node)
      if (!admits(node)) return
      book.learn(node, trust.met(node)?.addresses ?? [])
      dialing.wake(node)
      // A person's decision makes a member by meeting, also where the overlay does not need the link.
      // Of certificates hundreds may come at once: those are dialed in the rounds, where the overlay needs them.
      if (byPerson && running && !connections.isConnected(node)) dialing.dial(dialing.targetOf(node))
    },
    /** A stranger that this node has something to show to. */
    meet(node: NodeId): void {
      if (trust.refuses(node)) return
      book.learn(node, trust.met(node)?.addresses ?? [])
      overlay.touch(node)
      dialing.meet(node)
      dialing.wake(node)
    },
    /** A neighbour became a leaf, or ceased to be one. */
    leaf: ({ node, leaf }: Conn): void => leaves.met(node, leaf),
    met({ node, leaf }: Conn, addresses: readonly string[]): void {
      leaves.met(node, leaf)
      // The addresses are not proven: the connection shows that the key is at this IP address, and nothing about a port there.
      book.learn(node, addresses)
      overlay.touch(node)
      dialing.met(node)
    },
    /** A dial is over. An ask that waits for it may begin another one. */
    finished(target: Target, outcome: Outcome): void {
      for (const node of dialing.nodesOf(target)) overlay.touch(node)
      asks.finished(target, outcome)
    },
    came({ node }: Conn): void {
      overlay.present(node)
      leaves.came(node)
    },
    left(conn: Conn, reason: EndReason): void {
      const { node, openedAt, leafHere } = conn
      // Whichever end closed the surplus connection, neither end needs it for some time.
      if (reason === 'surplus') {
        const here = releasing.delete(node)
        overlay.declined(node, leafHere, here)
        leaves.surplus(conn, here)
      }
      dialing.lost(node, now() - openedAt)
      overlay.touch(node)
    },
    /** Links or connections have changed. */
    look(): void {
      dialing.look()
      asks.look()
    },
    /** Says goodbye to neighbours that nobody needs, and looks for missing ones; called at each round of the heartbeat. */
    thin(): void {
      const neighbours = connections
        .neighbours()
        // Links in use neither go nor make others go: there are few of them, and they are free again soon.
        .filter(({ node }) => !deps.inUse(node))
        .map(({ node, openedAt, leaf }) => ({ node, since: openedAt, leaf }))
      for (const node of overlay.surplus(neighbours)) {
        releasing.add(node)
        connections.release(node)
      }
      // The list of members that are due changes with time alone, so there is no event to wait for.
      dialing.look()
    },
    /** This node asks often: for `ms` milliseconds it wants links to all members, unless they are too many. */
    linkAll(ms: number): void {
      overlay.wantAll(ms)
      dialing.look()
    },
    /** This node depends on each of its links. */
    isLeaf: overlay.isLeaf,
    leaves,
    /** A neighbour was needed for a moment only. */
    release(node: NodeId): void {
      if (!overlay.wanted().has(node) && !deps.inUse(node)) connections.release(node)
    },
    /** Numbers of remembered nodes and asks, for tests of the bounds. */
    sizes: () => ({ book: book.size(), asks: asks.size }),
  }
}

// Callers that wait for a dial or for a member's links: one dial, a look-up when that fails, one more dial. Pure.

interface AsksDeps {
  /** Admitted, and every link up. */
  readonly isThere: (node: NodeId) => boolean
  /** A dial to it could come to something. */
  readonly isPossible: (node: NodeId) => boolean
  /** Other members can be asked where a member is. */
  readonly looksUp: boolean
  readonly dialing: Dialing
  readonly book: Book
  readonly emit: Emit
}

interface Ask {
  readonly node: NodeId
  readonly target: Target
  readonly what: 'dial' | 'links'
  /** `waiting`: for a dial that began before the look-up found something. `linking`: for links after an admission. */
  stage: 'dialing' | 'finding' | 'waiting' | 'again' | 'linking'
}

function createAsks({ isThere, isPossible, looksUp, dialing, book, emit }: AsksDeps) {
  const asks = new Map<number, Ask>()

  const answer = (id: number, yes: boolean): void => {
    if (asks.delete(id)) emit({ do: 'answer', ask: id, yes })
  }

  const finished = (id: number, ask: Ask, admitted: boolean): void => {
    if (ask.stage === 'finding' || ask.stage === 'linking') return
    if (ask.what === 'dial') answer(id, admitted)
    else if (admitted) {
      ask.stage = 'linking'
      if (isThere(ask.node)) answer(id, true)
    } else if (ask.stage === 'waiting') {
      ask.stage = 'again'
      dialing.dial(ask.target)
    } else if (ask.stage === 'dialing' && looksUp) {
      ask.stage = 'finding'
      emit({ do: 'find', ask: id, node: ask.node })
    } else answer(id, false)
  }

  return {
    ask(id: number, node: NodeId, what: Ask['what']): void {
      asks.set(id, { node, what, target: dialing.targetOf(node), stage: 'dialing' })
      if (what === 'links' && isThere(node)) answer(id, true)
      else if (!isPossible(node)) answer(id, false)
      else dialing.dial(dialing.targetOf(node))
    },
    /** The caller does not wait any longer, so it is answered as things stand. */
    unask(id: number): void {
      const ask = asks.get(id)
      if (ask !== undefined) answer(id, isThere(ask.node))
    },
    /** A look-up is over. */
    found(id: number, addresses: readonly string[]): void {
      const ask = asks.get(id)
      if (ask?.stage !== 'finding') return
      const tried = book.addresses(ask.node)
      const fresh = addresses.filter((address) => !tried.includes(address))
      book.hear(ask.node, fresh)
      if (fresh.length === 0) answer(id, isThere(ask.node))
      else if (dialing.isRunning(ask.target)) ask.stage = 'waiting'
      else {
        ask.stage = 'again'
        dialing.dial(ask.target)
      }
    },
    finished(target: Target, outcome: Outcome): void {
      for (const [id, ask] of asks) if (ask.target === target) finished(id, ask, outcome.kind === 'admitted')
    },
    /** Links or connections have changed. */
    look(): void {
      for (const [id, { node, what }] of asks) if (what === 'links' && isThere(node)) answer(id, true)
    },
    stop(): void {
      for (const id of [...asks.keys()]) answer(id, false)
    },
    get size(): number {
      return asks.size
    },
  }
}
