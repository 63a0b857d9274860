// Summaries as signed and sealed documents: written for groups of recipients, opened by one of them.
import {
  type NodeSummary,
  SealedSummary,
  type SealedSummaryBody,
} from '../../../protocols/messages/summary.ts'
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import { pad, paddedLength, unpad } from '../../../protocols/padding.ts'
import { GRANULARITIES, KEPT_MS, type Period, slotOf } from '../../../protocols/periods.ts'
import { FrameError } from '../../../protocols/reject.ts'
import { decodeSummary, SUMMARY_SIZES } from '../../../protocols/summary.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { toHex } from '../../base/hex.ts'
import {
  createHints,
  findHint,
  type Hints,
  type Identity,
  openForMany,
  sealingKeyOf,
  sealToMany,
  signStatement,
  verifyStatement,
} from '../../trust/identity/index.ts'
import { flawOf } from './plausible.ts'

/** This node as author or recipient of sealed boxes. */
export interface Self {
  readonly identity: Pick<Identity, 'nodeId' | 'publicKey' | 'sign' | 'agree'>
  /** Makes the hints; of the same identity as `identity`. */
  readonly hints: Hints
}

/** This node, or one of its earlier keys, as whoever opens a box. */
export type Opener = Omit<Self, 'identity'> & { readonly identity: Omit<Self['identity'], 'sign'> }

/** The keys that this node had before, as readers of what was sealed to them, and of what it published itself. */
export const formerSelves = ({ former = [] }: Partial<Pick<Identity, 'former'>>): readonly Opener[] =>
  former.map((identity) => ({ identity, hints: createHints(identity.agree) }))

/** A box before it is sealed: its recipients and its summary. */
export interface PlainBox {
  readonly recipients: readonly { readonly node_id: NodeId; readonly sealingKey: Uint8Array }[]
  /** An encoded NodeSummary. */
  readonly plaintext: Uint8Array
}

const DOMAIN = Buffer.from('karo-summary-v1')

/** domain ‖ author 32 ‖ granularity u8 (hour 0, day 1, week 2) ‖ start u64 ‖ version u64 ‖ box u8, big-endian. */
function additionalData(author: Uint8Array, period: Period, version: number, box: number): Uint8Array {
  const of = Buffer.alloc(18)
  of.writeUInt8(GRANULARITIES.indexOf(period.granularity), 0)
  of.writeBigUInt64BE(BigInt(period.start), 1)
  of.writeBigUInt64BE(BigInt(version), 9)
  of.writeUInt8(box, 17)
  return Buffer.concat([DOMAIN, author, of])
}

/** When a period's summary expires, ms since the epoch. */
export const expiryOf = ({ granularity, end }: Period): number => end + KEPT_MS[granularity]

/** Bytes of a document besides its boxes, of a box besides its plaintext, of a place in a box; generous. */
const DOCUMENT_BYTES = 512
const BOX_BYTES = 128
const PLACE_BYTES = 80

/** How many of `boxes`, from the first, one document holds. */
export function boxesThatFit(boxes: readonly PlainBox[]): number {
  let bytes = DOCUMENT_BYTES
  const over = boxes.findIndex(({ plaintext, recipients }) => {
    bytes += BOX_BYTES + paddedLength(plaintext.length, SUMMARY_SIZES) + (recipients.length + 1) * PLACE_BYTES
    return bytes > SealedSummary.limit
  })
  return over < 0 ? boxes.length : over
}

/**
 * The frame of an edition. The author is one more recipient of every box, so that after a restart it can tell what it
 * published last. Recipients stand in the order of their hints, which is nobody's.
 */
export function writeDocument(
  { identity, hints }: Self,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  period: Period,
  version: number,
  boxes: readonly PlainBox[],
): Uint8Array {
  const author = identity.publicKey
  const context = { author, slot: slotOf(period), version }
  const own = { node_id: identity.nodeId, sealingKey: requireKey(sealingKeyOf(author)) }
  const body: SealedSummaryBody = {
    granularity: period.granularity,
    start: period.start,
    end: period.end,
    version,
    expires_at: expiryOf(period),
    boxes: boxes.map(({ recipients, plaintext }, box) => {
      const places = [...recipients, own]
      const aad = additionalData(author, period, version, box)
      const sealed = sealToMany(
        places.map(({ sealingKey }) => sealingKey),
        // The size of a summary shows how many tools a person used, so it is padded to one of a few sizes.
        pad(plaintext, SUMMARY_SIZES),
        aad,
        random,
      )
      const entries = places.map(({ node_id }, at) => ({
        hint: requireKey(hints(parseNodeId(node_id) as Uint8Array, context)),
        key: sealed.keys[at] as Uint8Array,
      }))
      entries.sort((a, b) => Buffer.compare(a.hint, b.hint))
      return { epk: sealed.epk, recipients: entries, sealed: sealed.sealed }
    }),
  }
  return signStatement(SealedSummary, body, identity, clock.now(), random)
}

