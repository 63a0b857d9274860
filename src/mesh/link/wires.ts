// The edge of one connection each: its view, its control stream, and how it is ended; what to do is decided elsewhere.
import {
  type Connection,
  type Stream as Libp2pStream,
  type PeerStore,
  type StreamHandlerRecord,
  type StreamMiddleware,
  UnsupportedProtocolError,
} from '@libp2p/interface'
import { bodyOf, type Frame } from '../../../protocols/frame.ts'
import {
  Goodbye,
  type GoodbyeReason,
  Hello,
  HelloAck,
  type HelloBody,
  Ping,
  Pong,
} from '../../../protocols/messages/hello.ts'
import { NoticeKeys, Notices } from '../../../protocols/messages/notices.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { hello } from '../../../protocols/registry.ts'
import { deadline } from '../../base/async/deadline.ts'
import { createQuotas } from '../../base/quota.ts'
import type { Credentials } from '../../trust/certificates/index.ts'
import { endpointOf, formatEndpoint } from '../admission/endpoint.ts'
import { type Allowance, memberAllowances } from '../allowance.ts'
import { meterOf } from '../muxer.ts'
import type { ConnId, EndReason, Put, Said, Saying } from '../state/types.ts'
import type { Timings } from '../timings.ts'
import type { PeerRef } from '../types.ts'
import { type Channel, type ChannelDeps, openChannel, QUOTAS_MAX } from './channel.ts'
import { nodeOf, peerRefOf } from './peer.ts'

/** The protocol name in the ledger for violations below all streams. */
const MUXER = '/yamux/1.0.0'

export interface Wire {
  readonly id: ConnId
  readonly connection: Connection
  readonly peer: PeerRef
  /** This side dialed. */
  readonly dialed: boolean
  /** The other side may open every protocol here. */
  serves(): boolean
  /** Both sides may open every protocol at the other. */
  alive(): boolean
}

export interface WiresDeps {
  readonly channel: ChannelDeps
  readonly timings: Timings
  /** This node's present description of itself for this peer. */
  readonly hello: (to: NodeId, connection: Connection) => HelloBody
  /** What this node's acknowledgement tells that peer: its grant, why its invite was refused, or how its key ended. */
  readonly answer: Credentials['answer']
  readonly put: Put
}

export type Wires = ReturnType<typeof createWires>

interface Entry extends Wire {
  readonly view: View
  control: Channel | undefined
  /** Nothing more may be begun on this connection. */
  ended: boolean
}

/** Translates a frame of the control stream into an event of the state machine. */
function saidOf(frame: Frame): Said {
  if (frame.message === Hello) return { hello: bodyOf(frame, Hello) }
  if (frame.message === Ping) {
    const { id, leaf } = bodyOf(frame, Ping)
    return { ping: id, leaf }
  }
  if (frame.message === Pong) return { pong: bodyOf(frame, Pong).id }
  if (frame.message === NoticeKeys) return { keys: bodyOf(frame, NoticeKeys) }
  if (frame.message === Notices) {
    const { frames: notices, to } = bodyOf(frame, Notices)
    return { notices, to }
  }
  if (frame.message === Goodbye) return { goodbye: bodyOf(frame, Goodbye).reason }
  const { stage, retry_after_ms, skew_ms: _, ...told } = bodyOf(frame, HelloAck)
  return { ack: stage, retryAfterMs: retry_after_ms, ...told }
}

