// Yamux with meters in both directions; it ends the connection of a peer that sends more than its allowance.
import type { MessageStream, StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'
import { yamux } from '@libp2p/yamux'
import { type Allowance, lobbyAllowance } from './allowance.ts'
import { endQuietly } from './lengths.ts'
import { updateHalfWindows } from './windows.ts'
import { createHeaderReader, DATA, PING, type YamuxHeader } from './yamux-header.ts'

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

/** Members of libp2p's muxer and of the encrypted stream below it that their types declare private or leave out. */
interface Below extends MessageStream {
  onData(data: Uint8Array | Uint8ArrayListLike): void
}
interface Inside extends StreamMuxer {
  maxInboundStreams: number
  maxOutboundStreams: number
  onData(data: Uint8Array | Uint8ArrayListLike): void
  onRemoteStream(stream: unknown): void
}
/** Bytes in several parts, as libp2p hands them over. */
interface Uint8ArrayListLike extends Iterable<Uint8Array> {
  readonly byteLength: number
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
