// Frames on the socket between Brain and Muscle: a length, the length of a JSON header, the header, and raw bytes behind it.
import { Malformed } from './shape.ts'

/** Bytes of one frame behind its length. */
export const MOST_FRAME_BYTES = 1024 * 1024
/** Bytes of the JSON header; what is long (input, output, secrets) travels behind it as raw bytes. */
const MOST_HEADER_BYTES = 256 * 1024
const LENGTH_BYTES = 4

export interface Frame {
  /** As parsed from JSON; not checked yet. */
  readonly header: unknown
  /** The receiver owns these bytes and may overwrite them. */
  readonly body: Buffer
}

/** Throws Malformed when header or frame would be larger than a frame may be. */
export function encodeFrame(header: object, body: Uint8Array = new Uint8Array()): Buffer {
  const json = Buffer.from(JSON.stringify(header))
  const size = LENGTH_BYTES + json.length + body.length
  if (json.length > MOST_HEADER_BYTES || size > MOST_FRAME_BYTES)
    throw new Malformed('the message is larger than a frame may be')
  const frame = Buffer.alloc(LENGTH_BYTES + size)
  frame.writeUInt32BE(size, 0)
  frame.writeUInt32BE(json.length, LENGTH_BYTES)
  json.copy(frame, 2 * LENGTH_BYTES)
  frame.set(body, 2 * LENGTH_BYTES + json.length)
  return frame
}

/** Holds at most one frame, and no byte beyond the length that its beginning says. */
export function createFrameReader() {
  const length = Buffer.alloc(LENGTH_BYTES)
  let lengthHas = 0
  let frame: Buffer | undefined
  let frameHas = 0

  return {
    /**
     * The frames that are complete with this piece of the stream. The piece is overwritten with zeros once its bytes have been
     * taken, because they may be a secret. Throws Malformed; the reader cannot be used any more then.
     */
    push(piece: Buffer) {
      const frames: Frame[] = []
      let at = 0
      while (at < piece.length) {
        if (frame === undefined) {
          const taken = piece.copy(length, lengthHas, at, at + LENGTH_BYTES - lengthHas)
          at += taken
          lengthHas += taken
          if (lengthHas < LENGTH_BYTES) break
          frame = Buffer.alloc(checkedSize(length.readUInt32BE(0)))
          frameHas = 0
        }
        const taken = piece.copy(frame, frameHas, at)
        at += taken
        frameHas += taken
        if (frameHas < frame.length) continue
        frames.push(readFrame(frame))
        frame = undefined
        lengthHas = 0
      }
      piece.fill(0)
      return frames
    },
  }
}

function checkedSize(size: number): number {
  if (size < LENGTH_BYTES || size > MOST_FRAME_BYTES)
    throw new Malformed('a frame has a length that no frame may have')
  return size
}

function readFrame(frame: Buffer): Frame {
  const size = frame.readUInt32BE(0)
  if (size > MOST_HEADER_BYTES || LENGTH_BYTES + size > frame.length)
    throw new Malformed('a header is longer than its frame, or than a header may be')
  const json = frame.toString('utf8', LENGTH_BYTES, LENGTH_BYTES + size)
  try {
    return { header: JSON.parse(json) as unknown, body: frame.subarray(LENGTH_BYTES + size) }
  } catch {
    throw new Malformed('a header is not JSON')
  }
}
