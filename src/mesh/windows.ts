// Fewer frames of yamux: a window update is sent when half of the window is used up, not after each frame; a received
// one counts at once.

/** Members of yamux's streams that their types leave out. */
interface Windowed {
  readonly state: number
  /** Bytes in a full window. */
  readonly recvWindow: number
  /** Bytes that the other side may still send. */
  readonly recvWindowCapacity: number
  /** Bytes that this side may still send. */
  readonly sendWindowCapacity: number
  /** The most bytes of a frame of data. */
  maxMessageSize: number
  handleWindowUpdate(frame: unknown): void
  sendWindowUpdate(): void
}
interface Opening {
  _newStream(...args: readonly unknown[]): Windowed
}

/** States of a stream whose opening is to be said, or to be answered, by its next frame. */
const OPENS = 0
const WAS_OPENED = 2

/**
 * libp2p's yamux answers each data frame with a frame of its own, which is encrypted, written, read and decrypted like any
 * other: as many again as there are messages. A window that is half full still has room for the largest message, so that
 * nobody waits. The specification of yamux leaves it to the receiver when it says so. Must run before a stream is opened.
 */
export function updateHalfWindows(muxer: object): void {
  const inside = muxer as Opening
  const open = inside._newStream.bind(inside)
  inside._newStream = (...args) => {
    const stream = open(...args)
    const update = stream.sendWindowUpdate.bind(stream)
    stream.sendWindowUpdate = () => {
      const used = stream.recvWindow - stream.recvWindowCapacity
      if (stream.state === OPENS || stream.state === WAS_OPENED || used * 2 >= stream.recvWindow) update()
    }
    const widen = stream.handleWindowUpdate.bind(stream)
    stream.handleWindowUpdate = (frame) => {
      widen(frame)
      // The library takes the length of a frame's header off: a peer that gives 13 bytes would get 13 frames of one byte each.
      stream.maxMessageSize = stream.sendWindowCapacity
    }
    return stream
  }
}