export function createWires({ channel, timings, hello: ownHello, answer, put }: WiresDeps) {
  const { clock, timers, log, rejections } = channel
  const wires = new Map<ConnId, Entry>()
  const byConnection = new WeakMap<Connection, Entry>()
  const closing = new Set<Promise<void>>()
  const allowanceOf = memberAllowances(() => clock.monotonic())
  const quotaOf = createQuotas<NodeId>(hello.quota, QUOTAS_MAX)
  let count = 0

  const converse = (wire: Entry, stream: Libp2pStream): void => {
    const { id, peer } = wire
    wire.control = openChannel(channel, {
      stream,
      peer,
      protocol: hello,
      quota: quotaOf(peer.nodeId),
      // A machine whose clock is wrong finds the Hello of the other side as wrong as the other side finds its own. The side that was
      // dialed therefore answers such a Hello instead of closing: the dialer reads that, knows about the clocks, and closes. A
      // dialer that does neither is cut by the bound on connections that are not admitted yet.
      hearsTime: !wire.dialed,
      onFrame: (frame) =>
        put({ on: 'said', id, said: saidOf(frame), skewMs: frame.envelope.ts - clock.now() }),
      // The control stream is the connection: without it nothing could be said any more.
      onClose: (code) => put({ on: 'broken', id, reason: code === undefined ? 'cut' : 'violation' }),
    })
    put({ on: 'control', id })
  }

  const end = (wire: Entry): void => {
    wire.ended = true
    wire.view.serve = false
    wire.view.out = false
  }

  const closeInOrder = async (wire: Entry, reason: EndReason, told: boolean): Promise<void> => {
    using limit = deadline(timers, timings.closeMs)
    const { signal } = limit
    try {
      // A socket closed with something unread in it is reset, and a reset overtakes what was written last. So the side
      // that hears Goodbye closes, and this side waits for that.
      if (told) await closed(wire.connection, signal)
      await wire.connection.close({ signal })
    } catch {
      abortConnection(wire.connection, reason)
    }
  }

  return {
    /** Must run synchronously in `connection:open`. */
    opened(connection: Connection) {
      const node = nodeOf(connection.remotePeer)
      const endpoint = endpointOf(connection.remoteAddr)
      // A connection that has ended already fires no close event, so it would hold its place in the lobby for ever.
      if (connection.status !== 'open' || node === undefined || endpoint === undefined) {
        abortConnection(connection, 'refused')
        return
      }
      const view = narrow(connection, hello.id, () => allowanceOf(node))
      if (view === undefined) {
        log.error({ peer: node }, 'libp2p has changed: a connection could not be narrowed')
        return
      }
      const id = ++count
      const dialed = connection.direction === 'outbound'
      const wire: Entry = {
        id,
        connection,
        view,
        dialed,
        peer: peerRefOf(node),
        control: undefined,
        ended: false,
        serves: () => view.serve,
        alive: () => view.serve && view.out,
      }
      wires.set(id, wire)
      byConnection.set(connection, wire)
      view.onExcess = (what) => {
        log.debug({ peer: node, what }, 'too much on one connection')
        rejections.count('rate_limited', MUXER, node)
        put({ on: 'broken', id, reason: 'violation' })
      }
      connection.addEventListener('close', () => {
        end(wire)
        wires.delete(id)
        put({ on: 'closed', id })
      })
      put({ on: 'opened', id, node, ip: endpoint.ip, at: dialed ? formatEndpoint(endpoint) : undefined })
    },

    /** Handler of the hello protocol. */
    hello(stream: Libp2pStream, connection: Connection) {
      const wire = byConnection.get(connection)
      const expected = wire !== undefined && !wire.ended && !wire.dialed && wire.control === undefined
      if (expected) converse(wire, stream)
      else stream.abort(new Error('not expected'))
    },

    of: (connection: Connection): Wire | undefined => byConnection.get(connection),
    get: (id: ConnId): Wire | undefined => wires.get(id),
    /** The newest connection to this node that both sides have admitted. */
    to: (node: NodeId): Wire | undefined =>
      [...wires.values()].findLast((wire) => wire.peer.nodeId === node && wire.alive()),

    /** When something was written to this member last, monotonic ms. */
    spokeAt: (node: NodeId) => allowanceOf(node).spokeAt(),

    /** Opens the control stream of a connection that this side dialed. */
    async begin(id: ConnId) {
      const wire = wires.get(id)
      if (wire === undefined) return
      using limit = deadline(timers, timings.negotiateMs)
      try {
        const stream = await wire.connection.newStream([hello.id], { signal: limit.signal })
        if (wire.ended) stream.abort(new Error('ended'))
        else converse(wire, stream)
      } catch (error) {
        log.debug({ peer: wire.peer.nodeId, reason: String(error) }, 'no hello stream')
        put({ on: 'broken', id, reason: 'cut' })
      }
    },

    say(id: ConnId, say: Saying) {
      const wire = wires.get(id)
      if ('hello' in say && wire !== undefined)
        wire.control?.send(Hello, {
          ...ownHello(wire.peer.nodeId, wire.connection),
          leaf: say.leaf || undefined,
        })
      else if ('ping' in say) wire?.control?.send(Ping, { id: say.ping, leaf: say.leaf })
      else if ('pong' in say) wire?.control?.send(Pong, { id: say.pong })
      else if ('keys' in say) wire?.control?.send(NoticeKeys, say.keys)
      else if ('notices' in say) wire?.control?.send(Notices, { frames: say.notices, to: say.to })
      else if ('ack' in say) {
        const { ack: stage, skewMs: skew_ms, retryAfterMs: retry_after_ms } = say
        wire?.control?.send(HelloAck, {
          stage,
          skew_ms,
          retry_after_ms,
          ...(wire === undefined || stage === 'ready' ? {} : answer(wire.peer.nodeId)),
        })
      }
    },

    open(id: ConnId, side: 'serve' | 'out') {
      const wire = wires.get(id)
      if (wire !== undefined && !wire.ended) wire.view[side] = true
    },

    close(id: ConnId, reason: EndReason, goodbye: GoodbyeReason | undefined) {
      const wire = wires.get(id)
      if (wire === undefined) return
      const told = goodbye !== undefined && wire.control?.send(Goodbye, { reason: goodbye }) === true
      end(wire)
      const done = closeInOrder(wire, reason, told)
      closing.add(done)
      void done.finally(() => closing.delete(done))
    },

    abort(id: ConnId, reason: EndReason) {
      const wire = wires.get(id)
      if (wire === undefined) return
      end(wire)
      abortConnection(wire.connection, reason)
    },

    /** Resolves when every connection that was closed in order has ended. */
    closed: async () => void (await Promise.all(closing)),
  }
}

