// The trust room's door: who is who here, at which level, and why. It decides membership, never data.
import type { NodeId } from '../../protocols/node-id.ts'
import type { Room } from '../base/room.ts'
import type { TrustLevel, TrustSource } from './levels.ts'

export interface PeerOpinion {
  readonly node_id: NodeId
  readonly fingerprint: string
  /** The name this node's people use for the peer; the peer's own display name until they choose one. */
  readonly name: string
  readonly trust_level: TrustLevel
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  readonly why: TrustSource
  /** A deny anywhere wins; then `trust_level` is `untrusted`. */
  readonly denied: boolean
  readonly revoked: boolean
}

/** One step of the chain `karo peers explain` prints, strongest source first. */
export interface OpinionStep {
  readonly source: TrustSource | 'denied' | 'revoked'
  readonly says: string
  /** True for the step that decided. */
  readonly decides: boolean
}

/** A node that was admitted here at some time; what coverage counts. */
export interface Member {
  readonly node_id: NodeId
  readonly fingerprint: string
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly last_seen: number
  /** Private addresses as multiaddrs, newest first, at most 8. */
  readonly addresses: readonly string[]
  /** It said Goodbye and was not seen since. */
  readonly offline: boolean
}

/** Somebody in the lobby whom nobody here has trusted yet. */
export interface PendingPeer {
  readonly node_id: NodeId
  readonly fingerprint: string
  readonly name: string
  readonly addresses: readonly string[]
  readonly first_seen: number
  readonly last_seen: number
}

export interface Trust extends Room {
  opinion(node: NodeId): PeerOpinion
  /** True when any level above untrusted holds here and nothing denies. */
  admits(node: NodeId): boolean
  explain(node: NodeId): readonly OpinionStep[]
  /** Records a person's decision (TOFU). Resolves when it is durable; listeners have then been told. */
  trust(
    node: NodeId,
    terms: { level: TrustLevel; name?: string; roles?: string[]; teams?: string[] },
  ): Promise<void>
  deny(node: NodeId): Promise<void>
  /** Takes back a person's trust and refuses the key from now on; `trust` again is the way back. */
  revoke(node: NodeId): Promise<void>
  /** Node id, fingerprint (with or without spaces), or unique name. Errors: not_found, conflict. */
  resolve(who: string): NodeId

  /** Other members seen in the last 7 days, not denied, not revoked, not oneself. */
  members(): readonly Member[]
  member(node: NodeId): Member | undefined
  /** Called by mesh on admission, on activity, and on Goodbye. Never throws. */
  sawMember(node: NodeId, seen: { name?: string; addresses?: readonly string[]; offline?: boolean }): void
  pending(): readonly PendingPeer[]
  /** Called by mesh when a verified stranger stood in the lobby. Bounded: 64, oldest out. */
  sawStranger(node: NodeId, seen: { name: string; addresses: readonly string[] }): void
  /** Everybody this node has an opinion of or knows: configured, decided, members, pending. */
  known(): readonly NodeId[]
  /** Fires after a decision took effect; mesh redials, resets back-off, or closes. */
  onChange(listener: (node: NodeId) => void): () => void
}

export { createTrust } from './trust.ts'