/** Candidates without a sealing key are no recipients, so there is one here. */
function requireKey(key: Uint8Array | undefined): Uint8Array {
  if (key === undefined) throw new Error('a recipient has no usable key')
  return key
}

export interface SealedDocument {
  readonly author: NodeId
  readonly publicKey: Uint8Array
  readonly body: SealedSummaryBody
}

/** FrameErrors: those of decodeFrame. */
export function readDocument(bytes: Uint8Array): SealedDocument {
  const { by: author, key: publicKey, body } = verifyStatement(SealedSummary, bytes)
  return { author, publicKey, body }
}

/** Where this node's place is in each box that has one: [box, place]. */
function placesIn({ hints }: Opener, { publicKey, body }: SealedDocument): (readonly [number, number])[] {
  const slot = slotOf(body)
  return body.boxes.flatMap((box, index) => {
    const one = { slot, version: body.version, boxes: [box] }
    const found = findHint(hints, publicKey, one)
    return found === undefined ? [] : [[index, found[1]] as const]
  })
}

/** The plaintext at this node's place, or undefined when it does not open. */
function openAt(
  { identity }: Opener,
  { publicKey, body }: SealedDocument,
  [box, place]: readonly [number, number],
): Uint8Array | undefined {
  const { epk, recipients, sealed } = body.boxes[box]!
  const own = requireKey(sealingKeyOf(identity.publicKey))
  const aad = additionalData(publicKey, body, body.version, box)
  const padded = openForMany(identity.agree, own, { epk, key: recipients[place]!.key, sealed }, aad)
  return padded === undefined ? undefined : unpad(padded)
}

/**
 * What a document says to this node. FrameErrors: those of decodeFrame and decodeSummary; `malformed` when it is of
 * another author than `author`, not for this node, does not open, or says what cannot be.
 */
export function openDocument(
  selves: readonly Opener[],
  bytes: Uint8Array,
  author: NodeId,
): { summary: NodeSummary; plaintext: Uint8Array } {
  const document = readDocument(bytes)
  if (document.author !== author) throw new FrameError('malformed', 'it is of another author')
  const found = selves.flatMap((self) => placesIn(self, document).map((place) => ({ self, place })))[0]
  if (found === undefined) throw new FrameError('malformed', 'it is not for this node')
  const plaintext = openAt(found.self, document, found.place)
  if (plaintext === undefined) throw new FrameError('malformed', 'it does not open')
  const summary = decodeSummary(plaintext)
  const flaw = flawOf(summary, author, document.body)
  if (flaw !== undefined) throw new FrameError('malformed', flaw)
  return { summary, plaintext }
}

export interface OwnBox {
  /** Undefined: the recipient is not among the candidates any more. */
  readonly recipients: readonly (NodeId | undefined)[]
  readonly plaintext: Uint8Array
}

/** The boxes that this node sealed itself, each with its recipients among `candidates`; undefined when one does not open. */
export function openOwn(
  self: Self,
  document: SealedDocument,
  candidates: readonly NodeId[],
): readonly OwnBox[] | undefined {
  const { publicKey, body } = document
  const context = { author: publicKey, slot: slotOf(body), version: body.version }
  const named = new Map<string, NodeId>()
  for (const node of candidates) {
    const hint = self.hints(parseNodeId(node) as Uint8Array, context)
    if (hint !== undefined) named.set(toHex(hint), node)
  }
  const places = placesIn(self, document)
  if (places.length !== body.boxes.length) return undefined
  const opened: OwnBox[] = []
  for (const place of places) {
    const plaintext = openAt(self, document, place)
    if (plaintext === undefined) return undefined
    const recipients = body.boxes[place[0]]!.recipients.filter((_, at) => at !== place[1])
    opened.push({ recipients: recipients.map(({ hint }) => named.get(toHex(hint))), plaintext })
  }
  return opened
}
