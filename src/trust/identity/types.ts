// What the identity room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Agree } from './agree.ts'

/** A key that this node had before: it opens what was sealed to it, and signs nothing. */
export interface FormerKey {
  readonly nodeId: NodeId
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  readonly agree: Agree
}

/** A rotation that was begun: signed by both keys, and not carried out yet. */
export interface PendingRotation {
  /** This node as it will be. */
  readonly identity: Identity
  /** The KeyRotation frame. */
  readonly frame: Uint8Array
}

/** The key of this node. The secret never leaves the object except where a method says so. */
export interface Identity {
  readonly nodeId: NodeId
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** BLAKE3(public key)[0:8] as 16 lower-case hex digits; for people, never for authority. */
  readonly fingerprint: string
  /** Stable through key rotation: the fingerprint of the lineage's first key. */
  readonly memberId: string
  /** Keys that this one replaced, the first one first. */
  readonly former: readonly FormerKey[]
  /** The KeyRotation frames that lead from the first key to this one, in that order. */
  readonly rotations: readonly Uint8Array[]
  readonly pending: PendingRotation | undefined
  /** Ed25519 signature, 64 bytes (RFC 8032). */
  sign(message: Uint8Array): Uint8Array
  /** X25519 of this key, converted, with a public key; for `sealingKeyOf` keys and those in boxes. */
  readonly agree: Agree
  /** A copy of the 32-byte seed, for the libp2p host; callers must not keep or log it. */
  seed(): Uint8Array
}
