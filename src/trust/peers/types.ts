// What the peers room shows of itself: the shapes other rooms use, apart from the code that makes them.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Room } from '../../base/run/room.ts'
import type { TrustLevel, TrustSource } from '../../base/words/trust-levels.ts'
import type { Binding } from '../certificates/index.ts'
import type { KeyState, Taken } from '../lineage/index.ts'

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

/** Rotations of keys: the port by which their documents come, and what the mesh hands over. */
export interface Rotations {
  /** Whether a rotation of this key is to be kept. */
  wanted(author: NodeId): boolean
  /** Takes a rotation that is kept. `isNew` is false at the start, for rotations that were kept before. */
  accept(frame: Uint8Array, isNew: boolean): void
  isFirst(author: NodeId): boolean
  /** What a node showed of its own lineage, the oldest first. Never throws. */
  shown(frames: readonly Uint8Array[]): void
  /** What a node is shown whose key was replaced, and which this node admits no more: the rotation. */
  toldTo(node: NodeId): Uint8Array | undefined
  /** Fires for each rotation that comes in, and for none that is loaded at the start, when other documents may not be loaded yet. */
  onTaken(listener: (taken: Taken, frame: Uint8Array) => void): () => void
  /** True when rotations that are kept here lead from one key to the other, whatever else they lead to. */
  leadsTo(from: NodeId, to: NodeId): boolean
  /** To be called now and then: tells of keys whose day beside their successor is over. */
  look(): void
}

export interface Trust extends Room {
  readonly rotations: Rotations
  /** The first key of its lineage: what counts for each member counts under it. */
  memberOf(node: NodeId): NodeId
  /** Every key of its lineage that counts, the key itself first. */
  keysOf(node: NodeId): readonly NodeId[]
  /** How its key stands among those of its lineage. */
  keyState(node: NodeId): KeyState
  /** Takes over `config.peers` as it is now. Resolves when listeners have been told and the ledger has it. */
  reload(): Promise<void>
  opinion(node: NodeId): PeerOpinion
  standing(node: NodeId): Standing
  /** True when its standing here is `member`, and nothing denies it. */
  admits(node: NodeId): boolean
  /** True when its key is denied or revoked, here or by a list of its mesh. Cheap, as `admits` is: asked for connections and frames. */
  refuses(node: NodeId): boolean
  /**
   * As `refuses`, but false for a key that a list revoked, and for one whose time beside its successor is over: such a key may
   * knock like any stranger, and is shown the list, or what replaced it. Nobody else would tell that machine.
   */
  bars(node: NodeId): boolean
  explain(node: NodeId): readonly OpinionStep[]
  /** When a person here last decided about it, ms since the epoch; undefined when nobody did. */
  decidedAt(node: NodeId): number | undefined
  /** People or the configuration here gave the node its name; false for a name that the node gave itself. */
  isNameChosen(node: NodeId): boolean
  /**
   * Records a person's decision (TOFU), about a known node or one yet to come; takes back a denial or revocation.
   * Resolves when it is durable; listeners have then been told. Errors: `bad_request` (this node itself, terms out of
   * bounds), `refused` (the file denies the key), `conflict` (the file names the node with other terms and
   * decides; or there are too many decisions). `deny` and `revoke` likewise.
   */
  trust(node: NodeId, terms: TrustTerms): Promise<void>
  deny(node: NodeId): Promise<void>
  /** Takes back a person's trust and refuses the key from now on; `trust` again is the way back. */
  revoke(node: NodeId): Promise<void>
  /**
   * Node id, fingerprint (in any grouping), or unique name. Who is no administrator finds none that waits for a decision,
   * and no error names one. Errors: `not_found`, `conflict`, `bad_request`.
   */
  resolve(who: string, admin?: boolean): NodeId

  /**
   * Other members seen in the last 7 days, not denied, not revoked, not oneself. One that this node admits itself counts
   * whoever announced it; any other for as long as this node admits the member that announced it.
   */
  members(): readonly Member[]
  member(node: NodeId): Member | undefined
  /** Called by mesh on admission, on activity, and on Goodbye. Never throws. */
  sawMember(
    node: NodeId,
    seen: { name?: string | undefined; addresses?: readonly string[]; offline?: boolean },
  ): void
  /**
   * Called by mesh when the node's own signed presence, written `at` some time by its clock and promising another one within `againMs`, was handed on by the admitted member `by`. False
   * when it does not count as a member: refused here, or `by` is not admitted. Of those that are known by gossip alone
   * and not admitted here there are at most 64 of one `by`, 1024 in all; the longest silent ones give way. Never throws.
   */
  heardOf(
    node: NodeId,
    seen: {
      readonly name: string
      readonly addresses: readonly string[]
      readonly offline: boolean
      readonly at?: number
      readonly againMs?: number
    },
    by: NodeId,
  ): boolean
  /** Its connection broke, or a member says so. Marks it until it is seen again; a member that said Goodbye stays so. */
  lost(node: NodeId): void
  pending(): readonly PendingPeer[]
  /**
   * Called by mesh when a verified key stood in the lobby: a stranger, or one trusted here that does not trust this
   * node yet. Bounded: 64, oldest out. Of a node that is refused here, only the time of its last try is kept, until this node restarts.
   * Never throws.
   */
  sawStranger(node: NodeId, seen: { name: string; addresses: readonly string[] }): void
  /**
   * Called by mesh with the IP addresses of all live connections of a node, before the first one is judged and whenever
   * one ends: what a subnet is trusted with holds for exactly as long. Never throws.
   */
  connected(node: NodeId, ips: readonly string[]): void
  /**
   * Where (multiaddrs, newest first) and when the node was last met, as a member or in the lobby; of a refused node, when it tried to
   * connect last.
   */
  met(node: NodeId): { readonly addresses: readonly string[]; readonly last_seen: number } | undefined
  /** Everybody this node has an opinion of or knows: configured, decided, certified, members, pending. */
  known(): readonly NodeId[]
  /**
   * Fires after a decision took effect; mesh redials, resets back-off, or closes. `by`: a person or the file, or a
   * certificate or a list, of which many may come at once.
   */
  onChange(listener: (node: NodeId, by?: 'person' | 'certificate') => void): () => void
  /** Fires when a member comes, says Goodbye, or its connection breaks (`unsure`); not for those that stay as they are. */
  onPresence(listener: (node: NodeId, presence: Presence, known_by: Member['known_by']) => void): () => void
}

/** What a member was last heard of. */
export type Presence = 'online' | 'unsure' | 'offline'
