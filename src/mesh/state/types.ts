// Inputs and outputs of the mesh's state machine, as values: events, commands, facts and timers.
import type { RejectCode } from '../../../protocols/frame.ts'
import type {
  GoodbyeReason,
  Granted,
  HelloBody,
  HelloStage,
  RevokedBy,
} from '../../../protocols/messages/hello.ts'
import type { NoticeKeysBody } from '../../../protocols/messages/notices.ts'
import type { PresenceBody } from '../../../protocols/messages/presence.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { TimerRequest } from '../../base/timers.ts'
import type { StaticPeer } from '../../config/index.ts'
import type { Notice } from '../notices/intake.ts'

/** One connection. The edge counts them up and never gives a number twice. */
export type ConnId = number

/** A node to be connected to: `karo:ed25519:…`, or `host:port` for a static peer, whose key may be unknown. */
export type Target = string

/** Why a connection ended, as logs and the audit ledger say it. */
export type EndReason =
  | 'cut'
  | 'goodbye'
  | 'replaced'
  | 'surplus'
  | 'refused'
  | 'violation'
  | 'silent'
  | 'lobby'
  | 'stopping'

/** A connection that ended like this did so without a word. */
export const isBroken = (reason: EndReason): boolean => reason === 'cut' || reason === 'silent'

/**
 * The result of a dial or a connection. `pending`: one side has not admitted the other. `held`: nothing was dialed,
 * because caution permits none of the node's known addresses now; this is not the node's fault.
 */
export type Outcome =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'pending'; readonly retryAfterMs: number }
  | { readonly kind: 'ended'; readonly reason: EndReason }
  | { readonly kind: 'held'; readonly retryAfterMs: number }

/** One connection as the other parts of the machine see it. Times are monotonic milliseconds. */
export interface Conn {
  readonly id: ConnId
  readonly node: NodeId
  /** The other end's IP address. */
  readonly ip: string
  /** This side dialed. */
  readonly dialed: boolean
  readonly openedAt: number
  /** Time of the last frame on any of the connection's streams. */
  readonly heardAt: number
  readonly introduced: HelloBody | undefined
  /** True if the other side, or this side, last said that it is a leaf. Only admitted nodes are told, and believed. */
  readonly leaf: boolean
  readonly leafHere: boolean
  /** The other clock minus ours, as last heard. */
  readonly skewMs: number | undefined
  /** Both sides admit, and the connection has not ended. */
  readonly admitted: boolean
  readonly outcome: Outcome | undefined
}

export type TimerName =
  | 'redial'
  | 'presence'
  | 'notices'
  | 'heartbeat'
  | `answer ${ConnId}`
  | `lobby ${ConnId}`
  | `drain ${ConnId}`

/** Messages of the other side on the control stream. */
export type Said =
  | { readonly hello: HelloBody }
  | {
      readonly ack: HelloStage
      readonly retryAfterMs?: number | undefined
      readonly granted?: Granted | undefined
      readonly invite_refused?: string | undefined
      readonly root_list?: Uint8Array | undefined
      readonly revoked_by?: RevokedBy | undefined
      readonly replaced?: Uint8Array | undefined
    }
  | { readonly ping: number; readonly leaf?: boolean | undefined }
  | { readonly pong: number }
  | { readonly goodbye: GoodbyeReason }
  | Telling

/** What is told to all, from one neighbour to another; notices as whole frames. */
export type Telling =
  | { readonly keys: NoticeKeysBody }
  | {
      readonly notices: readonly Uint8Array[]
      /** Fingerprints of the neighbours that get the same. */
      readonly to?: Uint8Array | undefined
    }

/** Messages of this side on the control stream; the edge builds the Hello, and Goodbye goes with `close`. */
export type Saying =
  | { readonly hello: true; readonly leaf: boolean }
  | { readonly ack: HelloStage; readonly skewMs: number; readonly retryAfterMs?: number }
  | { readonly ping: number; readonly leaf?: boolean }
  | { readonly pong: number }
  | Telling

