// The shapes that the mesh room shows to other rooms, apart from the code that makes them.
import type { Message, WireBody } from '../../protocols/define.ts'
import type { Frame } from '../../protocols/frame.ts'
import type { NodeId } from '../../protocols/node-id.ts'
import type { MulticastOutcome } from './discovery/multicast-check.ts'
import type { Stalled } from './link/news.ts'
import type { WrongClock } from './link/rejections.ts'
import type { Twins } from './link/twins.ts'

/** A peer whose key the transport has proven. */
export interface PeerRef {
  readonly nodeId: NodeId
  readonly publicKey: Uint8Array
}

export interface LinkHandler {
  /**
   * One frame from an admitted neighbour, already decoded, signature checked and, for `hop` messages, within
   * the replay window and quota. Documents are passed on with only signature and size checked.
   * A FrameError it throws refuses the frame: counted, audited, and the link is reset. Nothing else may be thrown;
   * slow work is the handler's to bound.
   */
  frame(peer: PeerRef, frame: Frame): void
  /** The link is usable. */
  up?(peer: PeerRef): void
  /** The link is gone, whatever the reason: Goodbye, cut, revoked. */
  down?(peer: PeerRef): void
  /** True while something is under way over the link. A surplus neighbour is then kept for the moment. */
  inUse?(node: NodeId): boolean
}

/**
 * A link or a topic of a room whose parts need it to be made: the room has what sends first, and says who handles what comes when
 * every part exists.
 */
export interface Served<Handler> {
  /** Called once, before the mesh starts; a protocol or topic that nobody serves is none of this node's. */
  serve(handler: Handler): void
}

/** One long-lived stream per neighbour for one protocol. */
export interface Link {
  /** Neighbours whose link is usable now. */
  peers(): readonly PeerRef[]
  /** True when the link to this neighbour is usable now. */
  has(to: NodeId): boolean
  /** Queues a hop frame, signed unless the connection proves its sender. False: no link, or its send buffer is full (then the link is reset). */
  sendHop<B extends WireBody>(to: NodeId, message: Message<B>, body: B, trace?: Uint8Array): boolean
  /** Queues a finished document frame as it is. */
  sendDocument(to: NodeId, bytes: Uint8Array): boolean
}

/** One stream of one request, from either end. */
export interface Exchange {
  readonly peer: PeerRef
  /** Aborts when the stream is over, whichever side ended it. */
  readonly signal: AbortSignal
  /** Signs and writes a frame; resolves when there is room for the next one. Rejects with KaroError `unavailable`. */
  send<B extends WireBody>(message: Message<B>, body: NoInfer<B>, trace?: Uint8Array): Promise<void>
  /** The next frame, checked as those of links are; undefined: none comes any more. */
  next(): Promise<Frame | undefined>
  /** For the answering side, after the last frame: waits up to `ms` until the other side has closed. */
  end(ms: number): Promise<void>
  abort(why: string): void
}

/** Answers what a neighbour asks. What it rejects with is logged, and the stream aborted. */
export type ExchangeHandler = (exchange: Exchange) => Promise<void>

export interface Exchanges {
  /** A new stream to a neighbour. Rejects with KaroError `unavailable`. */
  open(node: NodeId, signal: AbortSignal): Promise<Exchange>
}

export interface TopicHandler {
  /**
   * One notice, decoded and its signature checked, not older than its topic allows, within its author's quota, its author
   * neither this node nor refused here. `from` is the neighbour that brought it. Synchronous: slow work is done after.
   */
  notice(author: PeerRef, frame: Frame, from: PeerRef): void
}

/** What rooms tell all members of one topic. */
export interface Announcing {
  /** Signs a message. Every member that can be reached gets it, and so does who comes while the topic has it told. */
  publish<B extends WireBody>(message: Message<B>, body: NoInfer<B>): void
}

/** The mesh seen from inside, for diagnosis. */
export interface MeshInspection {
  /** IPv4 addresses that mDNS is spoken from; empty when it is off. */
  readonly mdns: readonly string[]
  /** Admitted or not. */
  readonly connections: readonly {
    readonly node_id: NodeId
    readonly admitted: boolean
    readonly dialed: boolean
    /** `ip:port` of the other end. */
    readonly remote: string
    /** The other clock minus ours, ms; null before it has said anything. */
    readonly skew_ms: number | null
    readonly karo_version: string | null
    readonly protocol_version: number | null
  }[]
  /** `ip:port` of dials under way. */
  readonly dialing: readonly string[]
  /** Admitted here; when last connected they did not admit this node. */
  readonly one_sided: readonly NodeId[]
  readonly stalled: readonly Stalled[]
  /** Neighbours that are leaves, the most that are kept, and leaves for which no place was left here. */
  readonly leaves: {
    readonly linked: number
    readonly up_to: number
    readonly turned_away: readonly NodeId[]
  }
  /** Admitted here; frames of theirs were refused within the last quarter of an hour because of their time. */
  readonly stale: readonly WrongClock[]
  /** The same of nodes that are not known here, the last few. */
  readonly stale_strangers: readonly WrongClock[]
  /** One key on two machines: neighbours that come by turns from `places`, and neighbours at which a twin takes this place. */
  readonly twins: ReturnType<Twins['state']>
}

/** The result of one mDNS question on one interface address. */
export interface MulticastTried extends MulticastOutcome {
  /** Neighbours that are connected over that interface's network. */
  readonly connected_nodes: number
}

/** Why an admitted node has no link, as far as this node found out: a wrong clock, or no trust on the other side. */
export type Apart =
  | { readonly why: 'clock'; readonly clock_off_ms: number }
  | { readonly why: 'not_trusted_there' }
  /** Connections open and then carry nothing. */
  | { readonly why: 'stalls' }
  /** It speaks none of `transport.security`. */
  | { readonly why: 'encryption' }
  /** It is a leaf, and `overlay.leaves_up_to` others have links here. */
  | { readonly why: 'links_full' }
  /** This node is a leaf, and that one has no place left for it. */
  | { readonly why: 'links_full_there' }
