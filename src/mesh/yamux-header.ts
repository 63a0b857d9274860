// Reads the headers of yamux frames out of the bytes of a connection, without keeping the bytes between them.

export interface YamuxHeader {
  readonly type: number
  /** In a data frame the number of bytes that follow; in another frame a number whose meaning its type says. */
  readonly length: number
}

/** Version, type, flags (2), stream (4), length (4); the same in every version there is. */
const HEADER_BYTES = 12
export const DATA = 0
export const PING = 2

/** The returned function takes chunks cut anywhere. What `onHeader` throws ends it, and leaves it unusable. */
export function createHeaderReader(onHeader: (header: YamuxHeader) => void): (chunk: Uint8Array) => void {
  const header = Buffer.alloc(HEADER_BYTES)
  let filled = 0
  /** Bytes of a data frame that are still to come. */
  let skip = 0
  return (chunk) => {
    let at = 0
    while (at < chunk.length) {
      if (skip > 0) {
        const passed = Math.min(skip, chunk.length - at)
        skip -= passed
        at += passed
        continue
      }
      const taken = Math.min(HEADER_BYTES - filled, chunk.length - at)
      header.set(chunk.subarray(at, at + taken), filled)
      filled += taken
      at += taken
      if (filled < HEADER_BYTES) return
      filled = 0
      const type = header[1] as number
      const length = header.readUInt32BE(8)
      if (type === DATA) skip = length
      onHeader({ type, length })
    }
  }
}
