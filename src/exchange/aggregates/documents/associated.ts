// What this room's documents are about: the associated data that their boxes are bound to, so that none can be copied to another place;
// and what an open document has to be about.
import { BUCKET_LENGTHS, type Bucket, slotOfBucket } from '../../../../protocols/buckets.ts'
import { FrameError } from '../../../../protocols/reject.ts'
import { isSame } from '../../../trust/identity/index.ts'
import { openBox } from '../../boxes/index.ts'
import type { Pair } from '../types.ts'

const u64 = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

/** `domain` ‖ mesh 32 ‖ length of the bucket u8 (day 0, 6h 1, hour 2) ‖ its start u64, big-endian ‖ `parts`. */
const bound = (
  domain: string,
  mesh: Uint8Array,
  { length, start }: Bucket,
  ...parts: readonly Uint8Array[]
): Uint8Array =>
  Buffer.concat([Buffer.from(domain), mesh, Buffer.of(BUCKET_LENGTHS.indexOf(length)), u64(start), ...parts])

/** Author 32 ‖ recipient 32 ‖ index u8: 0 and 1 the pair, 2 the author's own. */
export const shareData = (
  mesh: Uint8Array,
  bucket: Bucket,
  author: Uint8Array,
  recipient: Uint8Array,
  index: number,
): Uint8Array => bound('karo-share-v1', mesh, bucket, author, recipient, Buffer.of(index))

/** Number u8 ‖ version u64 ‖ author 32. */
const numbered =
  (domain: string) =>
  (mesh: Uint8Array, bucket: Bucket, number: number, version: number, by: Uint8Array): Uint8Array =>
    bound(domain, mesh, bucket, Buffer.of(number), u64(version), by)

/** The number is that of the attempt. */
export const tallyData = numbered('karo-tally-v1')

/** The number is that of the part. */
export const checkData = numbered('karo-check-v1')

/** What a share's proof is bound to: pair 64 ‖ author 32. */
export const proofData = (
  mesh: Uint8Array,
  bucket: Bucket,
  pair: readonly Uint8Array[],
  author: Uint8Array,
): Uint8Array => bound('karo-proof-v1', mesh, bucket, ...pair, author)

/** What the key that proofs are looked at with follows from, besides the secret of the pair: pair 64. */
export const verifyData = (mesh: Uint8Array, bucket: Bucket, pair: readonly Uint8Array[]): Uint8Array =>
  bound('karo-verify-v1', mesh, bucket, ...pair)

/** Version u64 ‖ author 32 ‖ audience 4 ‖ set 32. */
export const releaseData = (
  mesh: Uint8Array,
  bucket: Bucket,
  version: number,
  by: Uint8Array,
  { audience, set }: { readonly audience: Uint8Array; readonly set: Uint8Array },
): Uint8Array => bound('karo-release-v1', mesh, bucket, u64(version), by, audience, set)

/** FrameErrors `malformed` for a document of another mesh, bucket or, where it has to name one, pair. */
export function checkAbout(
  body: Bucket & { readonly mesh: Uint8Array; readonly pair?: readonly Uint8Array[] },
  about: { readonly mesh: Uint8Array; readonly bucket: Bucket; readonly pair?: Pair },
): void {
  if (!isSame(about.mesh, body.mesh) || slotOfBucket(body) !== slotOfBucket(about.bucket))
    throw new FrameError('malformed', 'it is of another mesh or bucket')
  if (about.pair?.every((key, at) => isSame(key, body.pair?.[at])) === false)
    throw new FrameError('malformed', 'of another pair')
}

/** The plaintext of a box. FrameError `malformed` for one that is for none of the openers, or does not open. */
export function plaintextIn(...box: Parameters<typeof openBox>): Uint8Array {
  const opened = openBox(...box)
  if (opened === undefined) throw new FrameError('malformed', 'it is not for this node, or does not open')
  return opened.plaintext
}
