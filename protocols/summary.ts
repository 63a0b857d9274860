// The plaintext inside a summary's box: canonical MessagePack of a NodeSummary, before sealing and after opening.
import { conform } from './conform.ts'
import { decodeValue, encodeValue } from './messagepack.ts'
import { type NodeSummary, nodeSummary, SUMMARY_BYTES } from './messages/summary.ts'
import { FrameError } from './reject.ts'

function bounded(bytes: Uint8Array): Uint8Array {
  if (bytes.length > SUMMARY_BYTES) throw new FrameError('too_large', `a summary of ${bytes.length} bytes`)
  return bytes
}

/** Only what the schema names is written. FrameErrors: `malformed` when it does not fit, `too_large`. */
export function encodeSummary(summary: NodeSummary): Uint8Array {
  return bounded(encodeValue(conform(nodeSummary, summary)))
}

/** Sizes that a sealed summary's plaintext may have, so that they tell little of what it says. */
export const SUMMARY_SIZES = [1, 2, 4, 8, 16, 32].map((kib) => kib * 1024).concat(SUMMARY_BYTES)

/** An author's words are no more trusted than a frame. FrameErrors: `malformed`, `too_large`; nothing else. */
export function decodeSummary(bytes: Uint8Array): NodeSummary {
  return conform(nodeSummary, decodeValue(bounded(bytes)))
}
