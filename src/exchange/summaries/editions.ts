// The editions that were published: the last one of each period, and whether another one would say anything new.
import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { type Period, periodOfSlot } from '../../../protocols/periods.ts'
import { decodeSummary, encodeSummary } from '../../../protocols/summary.ts'
import { byText } from '../../base/by-text.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import type { Log } from '../../base/run/log.ts'
import type { Self } from '../boxes/index.ts'
import type { StoredDocument } from '../documents/index.ts'
import { expiryOf, openOwn, readDocument } from './document.ts'

export interface Edition {
  readonly period: Period
  readonly version: number
  readonly expires_at: number
  readonly boxes: number
  /** A digest of recipients and contents; undefined where this node could not read its own edition. */
  readonly contents: string | undefined
}

/** A box as far as it matters whether it says anything new: not when it was derived. */
export function contentsOf(
  boxes: readonly {
    readonly recipients: readonly { readonly node_id: NodeId }[]
    readonly summary: NodeSummary
  }[],
): string {
  const each = boxes.map(({ recipients, summary }) => {
    const timeless = encodeSummary({ ...summary, generated_at: summary.start })
    const ids = recipients.map(({ node_id }) => node_id).sort(byText)
    return toHex(blake3([ids.join(' '), '\0', timeless]))
  })
  return each.sort(byText).join(' ')
}

/**
 * The editions among this node's own documents; `candidates` are the nodes that may be recipients. One that it cannot
 * read, of another release or damaged, is replaced like one whose contents it does not know.
 */
export function editionsOf(
  self: Self,
  documents: readonly StoredDocument[],
  candidates: readonly NodeId[],
  log: Log,
): Map<string, Edition> {
  const editions = new Map<string, Edition>()
  for (const { head, bytes } of documents) {
    const period = periodOfSlot(head.slot)
    if (period === undefined) continue
    try {
      editions.set(head.slot, editionOf(self, period, bytes, candidates))
    } catch (error) {
      log.warn({ slot: head.slot, error: String(error) }, 'an own summary cannot be read; it is replaced')
      editions.set(head.slot, unreadable(period, head.version))
    }
  }
  return editions
}

/** It counts as one that somebody can read, so that no recipient keeps numbers that were withdrawn. */
export const unreadable = (period: Period, version: number): Edition => ({
  period,
  version,
  expires_at: expiryOf(period),
  boxes: 1,
  contents: undefined,
})

/** FrameErrors: those of decodeFrame and decodeSummary. */
function editionOf(self: Self, period: Period, bytes: Uint8Array, candidates: readonly NodeId[]): Edition {
  const document = readDocument(bytes)
  const { version, expires_at, boxes } = document.body
  const own = openOwn(self, document, candidates)
  const known = own?.flatMap(({ recipients, plaintext }) => {
    const named = recipients.filter((one) => one !== undefined)
    return named.length < recipients.length
      ? []
      : [{ recipients: named.map((node_id) => ({ node_id })), summary: decodeSummary(plaintext) }]
  })
  const contents = known?.length === boxes.length ? contentsOf(known) : undefined
  return { period, version, expires_at, boxes: boxes.length, contents }
}
