// The services of the room of certificates for trust, for the mesh, for documents, and for people.
import type { Granted, HelloBody, RevokedBy } from '../../../protocols/messages/hello.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { CertifiedWord, FleetKind, Revoked } from './types.ts'
import type { Binding, ChainFault } from './verify.ts'

/** Questions of the room of trust about certificates. */
export interface Certificates {
  /** The content of a chain that is valid now; undefined without one. Cheap, because it is called for every frame. */
  word(node: NodeId): CertifiedWord | undefined
  revoked(node: NodeId): Revoked | undefined
  /**
   * Why the certificates that the node showed last were refused. `expired` also where it showed none, is no issuer, and the
   * certificate of it that is here has ended.
   */
  fault(node: NodeId): ChainFault | undefined
  /** Everybody with a certificate that holds and was not revoked: who is expected to be there. */
  certified(): readonly Binding[]
  /** The content of a certificate that holds, or ended at most 30 days ago and has nothing but time against it. */
  lately(node: NodeId): Binding | undefined
  /** Everybody with such a certificate, and everybody who was certified and was revoked. */
  told(): readonly NodeId[]
  /** A list has put it out: it has no data any more, and keeps its link for a moment. */
  isParting(node: NodeId): boolean
  /** The key is a person's, as an issuer that counts here says: it can be no node. */
  isPerson(key: NodeId): boolean
  /** Fires when there is something else to say about a node. */
  onChange(listener: (node: NodeId) => void): () => void
}

/** What one node acknowledges to another that it may hear in no other way. */
export interface Answer {
  readonly granted?: Granted | undefined
  /** An InviteRefusal, or a word of a later release. */
  readonly invite_refused?: string | undefined
  /** By which the root revoked the node, or who certified it: nobody admits it any more. */
  readonly root_list?: Uint8Array | undefined
  /** By which an issuer revoked the node. */
  readonly revoked_by?: RevokedBy | undefined
  /** The rotation by which the key of the node was replaced. */
  readonly replaced?: Uint8Array | undefined
}

/** Certificates and invites that two nodes exchange while they admit each other. */
export interface Credentials {
  /** The part of this node's Hello to `to`: its chain, and the proof of an invite by that node. */
  shown(to: NodeId): Pick<HelloBody, 'chain' | 'join' | 'rotations'>
  /**
   * Takes the certificates of the other side. Its chain counts at once. True if it proves an invite: then `onSettled`
   * reports the outcome, and nothing is decided about the node until then.
   */
  heard(node: NodeId, shown: Pick<HelloBody, 'chain' | 'join' | 'name' | 'rotations'>): boolean
  /** The part of this node's acknowledgement to `node`. */
  answer(node: NodeId): Answer
  /** The answer to this node's own invite, which counts at once where it is proven, and a list that the root signed. */
  answered(node: NodeId, answer: Answer): void
  onSettled(listener: (node: NodeId) => void): () => void
  /** Whether `node` may be the inviter that this node looks for. */
  seeks(node: NodeId): boolean
}

/** `first`: neighbours are to have it before this room hears of it, because its links to them may end then. */
export type DocumentSink = (kind: FleetKind, frame: Uint8Array, first?: 'neighbours') => void | Promise<void>

/** The node that revoked the certificate of this node. */
export interface RevokedHere {
  readonly node_id: NodeId
  /** True if the root of the mesh revoked the key. The root is not a node. */
  readonly root: boolean
  /** As its certificate says; empty for the root. */
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly at: number
}

export interface OperatorTerms {
  /** Ed25519, 32 bytes; the requester of the certificate has the private key. */
  readonly key: Uint8Array
  readonly name: string
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  /** Milliseconds, at most 30 days. */
  readonly for_ms: number
}
