// One connection from its first byte to its end: hello, admission, control stream.

import type { Connection, Stream as Libp2pStream } from '@libp2p/interface'
import { bodyOf, type Frame, type RejectCode } from '../../../protocols/frame.ts'
import {
  Goodbye,
  type GoodbyeReason,
  Hello,
  HelloAck,
  type HelloBody,
  Ping,
  Pong,
} from '../../../protocols/messages/hello.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { hello } from '../../../protocols/registry.ts'
import type { Quota } from '../../base/quota.ts'
import type { Timings } from '../timings.ts'
import type { PeerRef } from '../types.ts'
import { abortConnection } from './abort.ts'
import { type Channel, type ChannelDeps, openChannel } from './channel.ts'
import { createHandshake, type Step } from './handshake.ts'
import type { View } from './narrow.ts'

/** Why a connection ended, as logs and the audit ledger say it. */
export type EndReason =
  | 'cut'
  | 'goodbye'
  | 'replaced'
  | 'surplus'
  | 'refused'
  | 'violation'
  | 'silent'
  | 'lobby'
  | 'stopping'

/** Under which name the ledger has what is wrong below all streams. */
const MUXER = '/yamux/1.0.0'

/** What the other side's Goodbye is called here. */
const HEARD: Readonly<Record<GoodbyeReason, EndReason>> = {
  stopping: 'goodbye',
  replaced: 'replaced',
  surplus: 'surplus',
}

/**
 * What became of a connection: `pending` when one side has not admitted the other. `held`: there was none, because what
 * is known of the node's places may not be dialed yet; that is no fault of the node's.
 */
export type Outcome =
  | { readonly kind: 'admitted' }
  | { readonly kind: 'pending'; readonly retryAfterMs: number }
  | { readonly kind: 'ended'; readonly reason: EndReason }
  | { readonly kind: 'held'; readonly retryAfterMs: number }

export interface SessionDeps {
  readonly channel: ChannelDeps
  readonly timings: Timings
  /** What this node says of itself to this peer, now. */
  readonly hello: (to: NodeId, connection: Connection) => HelloBody
  readonly admits: (node: NodeId) => boolean
}

export interface SessionInit {
  readonly connection: Connection
  readonly view: View
  readonly peer: PeerRef
  /** The other end's IP address. */
  readonly ip: string
  readonly quota: Quota
  /** The other side introduced itself; the connection may still be a stranger's. */
  readonly onHello: (session: Session, body: HelloBody) => void
  readonly onAdmitted: (session: Session) => void
  /** Once. */
  readonly onEnd: (session: Session, reason: EndReason) => void
}

export interface Session {
  readonly connection: Connection
  readonly peer: PeerRef
  readonly ip: string
  /** This side dialed. */
  readonly dialed: boolean
  /** Monotonic. */
  readonly openedAt: number
  readonly outcome: Promise<Outcome>
  admitted(): boolean
  /** Both directions may still open protocols: admitted and not ended. */
  alive(): boolean
  serves(): boolean
  introduced(): HelloBody | undefined
  /** The other clock minus ours as last heard, ms. */
  skew(): number | undefined
  /** Monotonic time of the last frame on any stream. */
  heardAt(): number
  heard(): void
  /** Dialer: opens the hello stream. */
  begin(): Promise<void>
  /** Listener: the hello stream was opened. False: there is one already. */
  accept(stream: Libp2pStream): boolean
  /** Trust has changed in our favour. */
  reconsider(): void
  ping(): void
  /** At once, and the other side is told nothing. */
  abort(reason: EndReason): void
  /** In order: what is written goes out; `goodbye` is said to an admitted peer. */
  close(reason: EndReason, goodbye?: GoodbyeReason): Promise<void>
}

