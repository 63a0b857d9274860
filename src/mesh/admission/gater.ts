// The connection gater: private addresses only, in both directions, and never a denied key.
import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'
import type { NodeId } from '../../../protocols/node-id.ts'
import { isPrivateAddress } from '../../config/addresses.ts'
import type { Config } from '../../config/index.ts'
import { drainInOrder } from '../drains.ts'
import { nodeOf } from '../link/peer.ts'
import { boundBuffers, boundHandshake } from '../unproven.ts'
import { writeAtOnce } from '../writes.ts'
import type { Doorkeeper } from './doorkeeper.ts'
import { endpointOf } from './endpoint.ts'

export interface GaterDeps {
  readonly mesh: Pick<Config['mesh'], 'lan_only' | 'allow_cgnat'>
  readonly doorkeeper: Doorkeeper
  /** True for keys that people here denied or revoked. One that a list revoked may knock, to hear of it. */
  readonly refuses: (node: NodeId) => boolean
  /** True for an address at which a member has said it is. Asked for hosts that are not too fast only. */
  readonly knows: (ip: string) => boolean
  /** Called for each machine that came from outside and has proven its key, also for keys that are refused only after it said hello. */
  readonly proved: (node: NodeId, ip: string | undefined) => void
}

/** May this address be connected to or from? */
export function allowsAddress(mesh: GaterDeps['mesh'], ip: string): boolean {
  return !mesh.lan_only || isPrivateAddress(ip, { allowCgnat: mesh.allow_cgnat })
}

export function createGater({ mesh, doorkeeper, refuses, knows, proved }: GaterDeps): ConnectionGater {
  const refusesKey = (id: PeerId): boolean => {
    const node = nodeOf(id)
    // A key that is not Ed25519 cannot be a node.
    return node === undefined || refuses(node)
  }
  const entered = new WeakMap<MultiaddrConnection, () => void>()
  /** Bounds and order of what a connection holds: inbound from before its first byte, outbound from when its key is proven. */
  const bound = (connection: MultiaddrConnection): void => {
    boundBuffers(connection)
    writeAtOnce(connection)
    drainInOrder(connection)
  }

  return {
    denyDialPeer: refusesKey,
    denyDialMultiaddr: (address) => {
      const endpoint = endpointOf(address)
      return endpoint === undefined || !allowsAddress(mesh, endpoint.ip)
    },
    denyInboundConnection: (connection) => {
      const endpoint = endpointOf(connection.remoteAddr)
      if (endpoint === undefined || !allowsAddress(mesh, endpoint.ip)) return true
      const { ip } = endpoint
      if (!doorkeeper.enters(ip, knows)) return true
      bound(connection)
      const unbound = boundHandshake(connection)
      let over = false
      const leave = (): void => {
        if (over) return
        over = true
        unbound()
        doorkeeper.left(ip)
      }
      entered.set(connection, leave)
      connection.addEventListener('close', leave)
      return false
    },
    // From here on Noise has proven the key.
    denyInboundEncryptedConnection: (id, { remoteAddr }) => {
      const node = nodeOf(id)
      if (node !== undefined) proved(node, endpointOf(remoteAddr)?.ip)
      return refusesKey(id)
    },
    denyOutboundEncryptedConnection: (id, connection) => {
      bound(connection)
      return refusesKey(id)
    },
    denyInboundUpgradedConnection: (id, connection) => {
      entered.get(connection)?.()
      return refusesKey(id)
    },
    denyOutboundUpgradedConnection: refusesKey,
  }
}
