// One document's frame: decoded, its author's signature checked, and judged by what it says about itself.
import {
  decodeFrame,
  type Frame,
  FrameError,
  type MessageTable,
  messageTable,
} from '../../../protocols/frame.ts'
import type { DocumentHeadBody } from '../../../protocols/messages/sync.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { blake3 } from '../../base/hash.ts'
import { isFuture, verifierOf, verifySignature } from '../../trust/identity/index.ts'
import { DOCUMENT_KINDS, type DocumentKind, KINDS, type Reading } from './kinds.ts'
import type { DocumentHead } from './types.ts'

/** A document that may be kept, if this node wants it. */
export interface Document extends Reading {
  readonly head: DocumentHead
  /** Ed25519, 32 bytes. */
  readonly author: Uint8Array
  readonly kind: DocumentKind
  readonly frame: Frame
}

const TABLE: MessageTable = messageTable(DOCUMENT_KINDS.map((kind) => KINDS[kind].message))
const KIND_OF: ReadonlyMap<number, DocumentKind> = new Map(
  DOCUMENT_KINDS.map((kind) => [KINDS[kind].message.type, kind]),
)

/** Names one document, of which there are editions. */
export interface Named {
  readonly author: NodeId
  readonly kind: string
  readonly slot: string
}
export type Edition = Named & { readonly version: number }
export const nameOf = ({ author, kind, slot }: Named): string => `${author} ${kind} ${slot}`
export const editionOf = (edition: Edition): string => `${nameOf(edition)} ${edition.version}`

/** Slots that fit the head of a document; any other is refused. */
const SLOT = /^[a-z0-9:._-]{0,32}$/

/**
 * FrameErrors: those of decodeFrame; `stale` when it expired before `now` or is of a version further in the future than
 * clocks may differ (it would block its slot until then).
 */
export function readDocument(bytes: Uint8Array, now: number): Document {
  const frame = decodeFrame(bytes, { messages: TABLE, verify: verifierOf(bytes) })
  const kind = KIND_OF.get(frame.type) as DocumentKind
  const reading = KINDS[kind].read(frame)
  if (!SLOT.test(reading.slot)) throw new FrameError('malformed', 'the slot')
  if (reading.expires_at - reading.version > KINDS[kind].keptMs)
    throw new FrameError('malformed', 'kept for too long')
  if (reading.expires_at <= now) throw new FrameError('stale', 'the document expired')
  if (isFuture(reading.version, now)) throw new FrameError('stale', 'the document is from the future')
  const author = frame.envelope.sender
  const head: DocumentHead = {
    author: formatNodeId(author),
    kind,
    slot: reading.slot,
    version: reading.version,
    digest: blake3([bytes]),
  }
  return { ...reading, head, author, kind, frame }
}

/** A frame of our own store, as it was judged when it came; undefined when it is damaged. */
export function rereadDocument(bytes: Uint8Array): Frame | undefined {
  try {
    return decodeFrame(bytes, { messages: TABLE, verify: verifySignature })
  } catch (error) {
    if (error instanceof FrameError) return undefined
    throw error
  }
}

export const isKind = (kind: string): kind is DocumentKind =>
  (DOCUMENT_KINDS as readonly string[]).includes(kind)

/** What a head takes in a message, about, in bytes. */
export const headBytes = ({ hints }: { readonly hints: Uint8Array }): number => 190 + hints.length

/** The facts about a document before it is here. */
export interface Wanted {
  readonly author: NodeId
  readonly publicKey: Uint8Array
  readonly kind: string
  readonly slot: string
  readonly version: number
  readonly digest: Uint8Array
  readonly hints: Uint8Array
}

export const wantedOf = (head: DocumentHeadBody): Wanted => ({
  ...head,
  author: formatNodeId(head.author),
  publicKey: head.author,
})
