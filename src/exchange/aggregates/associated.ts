// Associated data of this room's boxes: what a box is bound to, so that none can be copied to another place.
import { BUCKET_LENGTHS, type Bucket } from '../../../protocols/buckets.ts'

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

/** `domain` ‖ mesh 32 ‖ bucket 9 ‖ batch u32 ‖ version u64 ‖ author 32 ‖ of a release also its audience 4. */
export function batchData(
  domain: 'karo-tally-v1' | 'karo-release-v1',
  mesh: Uint8Array,
  bucket: Bucket,
  batch: number,
  version: number,
  author: Uint8Array,
  audience: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const numbers = Buffer.alloc(12)
  numbers.writeUInt32BE(batch, 0)
  numbers.writeBigUInt64BE(BigInt(version), 4)
  return Buffer.concat([Buffer.from(domain), mesh, bucketBytes(bucket), numbers, author, audience])
}