export type MeshEvent =
  /** Before the host listens: what the store remembers is read. */
  | { readonly on: 'prepare' }
  /** The host listens. */
  | { readonly on: 'start' }
  /** The last presence is sent while connections still work. */
  | { readonly on: 'leave' }
  | { readonly on: 'stop' }
  | { readonly on: 'timer'; readonly timer: TimerName }
  /** A person's decision about this node has taken effect, or a certificate or a list has come that is about it. */
  | { readonly on: 'trust'; readonly node: NodeId; readonly by?: 'person' | 'certificate' | undefined }
  /** The result of the invite that this node showed is known. */
  | { readonly on: 'enrolled'; readonly node: NodeId }
  /** This node has something to show to that node: it is dialed, or met again if it is connected. */
  | { readonly on: 'meet'; readonly node: NodeId }
  /** The node at this address should be met: it is dialed as a static peer from now on. */
  | { readonly on: 'visit'; readonly peer: StaticPeer }
  /** A connection has proven its key. `at`: the multiaddr that this side dialed. */
  | {
      readonly on: 'opened'
      readonly id: ConnId
      readonly node: NodeId
      readonly ip: string
      readonly at: string | undefined
    }
  /** The control stream is open: this side introduces itself. */
  | { readonly on: 'control'; readonly id: ConnId }
  | { readonly on: 'said'; readonly id: ConnId; readonly said: Said; readonly skewMs: number }
  /** A room of this node tells all members something. */
  | { readonly on: 'publish'; readonly notice: Notice }
  /** A frame of this neighbour came on a link. */
  | { readonly on: 'heard'; readonly node: NodeId }
  /** This neighbour owes an answer: it may be gone. */
  | { readonly on: 'doubt'; readonly node: NodeId }
  /** The control stream broke, or the other side broke a rule: the connection is to end. */
  | { readonly on: 'broken'; readonly id: ConnId; readonly reason: 'cut' | 'violation' }
  /** The connection is closed, by whomever. */
  | { readonly on: 'closed'; readonly id: ConnId }
  /** A link came up or went down. */
  | { readonly on: 'links' }
  /** mDNS heard of a node, in a packet from the IP address `source`; nothing about it is verified. */
  | {
      readonly on: 'sighted'
      readonly node: NodeId
      readonly addresses: readonly string[]
      readonly source: string
    }
  /** A domain or a subnet may hold nodes at these IP addresses: each address is to be dialed once. */
  | { readonly on: 'listed'; readonly peers: readonly StaticPeer[] }
  /** A static peer's name was resolved; it is dialed at these multiaddrs. */
  | { readonly on: 'dialing'; readonly target: Target; readonly addresses: readonly string[] }
  /** A dial is over: it led to this connection, or to none; `silent`: the other machine took the connection and ended no handshake. */
  | {
      readonly on: 'dialed'
      readonly target: Target
      readonly id: ConnId | undefined
      readonly silent?: boolean
    }
  /** A caller on this node wants to know what a dial comes to, or wants a member's links to be up. */
  | { readonly on: 'ask'; readonly ask: number; readonly node: NodeId; readonly for: 'dial' | 'links' }
  | { readonly on: 'unask'; readonly ask: number }
  /** Where other members say that the node asked for is. */
  | { readonly on: 'found'; readonly ask: number; readonly addresses: readonly string[] }
  /** A connection that was opened for a question is not needed for it any more. */
  | { readonly on: 'release'; readonly node: NodeId }
  /** This node asks often: for so long it wants links to all members. */
  | { readonly on: 'link_all'; readonly ms: number }

/** The actions for the edge. */
export type Command =
  | ({ readonly do: 'timer' } & TimerRequest<TimerName>)
  /** Opens the control stream of a connection that this side dialed. */
  | { readonly do: 'begin'; readonly id: ConnId }
  | { readonly do: 'say'; readonly id: ConnId; readonly say: Saying }
  /** `serve`: the other side may use every protocol here; `out`: this side may use every protocol there. */
  | { readonly do: 'open'; readonly id: ConnId; readonly side: 'serve' | 'out' }
  /** Closes in order: written frames are sent, and Goodbye if it is given. */
  | {
      readonly do: 'close'
      readonly id: ConnId
      readonly reason: EndReason
      readonly goodbye?: GoodbyeReason | undefined
    }
  /** Ends the connection at once, without a message to the other side. */
  | { readonly do: 'abort'; readonly id: ConnId; readonly reason: EndReason }
  /** `to`: the only key that may answer; undefined for a static peer without a pinned key. */
  | {
      readonly do: 'dial'
      readonly target: Target
      readonly to: NodeId | undefined
      readonly at: readonly string[] | StaticPeer
    }
  /** A stranger was dialed; libp2p's peer store is to forget it. */
  | { readonly do: 'unlist'; readonly node: NodeId }
  | { readonly do: 'find'; readonly ask: number; readonly node: NodeId }
  | { readonly do: 'answer'; readonly ask: number; readonly yes: boolean }

