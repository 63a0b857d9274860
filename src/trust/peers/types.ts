// What the peers room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { TrustLevel, TrustSource } from '../../base/words/trust-levels.ts'
import type { Binding } from '../certificates/index.ts'

export interface PeerOpinion {
  readonly node_id: NodeId
  /** The other keys of its lineage; absent: it has none. */
  readonly other_keys?: readonly NodeId[] | undefined
  readonly fingerprint: string
  /** The name this node's people use for the peer; the peer's own display name until they choose one. */
  readonly name: string
  /** How far its data goes: what it may get and ask. Says nothing about connections. */
  readonly trust_level: TrustLevel
  readonly roles: readonly string[]
  readonly teams: readonly string[]
  readonly why: TrustSource
  /** A deny anywhere wins; then `trust_level` is `untrusted`. */
  readonly denied: boolean
  readonly revoked: boolean
  /** What its certificate said, where that ended at most 30 days ago and nothing else gives the node a level. */
  readonly ended?: Pick<Binding, 'name' | 'teams' | 'not_after'> | undefined
}

/**
 * Membership, apart from the level. `stranger`: only its key is known, and it may say hello. `known`: a member spoke of
 * it. `member`: this node admits it, by file, decision or certificate; it gets a connection, gossip and documents.
 */
export type Standing = 'stranger' | 'known' | 'member'

/** One step of the chain `karo peers explain` prints, strongest source first. */
export interface OpinionStep {
  readonly source: TrustSource | 'denied' | 'revoked'
  readonly says: string
  /** True for the step that decided. */
  readonly decides: boolean
}

/** A node that was admitted here at some time, or that an admitted member announced; what coverage counts. */
export interface Member {
  readonly node_id: NodeId
  readonly fingerprint: string
  readonly name: string
  /** Milliseconds since the epoch. */
  readonly last_seen: number
  /** When it is away if nothing is heard of it before, milliseconds since the epoch. */
  readonly here_until: number
  /** Private addresses as multiaddrs, newest first, at most 8. */
  readonly addresses: readonly string[]
  /** The member said Goodbye and was not seen since. */
  readonly offline: boolean
  /** The member's connection broke, here or at another member that said so, and nothing was heard of it since. */
  readonly unsure: boolean
  /** `link`: it was connected to this node. `gossip`: an admitted member passed its presence on. */
  readonly known_by: 'link' | 'gossip'
  /**
   * With `gossip`: the neighbour that handed its presence on first. It need not know the member itself. It is admitted,
   * except that a member that this node admits itself keeps the one it had until another one hands its presence on.
   */
  readonly sponsor?: NodeId | undefined
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

export interface TrustTerms {
  /** Default: the level the file gives the node, else what was decided before, else `peer`. */
  readonly level?: TrustLevel | undefined
  /** At most 64 characters. Absent keeps what was decided before; so do `roles` and `teams`. */
  readonly name?: string | undefined
  /** At most 16 of at most 64 characters; so are teams. */
  readonly roles?: readonly string[] | undefined
  readonly teams?: readonly string[] | undefined
}

/** What a member was last heard of. */
export type Presence = 'online' | 'unsure' | 'offline'
