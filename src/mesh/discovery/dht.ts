// Looks for a member that does not answer where it was, by asking other members: kad-dht, cut down to that one question. No link
// that was opened to ask is kept.

import type {
  Connection,
  NewStreamOptions,
  PeerId,
  PeerInfo,
  PeerStore,
  Stream,
  StreamHandler,
} from '@libp2p/interface'
import type { KadDHT, KadDHTComponents } from '@libp2p/kad-dht'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createQuotas } from '../../base/quota.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { endpointOf, endpointsOf, formatEndpoint } from '../admission/endpoint.ts'
import type { Asking } from '../asking.ts'
import { nodeOf, peerIdOf } from '../link/peer.ts'
import type { Wire } from '../link/wires.ts'
import type { Put } from '../state/types.ts'

export const DHT_PROTOCOL = '/karo/kad/1'

/** Asked at the same time, and at most about so many for one question. */
const ALPHA = 3
const BUCKET = 8
/** Members that are not neighbours, dialed for one question. */
const DIALS_PER_QUESTION = 4
/** A question is 50 bytes, an answer at most eight members with their addresses. */
const QUESTION_BYTES = 1_024
const ANSWER_BYTES = 16 * 1_024
/** Questions of one member. */
const QUESTIONS = { frames: 30, perMs: 30_000 }
const ASKERS_MAX = 1_024
const NEVER_MS = 2 ** 31 - 1
/** The kad-dht messages that are answered: FIND_NODE and PING. The others would store records that anybody sends. */
const ANSWERED = new Set(['FIND_NODE', 'PING'])

interface FinderDeps extends Pick<Ambient, 'clock' | 'log'> {
  readonly admits: (node: NodeId) => boolean
  /** An address that may be told, kept and dialed. */
  readonly allows: (ip: string) => boolean
  readonly neighbour: (node: NodeId) => Wire | undefined
  readonly asking: Pick<Asking, 'ask' | 'signalOf'>
  readonly put: Put
}

type Whole = Omit<KadDHTComponents, 'ping'>

/** libp2p's service, without the symbols by which libp2p itself would use it: it must not dial by what this finds. */
export type DhtService = (components: Whole) => { start(): Promise<void>; stop(): Promise<void> }

/** Members of kad-dht's class that its types declare private. */
interface Inside extends KadDHT {
  readonly routingTable: { closestPeerTagger: unknown; remove(peer: PeerId): Promise<void> }
  readonly rpc: { readonly handlers: Record<string, unknown> }
  routingTableRefresh: unknown
  start(): Promise<void>
  stop(): Promise<void>
}

export type Finder = ReturnType<typeof createFinder>

