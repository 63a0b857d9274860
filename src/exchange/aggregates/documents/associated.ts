// Associated data of this room's boxes: what a box is bound to, so that none can be copied to another place.
import { BUCKET_LENGTHS, type Bucket } from '../../../../protocols/buckets.ts'

/** length u8 (day 0, 6h 1, hour 2) ‖ start u64, big-endian. */
function bucketBytes({ length, start }: Bucket): Uint8Array {
  const bytes = Buffer.alloc(9)
  bytes.writeUInt8(BUCKET_LENGTHS.indexOf(length), 0)
  bytes.writeBigUInt64BE(BigInt(start), 1)
  return bytes
}

/** "karo-share-v1" ‖ mesh 32 ‖ bucket 9 ‖ author 32 ‖ recipient 32 ‖ index u8: 0 and 1 the pair, 2 the author's own. */
export const shareData = (
  mesh: Uint8Array,
  bucket: Bucket,
  author: Uint8Array,
  recipient: Uint8Array,
  index: number,
): Uint8Array =>
  Buffer.concat([
    Buffer.from('karo-share-v1'),
    mesh,
    bucketBytes(bucket),
    author,
    recipient,
    Buffer.of(index),
  ])

const u64 = (value: number): Uint8Array => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(value))
  return bytes
}

/** "karo-tally-v1" ‖ mesh 32 ‖ bucket 9 ‖ attempt u8 ‖ version u64 ‖ author 32. */
export const tallyData = (
  mesh: Uint8Array,
  bucket: Bucket,
  attempt: number,
  version: number,
  by: Uint8Array,
): Uint8Array =>
  Buffer.concat([
    Buffer.from('karo-tally-v1'),
    mesh,
    bucketBytes(bucket),
    Buffer.of(attempt),
    u64(version),
    by,
  ])

/** "karo-check-v1" ‖ mesh 32 ‖ bucket 9 ‖ part u8 ‖ version u64 ‖ author 32. */
export const checkData = (
  mesh: Uint8Array,
  bucket: Bucket,
  part: number,
  version: number,
  by: Uint8Array,
): Uint8Array =>
  Buffer.concat([Buffer.from('karo-check-v1'), mesh, bucketBytes(bucket), Buffer.of(part), u64(version), by])

/** What a share's proof is bound to: "karo-proof-v1" ‖ mesh 32 ‖ bucket 9 ‖ pair 64 ‖ author 32. */
export const proofData = (
  mesh: Uint8Array,
  bucket: Bucket,
  pair: readonly Uint8Array[],
  author: Uint8Array,
): Uint8Array => Buffer.concat([Buffer.from('karo-proof-v1'), mesh, bucketBytes(bucket), ...pair, author])

/** What the key that proofs are looked at with follows from, besides the secret of the pair: "karo-verify-v1" ‖ mesh 32 ‖ bucket 9 ‖ pair 64. */
export const verifyData = (mesh: Uint8Array, bucket: Bucket, pair: readonly Uint8Array[]): Uint8Array =>
  Buffer.concat([Buffer.from('karo-verify-v1'), mesh, bucketBytes(bucket), ...pair])

/** "karo-release-v1" ‖ mesh 32 ‖ bucket 9 ‖ version u64 ‖ author 32 ‖ audience 4 ‖ set 32. */
export const releaseData = (
  mesh: Uint8Array,
  bucket: Bucket,
  version: number,
  by: Uint8Array,
  { audience, set }: { readonly audience: Uint8Array; readonly set: Uint8Array },
): Uint8Array =>
  Buffer.concat([Buffer.from('karo-release-v1'), mesh, bucketBytes(bucket), u64(version), by, audience, set])
