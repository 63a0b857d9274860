// The kinds of documents, as a table: all that announcing, moving, relaying and bounding them has to know of each.
import {
  RELEASE_KEPT_MS,
  SHARE_KEPT_MS,
  slotOfBucket,
  slotOfCheck,
  slotOfRelease,
  slotOfTally,
  TALLY_KEPT_MS,
} from '../../../protocols/buckets.ts'
import type { Message, WireBody } from '../../../protocols/define.ts'
import { bodyOf, FRAME_OVERHEAD, type Frame } from '../../../protocols/frame.ts'
import { Holding } from '../../../protocols/messages/agent.ts'
import { ATTEMPTS_MAX } from '../../../protocols/messages/aggregate.ts'
import { AuditHead } from '../../../protocols/messages/audit.ts'
import { Certificate, RevocationList } from '../../../protocols/messages/certificate.ts'
import { Check } from '../../../protocols/messages/check.ts'
import { Counted } from '../../../protocols/messages/counted.ts'
import { PolicyBundle } from '../../../protocols/messages/policy.ts'
import { Release } from '../../../protocols/messages/release.ts'
import { KeyRotation } from '../../../protocols/messages/rotation.ts'
import { Share } from '../../../protocols/messages/share.ts'
import { SealedSummary } from '../../../protocols/messages/summary.ts'
import { Tally } from '../../../protocols/messages/tally.ts'
import { slotOf } from '../../../protocols/periods.ts'
import { DAY_MS, LATEST_MS } from '../../base/calendar.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'

