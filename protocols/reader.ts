// Cuts a stream of bytes into frames: arbitrary chunks in, whole frames out, never more in memory than one frame.
import { HEADER_BYTES, type MessageTable, readHeader } from './frame.ts'

/**
 * One per stream. Judges each header before it makes room for the frame, so at most the limit of the largest
 * message is held, and every byte is copied once.
 */
export class FrameReader {
  private readonly messages: MessageTable
  private readonly header = new Uint8Array(HEADER_BYTES)
  /** The frame being read; undefined until its header has been judged. */
  private frame: Uint8Array | undefined
  /** Bytes of `header` or `frame` that are there. */
  private filled = 0

  constructor(messages: MessageTable) {
    this.messages = messages
  }

  /** True between the first and the last byte of a frame: the time for a whole-frame deadline. */
  get midFrame(): boolean {
    return this.filled > 0
  }

  /**
   * Yields, in order, every frame that `chunk` completes; to be iterated to its end before the next push.
   * Throws FrameError (`bad_magic`, `bad_version`, `too_large`, `unknown_type`) at the first bad header, after the
   * good frames before it, and from then on always: where the next frame would begin is unknown.
   */
  *push(chunk: Uint8Array): Generator<Uint8Array, void, undefined> {
    let offset = 0
    while (offset < chunk.length) {
      const target = this.frame ?? this.header
      const count = Math.min(target.length - this.filled, chunk.length - offset)
      target.set(chunk.subarray(offset, offset + count), this.filled)
      this.filled += count
      offset += count
      if (this.filled < target.length) return
      if (this.frame === undefined) {
        this.frame = this.begin()
      } else {
        const done = this.frame
        this.frame = undefined
        this.filled = 0
        yield done
      }
    }
  }

  /** Room for the frame whose header is complete. A header that is refused stays, and is refused again. */
  private begin(): Uint8Array {
    const frame = new Uint8Array(readHeader(this.header, this.messages).frameBytes)
    frame.set(this.header)
    return frame
  }
}
