// The libp2p host: TCP, Noise or TLS 1.3, yamux and identify, nothing that reaches beyond the LAN or runs by itself.
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { type Identify, identify } from '@libp2p/identify'
import {
  type Connection,
  type ConnectionGater,
  FaultTolerance,
  type Libp2p,
  type StreamHandler,
} from '@libp2p/interface'
import { tcp } from '@libp2p/tcp'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2pOptions } from 'libp2p'
import type { Security } from '../../config/index.ts'
import type { DhtService } from '../discovery/dht.ts'
import { meteredYamux } from '../muxer.ts'
import type { Timings } from '../timings.ts'
import { encrypters } from './encrypters.ts'
import { endpointOf } from './endpoint.ts'

interface Guard {
  /**
   * Listens on one more address. A failed attempt leaves resources behind in libp2p, so callers first test the address
   * in another way.
   */
  listen(address: Multiaddr): Promise<void>
  /** Closes what listens at this IP address, with the connections that came there. */
  unlisten(ip: string): void
}
type Services = { guard: Guard; identify: Identify; dht?: unknown }
export type Host = Libp2p<Services>

export interface HostHandler {
  readonly handle: StreamHandler
  /** That one connection may have open at the same time, each way. */
  readonly streams: number
}

export interface HostInit {
  /** 32-byte Ed25519 seed: the peer id is the node's own key. */
  readonly seed: Uint8Array
  /** The public key of that seed, 32 bytes. */
  readonly publicKey: Uint8Array
  readonly listen: readonly string[]
  readonly gater: ConnectionGater
  /** How connections are encrypted, the preferred first. */
  readonly security: readonly Security[]
  readonly timings: Timings
  /** The kernel probes a neighbour that was silent for half of it; one that rests is pinged each fourth time (heartbeat.ts). */
  readonly pingMs: number
  /** Protocols to serve; registered before the first connection can come in. */
  readonly handlers: ReadonlyMap<string, HostHandler>
  /** Runs synchronously for every connection, before any of its streams. */
  readonly onConnection: (connection: Connection) => void
  /** Left out: other members are not asked where members are. */
  readonly dht?: DhtService | undefined
  /** Version told to admitted peers by identify. */
  readonly version: string
}

/** Connections in all. Strangers have 8 of them; the mesh's design ends well below. */
const CONNECTIONS_MAX = 1_024
/** libp2p's own limits at the door count loopback like a stranger; the gater's doorkeeper replaces them. */
const UNLIMITED_BY_LIBP2P = 1_000_000

/** Builds the host without starting it. */
export async function createHost(init: HostInit): Promise<Host> {
  const socketMs = Math.max(init.pingMs * 8, 60_000)
  // From then on libuv lets the kernel probe each second, and end the connection after ten probes that nobody answered. Probes
  // wake no process.
  const alive = { keepAlive: true, keepAliveInitialDelay: init.pingMs / 2 }
  const options: Libp2pOptions<Services> = {
    start: false,
    // Seed and public key together: to derive the one from the other in JavaScript takes longer than all else here.
    privateKey: privateKeyFromRaw(Buffer.concat([init.seed, init.publicKey])),
    nodeInfo: { name: 'karo', version: init.version },
    addresses: { listen: [...init.listen] },
    transports: [
      tcp({
        inboundSocketInactivityTimeout: socketMs,
        outboundSocketInactivityTimeout: socketMs,
        dialOpts: alive,
        listenOpts: alive,
      }),
    ],
    connectionEncrypters: await encrypters(init.security),
    streamMuxers: [meteredYamux()],
    connectionGater: init.gater,
    // A fresh stream per connection every 10 s was most of an idle node's work.
    connectionMonitor: { enabled: false },
    connectionManager: {
      maxConnections: CONNECTIONS_MAX,
      inboundConnectionThreshold: UNLIMITED_BY_LIBP2P,
      maxIncomingPendingConnections: UNLIMITED_BY_LIBP2P,
      inboundUpgradeTimeout: init.timings.handshakeMs,
      inboundStreamProtocolNegotiationTimeout: init.timings.negotiateMs,
      outboundStreamProtocolNegotiationTimeout: init.timings.negotiateMs,
      addressDialTimeout: init.timings.handshakeMs,
      dialTimeout: init.timings.dialMs,
      connectionCloseTimeout: init.timings.closeMs,
      reconnectRetries: 0,
    },
    // Addresses that cannot be listened on are tried again, so none of them is fatal.
    transportManager: { faultTolerance: FaultTolerance.NO_FATAL },
    services: {
      // This service comes first: services are made in order, and none may see a connection before it is narrowed.
      guard: (components) => {
        components.events.addEventListener('connection:open', (event) => init.onConnection(event.detail))
        return {
          async beforeStart(): Promise<void> {
            // Listening starts after every service has started.
            for (const [protocol, { handle, streams }] of init.handlers) {
              await components.registrar.handle(protocol, handle, {
                maxInboundStreams: streams,
                maxOutboundStreams: streams,
              })
            }
          },
          start() {},
          stop() {},
          listen: (address: Multiaddr) => components.transportManager.listen([address]),
          unlisten(ip: string) {
            for (const listener of components.transportManager.getListeners())
              if (listener.getAddrs().some((address) => endpointOf(address)?.ip === ip)) void listener.close()
          },
        }
      },
      identify: identify({ runOnConnectionOpen: false }),
      ...(init.dht === undefined ? {} : { dht: init.dht }),
    },
  }
  return await createLibp2p(options)
}
