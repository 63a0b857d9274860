// The plaintext inside a summary's box: canonical MessagePack of a NodeSummary, before sealing and after opening.
import { conform } from './conform.ts'
import type { WireBody } from './define.ts'
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
const SIZES = [1, 2, 4, 8, 16, 32].map((kib) => kib * 1024).concat(SUMMARY_BYTES)
/** Key and shortest header of the padding. */
const PAD_KEY = 'pad'
const PAD_BYTES = 1 + PAD_KEY.length + 2
/** From this length on the header of `pad` has one byte more. */
const LONG_PAD = 256

/** Bytes of padding that make `length` bytes `size` bytes; undefined when none does. */
function padFor(length: number, size: number): number | undefined {
  const short = size - length - PAD_BYTES
  if (short < LONG_PAD) return short < 0 ? undefined : short
  return short - 1 < LONG_PAD ? undefined : short - 1
}

/** How long `length` bytes of an encoded summary are once they are padded. */
export const paddedLength = (length: number): number =>
  SIZES.find((size) => padFor(length, size) !== undefined) ?? length

/**
 * The same summary with a member `pad` of zeros, which readers ignore as every member they do not know, so that its
 * length is one of a few: 1, 2, 4 … 32 KiB. One that no size is left for stays as it is.
 */
export function padSummary(plaintext: Uint8Array): Uint8Array {
  const pad = padFor(plaintext.length, paddedLength(plaintext.length))
  if (pad === undefined) return plaintext
  return encodeValue({ ...(decodeValue(plaintext) as WireBody), [PAD_KEY]: new Uint8Array(pad) })
}

/** Takes off what `padSummary` added. FrameErrors: those of decodeValue. */
export function unpadSummary(plaintext: Uint8Array): Uint8Array {
  const value = decodeValue(plaintext)
  if (typeof value !== 'object' || value === null || !(PAD_KEY in value)) return plaintext
  return encodeValue({ ...(value as WireBody), [PAD_KEY]: undefined })
}

/** An author's words are no more trusted than a frame. FrameErrors: `malformed`, `too_large`; nothing else. */
export function decodeSummary(bytes: Uint8Array): NodeSummary {
  return conform(nodeSummary, decodeValue(bounded(bytes)))
}
