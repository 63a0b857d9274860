// The shapes that the documents room shows to other rooms, apart from the code that makes them.
import type { NodeId } from '../../../protocols/node-id.ts'
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

/** A head of this node's ledger that is kept outside of the ledger. */
export interface OutsideHead {
  /** The AuditHead frame, signed by this node. */
  readonly frame: Uint8Array
  /** Neighbours that have it. */
  readonly by: readonly NodeId[]
}
