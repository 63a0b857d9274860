// The plaintext inside a summary's box: canonical MessagePack of a NodeSummary, before sealing and after opening.
import { type Codec, codec } from './codec.ts'
import { type NodeSummary, nodeSummary, SUMMARY_BYTES } from './messages/summary.ts'

/** Sizes that a sealed summary's plaintext may have, so that they tell little of what it says. */
export const SUMMARY_SIZES = [1, 2, 4, 8, 16, 32].map((kib) => kib * 1024).concat(SUMMARY_BYTES)

export const { encode: encodeSummary, decode: decodeSummary }: Codec<NodeSummary> = codec(
  nodeSummary,
  'summary',
  SUMMARY_BYTES,
)
