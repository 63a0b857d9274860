// One long-lived stream per neighbour and protocol: opened by the dialer after admission, reopened when it breaks.
import type { Stream as Libp2pStream } from '@libp2p/interface'
import type { Stream } from '../../../protocols/define.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { deadline } from '../../base/async/deadline.ts'
import { createQuotas, type Quota } from '../../base/quota.ts'
import { backoffMs } from '../state/redial.ts'
import type { Put } from '../state/types.ts'
import type { Timings } from '../timings.ts'
import type { Link, LinkHandler, PeerRef, Served } from '../types.ts'
import { type Channel, type ChannelDeps, openChannel, QUOTAS_MAX } from './channel.ts'
import type { Wire } from './wires.ts'

/** A link that lived this long was a good one: the next failure counts as the first. */
const GOOD_LINK_MS = 60_000

export interface LinksDeps {
  readonly channel: ChannelDeps
  readonly timings: Timings
  readonly put: Put
}

export type Links = ReturnType<typeof createLinks>

interface Open {
  readonly peer: PeerRef
  readonly channel: Channel
}

interface Line {
  readonly protocol: Stream
  readonly handler: LinkHandler
  /** The channel frames are sent on, by neighbour. */
  readonly open: Map<NodeId, Open>
  /** One quota for each neighbour over all its streams and connections, so that reconnecting brings no new quota. */
  readonly quotaOf: (node: NodeId) => Quota
}

export function createLinks(deps: LinksDeps) {
  const lines: Line[] = []
  const { clock, timers, random, log } = deps.channel

  const tell = (what: 'up' | 'down', line: Line, peer: PeerRef): void => {
    try {
      line.handler[what]?.(peer)
    } catch (error) {
      log.error(
        { peer: peer.nodeId, reason: String(error), protocol: line.protocol.id },
        'a link handler threw',
      )
    }
    deps.put({ on: 'links' })
  }

  const adopt = (line: Line, wire: Wire, stream: Libp2pStream, onClose: () => void): void => {
    const { peer } = wire
    const node = peer.nodeId
    const channel: Channel = openChannel(deps.channel, {
      stream,
      protocol: line.protocol,
      peer,
      quota: line.quotaOf(node),
      onFrame: (frame) => {
        deps.put({ on: 'heard', node })
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

  const dial = async (line: Line, wire: Wire, failures: number): Promise<void> => {
    if (!wire.alive()) return
    const again = (count: number): void => {
      if (!wire.alive()) return
      const ms = backoffMs(count, () => random.float())
      timers.after(ms, () => void dial(line, wire, count))
    }
    using limit = deadline(timers, deps.timings.negotiateMs)
    try {
      const stream = await wire.connection.newStream([line.protocol.id], { signal: limit.signal })
      if (!wire.alive()) {
        stream.abort(new Error('ended'))
        return
      }
      const since = clock.monotonic()
      adopt(line, wire, stream, () => again(clock.monotonic() - since > GOOD_LINK_MS ? 1 : failures + 1))
    } catch (error) {
      log.debug({ reason: String(error), protocol: line.protocol.id, peer: wire.peer.nodeId }, 'no link')
      again(failures + 1)
    }
  }

  return {
    /** Before the host starts. */
    add(protocol: Stream): Link & Served<LinkHandler> {
      const quotaOf = createQuotas<NodeId>(protocol.quota, QUOTAS_MAX)
      const open: Line['open'] = new Map()
      return {
        peers: () => [...open.values()].map(({ peer }) => peer),
        has: (to) => open.has(to),
        sendHop: (to, message, body, trace) => open.get(to)?.channel.send(message, body, trace) ?? false,
        sendDocument: (to, bytes) => open.get(to)?.channel.sendBytes(bytes) ?? false,
        serve: (handler) => void lines.push({ protocol, handler, open, quotaOf }),
      }
    },
    protocols: () => lines.map(({ protocol }) => protocol),
    /** Handler of a link protocol: the dialer has opened its stream. */
    accept(protocol: Stream, stream: Libp2pStream, wire: Wire | undefined) {
      const line = lines.find((one) => one.protocol === protocol)
      // Narrowing has refused strangers before; this is the second lock on the same door.
      if (line === undefined || wire === undefined || !wire.serves() || wire.dialed) {
        stream.abort(new Error('not admitted'))
        return
      }
      adopt(line, wire, stream, () => {})
    },
    /** This connection is now the neighbour's. The dialer opens every link on it. */
    attach(wire: Wire) {
      if (!wire.dialed) return
      for (const line of lines) void dial(line, wire, 0)
    },
    /** True when every link to this neighbour is usable. */
    complete: (node: NodeId) => lines.every((line) => line.open.has(node)),
    /** True while something is under way over one of them. */
    inUse: (node: NodeId) => lines.some(({ handler }) => handler.inUse?.(node) ?? false),
  }
}
