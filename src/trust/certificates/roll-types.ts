// The types of the roll: who is certified, who is revoked, and the changes made by a document.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { TrustLevel } from '../../base/words/trust-levels.ts'
import type { Binding, CertifiedWord, FleetKind } from './types.ts'
import type { ChainFault, TrustedRoot } from './verify.ts'

export interface List {
  readonly number: number
  /** When the list of that number was signed, ms since the epoch; 0 when a wrong clock wrote it. */
  readonly version: number
  /** When each key was revoked, ms since the epoch: every key that its author ever revoked. */
  readonly revoked: ReadonlyMap<NodeId, number>
  /** The frame of that number. */
  readonly frame: Uint8Array
}

/** `not_granted`: the issuer may not give its roles any more. `ended`: its time is over, or its issuer's. */
export type WhyNot = 'revoked' | 'issuer_revoked' | 'not_granted' | 'ended'

/** The result of taking a document: nodes whose state has changed. */
type Changed = readonly NodeId[]

export interface Revoked {
  readonly at: number
  readonly by: NodeId
  /** As its last certificate says; empty when that is not here. */
  readonly name: string
}

export type LastTerms = Pick<
  Binding,
  'usage' | 'name' | 'roles' | 'teams' | 'owner' | 'member_id' | 'issued_at'
>

/** An operator as this node knows it by certificates that came here. */
export interface KnownOperator {
  readonly binding: Binding
  readonly state: 'valid' | 'expired' | 'revoked' | 'void'
}

/** The present result of an operator's certificates. */
export type OperatorVerdict =
  | {
      readonly ok: true
      readonly binding: Binding
      /** The trust level of its roles; `untrusted` while no revocation list has arrived for a week. */
      readonly level: TrustLevel
      /** The certificates that count: those that were shown, or newer ones that came here. */
      readonly chain: readonly Uint8Array[]
    }
  /** `name`: whose key it was, where that is known here. */
  | { readonly ok: false; readonly fault: ChainFault | 'no_mesh'; readonly name?: string }

export interface Roll {
  /** Null until this node belongs to a mesh. Another root forgets everything. `since`: when this node joined, ms. */
  trustRoot(root: TrustedRoot, since: number): void
  root(): TrustedRoot | undefined
  /** Takes one certificate; what does not hold at `now` changes nothing and is a fault. */
  certificate(bytes: Uint8Array, now: number): { readonly changed: Changed; readonly fault?: ChainFault }
  /**
   * Takes one list; one of nobody who may revoke changes nothing. A key that was revoked stays so, whatever a later
   * list leaves out. One from the future changes nothing, unless it was `kept` here: then its keys and number count.
   */
  list(bytes: Uint8Array, now: number, from?: 'kept'): Changed
  /** Takes what a node showed of itself, and notes why it says nothing if that is so. */
  chain(node: NodeId, chain: readonly Uint8Array[], now: number): Changed
  word(node: NodeId, now: number): CertifiedWord | undefined
  revoked(node: NodeId): Revoked | undefined
  /** Why the certificates that the node showed last were refused. */
  fault(node: NodeId): ChainFault | undefined
  /** The valid certificates of a node at `now`, from the one of the root on; undefined if there are none. */
  chainOf(node: NodeId, now: number): readonly Uint8Array[] | undefined
  /** The root, or an issuer that it certified: the authors of certificates and lists. */
  isAuthority(node: NodeId): boolean
  /**
   * Whether documents of an author are stored; with `version`, whether a document of its present edition is: for a
   * revoked issuer it is not.
   */
  wants(author: NodeId, version?: number): boolean
  /** The keys that issuers have revoked, from their lists on this node; `at`: ms since the epoch. */
  revokedByIssuers(): readonly { readonly issuer: NodeId; readonly node_id: NodeId; readonly at: number }[]
  /** Every node with a certificate that holds at `now` and was not revoked. */
  certified(now: number): readonly Binding[]
  /** Nodes whose certificate is here, and that were revoked. */
  withdrawn(): readonly NodeId[]
  /** Why the certificate of a node is not valid at `now`; undefined if it is valid, or if there is none. */
  whyNot(node: NodeId, now: number): WhyNot | undefined
  /** Every certificate and list that counts here or is kept to explain who does not. */
  frames(): readonly { readonly kind: FleetKind; readonly frame: Uint8Array }[]
  /**
   * The content of the newest certificate of a node, even if it has ended; undefined if there is none, or its issuer
   * was revoked.
   */
  lastTerms(node: NodeId): LastTerms | undefined
  /** Nodes whose newest certificate here that issuer signed, whether it holds or not. */
  certifiedBy(issuer: NodeId): readonly NodeId[]
  /** The root revoked who signed the certificate that the node showed last, or has here. */
  isVoid(node: NodeId): boolean
  /** Certified people, who are no nodes: nothing above speaks of them, except that a list may revoke their keys. */
  readonly operators: {
    /**
     * The result of a shown chain at `now`. If this node has a newer certificate of the operator or the issuer, the newer
     * one counts, so that nobody can present outdated roles.
     */
    verdict(chain: readonly Uint8Array[], key: Uint8Array, now: number): OperatorVerdict
    /** The newest chain of this operator that is known here, whether it holds or not; undefined also where its issuer was revoked. */
    chainOf(operator: NodeId): readonly Uint8Array[] | undefined
    has(operator: NodeId): boolean
    /** Like `has`, and the signer was not revoked: only then does the key belong to a person and cannot be a node's. */
    holds(operator: NodeId): boolean
    list(now: number): readonly KnownOperator[]
  }
  /** Keys that `author` has revoked, and the number of its list; undefined when it made none. */
  listOf(author: NodeId): List | undefined
  /**
   * When the newest list was signed by an author who may revoke at `now`, or when this node joined if that is later; ms
   * since the epoch.
   */
  lists(now: number): { readonly newest: number; readonly listed: number }
}
