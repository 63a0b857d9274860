// This node's description of itself: for each connected peer, and, as presence, for every member.
import type { Connection } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Stream } from '../../protocols/define.ts'
import { FRAME_VERSION } from '../../protocols/frame.ts'
import type { HelloBody } from '../../protocols/messages/hello.ts'
import type { PresenceBody } from '../../protocols/messages/presence.ts'
import type { NodeId } from '../../protocols/node-id.ts'
import { hello } from '../../protocols/registry.ts'
import type { Config } from '../config/index.ts'
import type { Credentials } from '../trust/certificates/index.ts'
import { announcing, told } from './admission/addresses.ts'
import { plainIp } from './admission/endpoint.ts'

interface AboutDeps {
  readonly config: Pick<Config, 'mesh' | 'sharing'>
  readonly name: string
  /** Karo's version. */
  readonly version: string
  readonly protocols: () => readonly Stream[]
  readonly listening: () => readonly Multiaddr[]
  readonly admits: (node: NodeId) => boolean
  /** Certificates and invites that are for this node to see. */
  readonly shown: Credentials['shown']
}

export function createAbout(deps: AboutDeps) {
  const { config, name, version, protocols, listening, admits, shown } = deps
  const capabilities = () => ({
    protocol_version: FRAME_VERSION,
    karo_version: version,
    supports_level1: config.sharing.max_level >= 1,
    supports_level2: config.sharing.max_level >= 2,
    can_aggregate: true,
  })
  return {
    hello: (to: NodeId, connection: Connection): HelloBody => ({
      versions: [hello.id, ...protocols().map((protocol) => protocol.id)],
      name,
      capabilities: capabilities(),
      // Which networks this machine is in is for members to know.
      listen: told(listening(), admits(to) ? {} : { only: localIpOf(connection) ?? '' }),
      ...shown(to),
    }),
    presence: (): Pick<PresenceBody, 'name' | 'capabilities' | 'listen'> => ({
      name,
      capabilities: capabilities(),
      listen: announcing(config.mesh, listening()),
    }),
  }
}

/** The member of libp2p's TCP connection that holds the socket; its types declare it private. */
interface Holder {
  readonly maConn?: { readonly socket?: { readonly localAddress?: string } }
}

/** Which of this node's addresses a connection uses: libp2p tells the other end's only. Undefined when the socket is gone, or libp2p's connection no longer has the shape this relies on. */
function localIpOf(connection: Connection): string | undefined {
  const ip = (connection as unknown as Holder).maConn?.socket?.localAddress
  return ip === undefined ? undefined : plainIp(ip)
}
