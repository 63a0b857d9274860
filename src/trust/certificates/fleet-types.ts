// The services of the room of certificates for trust, for the mesh, for documents, and for people.
import type { Granted, HelloBody, RevokedBy } from '../../../protocols/messages/hello.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Room } from '../../base/run/room.ts'
import type { InviteRecord } from '../../store/tables/fleet.ts'
import type { InviteState, InviteTerms } from './invites/invites.ts'
import type { Parting } from './meeting/parting.ts'
import type { Roll } from './roll.ts'
import type { CertifiedWord, FleetKind, KnownOperator, OperatorVerdict, Revoked, WhyNot } from './types.ts'
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

/** By which documents of certificates and lists come and go. */
interface FleetDocuments {
  /** Whether documents of this author are to be kept; with `version`, whether one that was signed then is. */
  wanted(author: NodeId, version?: number): boolean
  /** Takes a document that is kept. `isNew` is false at the start, for documents that were kept before. */
  accept(frame: Uint8Array, isNew: boolean): void
  /** Whether what that author signed has to be taken before what others signed can be judged. */
  isFirst(author: NodeId): boolean
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

interface Joining {
  readonly expires_at: number
  /** Why the inviter did not take it, once that is known. */
  readonly refused: string | null
  /** Why the enrolment file cannot be used, without any of its content. Null: it can be used, or there is none. */
  readonly detail: string | null
  readonly places: readonly string[]
  /** Another number with every invite. */
  readonly attempt: number
}

export interface FleetState {
  /** 64 hex digits; null: this node does not belong to a mesh with a root key. */
  readonly mesh: string | null
  readonly root: NodeId | null
  readonly joined_at: number | null
  readonly own: Binding | null
  /** The newest certificate of this node, also where it has ended; null too where something else than time is against it. */
  readonly last: Binding | null
  /** Why a certificate that this node has does not hold. */
  readonly why_not: WhyNot | null
  /** Who revoked this node, or its issuer, where that is why. */
  readonly revoked_by: RevokedHere | null
  /** This node may certify others now. */
  readonly issuer: boolean
  /** When the newest revocation list was signed, or this node joined if that is later. */
  readonly lists_at: number | null
  /** No list for a week: certificates open no data here. */
  readonly stale: boolean
  readonly certified: number
  readonly revoked: number
  readonly joining: Joining | null
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

/** Certified people, who ask through nodes by delegations. */
export interface Operators {
  /** The mesh of this node, 32 bytes; undefined: it is in none of a root. */
  mesh(): Uint8Array | undefined
  /** The present validity of the certificates shown for this key, including what this node knows about their issuer. */
  verdict(chain: readonly Uint8Array[], key: Uint8Array): OperatorVerdict
  /** The newest certificates of this operator that came here, from the one of the root on. */
  chainOf(operator: NodeId): readonly Uint8Array[] | undefined
  /** Every operator whose certificate came here, those that have ended or were revoked among them. */
  list(): readonly KnownOperator[]
  /**
   * Certifies a person, or does so again; resolves with the chain when it is stored. KaroErrors: `refused` when this node
   * may not, or not with these roles; `bad_request` for terms out of bounds; `conflict` where another key has the name.
   */
  issue(terms: OperatorTerms): Promise<readonly Uint8Array[]>
}

export interface Fleet extends Room, Certificates, Credentials, Pick<Parting, 'onParting'> {
  readonly operators: Operators
  readonly documents: Readonly<Record<FleetKind, FleetDocuments>>
  /**
   * Gives each document that is for the mesh, signed here or by a root, to `sink`, which resolves when it is stored. What
   * a person asked for fails when it rejects.
   */
  onDocument(sink: DocumentSink): void
  state(): FleetState
  /** What the certificate of this node says, while it holds; undefined without one. Cheap. */
  own(): Binding | undefined
  /** The root that this node trusts, and the identity of its mesh, 32 bytes each. */
  root(): { readonly key: Uint8Array; readonly mesh: Uint8Array } | undefined
  /**
   * Takes an issuer's certificate for this node that the root signed, and belongs to the root's mesh from now on.
   * KaroErrors: `refused` when it says nothing, `conflict` when this node is of another mesh.
   */
  found(root: Uint8Array, certificate: Uint8Array): Promise<void>
  /** The list of keys that the root revoked, as it came here; `number` is null when it signed none. */
  rootList(): {
    readonly number: number | null
    /** When the newest was signed, ms since the epoch: the next one has to be later. */
    readonly version: number | null
    readonly revoked: readonly { readonly node_id: NodeId; readonly at: number }[]
    /** Keys revoked by issuers. A list of the root that revokes an issuer has to repeat them. */
    readonly by_issuers: ReturnType<Roll['revokedByIssuers']>
  }
  /**
   * Takes a list that the root signed, for this node and for the mesh. Machines that a revoked issuer certified lose
   * their membership. KaroErrors: `refused` if the root of this mesh did not sign the list, `conflict` if it is older
   * than a known one. Errors of storing it are passed on; then the list counts on this node only.
   */
  revokedByRoot(list: Uint8Array): Promise<void>
  /**
   * Signs a new certificate for a node, with other roles, teams or owner; fields that `terms` leaves out stay. Works also if
   * the node's issuer may no longer give its roles. KaroErrors: `not_found` for a node without a valid certificate,
   * `bad_request` for invalid roles, teams or owner, `refused` if this node may not certify, or not with these roles, or not
   * that node.
   */
  assign(node: NodeId, terms: Partial<Pick<Binding, 'name' | 'roles' | 'teams' | 'owner'>>): Promise<Binding>
  /** Nodes whose newest certificate is by that issuer, and which `assign` may certify. */
  assignable(issuer: NodeId): readonly Binding[]
  /** Certificates and lists as they were signed: issuers first, so that each can be judged when it is read. */
  frames(): readonly { readonly kind: FleetKind; readonly frame: Uint8Array }[]
  /** KaroErrors: `refused` when this node may not certify, or not with these roles; `conflict`, `bad_request`. */
  invite(terms: InviteTerms): Promise<{ readonly code: string; readonly invite: InviteRecord }>
  invites(): readonly (InviteRecord & { readonly state: InviteState })[]
  /** KaroError `not_found`. */
  cancelInvite(id: string): Promise<InviteRecord>
  /** Looks for the inviter from now on. KaroErrors: `bad_request` for no code, `refused` for one that ended, `conflict`. */
  join(code: string, terms: { readonly root?: Uint8Array; readonly places: readonly string[] }): Promise<void>
  /**
   * Forgets the mesh, on disk when it resolves, and lets nobody in any more; what else is in memory counts until the next start, which
   * removes the invites and documents. KaroErrors: `refused` where there is no mesh, `conflict` while there is an enrolment file, also
   * one that cannot be used. After any other error this node belongs to the mesh as before.
   * `first`: what has to be done before, where nothing stands against it.
   */
  leave(first: () => Promise<void>): Promise<void>
  /** Looks at the enrolment file again, where this node has no certificate: one that came or was put right is used. */
  enrol(): Promise<void>
  /**
   * Revokes every certificate of that key, for good. False: the key has no certificate here. KaroError `refused` where
   * this node may not, `too_large` for a full list; whatever storing it rejects with: then it counts here only.
   */
  revoke(node: NodeId): Promise<boolean>
  /**
   * Called periodically: signs due renewals (certificates of nodes that are `present`, and this node's revocation
   * list), and reports certificates that have ended. Resolves with the number of signatures.
   */
  look(present: (node: NodeId) => boolean): Promise<number>
  /** Milliseconds between two looks. */
  readonly everyMs: number
  /** Fires when documents of another author are wanted than before. */
  onAuthority(listener: () => void): () => void
  /** Fires when this node begins to look for an inviter, or needs none any more. */
  onJoining(listener: () => void): () => void
}