/** Facts for both: for the other parts of the machine, and for the edge, which updates ledger, log and links. */
type Common =
  /** The peer introduced itself; `addresses` are the claims of it that may be believed. It may still be a stranger. */
  | {
      readonly did: 'meet'
      readonly conn: Conn
      readonly body: HelloBody
      readonly addresses: readonly string[]
    }
  /**
   * A new notice that the neighbour `from` brought: a presence, or for the room of its topic. `knowers`: the neighbours that
   * have it.
   */
  | {
      readonly did: 'notice'
      readonly notice: Notice
      readonly from: NodeId
      readonly knowers: readonly NodeId[]
    }
  /**
   * A new presence of this author was believed. `addresses`: those in it that are worth keeping. `worthATry`: the author is
   * back, or it has moved.
   */
  | {
      readonly did: 'hear'
      readonly author: NodeId
      readonly body: PresenceBody
      readonly addresses: readonly string[]
      readonly worthATry: boolean
    }
  /** The outcome of a connection is certain. Comes once for each connection. */
  | { readonly did: 'settle'; readonly conn: Conn; readonly outcome: Outcome }
  /** This connection is now the neighbour's, in place of `replaced` if there was one. */
  | { readonly did: 'come'; readonly conn: Conn; readonly replaced: Conn | undefined }
  /** A neighbour is gone: no other admitted connection to it is left. */
  | { readonly did: 'leave'; readonly conn: Conn; readonly reason: EndReason }

/** Facts for the other parts of the machine. */
export type Inner =
  | Common
  | { readonly did: 'open'; readonly conn: Conn; readonly at: string | undefined }
  /** Any connection ended, admitted or not. */
  | { readonly did: 'end'; readonly conn: Conn }
  /** A neighbour became a leaf, or ceased to be one. */
  | { readonly did: 'leaf'; readonly conn: Conn }
  /** A neighbour told of notices, or brought some. */
  | { readonly did: 'tell'; readonly conn: Conn; readonly told: Telling }
  /** The dial of `target` is over. */
  | { readonly did: 'finish'; readonly target: Target; readonly outcome: Outcome }
  /** This node says its presence. */
  | { readonly did: 'speak'; readonly body: PresenceBody }
  /** A member says that this node is lost: a neighbour is doubted, anybody else is missed. */
  | { readonly did: 'doubt' | 'miss'; readonly node: NodeId }
  /** The heartbeat's round is over. */
  | { readonly did: 'round' }

/** Facts for the edge. */
export type Outer =
  | Common
  /** The other side broke the order of the control stream. */
  | { readonly did: 'violate'; readonly conn: Conn; readonly code: RejectCode }
  /** The neighbour has been heard since the last round. */
  | { readonly did: 'live'; readonly conn: Conn }

export type Fact = Inner | Outer
export type MeshAction = Command | Fact

/** What is done about each of these, by its name in the member `Key`. */
export type Table<Key extends 'on' | 'do' | 'did', All extends Readonly<Record<Key, string>>> = {
  readonly [Name in All[Key]]: (one: Extract<All, Readonly<Record<Key, Name>>>) => void
}

/** Hands a fact to the side that this table is of, if it is for that side. */
export const tell = (facts: Table<'did', Inner> | Table<'did', Outer>, fact: Fact): void =>
  (facts as Partial<Record<Fact['did'], (fact: Fact) => void>>)[fact.did]?.(fact)
/** Takes one action; the machine's parts share one list of them. */
export type Emit = (action: MeshAction) => void

/** Takes one event from the edge. */
export type Put = (event: MeshEvent) => void
