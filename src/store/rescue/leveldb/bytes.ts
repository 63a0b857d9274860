// The building blocks of LevelDB's files: variable-length integers, texts with their length, and Snappy's compression.

/** Reads one after the other; every method throws RangeError at bytes that cannot be that. */
export function createByteReader(from: Uint8Array, begin = 0, end = from.length) {
  let at = begin
  const reader = {
    left: () => end - at,
    byte() {
      if (at >= end) throw new RangeError('ends early')
      return from[at++] as number
    },
    /** Up to 2^53 - 1. */
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
    bytes(length: number) {
      if (length > end - at) throw new RangeError('ends early')
      at += length
      return from.subarray(at - length, at)
    },
    /** Reads a text that has its length in front. */
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
  const out = Buffer.allocUnsafe(length)
  let at = 0
  const little = (bytes: number): number => {
    let value = 0
    for (let i = 0; i < bytes; i++) value += reader.byte() * 2 ** (8 * i)
    return value
  }
  while (reader.left() > 0) {
    const tag = reader.byte()
    const kind = tag & 3
    if (kind === 0) {
      const told = tag >>> 2
      const size = 1 + (told < 60 ? told : little(told - 59))
      if (size > length - at) throw new RangeError('more than it says')
      out.set(reader.bytes(size), at)
      at += size
      continue
    }
    const size = kind === 1 ? 4 + ((tag >>> 2) & 7) : 1 + (tag >>> 2)
    const back = kind === 1 ? (tag >>> 5) * 256 + reader.byte() : little(kind === 2 ? 2 : 4)
    if (back === 0 || back > at || size > length - at) throw new RangeError('copies what is not there')
    // Byte by byte: the copy may overlap what it makes.
    for (const stop = at + size; at < stop; at++) out[at] = out[at - back] as number
  }
  if (at !== length) throw new RangeError('less than it says')
  return out
}
