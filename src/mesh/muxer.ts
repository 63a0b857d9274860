// Yamux with meters in both directions; it ends the connection of a peer that sends more than its allowance.
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import { type Allowance, lobbyAllowance } from './allowance.ts'

/**
 * Streams one peer may have open to us, and we to it, before it is admitted: hello is all it needs, and it may fill
 * all of them with up to `STREAM_BYTES` each.
 */
const STREAMS_IN_LOBBY = 8
/** Streams of an admitted peer: hello, the links, and what identify and lookups open for a moment. */
const STREAMS_OF_MEMBER = 32
/** The largest frame; one stream never makes us hold more. Also the largest frame of yamux, which holds it whole. */
const STREAM_BYTES = 1024 * 1024
/**
 * Bytes that wait to be sent because the other side does not read. All streams of a member with full windows (256 KiB
 * each) come to this; answers to pings and resets, which have no window, would come to any number.
 */
export const UNSENT_MAX = STREAMS_OF_MEMBER * 256 * 1024

export interface Meter {
  /** From now on this allowance counts, in place of a stranger's. */
  admit(allowance: Allowance): void
  /** Called once, with what there was too much of; it must end the connection. Without it, the muxer does. */
  onExcess: ((what: string) => void) | undefined
}

/** Bytes in one part or in several, as libp2p hands them over. */
type Pieces = Uint8Array | Iterable<Uint8Array>

/** Members of libp2p's muxer and of the encrypted stream below it that their types declare private or leave out. */
interface Below extends MessageStream {
  onData(data: Pieces): void
}
interface Inside extends StreamMuxer {
  maxInboundStreams: number
  maxOutboundStreams: number
  onData(data: Pieces): void
  onRemoteStream(stream: unknown): void
}

const meters = new WeakMap<object, Meter>()

/** The meter of a connection's muxer; undefined for a muxer that was not made here. */
export const meterOf = (muxer: object | undefined): Meter | undefined => meters.get(muxer as object)

/** Yamux alone bounds only streams that are open at the same time; a stream that is reset at once takes no place. */
export function meteredYamux(): () => StreamMuxerFactory {
  const make = yamux({
    // The heartbeat does this, and yamux would do it for strangers too.
    enableKeepAlive: false,
    maxInboundStreams: STREAMS_IN_LOBBY,
    maxOutboundStreams: STREAMS_IN_LOBBY,
    streamOptions: {
      maxStreamWindowSize: STREAM_BYTES,
      maxReadBufferLength: STREAM_BYTES,
      maxWriteBufferLength: UNSENT_MAX,
    },
  })
  return () => {
    const factory = make()
    return {
      protocol: factory.protocol,
      createStreamMuxer(below) {
        const muxer = factory.createStreamMuxer(below)
        updateHalfWindows(muxer)
        endQuietly(below)
        meters.set(muxer, measure(muxer as unknown as Inside, below as Below))
        return muxer
      },
    }
  }
}

/**
 * Must run before the first byte is dispatched, in the same turn as the muxer is made. Throws out of the handlers of
 * what comes in where libp2p catches it, so that nothing of the rest is handled, and ends what is left.
 */
function measure(muxer: Inside, below: Below): Meter {
  let allowance = lobbyAllowance()
  let over = false

  const meter: Meter = {
    admit(wider) {
      allowance = wider
      muxer.maxInboundStreams = STREAMS_OF_MEMBER
      muxer.maxOutboundStreams = STREAMS_OF_MEMBER
    },
    onExcess: undefined,
  }

  const exceed = (what: string): void => {
    if (over) return
    over = true
    if (meter.onExcess !== undefined) meter.onExcess(what)
    else
      for (const end of [muxer, below])
        try {
          end.abort(new Error(what))
        } catch {
          // The other has closed it already.
        }
  }
  const must = (allowed: boolean, what: string): void => {
    if (!allowed) exceed(what)
    if (over) throw new Error(`too much on one connection: ${what}`)
  }

  const read = createHeaderReader(({ type, length }: YamuxHeader) => {
    must(allowance.frame(), 'frames')
    if (type === PING) must(allowance.ping(), 'pings')
    if (type !== DATA) return
    // Yamux holds a frame until it is whole, whatever its window says, and its length may be 4 GiB.
    must(length <= STREAM_BYTES, 'bytes in a frame')
    must(allowance.bytes(length), 'bytes')
  })

  const decrypted = below.onData.bind(below)
  below.onData = (data) => {
    if (!allowance.frame()) exceed('messages')
    if (!over) decrypted(data)
    // An error ends Noise's loop over what arrived; TLS hands over each record from where nothing would catch one.
    else if ('decoder' in below) must(false, 'messages')
  }
  const received = muxer.onData.bind(muxer)
  muxer.onData = (data) => {
    for (const part of data instanceof Uint8Array ? [data] : data) read(part)
    received(data)
  }
  const opened = muxer.onRemoteStream.bind(muxer)
  muxer.onRemoteStream = (stream) => {
    must(allowance.stream(), 'streams')
    opened(stream)
  }
  const send = below.send.bind(below)
  below.send = (data) => {
    if (!over && !allowance.reply()) exceed('answers')
    // No error is thrown, because libp2p sends some frames from where nothing would catch it.
    // In one piece, because each piece of a frame would be encrypted by itself.
    return over ? false : send(data instanceof Uint8Array ? data : data.subarray())
  }
  below.maxWriteBufferLength = UNSENT_MAX
  return meter
}

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

// The end of what arrived is found without an error of its own each time.

/** Members of Noise's stream that libp2p's types leave out. */
interface Decoding {
  readonly decoder?: { lengthDecoder(data: { readonly byteLength: number }): number }
}

/** Bytes of the length in front of each message of Noise (Noise specification, section 3). */
const LENGTH_BYTES = 2
/** One for all times, because the trace of a new one takes longer than to decrypt a short message. libp2p's decoder goes by its type. */
const NO_LENGTH_YET = Object.freeze(new RangeError('the length of the next message has not arrived'))

/**
 * libp2p's decoder learns by a RangeError that no whole length is left, which is so behind the last message of each read. A
 * connection that is encrypted by TLS has no such decoder.
 */
export function endQuietly(encrypted: object): void {
  const { decoder } = encrypted as Decoding
  if (decoder === undefined) return
  const decode = decoder.lengthDecoder
  decoder.lengthDecoder = (data) => {
    if (data.byteLength < LENGTH_BYTES) throw NO_LENGTH_YET
    return decode(data)
  }
}

// Reads the headers of yamux frames out of the bytes of a connection, without keeping the bytes between them.

export interface YamuxHeader {
  readonly type: number
  /** In a data frame the number of bytes that follow; in another frame a number whose meaning its type says. */
  readonly length: number
}

/** Version, type, flags (2), stream (4), length (4); the same in every version there is. */
const HEADER_BYTES = 12
const DATA = 0
const PING = 2

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