export function createFinder(deps: FinderDeps) {
  const { asking, clock, log, put } = deps
  const quotaOf = createQuotas<NodeId>(QUESTIONS, ASKERS_MAX)
  let dht: Inside | undefined
  /** Questions under way, and dials that they may still make. */
  let questions = 0
  let dials = 0
  /** Members that were dialed to ask them. */
  const dialed = new Set<NodeId>()

  /** The DHT stores, returns and asks only members, and only with addresses that may be dialed. */
  const known = (peer: PeerInfo): PeerInfo => {
    const node = nodeOf(peer.id)
    const allowed = peer.multiaddrs.filter((address) => deps.allows(endpointOf(address)?.ip ?? ''))
    return { ...peer, multiaddrs: node !== undefined && deps.admits(node) ? allowed : [] }
  }

  const connectionTo = async (peer: PeerId): Promise<Connection> => {
    const node = nodeOf(peer)
    if (node === undefined || !deps.admits(node)) throw new Error('no member')
    if (deps.neighbour(node) === undefined && dials > 0) {
      dials--
      if (await asking.ask(node, 'dial')) dialed.add(node)
    }
    const wire = deps.neighbour(node)
    if (wire?.alive() !== true) throw new Error('no neighbour')
    return wire.connection
  }

  const asks = (node: NodeId): boolean => quotaOf(node).take(clock.monotonic())

  const serve =
    (handler: StreamHandler): StreamHandler =>
    (stream, connection) => {
      const node = nodeOf(connection.remotePeer)
      if (node === undefined || deps.neighbour(node) === undefined || !asks(node)) {
        stream.abort(new Error('not now'))
        return
      }
      return handler(bounded(stream, QUESTION_BYTES), connection)
    }

  /** libp2p as kad-dht may see it: no dials and no pings of its own, no tags that would keep connections, a handler that counts. */
  const view = (whole: Whole): KadDHTComponents => ({
    peerId: whole.peerId,
    privateKey: whole.privateKey,
    addressManager: whole.addressManager,
    datastore: whole.datastore,
    events: whole.events,
    logger: whole.logger,
    registrar: {
      handle: (protocol, handler, options) => whole.registrar.handle(protocol, serve(handler), options),
      unhandle: (protocol, options) => whole.registrar.unhandle(protocol, options),
      register: (protocol, topology) => whole.registrar.register(protocol, topology),
      unregister: (id) => whole.registrar.unregister(id),
    } as KadDHTComponents['registrar'],
    connectionManager: {
      isDialable: () => Promise.resolve(true),
      async openStream(peer: PeerId, protocol: string, options?: NewStreamOptions) {
        const connection = await connectionTo(peer)
        return bounded(await connection.newStream(protocol, options), ANSWER_BYTES)
      },
    } as unknown as KadDHTComponents['connectionManager'],
    // kad-dht asks whether a member answers before it lists it. A neighbour does: its connection has just proven its key, and the
    // heartbeat ends a connection that is silent. A stream for the question would be a tenth of what a new link costs both ends.
    ping: {
      async ping(peer) {
        await connectionTo(peer as PeerId)
        return 0
      },
    } as KadDHTComponents['ping'],
    peerStore: {
      get: (id, options) => whole.peerStore.get(id, options),
      getInfo: (id, options) => whole.peerStore.getInfo(id, options),
      all: (query) => whole.peerStore.all(query),
      merge: (id, { tags: _, ...data }, options) => whole.peerStore.merge(id, data, options),
    } as PeerStore,
  })

  /** Multiaddrs at which members say the node is; hearsay. Empty when no member knows. Never rejects. */
  async function search(node: NodeId, signal: AbortSignal): Promise<readonly string[]> {
    if (dht === undefined) return []
    try {
      const id = peerIdOf(node)
      // The addresses in the peer store have been tried already.
      for await (const event of dht.findPeer(id, { signal, useCache: false })) {
        if (event.name !== 'FINAL_PEER' || !event.peer.id.equals(id)) continue
        const found = endpointsOf(known(event.peer).multiaddrs)
        if (found.length > 0) return found.map(formatEndpoint)
      }
    } catch (error) {
      log.debug({ peer: node, reason: String(error) }, 'nobody knows where it is')
    }
    return []
  }

  return {
    /** Before the host is made: gives the service that it answers look-ups with. Loads the library, which nobody needs without look-ups. */
    async load(): Promise<DhtService> {
      const { kadDHT } = await import('@libp2p/kad-dht')
      return (components) => {
        const made = kadDHT({
          protocol: DHT_PROTOCOL,
          logPrefix: 'karo:kad',
          clientMode: false,
          peerInfoMapper: known,
          allowQueryWithZeroPeers: true,
          alpha: ALPHA,
          disjointPaths: 1,
          kBucketSize: BUCKET,
          maxInboundStreams: 4,
          maxOutboundStreams: 4,
          // No member is asked before a look-up is needed.
          querySelfInterval: NEVER_MS,
          initialQuerySelfInterval: NEVER_MS,
          routingTableUpdateMaxQueueSize: 64,
          pingNewContactMaxQueueSize: 64,
          pingOldContactMaxQueueSize: 64,
        })(view(components)) as Inside
        made.routingTableRefresh = {}
        // Every five seconds it would refresh tags, which `peerStore` above leaves out.
        made.routingTable.closestPeerTagger = {}
        for (const type of Object.keys(made.rpc.handlers))
          if (!ANSWERED.has(type)) delete made.rpc.handlers[type]
        dht = made
        return { start: () => made.start(), stop: () => made.stop() }
      }
    },
    /** Followed by one `found` for this ask. Never rejects. */
    async find(ask: number, node: NodeId): Promise<void> {
      questions++
      dials += DIALS_PER_QUESTION
      const addresses = await search(node, asking.signalOf(ask))
      questions--
      dials = Math.min(dials, questions * DIALS_PER_QUESTION)
      if (questions === 0) {
        dialed.delete(node)
        for (const one of dialed) put({ on: 'release', node: one })
        dialed.clear()
      }
      put({ on: 'found', ask, addresses })
    },
    async forget(node: NodeId): Promise<void> {
      await dht?.routingTable.remove(peerIdOf(node))
    },
  }
}

/** A stream that ends when more comes over it than anybody would send. */
function bounded(stream: Stream, bytes: number): Stream {
  let left = bytes
  stream.addEventListener('message', ({ data }) => {
    left -= data.byteLength
    if (left < 0) stream.abort(new Error('too much'))
  })
  return stream
}
