// What is known of certificates, lists and their keys: who is certified, who was revoked, and how certificates stand.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { TrustLevel } from '../../base/words/trust-levels.ts'
import type { Binding, ChainFault } from './verify.ts'

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

export interface List {
  readonly number: number
  /** When the list of that number was signed, ms since the epoch. */
  readonly version: number
  /** When each key was revoked, ms since the epoch: every key that its author ever revoked. */
  readonly revoked: ReadonlyMap<NodeId, number>
  /** The frame of that number. */
  readonly frame: Uint8Array
}

/**
 * `not_granted`: the issuer may not give its roles any more. `ended`: its time is over, or its issuer's. `early`: a clock that was
 * ahead signed it.
 */
export type WhyNot = 'revoked' | 'issuer_revoked' | 'not_granted' | 'ended' | 'issuer_ended' | 'early'

export interface Revoked {
  readonly at: number
  readonly by: NodeId
  /** As its last certificate says; empty when that is not here. */
  readonly name: string
}

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
  | { readonly ok: false; readonly fault: ChainFault | 'no_mesh'; readonly name?: string | undefined }