export function createSession(deps: SessionDeps, init: SessionInit): Session {
  const { connection, view, peer } = init
  const { clock, log } = deps.channel
  const dialed = connection.direction === 'outbound'
  const handshake = createHandshake()
  const openedAt = clock.monotonic()
  const { promise: outcome, resolve: settle } = Promise.withResolvers<Outcome>()
  let control: Channel | undefined
  let introduced: HelloBody | undefined
  let skew: number | undefined
  let heardAt = openedAt
  let ended = false
  let retryAfterMs = deps.timings.retryAfterMs
  let pings = 0

  const end = (reason: EndReason): void => {
    if (ended) return
    ended = true
    view.serve = false
    view.out = false
    clearTimeout(lobbyTimer)
    settle({ kind: 'ended', reason })
    init.onEnd(session, reason)
  }

  const abort = (reason: EndReason): void => {
    end(reason)
    abortConnection(connection, reason)
  }

  const close = async (reason: EndReason, goodbye?: GoodbyeReason): Promise<void> => {
    const told = goodbye !== undefined && handshake.admitted() && control?.send(Goodbye, { reason: goodbye })
    end(reason)
    const signal = AbortSignal.timeout(deps.timings.closeMs)
    try {
      // A socket closed with something unread in it is reset, and a reset overtakes what was written last.
      // So whoever hears Goodbye closes, and we wait for that.
      if (told === true) await closed(connection, signal)
      await connection.close({ signal })
    } catch {
      abortConnection(connection, reason)
    }
  }

  /** A well-formed frame that has no business here and now. */
  const violation = (code: RejectCode): void => {
    deps.channel.rejections.count(code, hello.id, peer.nodeId)
    abort('violation')
  }

  view.onExcess = (what) => {
    log.debug({ peer: peer.nodeId, what }, 'too much on one connection')
    deps.channel.rejections.count('rate_limited', MUXER, peer.nodeId)
    abort('violation')
  }

  const lobbyTimer = setTimeout(() => void close('lobby'), deps.timings.lobbyMs).unref()

  const run = (steps: readonly Step[]): void => {
    for (const step of steps) {
      if (ended) return
      if ('open' in step) view[step.open] = true
      else {
        control?.send(HelloAck, {
          stage: step.say,
          skew_ms: Math.round(-(skew ?? 0)),
          ...(step.say === 'pending' ? { retry_after_ms: deps.timings.retryAfterMs } : {}),
        })
      }
    }
    if (ended) return
    if (handshake.admitted()) {
      clearTimeout(lobbyTimer)
      settle({ kind: 'admitted' })
      init.onAdmitted(session)
    } else if (handshake.waits()) {
      settle({ kind: 'pending', retryAfterMs })
      // The listener keeps the place for the rest of the lobby's time; the dialer has learned what it can.
      if (dialed) void close('lobby')
    }
  }

  const onHello = (frame: Frame): void => {
    if (introduced !== undefined) {
      violation('out_of_order')
      return
    }
    introduced = bodyOf(frame, Hello)
    init.onHello(session, introduced)
    if (!ended) run(handshake.decide(deps.admits(peer.nodeId)))
  }

  const onAck = (frame: Frame): void => {
    const ack = bodyOf(frame, HelloAck)
    if (ack.retry_after_ms !== undefined) retryAfterMs = ack.retry_after_ms
    // Acknowledging comes after the introduction, and once admitted there is nothing left to say.
    const expected = introduced !== undefined && !handshake.admitted()
    const steps = expected ? handshake.heard(ack.stage) : undefined
    if (steps === undefined) violation('out_of_order')
    else run(steps)
  }

  const onFrame = (frame: Frame): void => {
    heardAt = clock.monotonic()
    skew = frame.envelope.ts - clock.now()
    if (frame.message === Hello) onHello(frame)
    else if (frame.message === HelloAck) onAck(frame)
    else if (!handshake.admitted()) violation('not_admitted')
    else if (frame.message === Ping) control?.send(Pong, bodyOf(frame, Ping))
    else if (frame.message === Goodbye) {
      void close(HEARD[bodyOf(frame, Goodbye).reason])
    }
  }

  const converse = (stream: Libp2pStream): void => {
    control = openChannel(deps.channel, {
      stream,
      protocol: hello,
      peer,
      quota: init.quota,
      member: () => deps.admits(peer.nodeId),
      onFrame,
      // The control stream is the connection: without it nothing could be said any more.
      onClose: (code) => {
        if (!ended) abort(code === undefined ? 'cut' : 'violation')
      },
    })
    control.send(Hello, deps.hello(peer.nodeId, connection))
  }

  const session: Session = {
    connection,
    peer,
    ip: init.ip,
    dialed,
    openedAt,
    outcome,
    admitted: () => handshake.admitted(),
    alive: () => handshake.admitted() && !ended,
    serves: () => view.serve,
    introduced: () => introduced,
    skew: () => skew,
    heardAt: () => heardAt,
    heard: () => {
      heardAt = clock.monotonic()
    },
    async begin() {
      try {
        const stream = await connection.newStream([hello.id], {
          signal: AbortSignal.timeout(deps.timings.negotiateMs),
        })
        if (ended) stream.abort(new Error('ended'))
        else converse(stream)
      } catch (error) {
        log.debug({ peer: peer.nodeId, reason: String(error) }, 'no hello stream')
        abort('cut')
      }
    },
    accept(stream) {
      if (ended || dialed || control !== undefined) return false
      converse(stream)
      return true
    },
    reconsider() {
      // Before the Hello the decision is still to come.
      if (!ended && introduced !== undefined && !handshake.admitted()) run(handshake.decide(true))
    },
    ping: () => void control?.send(Ping, { id: ++pings }),
    abort,
    close,
  }
  connection.addEventListener('close', () => end('cut'))
  return session
}

/** Resolves when the connection is closed, by whomever, or at `signal`. */
function closed(connection: Connection, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    connection.addEventListener('close', () => resolve(), { once: true })
    signal.addEventListener('abort', () => resolve(), { once: true })
    if (connection.status !== 'open') resolve()
  })
}
