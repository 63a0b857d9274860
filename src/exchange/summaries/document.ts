// Summaries as signed and sealed documents: written for groups of recipients, opened by one of them, who adds contradictory numbers to
// nothing.
import { possibleActivity, possibleRows, possibleSafety, possibleTools } from '../../../protocols/counts.ts'
import {
  type NodeSummary,
  SealedSummary,
  type SealedSummaryBody,
} from '../../../protocols/messages/summary.ts'
import { keyOf, type NodeId } from '../../../protocols/node-id.ts'
import { pad, paddedLength, unpad } from '../../../protocols/padding.ts'
import { GRANULARITIES, KEPT_MS, type Period, slotOf } from '../../../protocols/periods.ts'
import { FrameError } from '../../../protocols/reject.ts'
import { decodeSummary, SUMMARY_SIZES } from '../../../protocols/summary.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { toHex } from '../../base/hex.ts'
import { type Statement, signStatement, verifyStatement } from '../../trust/identity/index.ts'
import { type Opener, openBox, type Self, sealBox } from '../boxes/index.ts'

/** A box before it is sealed: its recipients and its summary. */
export interface PlainBox {
  readonly recipients: readonly { readonly node_id: NodeId }[]
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
 * published last.
 */
export function writeDocument(
  self: Self,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
  period: Period,
  version: number,
  boxes: readonly PlainBox[],
): Uint8Array {
  const author = self.identity.publicKey
  const body: SealedSummaryBody = {
    granularity: period.granularity,
    start: period.start,
    end: period.end,
    version,
    expires_at: expiryOf(period),
    boxes: boxes.map(({ recipients, plaintext }, box) =>
      sealBox(
        self,
        random,
        { slot: slotOf(period), version },
        [...recipients.map(({ node_id }) => keyOf(node_id)), author],
        // The size of a summary shows how many tools a person used, so it is padded to one of a few sizes.
        pad(plaintext, SUMMARY_SIZES),
        additionalData(author, period, version, box),
      ),
    ),
  }
  return signStatement(SealedSummary, body, self.identity, clock.now(), random)
}

type SealedDocument = Statement<SealedSummaryBody>

/** FrameErrors: those of decodeFrame. */
export const readDocument = (bytes: Uint8Array): SealedDocument => verifyStatement(SealedSummary, bytes)

/** The plaintext and the place of this node in one of the boxes; undefined: it is for others, or does not open. */
function openAt(self: Opener, { key, body }: SealedDocument, box: number) {
  const edition = { slot: slotOf(body), version: body.version }
  const aad = additionalData(key, body, body.version, box)
  const opened = openBox([self], key, edition, body.boxes[box]!, aad)
  return opened && { place: opened.place, plaintext: unpad(opened.plaintext) }
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
  if (document.by !== author) throw new FrameError('malformed', 'it is of another author')
  for (const self of selves) {
    for (const box of document.body.boxes.keys()) {
      const plaintext = openAt(self, document, box)?.plaintext
      if (plaintext === undefined) continue
      const summary = decodeSummary(plaintext)
      const flaw = flawOf(summary, author, document.body)
      if (flaw !== undefined) throw new FrameError('malformed', flaw)
      return { summary, plaintext }
    }
  }
  throw new FrameError('malformed', 'it is not for this node, or does not open')
}

/** The flaw of a summary, or undefined. `author` and `envelope` are from the document around it. */
function flawOf(
  summary: NodeSummary,
  author: NodeId,
  envelope: Pick<SealedSummaryBody, 'granularity' | 'start' | 'end' | 'version'>,
): string | undefined {
  const { granularity, start, end, generated_at, closed } = summary
  if (summary.node_id !== author) return 'it is about another node than its author'
  if (granularity !== envelope.granularity || start !== envelope.start || end !== envelope.end) {
    return 'it is about another period than its document'
  }
  if (generated_at < start || generated_at > envelope.version) return 'it was derived at another time'
  if (closed !== generated_at >= end) return 'it says wrongly whether its period was over'
  return flawOfSums(summary)
}

function flawOfSums(summary: NodeSummary): string | undefined {
  const { command_patterns = [], tool_usage, activity_pattern, safety_stats } = summary
  const categories = command_patterns.map((pattern) => ({ ...pattern, name: pattern.category }))
  if (!possibleRows(categories)) return 'its categories cannot be'
  if (!possibleTools(tool_usage?.tools ?? [])) return 'its tools cannot be'
  if (activity_pattern !== undefined && !possibleActivity(activity_pattern)) return 'its activity cannot be'
  if (safety_stats !== undefined && !possibleSafety(safety_stats)) return 'its risk levels cannot be'
  return undefined
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
  const { key: author, body } = document
  const context = { author, slot: slotOf(body), version: body.version }
  const named = new Map<string, NodeId>()
  for (const node of candidates) {
    const hint = self.hints(keyOf(node), context)
    if (hint !== undefined) named.set(toHex(hint), node)
  }
  const opened: OwnBox[] = []
  for (const [index, box] of body.boxes.entries()) {
    const found = openAt(self, document, index)
    if (found?.plaintext === undefined) return undefined
    const recipients = box.recipients.filter((_, at) => at !== found.place)
    opened.push({
      recipients: recipients.map(({ hint }) => named.get(toHex(hint))),
      plaintext: found.plaintext,
    })
  }
  return opened
}
