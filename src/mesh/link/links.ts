// One long-lived stream per neighbour and protocol: opened by the dialer after admission, reopened when it breaks.
import type { Connection, Stream as Libp2pStream } from '@libp2p/interface'
import type { Stream } from '../../../protocols/define.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createQuotas, type Quota } from '../../base/quota.ts'
import { backoffMs } from '../overlay/backoff.ts'
import type { Timings } from '../timings.ts'
import type { Link, LinkHandler, PeerRef } from '../types.ts'
import { type Channel, type ChannelDeps, openChannel } from './channel.ts'
import type { Session } from './session.ts'

/** A link that lived this long was a good one: the next failure counts as the first. */
const GOOD_LINK_MS = 60_000

export interface LinksDeps {
  readonly channel: ChannelDeps
  readonly timings: Timings
  readonly sessionOf: (connection: Connection) => Session | undefined
  readonly admits: (node: NodeId) => boolean
  /** A link came up or went down. */
  readonly onChange: () => void
}

export interface Links {
  /** Before the host starts. */
  add(protocol: Stream, handler: LinkHandler): Link
  protocols(): readonly Stream[]
  /** Handler of a link protocol: the dialer has opened its stream. */
  accept(protocol: Stream, stream: Libp2pStream, connection: Connection): void
  /** This session is now the neighbour's. The dialer opens every link on it. */
  attach(session: Session): void
  /** True when every link to this neighbour is usable. */
  complete(node: NodeId): boolean
  /** True while something is under way over one of them. */
  inUse(node: NodeId): boolean
}

interface Open {
  readonly peer: PeerRef
  readonly channel: Channel
}

interface Line {
  readonly protocol: Stream
  readonly handler: LinkHandler
  /** The channel frames are sent on, by neighbour. */
  readonly open: Map<NodeId, Open>
  /** By neighbour, over streams and connections: reconnecting does not bring a new quota. */
  readonly quotaOf: (node: NodeId) => Quota
}

/** Neighbours whose quota is remembered after they left; a forgotten one starts with a full quota. */
const QUOTAS_MAX = 1_024

export function createLinks(deps: LinksDeps): Links {
  const lines = new Map<string, Line>()
  const { clock, random, log } = deps.channel

  const tell = (what: 'up' | 'down', line: Line, peer: PeerRef): void => {
    try {
      line.handler[what]?.(peer)
    } catch (error) {
      log.error(
        { peer: peer.nodeId, reason: String(error), protocol: line.protocol.id },
        'a link handler threw',
      )
    }
    deps.onChange()
  }

  const adopt = (line: Line, session: Session, stream: Libp2pStream, onClose: () => void): void => {
    const { peer } = session
    const node = peer.nodeId
    const channel: Channel = openChannel(deps.channel, {
      stream,
      protocol: line.protocol,
      peer,
      quota: line.quotaOf(node),
      member: () => deps.admits(node),
      onFrame: (frame) => {
        session.heard()
        line.handler.frame(peer, frame)
      },
      onClose: () => {
        if (line.open.get(node)?.channel === channel) {
          line.open.delete(node)
          tell('down', line, peer)
        }
        onClose()
      },
    })
    const replaces = line.open.has(node)
    line.open.set(node, { peer, channel })
    if (!replaces) tell('up', line, peer)
  }

  const dial = async (line: Line, session: Session, failures: number): Promise<void> => {
    if (!session.alive()) return
    const again = (count: number): void => {
      if (!session.alive()) return
      setTimeout(
        () => void dial(line, session, count),
        backoffMs(count, () => random.float()),
      ).unref()
    }
    try {
      const stream = await session.connection.newStream([line.protocol.id], {
        signal: AbortSignal.timeout(deps.timings.negotiateMs),
      })
      if (!session.alive()) {
        stream.abort(new Error('ended'))
        return
      }
      const since = clock.monotonic()
      adopt(line, session, stream, () => again(clock.monotonic() - since > GOOD_LINK_MS ? 1 : failures + 1))
    } catch (error) {
      log.debug({ reason: String(error), protocol: line.protocol.id, peer: session.peer.nodeId }, 'no link')
      again(failures + 1)
    }
  }

  return {
    add(protocol, handler) {
      const quotaOf = createQuotas<NodeId>(protocol.quota, QUOTAS_MAX)
      const line: Line = { protocol, handler, open: new Map(), quotaOf }
      lines.set(protocol.id, line)
      return {
        peers: () => [...line.open.values()].map(({ peer }) => peer),
        sendHop: (to, message, body, trace) => line.open.get(to)?.channel.send(message, body, trace) ?? false,
        sendDocument: (to, bytes) => line.open.get(to)?.channel.sendBytes(bytes) ?? false,
      }
    },
    protocols: () => [...lines.values()].map((line) => line.protocol),
    accept(protocol, stream, connection) {
      const line = lines.get(protocol.id)
      const session = deps.sessionOf(connection)
      // Narrowing has refused strangers before; this is the second lock on the same door.
      if (line === undefined || session === undefined || !session.serves() || session.dialed) {
        stream.abort(new Error('not admitted'))
        return
      }
      adopt(line, session, stream, () => {})
    },
    attach(session) {
      if (!session.dialed) return
      for (const line of lines.values()) void dial(line, session, 0)
    },
    complete: (node) => [...lines.values()].every((line) => line.open.has(node)),
    inUse: (node) => [...lines.values()].some(({ handler }) => handler.inUse?.(node) ?? false),
  }
}
