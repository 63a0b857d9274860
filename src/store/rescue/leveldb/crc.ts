// CRC-32C as LevelDB stores it, over any stretch of bytes.

/** Castagnoli's polynomial, reflected (RFC 3720, B.4). */
const POLYNOMIAL = 0x82f6_3b78
const MASK_DELTA = 0xa282_ead8

/** Eight tables, so that eight bytes go through in one step (Kounavis and Berry, "slicing-by-8"). */
const TABLES = makeTables()

function makeTables(): Uint32Array {
  const tables = new Uint32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1
    tables[byte] = crc
  }
  for (let at = 256; at < tables.length; at++) {
    const before = tables[at - 256] as number
    tables[at] = (before >>> 8) ^ (tables[before & 0xff] as number)
  }
  return tables
}

/** CRC-32C of `bytes[from, to)`; `crc` is the checksum of the bytes before them. */
export function crc32c(bytes: Uint8Array, from = 0, to = bytes.length, crc = 0): number {
  const t = TABLES
  let c = ~crc
  let at = from
  for (const end = to - 7; at < end; at += 8) {
    const low = c ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    c =
      t[1792 + (low & 0xff)]! ^
      t[1536 + ((low >>> 8) & 0xff)]! ^
      t[1280 + ((low >>> 16) & 0xff)]! ^
      t[1024 + (low >>> 24)]! ^
      t[768 + bytes[at + 4]!]! ^
      t[512 + bytes[at + 5]!]! ^
      t[256 + bytes[at + 6]!]! ^
      t[bytes[at + 7]!]!
  }
  for (; at < to; at++) c = (c >>> 8) ^ t[(c ^ bytes[at]!) & 0xff]!
  return ~c >>> 0
}

/** A checksum as LevelDB stores it: rotated and shifted, because a checksum over plain checksums is weak (log_format.md). */
export const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + MASK_DELTA) >>> 0
