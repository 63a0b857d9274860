// Yamux tells the other side how much more it may send only when half of a window is used up, and not after each frame.

/** Members of yamux's streams that their types leave out. */
interface Windowed {
  readonly state: number
  /** Bytes in a full window. */
  readonly recvWindow: number
  /** Bytes that the other side may still send. */
  readonly recvWindowCapacity: number
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
    return stream
  }
}