export interface Kind {
  readonly message: Message
  /**
   * `all`: public, kept by every member. `recipients`: sealed, kept by whom its hints name, and for them by relay
   * holders. There is nothing else, so that whatever is kept may be given to any neighbour.
   */
  readonly audience: 'all' | 'recipients'
  /**
   * The longest that one may ask to be kept, from its version on, ms: what is kept over this is refused. Infinity for what
   * counts until a newer edition replaces it.
   */
  readonly keptMs: number
  /**
   * What is kept stays, and what comes when there is no room does not, own documents too: whoever has the author's key dates
   * documents as they like, and could push out those that speak against them.
   */
  readonly stays?: true
  /** Most documents and bytes of one author; beyond, its oldest editions are removed. */
  readonly perAuthor: { readonly documents: number; readonly bytes: number }
  readonly read: (frame: Frame) => Reading
  /**
   * An edition that contradicts the kept one is not kept, by nobody who has that; and an author that lost its own, as after
   * a restore, takes it back from others.
   */
  readonly final?: true
  /** Says what is wrong when an author's newer edition takes back what its older one said. */
  readonly contradicts?: ((older: Frame, newer: Frame) => string | undefined) | undefined
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

const isSameSet = (older: { readonly set: Uint8Array }, newer: { readonly set: Uint8Array }): boolean =>
  Buffer.compare(older.set, newer.set) === 0

/** Long enough to find a ledger shortened that was last seen before somebody's long leave. */
const AUDIT_HEAD_KEPT_MS = 180 * DAY_MS
/** A week's summary is of use for 400 days after its end. */
const SUMMARY_KEPT_MS = 410 * DAY_MS
/** So long after its end it can still be told whose a key was. */
const CERTIFICATE_KEPT_MS = 365 * DAY_MS
/** The longest life of a certificate, an issuer's, is 400 days. */
const CERTIFICATE_KEPT_MAX_MS = CERTIFICATE_KEPT_MS + 410 * DAY_MS

/** A node that is gone is not said to have anything for long. */
const HOLDING_KEPT_MS = 3 * DAY_MS

/** One row, whose functions are given the body of the message in place of its frame. */
function kind<B extends WireBody>({
  message,
  recipients,
  read,
  contradicts,
  ...rest
}: Pick<Kind, 'keptMs' | 'stays' | 'final' | 'perAuthor'> & {
  readonly message: Message<B>
  /** Where it is sealed for them; absent: public. */
  readonly recipients?: (body: B) => readonly { readonly hint: Uint8Array }[]
  readonly read: (body: B) => Omit<Reading, 'hints'>
  readonly contradicts?: (older: B, newer: B) => string | undefined
}): Kind {
  return {
    ...rest,
    message: message as unknown as Message,
    audience: recipients === undefined ? 'all' : 'recipients',
    read(frame) {
      const body = bodyOf(frame, message)
      return { ...read(body), hints: Buffer.concat((recipients?.(body) ?? []).map(({ hint }) => hint)) }
    },
    contradicts:
      contradicts && ((older, newer) => contradicts(bodyOf(older, message), bodyOf(newer, message))),
  }
}

/** For messages that say these times themselves. */
const dated =
  <B extends Omit<Reading, 'slot' | 'hints'>>(slot: (body: B) => string = () => '') =>
  (body: B) => ({ slot: slot(body), version: body.version, expires_at: body.expires_at })

/** A kind that gets a row here is announced, moved, relayed and bounded like the others. */
const ROWS = {
  summary: kind({
    message: SealedSummary,
    recipients: (body) => body.boxes.flatMap(({ recipients }) => recipients),
    keptMs: SUMMARY_KEPT_MS,
    // 168 hours, 35 days and 57 weeks are kept at most.
    perAuthor: { documents: 512, bytes: 8 * 1024 * 1024 },
    read: dated((body) => slotOf(body)),
  }),
  audit_head: kind({
    message: AuditHead,
    keptMs: AUDIT_HEAD_KEPT_MS,
    perAuthor: { documents: 1, bytes: 8 * 1024 },
    read: ({ ts }) => ({ slot: '', version: ts, expires_at: ts + AUDIT_HEAD_KEPT_MS }),
    contradicts(older, newer) {
      if (newer.seq < older.seq) return 'its ledger got shorter'
      const same = Buffer.compare(newer.hash, older.hash) === 0
      return newer.seq === older.seq && !same ? 'its ledger was rewritten' : undefined
    },
  }),
  key_rotation: kind({
    message: KeyRotation,
    keptMs: Number.POSITIVE_INFINITY,
    stays: true,
    // Two successors freeze a lineage already.
    perAuthor: { documents: 4, bytes: 4 * 1024 },
    read: ({ new: next, valid_from }) => ({
      // One slot for each successor, so that a second one does not make the first one unseen.
      slot: toHex(blake3([next], 16)),
      version: valid_from,
      expires_at: LATEST_MS,
    }),
    contradicts: () => 'it signed the rotation to one key again with other times',
  }),
  certificate: kind({
    message: Certificate,
    keptMs: CERTIFICATE_KEPT_MAX_MS,
    // One of each node that an issuer certified.
    perAuthor: { documents: 4_096, bytes: 8 * 1024 * 1024 },
    read: ({ key, version, not_after }) => ({
      // One slot for each key, by 128 bits, so that no certificate can be made to push out another one.
      slot: toHex(blake3([key], 16)),
      version,
      expires_at: not_after + CERTIFICATE_KEPT_MS,
    }),
  }),
  revocation_list: kind({
    message: RevocationList,
    keptMs: Number.POSITIVE_INFINITY,
    perAuthor: { documents: 1, bytes: 64 * 1024 + FRAME_OVERHEAD },
    read: ({ version }) => ({ slot: '', version, expires_at: LATEST_MS }),
    contradicts(older, newer) {
      if (newer.number <= older.number) return 'its revocation list has an older number'
      const keys = new Set(newer.revoked.map(({ key }) => toHex(key)))
      const isWhole = older.revoked.every(({ key }) => keys.has(toHex(key)))
      return isWhole ? undefined : 'its revocation list lacks keys that it revoked before'
    },
  }),
  policy_bundle: kind({
    message: PolicyBundle,
    keptMs: Number.POSITIVE_INFINITY,
    perAuthor: { documents: 1, bytes: PolicyBundle.limit + FRAME_OVERHEAD },
    // The newest one by its version is kept, whatever its number, so that all members end with the same one.
    read: ({ version }) => ({ slot: '', version, expires_at: LATEST_MS }),
  }),
  share: kind({
    message: Share,
    recipients: (body) => body.boxes,
    keptMs: SHARE_KEPT_MS,
    // A week of hours. All shares of a bucket have one version, so a second one does not replace the first.
    perAuthor: { documents: 256, bytes: 8 * 1024 * 1024 },
    read: (body) => ({ slot: slotOfBucket(body), version: body.end, expires_at: body.expires_at }),
  }),
  tally: kind({
    message: Tally,
    recipients: (body) => body.recipients,
    keptMs: TALLY_KEPT_MS,
    // A tally stays whatever comes: if lists that an aggregator has to refuse could push it out, spent shares could be
    // tallied again.
    stays: true,
    // All attempts at each of the 216 hours that tallies are kept for; the bytes are enough for two full ones of each.
    perAuthor: { documents: 216 * ATTEMPTS_MAX, bytes: 32 * 1024 * 1024 },
    read: dated((body) => slotOfTally(body, body.attempt)),
  }),
  check: kind({
    message: Check,
    recipients: (body) => body.recipients,
    keptMs: TALLY_KEPT_MS,
    // Nine days of a thousand machines, or nine days of hours of fewer; what was removed is computed again, and is the same.
    perAuthor: { documents: 4_096, bytes: 32 * 1024 * 1024 },
    read: dated((body) => slotOfCheck(body, body.part)),
  }),
  counted: kind({
    message: Counted,
    keptMs: TALLY_KEPT_MS,
    final: true,
    // Nine days of hours of a thousand machines.
    perAuthor: { documents: 256, bytes: 8 * 1024 * 1024 },
    read: dated((body) => slotOfBucket(body)),
    contradicts: (older, newer) => (isSameSet(older, newer) ? undefined : 'it counted a time a second time'),
  }),
  release: kind({
    message: Release,
    recipients: (body) => body.recipients,
    keptMs: RELEASE_KEPT_MS,
    final: true,
    // 400 days of eight audiences; less far back where buckets are hours.
    perAuthor: { documents: 4_096, bytes: 32 * 1024 * 1024 },
    read: dated((body) => slotOfRelease(body, body.audience)),
    contradicts: (older, newer) =>
      isSameSet(older, newer) ? undefined : 'it released totals of a time a second time',
  }),
  holding: kind({
    message: Holding,
    keptMs: HOLDING_KEPT_MS,
    perAuthor: { documents: 1, bytes: Holding.limit + FRAME_OVERHEAD },
    read: dated(),
  }),
} satisfies Readonly<Record<string, Kind>>
export type DocumentKind = keyof typeof ROWS
export const KINDS: Readonly<Record<DocumentKind, Kind>> = ROWS
/** In the order of the rows. */
export const DOCUMENT_KINDS = Object.keys(ROWS) as readonly DocumentKind[]

/** Sealed documents are relayed for this long after they were issued. */
export const RELAYED_MS = 7 * DAY_MS

/** Documents of that kind are judged by a room, and each has to contain what its author said before. */
export const isGoingOn = (
  ports: { readonly [name in DocumentKind]?: unknown },
  kind: DocumentKind,
): boolean => ports[kind] !== undefined && KINDS[kind].contradicts !== undefined
