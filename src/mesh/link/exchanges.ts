// Streams of one request each: the opener asks, the answer is sent as fast as it is read, and then the stream is
// closed.
import { once } from 'node:events'
import type { Stream as Libp2pStream } from '@libp2p/interface'
import type { Message, Stream, WireBody } from '../../../protocols/define.ts'
import type { Frame } from '../../../protocols/frame.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { deadline, untilAborted, within } from '../../base/async/deadline.ts'
import { KaroError } from '../../base/errors.ts'
import { createQuotas, type Quota } from '../../base/quota.ts'
import type { Put } from '../state/types.ts'
import type { Timings } from '../timings.ts'
import type { Exchange, ExchangeHandler, Exchanges, PeerRef } from '../types.ts'
import { type ChannelDeps, openChannel, QUOTAS_MAX } from './channel.ts'
import type { Wire } from './wires.ts'

/** Streams of one protocol that one neighbour may have open here, and this node there. */
export const EXCHANGES_MAX = 8
export interface ExchangesDeps {
  readonly channel: ChannelDeps
  readonly timings: Timings
  /** The connection to this neighbour; undefined if there is none. */
  readonly wireTo: (node: NodeId) => Wire | undefined
  readonly put: Put
}

interface Line {
  readonly protocol: Stream
  readonly handler: ExchangeHandler
  /** One quota for each neighbour over all its streams, so that another stream brings no new quota. */
  readonly quotaOf: (node: NodeId) => Quota
  /** How many are open, by neighbour. */
  readonly open: Map<NodeId, number>
}

export function createExchanges({ channel: deps, timings, wireTo, put }: ExchangesDeps) {
  const lines = new Map<string, Line>()
  const { timers, log } = deps

  function begin(line: Line, stream: Libp2pStream, peer: PeerRef): Exchange {
    const { protocol, open } = line
    const node = peer.nodeId
    const frames: Frame[] = []
    const over = new AbortController()
    let wake = (): void => {}
    open.set(node, (open.get(node) ?? 0) + 1)
    const channel = openChannel(deps, {
      stream,
      protocol,
      peer,
      quota: line.quotaOf(node),
      onFrame(frame) {
        frames.push(frame)
        channel.hold()
        wake()
      },
      onClose(code) {
        const left = (open.get(node) ?? 1) - 1
        if (left === 0) open.delete(node)
        else open.set(node, left)
        const why = code === undefined ? 'the connection was cut' : `a frame was refused: ${code}`
        over.abort(new KaroError('unavailable', why))
        wake()
      },
    })
    const { signal } = over
    return {
      peer,
      signal,
      async send<B extends WireBody>(message: Message<B>, body: NoInfer<B>, trace?: Uint8Array) {
        if (!channel.send(message, body, trace)) throw cut(signal)
        // `Stream.onDrain` keeps its first promise, so it waits only once.
        while (stream.writableNeedsDrain) await untilAborted(once(stream, 'drain'), signal)
      },
      async next() {
        for (;;) {
          const frame = frames.shift()
          if (frame !== undefined) return frame
          if (signal.aborted) return undefined
          const { promise, resolve } = Promise.withResolvers<void>()
          wake = resolve
          channel.flow()
          if (frames.length === 0 && !signal.aborted) await promise
        }
      },
      async end(ms) {
        // The asking side closes when it has read everything. The time limit restarts while data is still being sent.
        let left = Number.POSITIVE_INFINITY
        while (!signal.aborted && stream.writeBufferLength < left) {
          left = stream.writeBufferLength
          await within(once(signal, 'abort'), ms, timers)
        }
        stream.abort(new Error('over'))
      },
      abort: (why) => stream.abort(new Error(why)),
    }
  }

  return {
    /** Before the host starts. */
    add(protocol: Stream, handler: ExchangeHandler): Exchanges {
      const line = {
        protocol,
        handler,
        quotaOf: createQuotas<NodeId>(protocol.quota, QUOTAS_MAX),
        open: new Map(),
      }
      lines.set(protocol.id, line)
      return {
        async open(node, signal) {
          const wire = wireTo(node)
          if (wire === undefined || !wire.alive())
            throw new KaroError('unavailable', 'there is no connection to it')
          using limit = deadline(timers, timings.negotiateMs)
          try {
            const stream = await wire.connection.newStream([protocol.id], {
              signal: AbortSignal.any([signal, limit.signal]),
            })
            if (wire.alive()) return begin(line, stream, wire.peer)
            stream.abort(new Error('ended'))
            throw new KaroError('unavailable', 'the connection was cut')
          } catch (error) {
            if (error instanceof KaroError) throw error
            const silent = limit.signal.aborted
            if (silent) put({ on: 'doubt', node })
            const why = 'the connection was cut, too many requests to it are open, or its Karo is older'
            throw new KaroError('unavailable', silent ? 'it does not answer' : why, { cause: error })
          }
        },
      }
    },
    protocols: () => [...lines.values()].map(({ protocol }) => protocol),
    accept(protocol: Stream, stream: Libp2pStream, wire: Wire | undefined) {
      const line = lines.get(protocol.id)
      // Narrowing has refused strangers before; this is the second lock on the same door.
      if (line === undefined || wire === undefined || !wire.serves()) {
        stream.abort(new Error('not admitted'))
        return
      }
      const exchange = begin(line, stream, wire.peer)
      line.handler(exchange).catch((error: unknown) => {
        log.debug(
          { peer: wire.peer.nodeId, protocol: protocol.id, reason: String(error) },
          'an exchange broke off',
        )
        exchange.abort('broken off')
      })
    },
    inUse: (node: NodeId) => [...lines.values()].some(({ open }) => open.has(node)),
  }
}

const cut = (signal: AbortSignal): KaroError =>
  signal.reason instanceof KaroError ? signal.reason : new KaroError('unavailable', 'the connection was cut')
