// Takes exact lengths from bytes that come in pieces of any size.

export interface ByteReader {
  /** Bytes that were taken so far. */
  readonly at: number
  /** The next `length` bytes; fewer only where the bytes end. */
  take(length: number): Promise<Buffer>
  /** Ends the source; nothing can be taken afterwards. */
  end(): Promise<void>
}

/** Keeps at most one piece of `pieces` beside what is being taken. */
export function createByteReader(pieces: AsyncIterable<Uint8Array>): ByteReader {
  const source = pieces[Symbol.asyncIterator]()
  let rest: Uint8Array = Buffer.alloc(0)
  let at = 0
  return {
    get at() {
      return at
    },
    async take(length) {
      const taken = Buffer.allocUnsafe(length)
      let filled = 0
      while (filled < length) {
        if (rest.length === 0) {
          const { value, done } = await source.next()
          if (done === true) break
          rest = value
          continue
        }
        const part = rest.subarray(0, length - filled)
        taken.set(part, filled)
        filled += part.length
        rest = rest.subarray(part.length)
      }
      at += filled
      return taken.subarray(0, filled)
    },
    async end() {
      await source.return?.()
    },
  }
}
