// The kinds of documents, as a table: all that announcing, moving, relaying and bounding them has to know of each.
import type { Message, WireBody } from '../../../protocols/define.ts'
import { bodyOf, type Frame } from '../../../protocols/frame.ts'
import { AuditHead } from '../../../protocols/messages/audit.ts'
import { SealedSummary } from '../../../protocols/messages/summary.ts'
import { slotOf } from '../../../protocols/periods.ts'
import { DAY_MS } from '../../base/calendar.ts'

/** A kind that gets a row in the table below is announced, moved, relayed and bounded like the others. */
export const DOCUMENT_KINDS = ['summary', 'audit_head'] as const
export type DocumentKind = (typeof DOCUMENT_KINDS)[number]

export interface Kind {
  readonly message: Message
  /**
   * `all`: public, kept by every member. `recipients`: sealed, kept by whom its hints name, and for them by relay
   * holders. There is nothing else, so that whatever is kept may be given to any neighbour.
   */
  readonly audience: 'all' | 'recipients'
  /** Most documents and bytes of one author; beyond, its oldest editions are removed. */
  readonly perAuthor: { readonly documents: number; readonly bytes: number }
  readonly read: (frame: Frame) => Reading
  /** Says what is wrong when an author's newer edition takes back what its older one said. */
  readonly contradicts?: (older: Frame, newer: Frame) => string | undefined
}

/** The facts that a document states about itself. */
export interface Reading {
  readonly slot: string
  /** Milliseconds since the epoch, both. */
  readonly version: number
  readonly expires_at: number
  /** 8 bytes for each recipient, in the order of the boxes. */
  readonly hints: Uint8Array
}

const NO_HINTS = new Uint8Array(0)

/** Long enough to find a ledger shortened that was last seen before somebody's long leave. */
const AUDIT_HEAD_KEPT_MS = 180 * DAY_MS

function kind<B extends WireBody>(row: {
  readonly message: Message<B>
  readonly audience: Kind['audience']
  readonly perAuthor: Kind['perAuthor']
  readonly read: (body: B) => Reading
  readonly contradicts?: (older: B, newer: B) => string | undefined
}): Kind {
  const { message, contradicts } = row
  return {
    ...row,
    read: (frame) => row.read(bodyOf(frame, message)),
    ...(contradicts === undefined
      ? {}
      : { contradicts: (older, newer) => contradicts(bodyOf(older, message), bodyOf(newer, message)) }),
  } as Kind
}

export const KINDS: Readonly<Record<DocumentKind, Kind>> = {
  summary: kind({
    message: SealedSummary,
    audience: 'recipients',
    // 168 hours, 35 days and 57 weeks are kept at most.
    perAuthor: { documents: 512, bytes: 8 * 1024 * 1024 },
    read: (body) => ({
      slot: slotOf(body),
      version: body.version,
      expires_at: body.expires_at,
      hints: Buffer.concat(body.boxes.flatMap((box) => box.recipients.map(({ hint }) => hint))),
    }),
  }),
  audit_head: kind({
    message: AuditHead,
    audience: 'all',
    perAuthor: { documents: 1, bytes: 8 * 1024 },
    read: ({ ts }) => ({ slot: '', version: ts, expires_at: ts + AUDIT_HEAD_KEPT_MS, hints: NO_HINTS }),
    contradicts(older, newer) {
      if (newer.seq < older.seq) return 'its ledger got shorter'
      const same = Buffer.compare(newer.hash, older.hash) === 0
      return newer.seq === older.seq && !same ? 'its ledger was rewritten' : undefined
    },
  }),
}

/** Sealed documents are relayed for this long after they were issued. */
export const RELAYED_MS = 7 * DAY_MS