/** Resolves when the connection is closed, by whomever, or at `signal`. */
function closed(connection: Connection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    connection.addEventListener('close', () => resolve(), { once: true })
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (connection.status !== 'open') resolve()
  })
}

// The protocols that one connection shows of this node: hello alone, until admission opens the rest.

/** Both start false; admission sets `serve` at one end before it sets `out` at the other. */
export interface View {
  /** The other side may open every protocol here. */
  serve: boolean
  /** This side may open every protocol there. */
  out: boolean
  /** Told once when the other side has sent more than it may, and what; it must end the connection. */
  onExcess: (what: string) => void
}

/** Where libp2p's connection reads its protocols from; its types declare the member private. */
interface Components {
  registrar: {
    getProtocols(): string[]
    getHandler(protocol: string): StreamHandlerRecord
    getMiddleware(protocol: string): StreamMiddleware[]
    getTopologies(protocol: string): readonly unknown[]
  }
  peerStore: Pick<PeerStore, 'merge'>
}

/**
 * Narrows `connection` to `lobbyProtocol`. A registrar shared by all connections cannot do this: its list of
 * protocols does not know who asks, and multistream-select's `ls` would read it out to a stranger.
 * Must run synchronously in `connection:open`: streams the other side has opened already are dispatched in the
 * microtask after it. Undefined when libp2p's connection no longer has the shape this relies on; it is then aborted.
 * `allowance` is asked for when the connection serves: until then it has a stranger's.
 */
export function narrow(
  connection: Connection,
  lobbyProtocol: string,
  allowance: () => Allowance,
): View | undefined {
  const holder = connection as unknown as { components?: Components; muxer?: object }
  const whole = holder.components
  const meter = meterOf(holder.muxer)
  if (whole?.registrar === undefined || whole.peerStore === undefined || meter === undefined) {
    abortConnection(connection, 'cannot narrow what this connection serves')
    return undefined
  }
  let serve = false
  const view: View = {
    get serve() {
      return serve
    },
    set serve(admitted) {
      serve = admitted
      if (admitted) meter.admit(allowance())
    },
    out: false,
    set onExcess(tell: (what: string) => void) {
      meter.onExcess = tell
    },
  }
  const { registrar, peerStore } = whole
  const serves = (protocol: string): boolean => view.serve || protocol === lobbyProtocol

  holder.components = {
    registrar: {
      getProtocols: () => registrar.getProtocols().filter(serves),
      getHandler: (protocol) => {
        if (!serves(protocol)) throw new UnsupportedProtocolError(protocol)
        return registrar.getHandler(protocol)
      },
      // The connection gets a copy, because it pushes its handler onto the list.
      getMiddleware: (protocol) => [...registrar.getMiddleware(protocol)],
      getTopologies: (protocol) => registrar.getTopologies(protocol),
    },
    peerStore: {
      // libp2p notes the protocol of each stream, some ten times for each new link, and identify tells all of them at once. What is
      // noted even where identify fails are protocols with a topology, because by its entry the topology hears of the end. A stranger
      // must not be able to fill the peer store with itself.
      merge: async (id, data, options) =>
        view.serve && data.protocols?.some((protocol) => registrar.getTopologies(protocol).length > 0)
          ? await peerStore.merge(id, data, options)
          : ({} as Awaited<ReturnType<PeerStore['merge']>>),
    },
  }

  const open = connection.newStream.bind(connection)
  connection.newStream = async (protocols, options) => {
    const wanted = Array.isArray(protocols) ? protocols : [protocols]
    if (!view.out && wanted.some((protocol) => protocol !== lobbyProtocol)) {
      throw new UnsupportedProtocolError('not admitted by the other side')
    }
    return await open(wanted, options)
  }
  return view
}

// Ends a libp2p connection at once, whatever state it is in.

/**
 * libp2p's abort throws and leaves the socket open if the encrypted stream below the muxer has closed, because the
 * muxer's goodbye cannot be written. The muxer is closed by then, so a second call reaches the socket.
 */
function abortConnection(connection: Connection, reason: string): void {
  const error = new Error(reason)
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      connection.abort(error)
      return
    } catch {}
  }
}
