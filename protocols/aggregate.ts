// The plaintexts inside shares, tallies and releases: canonical MessagePack, before sealing and after opening.
import { type Codec, codec } from './codec.ts'
import { RELEASE_PLAIN_BYTES, SHARE_PLAIN_BYTES, TALLY_PLAIN_BYTES } from './messages/aggregate.ts'
import { type CheckPlain, checkPlain } from './messages/check.ts'
import {
  type ReleaseContent,
  type ReleasePlain,
  type ReleaseStatement,
  releaseContent,
  releasePlain,
  releaseStatement,
} from './messages/release.ts'
import { type ShareHeader, type SharePlain, shareHeader, sharePlain } from './messages/share.ts'
import { type TallyPlain, tallyPlain } from './messages/tally.ts'
import { LONG_PAD } from './padding.ts'

/** Sizes of the plaintexts of tallies and releases, so that whoever carries them learns little of how many rows are open. */
const sizesTo = (most: number): readonly number[] =>
  [4, 8, 16, 24, 32, 40, 48, 56]
    .map((kib) => kib * 1024)
    .filter((size) => size < most)
    .concat(most)

export const shareHeaders: Codec<ShareHeader> = codec(shareHeader, 'header of a share', SHARE_PLAIN_BYTES)
export const tallies: Codec<TallyPlain> = codec(
  tallyPlain,
  'tally',
  TALLY_PLAIN_BYTES,
  sizesTo(TALLY_PLAIN_BYTES),
)
export const checks: Codec<CheckPlain> = codec(checkPlain, 'check', TALLY_PLAIN_BYTES)
export const releases: Codec<ReleaseContent> = codec(releaseContent, 'release', RELEASE_PLAIN_BYTES)
/** Releases as they are sealed; the content alone is what both aggregators say the same. */
export const releasePlains: Codec<ReleasePlain> = codec(
  releasePlain,
  'release',
  RELEASE_PLAIN_BYTES,
  sizesTo(RELEASE_PLAIN_BYTES),
)
export const statements: Codec<ReleaseStatement> = codec(
  releaseStatement,
  'statement of a release',
  RELEASE_PLAIN_BYTES,
)

const plain: Codec<SharePlain> = codec(sharePlain, 'share', SHARE_PLAIN_BYTES)

/** Sizes of a share's plaintext. */
const SIZES = [2, 8, 16, 24, 32, 40].map((kib) => kib * 1024)

/**
 * The plaintext of a share's box, padded to the size that `fullest` needs, the longest header and half that its author could
 * have written, in bytes: so the length tells nothing of what the author gives. FrameErrors as `Codec.encode`.
 */
export function encodeShare(
  header: Uint8Array,
  share: Uint8Array,
  fullest: { readonly header: number; readonly share: number },
): Uint8Array {
  const bare = (of: Uint8Array, half: Uint8Array): number =>
    plain.encode({ header: of, share: half, pad: new Uint8Array(0) }).length
  const least = bare(header, share)
  const most = Math.max(least, bare(new Uint8Array(fullest.header), new Uint8Array(fullest.share)))
  // The padding is long everywhere: between a short one and a long one lies a length that neither makes.
  const size = SIZES.find((one) => one > most + LONG_PAD) ?? SHARE_PLAIN_BYTES
  const zeros = Math.max(0, size - least - 1)
  return plain.encode({ header, share, pad: new Uint8Array(zeros) })
}

/** FrameErrors as `Codec.decode`. */
export function decodeShare(bytes: Uint8Array): { readonly header: Uint8Array; readonly share: Uint8Array } {
  const { header, share } = plain.decode(bytes)
  return { header, share }
}
