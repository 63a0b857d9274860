// What routes questions and answers, as its users see it: the asking side, the answering side and the link (forward.ts does it).
import type { Frame } from '../../../../protocols/frame.ts'
import type { NodeId } from '../../../../protocols/node-id.ts'
import type { PeerRef } from '../../../mesh/index.ts'

/** A question as it is handed on. */
export interface Routed {
  readonly author: Uint8Array
  readonly query_id: Uint8Array
  /** The MeshQuery frame as its author signed it. */
  readonly document: Uint8Array
  readonly trace: Uint8Array | undefined
}
/** What names a question: ids are chosen by authors, so an id alone could be another author's. */
export type RoutedId = Pick<Routed, 'author' | 'query_id'>

/** How an own question came back. */
export interface Echo {
  /** Neighbours with a link that did not end by themselves. */
  readonly silent: ReadonlySet<NodeId>
  /** What the others say: answers handed to this node, and neighbours that did not end. A word for the log, no more. */
  readonly answered: number
  readonly lost: number
}

interface RouterCounts {
  /** Questions carried now. */
  readonly carried: number
  /** Answers passed up since the start. */
  readonly relayed: number
  /** Answers not passed up: to no question carried for that neighbour, said twice, or beyond a bound. */
  readonly dropped: number
}

export interface Router {
  /**
   * Hands this node's own question to all neighbours, for `remainingMs`. Returns those that were asked. `over` is
   * called once, later, when each is done, its link is gone, or its time is over; not after `end`.
   */
  begin(question: Routed, remainingMs: number, over: (echo: Echo) => void): ReadonlySet<NodeId>
  /** Ends this node's own question; with `tell`, neighbours that still work on it hear that nothing more is wanted. */
  end(question: RoutedId, tell: boolean): void
  /**
   * Takes on somebody's question: `parent` handed it on and gets the answers. Returns until when (monotonic, ms) this
   * node's own answer is waited for, or undefined when too many are carried. `settle` must be called in the end.
   */
  carry(
    question: Routed,
    parent: NodeId,
    hop: { readonly remaining_ms: number; readonly hops: number },
  ): number | undefined
  /** Who handed on a question of others that is carried now. */
  parentOf(question: RoutedId): NodeId | undefined
  /** This node's own part of a carried question is over; `sentTo` says who got its answer. */
  settle(question: RoutedId, sentTo: ReadonlySet<NodeId>): void
  /**
   * A copy came from a neighbour. True: this node handed it its own copy, so each has seen that the other has the
   * question, and nothing is sent.
   */
  crossed(question: RoutedId, from: NodeId): boolean
  /**
   * Tells a neighbour that handed on a question that nothing will come of it this way: it is known here already, or, with
   * `lost` 1, this node has no time to read it.
   */
  decline(question: RoutedId, to: NodeId, lost?: 0 | 1): void
  /** An answer came. False: it is to this node's own question. */
  response(peer: PeerRef, frame: Frame): boolean
  /** A neighbour is done, or wants nothing more. */
  done(peer: PeerRef, frame: Frame): void
  down(peer: PeerRef): void
  /** True while this neighbour works on a question it was handed, or waits for one it handed on. */
  inUse(node: NodeId): boolean
  /** Forgets everything. */
  stop(): void
  counts(): RouterCounts
}
