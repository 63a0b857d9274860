// The protocols that one connection shows of this node: hello alone, until admission opens the rest.
import {
  type Connection,
  type PeerStore,
  type StreamHandlerRecord,
  type StreamMiddleware,
  UnsupportedProtocolError,
} from '@libp2p/interface'
import type { Allowance } from '../allowance.ts'
import { meterOf } from '../muxer.ts'
import { abortConnection } from './abort.ts'

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
  metrics?: unknown
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
