// What the certificates room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { TrustLevel } from '../../base/words/trust-levels.ts'

/** What a certificate may be used for. An `operator` is a person, whose key is no node and signs delegations alone. */
export const USAGES = ['issuer', 'node', 'operator'] as const
export type Usage = (typeof USAGES)[number]

/** The statement of a verified chain about one key. */
export interface Binding {
  readonly usage: Usage
  readonly node_id: NodeId
  /** Ed25519, 32 bytes. */
  readonly key: Uint8Array
  /** Fingerprint of the first key of its lineage, 16 hex digits; for people and for inventories, never for authority. */
  readonly member_id: string
  readonly name: string
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  /** Who has the machine, as its issuer says; absent: the issuer does not say. */
  readonly owner?: string | undefined
  /** Privileged roles that this key may give to others; empty for a node. */
  readonly grants: readonly string[]
  /** Who signed the last certificate: the root or an issuer. */
  readonly issuer: NodeId
  /** Milliseconds since the epoch: when the last certificate was signed, and between when it holds. */
  readonly issued_at: number
  readonly not_before: number
  /** The earliest end in the chain. */
  readonly not_after: number
}

/** The present result of one node's certificates. */
export interface CertifiedWord {
  readonly binding: Binding
  /** The trust level of its roles; `untrusted` while `stale`. */
  readonly level: TrustLevel
  /** No revocation list came for so long that certificates open no data here; the node stays a member. */
  readonly stale: boolean
}

/** Documents by which a fleet is known. */
export type FleetKind = 'certificate' | 'revocation_list'
