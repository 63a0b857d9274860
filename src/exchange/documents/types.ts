// The shapes that the documents room shows to other rooms, apart from the code that makes them.
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Room } from '../../base/run/room.ts'
import type { DocumentKind } from './kinds.ts'

/** Names one document; of each (author, kind, slot) only the highest version is kept. */
export interface DocumentHead {
  readonly author: NodeId
  readonly kind: DocumentKind
  /** Which of its author's documents of that kind, e.g. `day:20512`; empty where there is one only. At most 32 characters. */
  readonly slot: string
  /** Grows with every edition: the author's clock, milliseconds since the epoch. */
  readonly version: number
  /** BLAKE3 of the frame, 32 bytes. */
  readonly digest: Uint8Array
}

export interface StoredDocument {
  readonly head: DocumentHead
  /** The frame as its author signed it; anybody can verify it again. */
  readonly bytes: Uint8Array
  /** Milliseconds since the epoch: when this node got it. */
  readonly received_at: number
}

/** A room that its own kind of documents is for, where authors are no members. */
interface DocumentPort {
  /** Whether documents of this author are kept; with `version`, whether one of that version is taken. */
  wanted(author: NodeId, version?: number): boolean
  /** Takes a document that is kept. `isNew` is false at the start, for documents that were kept before. */
  accept(frame: Uint8Array, isNew: boolean): void
  /** False: it is shown to the room and does not replace the one that is kept, because the room can make nothing of it. */
  readable?(frame: Uint8Array): Promise<boolean>
  /** Whether documents of this author are accepted before those of others of their kind, at the start. */
  isFirst(author: NodeId): boolean
}
export type DocumentPorts = Readonly<Partial<Record<DocumentKind, DocumentPort>>>

interface DocumentCounts {
  /** Written by this node. */
  readonly own: number
  /** Documents of other authors for this node. */
  readonly received: number
  /** Documents of other authors, kept for other nodes. */
  readonly relayed: number
  readonly bytes: number
  /** Refused because their author had signed another document under the same version. */
  readonly conflicts: number
}

/** A head of this node's ledger that is kept outside of the ledger. */
export interface OutsideHead {
  /** The AuditHead frame, signed by this node. */
  readonly frame: Uint8Array
  /** Neighbours that have it. */
  readonly by: readonly NodeId[]
}

export interface Documents extends Room {
  /**
   * Keeps this node's own new edition, or one of an author that the kind's port wants, and announces it. Resolves when it is durable, which is never before `start`; a
   * frame that is kept already is nothing new. KaroErrors: `conflict` when there is a newer edition, `bad_request` when
   * it is no such document of this node, `too_large`, `unavailable` after `stop`; FrameErrors of the frame. With `spreadMs`
   * the room of its kind is told only when all neighbours of now have fetched it, or so many ms later: what it does then
   * may end the links to them.
   */
  publish(kind: DocumentKind, frame: Uint8Array, spreadMs?: number): Promise<void>
  /** Called for each document of another author once it is kept, whatever its role; returns what ends that. */
  onKept(listener: (head: DocumentHead) => void): () => void
  /** Whether everything that this neighbour has was looked at since the start; undefined: it is not linked. */
  isCompared(node: NodeId): boolean | undefined
  /** Called when that becomes true of a neighbour; returns what ends that. */
  onCompared(listener: (node: NodeId) => void): () => void
  /**
   * To be called in the moment in which a document of this node, of a kind with one slot, was published: resolves with how many
   * members are linked, and how many of them have fetched it from here; after `ms` at the latest.
   */
  spread(kind: DocumentKind, ms: number): Promise<{ readonly linked: number; readonly have: number }>
  /** Other authors are wanted than before: what neighbours have is looked at again. */
  again(): void
  /**
   * This author's documents of a kind, one for each slot: own ones, and those for this node; not what it only relays.
   * With `slots` only those are read from the store.
   */
  of(
    author: NodeId,
    kind: DocumentKind,
    slots?: (slot: string) => boolean,
  ): Promise<readonly StoredDocument[]>
  /** The slots of what `of` would read; no document is read. */
  slots(author: NodeId, kind: DocumentKind): readonly string[]
  /** Editions of this author that are not for this node any more, where an older edition of the slot was. */
  withdrawn(
    author: NodeId,
    kind: DocumentKind,
  ): readonly { readonly slot: string; readonly version: number }[]
  /**
   * Resolves with how many of this node's own `slots` the neighbour has fetched from here, in editions of `since` (ms since
   * the epoch) or later; after `ms` at the latest.
   */
  fetched(peer: NodeId, slots: readonly string[], since: number, ms: number): Promise<number>
  /** Heads of this node's ledger that are kept outside of the ledger: its own document, and the newest that others gave. */
  ownLedgerHeads(): Promise<readonly OutsideHead[]>
  counts(): DocumentCounts
}
