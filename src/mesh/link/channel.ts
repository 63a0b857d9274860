// Frames over one libp2p stream: bounded reading, every check in its order, bounded writing, and typed refusals.
import type { Stream as Libp2pStream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import type { Message, Stream, WireBody } from '../../../protocols/define.ts'
import {
  decodeFrame,
  type Envelope,
  encodeFrame,
  type Frame,
  FrameError,
  messageTable,
  NONCE_BYTES,
  type RejectCode,
  UNSIGNED,
} from '../../../protocols/frame.ts'
import { FrameReader } from '../../../protocols/reader.ts'
import type { Quota } from '../../base/quota.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { type Identity, verifySignature } from '../../trust/identity/index.ts'
import type { PeerRef } from '../types.ts'
import type { Rejections } from './rejections.ts'
import type { Replay } from './replay.ts'

export interface ChannelDeps extends Ambient {
  readonly identity: Pick<Identity, 'publicKey' | 'sign'>
  readonly replay: Pick<Replay, 'check' | 'inWindow'>
  readonly rejections: Pick<Rejections, 'count' | 'failed' | 'inTime'>
  /** Sees every frame this node sends, as it is written. */
  readonly onEncoded?: ((bytes: Uint8Array) => void) | undefined
}

/** Peers whose quota is remembered after they left; a forgotten one starts with a full quota. */
export const QUOTAS_MAX = 1_024

export interface ChannelInit {
  readonly stream: Libp2pStream
  readonly protocol: Stream
  readonly peer: PeerRef
  /** Of the peer over all its streams of this protocol, so that neither a new one nor another connection brings a new quota. */
  readonly quota: Quota
  /**
   * If a first frame is refused only for its time, the stream stays open: nothing more is read from it, but this side's
   * frames still go out, so that the other side can see that the clocks differ. The side that opened the stream ends
   * it.
   */
  readonly hearsTime?: boolean
  /** A FrameError it throws refuses the frame, as if the decoder had. */
  readonly onFrame: (frame: Frame) => void
  /** Once, with the code when a frame was refused. No frame comes after it. */
  readonly onClose: (code: RejectCode | undefined) => void
}

export function openChannel(deps: ChannelDeps, init: ChannelInit) {
  const { stream, protocol, peer } = init
  const messages = messageTable(Object.values(protocol.messages))
  const proven = protocol.proof === 'connection' ? peer.publicKey : undefined
  const sign = proven ? () => UNSIGNED : (bytes: Uint8Array) => deps.identity.sign(bytes)
  const reader = new FrameReader(messages)
  let open = true
  /** Nothing is read any more, see `hearsTime`. */
  let deaf = false
  let held = false
  /** The stream is handing over what waited in it. */
  let resuming = false
  let sent = 0
  let received = 0
  /** Ends the wait for the frame under way. */
  let unwait: (() => void) | undefined

  const readable = (): boolean => stream.readStatus === 'readable'

  const end = (code?: RejectCode): void => {
    if (!open) return
    open = false
    unwait?.()
    init.onClose(code)
  }

  const reset = (reason: string, code?: RejectCode): void => {
    if (!open) return
    stream.abort(new Error(reason))
    end(code)
  }

  const refuse = (error: unknown): void => {
    // An error that is no FrameError is a mistake in this program; the frame that led to it is refused all the same.
    const code = error instanceof FrameError ? error.code : 'malformed'
    if (!(error instanceof FrameError)) deps.rejections.failed(protocol.id, peer.nodeId, error)
    const clockOffMs = error instanceof FrameError ? error.clockOffMs : undefined
    deps.rejections.count(code, protocol.id, peer.nodeId, { reason: String(error), clockOffMs })
    if (init.hearsTime === true && clockOffMs !== undefined && received === 0) {
      deaf = true
      unwait?.()
    } else reset(String(error), code)
  }

  const admit = (message: Message, envelope: Envelope): void => {
    if (message.carried === 'document') return
    if (!Buffer.from(envelope.sender).equals(peer.publicKey)) {
      throw new FrameError('not_admitted', 'the sender is not the stream’s peer')
    }
    const take = proven
      ? deps.replay.inWindow(envelope.ts)
      : deps.replay.check(envelope.sender, envelope.nonce, envelope.ts)
    if (envelope.seq <= received) throw new FrameError('out_of_order', 'the sequence number did not grow')
    received = envelope.seq
    take?.()
    deps.rejections.inTime(peer.nodeId)
  }

  const deliver = (frame: Frame): void => {
    try {
      init.onFrame(frame)
    } catch (error) {
      if (error instanceof FrameError) throw error
      deps.rejections.failed(protocol.id, peer.nodeId, error)
    }
  }

  /** The next frame's last byte must come within `ms`. */
  const within = (ms: number | null): void => {
    unwait?.()
    unwait = ms === null ? undefined : deps.timers.after(ms, () => reset('too slow'))
  }

  const take = (chunk: Uint8Array): void => {
    const midFrame = reader.midFrame
    for (const bytes of reader.push(chunk)) {
      if (!open || deaf) return
      // Before anything dear: a flood must not cost signatures.
      if (!init.quota.take(deps.clock.monotonic())) throw new FrameError('rate_limited', protocol.id)
      deliver(decodeFrame(bytes, { messages, verify: verifySignature, proven, admit }))
      within(null)
    }
    if (held) return
    if (reader.midFrame && (!midFrame || unwait === undefined)) within(protocol.timeouts.frameMs)
  }

  const onMessage = (event: StreamMessageEvent): void => {
    if (!open || deaf) return
    try {
      if (event.data instanceof Uint8Array) take(event.data)
      else for (const part of event.data) take(part)
    } catch (error) {
      refuse(error)
    }
  }

  stream.addEventListener('close', (_event: StreamCloseEvent) => end())
  stream.addEventListener('remoteCloseWrite', () => {
    if (reader.midFrame && !deaf) refuse(new FrameError('malformed', 'truncated'))
    else reset('the other side closed')
  })
  // A stream that ended before this listener was added fires no event any more.
  if (stream.status !== 'open') queueMicrotask(() => end())
  within(protocol.timeouts.firstByteMs)
  // Last: this may dispatch what has already arrived.
  stream.addEventListener('message', onMessage)

  const sendBytes = (bytes: Uint8Array): boolean => {
    if (!open || stream.writeStatus !== 'writable') return false
    if (stream.writeBufferLength + bytes.length > protocol.sendBufferBytes) {
      deps.log.warn({ protocol: protocol.id, peer: peer.nodeId }, 'send buffer full, stream reset')
      reset('send buffer full')
      return false
    }
    try {
      deps.onEncoded?.(bytes)
      stream.send(bytes)
      return true
    } catch (error) {
      reset(String(error))
      return false
    }
  }

  return {
    /** False: the stream is closed, or its send buffer is full, and then it has been reset. */
    send<B extends WireBody>(message: Message<B>, body: NoInfer<B>, trace?: Uint8Array) {
      if (!open) return false
      const envelope: Envelope = {
        sender: deps.identity.publicKey,
        ts: deps.clock.now(),
        nonce: deps.random.bytes(NONCE_BYTES),
        seq: ++sent,
        trace,
      }
      return sendBytes(encodeFrame(message, envelope, body, sign))
    },
    /** The same for a frame that is already signed. */
    sendBytes,
    /** Nothing more is read until `flow`: what has not come waits at the sender, and the time of a frame under way does not run. */
    hold() {
      if (held || !open || !readable()) return
      held = true
      unwait?.()
      if (!resuming) stream.pause()
    },
    flow() {
      if (!held) return
      held = false
      if (!open || stream.readStatus !== 'paused') return
      if (reader.midFrame) within(protocol.timeouts.frameMs)
      resuming = true
      try {
        stream.resume()
      } finally {
        resuming = false
      }
      // Frames that waited may have called `hold` again. The stream is paused only now, because the end of `resume`
      // tells the sender to continue.
      if (held && open && readable()) stream.pause()
    },
  }
}

export type Channel = ReturnType<typeof openChannel>
