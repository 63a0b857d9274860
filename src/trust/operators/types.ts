// What the room of operators shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { DelegationBody } from '../../../protocols/messages/operator.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { SealingKey } from '../identity/index.ts'
import type { Principal } from '../policy/index.ts'

/** A question, as far as it says who asks. */
export interface Asking {
  /** Ed25519 key of the node that signed it, 32 bytes. */
  readonly author: Uint8Array
  readonly authorId: NodeId
  readonly body: {
    readonly query_type: string
    readonly audience_key: Uint8Array
    readonly operator?: { readonly delegation: Uint8Array; readonly chain: readonly Uint8Array[] } | undefined
  }
}

/** The asker, as the owner of the data judges them. */
export interface Asker {
  readonly principal: Principal
  /**
   * The operator who signed that this node asks this now, and whose name is known here. With a `fault` it gives nothing:
   * the operator was revoked, for example.
   */
  readonly operator?: { readonly id: NodeId; readonly name: string }
  /** Whose delegation the question shows without being covered by it: nothing says that this operator asked. */
  readonly claimed?: NodeId
  /** Why the delegation gives nothing: a rule as in decisions (`operator.expired`), and what it means. */
  readonly fault?: { readonly rule: string; readonly reason: string }
}

/** A person who is logged in here, as shown to people and in ledgers. */
export interface SessionState {
  /** 32 hex digits; no secret. */
  readonly id: string
  readonly uid: number
  readonly operator: NodeId
  readonly fingerprint: string
  readonly name: string
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  readonly types: readonly string[]
  /** Milliseconds since the epoch. */
  readonly begun_at: number
  readonly ends_at: number
}

/** What a question under an operator's name needs. */
export interface Acting extends SessionState {
  readonly delegation: Uint8Array
  readonly chain: readonly Uint8Array[]
  /** Answers are sealed to it. It is in memory alone, and wiped when the session ends. */
  readonly audience: SealingKey
  /** Aborts when the session ends. */
  readonly ended: AbortSignal
}

/** The delegation that this node offers to an operator to sign. */
export type Offer = DelegationBody
