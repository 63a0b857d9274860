// What LevelDB's files are made of: variable-length integers, texts with their length, and Snappy's compression.

/** Reads one after the other; every method throws RangeError at bytes that cannot be that. */
export interface ByteReader {
  readonly left: () => number
  byte(): number
  /** Up to 2^53 - 1. */
  varint(): number
  bytes(length: number): Uint8Array
  /** With its length in front. */
  text(): Uint8Array
}

export function createByteReader(from: Uint8Array, begin = 0, end = from.length): ByteReader {
  let at = begin
  const reader: ByteReader = {
    left: () => end - at,
    byte() {
      if (at >= end) throw new RangeError('ends early')
      return from[at++] as number
    },
    varint() {
      let value = 0
      for (let factor = 1; factor <= 2 ** 49; factor *= 128) {
        const byte = reader.byte()
        value += (byte & 0x7f) * factor
        if (byte < 0x80) {
          if (!Number.isSafeInteger(value)) break
          return value
        }
      }
      throw new RangeError('a number too large')
    },
    bytes(length) {
      if (length > end - at) throw new RangeError('ends early')
      at += length
      return from.subarray(at - length, at)
    },
    text: () => reader.bytes(reader.varint()),
  }
  return reader
}

/** More than any block can hold: the largest value is a document of 1 MB. */
const MOST_BYTES = 64 * 1024 * 1024

/** Snappy's raw format (format_description.txt in its sources). Throws RangeError for anything else. */
export function unsnap(compressed: Uint8Array): Uint8Array {
  const reader = createByteReader(compressed)
  const length = reader.varint()
  if (length > MOST_BYTES) throw new RangeError('too large')
  const out = new Uint8Array(length)
  const end = compressed.length
  let from = end - reader.left()
  let at = 0
  while (from < end) {
    const tag = compressed[from++]!
    const kind = tag & 3
    // Behind the tag: the rest of a literal's length, or how far back a copy begins.
    const more = kind === 0 ? Math.max(0, (tag >>> 2) - 59) : kind === 3 ? 4 : kind
    if (more > end - from) throw new RangeError('ends early')
    let told = 0
    for (let i = 0, factor = 1; i < more; i++, factor *= 256) told += compressed[from++]! * factor
    if (kind === 0) {
      const size = 1 + (more === 0 ? tag >>> 2 : told)
      if (size > end - from) throw new RangeError('ends early')
      if (size > length - at) throw new RangeError('more than it says')
      for (const stop = at + size; at < stop; at++) out[at] = compressed[from++]!
      continue
    }
    const size = kind === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2)
    const back = kind === 1 ? (tag >>> 5) * 256 + told : told
    if (back === 0 || back > at || size > length - at) throw new RangeError('copies what is not there')
    // Byte by byte: the copy may overlap what it makes.
    for (const stop = at + size; at < stop; at++) out[at] = out[at - back]!
  }
  if (at !== length) throw new RangeError('less than it says')
  return out
}
