// The connection gater: private addresses only, in both directions, and never a denied key.

import type { Socket } from 'node:net'
import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'
import type { NodeId } from '../../../protocols/node-id.ts'
import { isPrivateAddress } from '../../config/addresses.ts'
import type { Config } from '../../config/index.ts'
import { nodeOf } from '../link/peer.ts'
import { UNSENT_MAX } from '../muxer.ts'
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

// Lets senders on a connection continue when its socket has taken everything that was sent before.

/** Members of libp2p's TCP connection that its interface leaves out. */
interface Raw extends MultiaddrConnection {
  readonly socket?: Socket
  readonly writeBuffer?: { readonly byteLength: number }
  processSendQueue?(): boolean
  onData?(data: Uint8Array): void
  sendData?(data: unknown): unknown
  sendReset?(error: Error): void
}

/**
 * libp2p lets the streams continue each time the socket has taken something, even while more data waits in the
 * connection itself. Each stream then sends as much as its window allows. If a peer reads slowly and gives large
 * windows, more data waits each time, until the limit of unsent bytes ends the connection (`UNSENT_MAX`). Here the
 * connection first sends the waiting data.
 */
function drainInOrder(raw: Raw): void {
  const { safeDispatchEvent: dispatch } = raw
  if (raw.processSendQueue === undefined) return
  raw.safeDispatchEvent = (type, detail) => {
    if (type === 'drain' && raw.writableNeedsDrain && (raw.writeBuffer?.byteLength ?? 0) > 0) {
      raw.writableNeedsDrain = false
      try {
        raw.processSendQueue?.()
      } catch {
        // libp2p has ended the connection.
        return false
      }
      // The socket is full again, and tells when it is not.
      if (raw.writableNeedsDrain) return false
    }
    return dispatch.call(raw, type, detail)
  }
}

// Writes everything that is sent on one connection in one turn of the loop to its socket at once.

/**
 * A frame is several pieces (its length, header, bytes and tag), each of which libp2p writes by itself: a call of the kernel and
 * a packet here, and a wake of the other side, for each of them. A connection without a socket of its own stays as it is.
 */
export function writeAtOnce(connection: Raw): void {
  const { socket, sendData, sendReset } = connection
  if (socket === undefined || sendData === undefined || sendReset === undefined) return
  let corked = false
  const write = (): void => {
    if (!corked) return
    corked = false
    socket.uncork()
  }
  connection.sendData = (data) => {
    if (!corked) {
      corked = true
      socket.cork()
      process.nextTick(write)
    }
    return sendData.call(connection, data)
  }
  // Data sent just before, such as the reason, goes out first; an orderly end writes everything by itself.
  connection.sendReset = (error) => {
    write()
    sendReset.call(connection, error)
  }
}

// Bounds an inbound connection until its key is proven: how much it may send, and how much it may make us say.

/** The whole handshake is about 600 bytes; the dialer's first frames may follow it closely. */
const HANDSHAKE_BYTES = 8 * 1024
/**
 * Two agreed protocol names and one message of Noise make three. A peer that proposes unknown names is answered each
 * time, and could continue until the time limit of the handshake.
 */
const HANDSHAKE_REPLIES = 8
/** Bytes held between two steps of the handshake, when nothing reads the connection. libp2p would hold 4 MiB. */
const UNREAD_MAX = 256 * 1024

/** For connections in both directions. */
function boundBuffers(connection: MultiaddrConnection): void {
  connection.maxReadBufferLength = UNREAD_MAX
  connection.maxWriteBufferLength = UNSENT_MAX
}

/** To be called before the handshake; the returned function ends it, and with it the bounds. */
function boundHandshake(connection: Raw): () => void {
  const { onData, send } = connection
  let bytes = HANDSHAKE_BYTES
  let replies = HANDSHAKE_REPLIES
  const unbound = (): void => {
    // Those of the class show again.
    Reflect.deleteProperty(connection, 'onData')
    Reflect.deleteProperty(connection, 'send')
  }
  const refuse = (): void => {
    unbound()
    connection.abort(new Error('too much before the key was proven'))
  }
  if (onData !== undefined) {
    connection.onData = (data) => {
      bytes -= data.byteLength
      if (bytes < 0) refuse()
      else onData.call(connection, data)
    }
  }
  connection.send = (data) => {
    if (--replies >= 0) return send.call(connection, data)
    refuse()
    throw new Error('too many answers before the key was proven')
  }
  return unbound
}
