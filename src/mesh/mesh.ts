// The mesh room: the state machine that decides, and around it the edge that performs on libp2p what it says.
import type { Connection, StreamHandler } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import type { Stream, Topic } from '../../protocols/define.ts'
import { FRAME_VERSION } from '../../protocols/frame.ts'
import type { HelloBody } from '../../protocols/messages/hello.ts'
import { Presence, type PresenceBody } from '../../protocols/messages/presence.ts'
import type { NodeId } from '../../protocols/node-id.ts'
import { hello, presences } from '../../protocols/registry.ts'
import { createMailbox } from '../base/async/mailbox.ts'
import type { Ambient } from '../base/run/ambient.ts'
import type { Log } from '../base/run/log.ts'
import { createAlarms } from '../base/timers.ts'
import type { Config, StaticPeer } from '../config/index.ts'
import type { Audit } from '../trust/audit/index.ts'
import type { Credentials } from '../trust/certificates/index.ts'
import type { Identity } from '../trust/identity/index.ts'
import type { Trust } from '../trust/peers/index.ts'
import { announcing, told } from './admission/addresses.ts'
import { createDoorkeeper } from './admission/doorkeeper.ts'
import { plainIp } from './admission/endpoint.ts'
import { allowsAddress, createGater } from './admission/gater.ts'
import type { HostHandler } from './admission/host.ts'
import { createInspect } from './admission/inspect.ts'
import type { Interfaces } from './admission/listen.ts'
import { createListening } from './admission/listening.ts'
import { createAsking } from './asking.ts'
import { createFinder, type Finder } from './discovery/dht.ts'
import { createLookout } from './discovery/lookout.ts'
import { createNames } from './discovery/names.ts'
import type { ChannelDeps } from './link/channel.ts'
import { createDials } from './link/dials.ts'
import { createExchanges, EXCHANGES_MAX } from './link/exchanges.ts'
import { createLinks } from './link/links.ts'
import { createNews } from './link/news.ts'
import { createRejections } from './link/rejections.ts'
import { createReplay, type ReplayStore } from './link/replay.ts'
import { createTwins, placesOf } from './link/twins.ts'
import { createWires } from './link/wires.ts'
import { createIntake } from './notices/intake.ts'
import { createPerformer } from './perform.ts'
import { LOBBY, type LobbyLimits } from './state/lobby.ts'
import { createState, type State } from './state/state.ts'
import type { MeshEvent, TimerName } from './state/types.ts'
import { TIMINGS, type Timings } from './timings.ts'
import type { Announcing, Apart, Served, TopicHandler } from './types.ts'

export interface MeshDeps extends Ambient {
  readonly config: Pick<Config, 'mesh' | 'transport' | 'overlay' | 'discovery' | 'sharing'>
  readonly identity: Identity
  readonly trust: Trust
  /** The certificates and invites that two nodes exchange while they admit each other. */
  readonly credentials: Credentials
  readonly audit: Pick<Audit, 'record'>
  readonly replay: ReplayStore
  /** The name this node gives itself. */
  readonly name: string
  /** Karo's version, told to others. */
  readonly version: string
  /** Sees every frame this node sends, as it is written. */
  readonly onEncoded?: ((bytes: Uint8Array) => void) | undefined
  /** Shorter times, for tests. */
  readonly timings?: Partial<Timings>
  /** Other bounds, for tests. */
  readonly lobby?: LobbyLimits
  /** Others than this machine's network interfaces, for tests. */
  readonly interfaces?: () => Interfaces
}

/** Entries that `discovery.peers` may have. */
const PEERS_MAX = 1_024

/** The parts that exist before the state machine. They know of the machine only where to put events. */
function createEdge(deps: MeshDeps) {
  const { config, identity, trust, audit, clock, timers, random, log, credentials } = deps
  const timings = { ...TIMINGS, ...deps.timings }
  const { put, open } = createMailbox<MeshEvent>()
  const admits = (node: NodeId): boolean => trust.admits(node)
  const rejections = createRejections({ audit, clock, log, admits, seeks: credentials.seeks })
  const replay = createReplay({ store: deps.replay, clock, timers, random, log })
  const channel: ChannelDeps = {
    identity,
    replay,
    rejections,
    clock,
    timers,
    random,
    log,
    onEncoded: deps.onEncoded,
  }
  const links = createLinks({ channel, timings, put })
  const exchanges = createExchanges({ channel, timings, put, wireTo: (node) => wires.to(node) })
  const listening = createListening({
    config,
    timings,
    clock,
    timers,
    random,
    log,
    put,
    knowsNobody: () => !trust.known().some(admits),
    interfaces: deps.interfaces,
  })
  const about = createAbout({
    config,
    name: deps.name,
    version: deps.version,
    admits,
    protocols: () => [...links.protocols(), ...exchanges.protocols()],
    listening: listening.addresses,
    shown: credentials.shown,
  })
  const wires = createWires({
    channel,
    timings,
    put,
    hello: about.hello,
    answer: credentials.answer,
  })
  const topics = new Map<Topic, TopicHandler>()
  const intake = createIntake({
    identity,
    trust,
    rejections,
    clock,
    random,
    topics: () => [presences, ...topics.keys()],
  })
  const names = createNames({ config, onUnasked: unaskedOnce(log) })
  const twins = createTwins({ audit, clock, log })
  const dials = createDials({
    open: listening.open,
    names,
    wires,
    clock,
    timers,
    timings,
    put,
    log,
    self: identity.nodeId,
    onOwnKey: (at) =>
      twins.proved(
        identity.nodeId,
        [listening.multiaddrs(), at].map((all) => placesOf(all).join(', ')),
      ),
  })
  const asking = createAsking(put)
  return {
    timings,
    put,
    open,
    rejections,
    replay,
    links,
    exchanges,
    listening,
    about,
    wires,
    topics,
    intake,
    dials,
    asking,
    lookout: createLookout({ config, names, timers, put, log }),
    news: createNews({ trust, audit, clock, log }),
    twins,
    alarms: createAlarms<TimerName>(timers, (timer) => put({ on: 'timer', timer })),
  }
}
/** Says once for each host why it is not dialed; the configuration bounds how many there are. */
function unaskedOnce(log: Log): (host: string) => void {
  const told = new Set<string>()
  return (host) => {
    if (told.has(host) || told.size >= PEERS_MAX) return
    told.add(host)
    log.warn(
      { host },
      'a static peer is not dialed: its name is not in /etc/hosts, and mesh.lan_only allows no other server than those of discovery.resolvers',
    )
  }
}

type Edge = ReturnType<typeof createEdge>

/** The settings of libp2p's host, built for each start. */
async function hostInit(deps: MeshDeps, edge: Edge, state: State, finder: Finder) {
  const { identity, trust, clock, config } = deps
  const handlers = new Map<string, HostHandler>([[hello.id, { handle: edge.wires.hello, streams: 1 }]])
  for (const [edgeOf, streams] of [
    [edge.links, 1],
    [edge.exchanges, EXCHANGES_MAX],
  ] as const) {
    for (const protocol of edgeOf.protocols()) {
      const handle: StreamHandler = (stream, connection) =>
        edgeOf.accept(protocol, stream, edge.wires.of(connection))
      handlers.set(protocol.id, { handle, streams })
    }
  }
  return {
    handlers,
    dht: config.discovery.dht ? await finder.load() : undefined,
    version: deps.version,
    seed: identity.seed(),
    publicKey: identity.publicKey,
    gater: createGater({
      mesh: config.mesh,
      doorkeeper: createDoorkeeper(() => clock.monotonic()),
      refuses: (node) => trust.bars(node),
      knows: state.knownAt,
      proved: edge.news.proved,
    }),
    pingMs: config.mesh.ping_seconds * 1_000,
    onConnection: edge.wires.opened,
  }
}

/** Starts and stops the mesh; a failed start undoes its steps. */
function createLife(deps: MeshDeps, edge: Edge, state: State, finder: Finder) {
  const { listening, put } = edge
  let forgetTrust: (() => void) | undefined
  let forgetInvites: (() => void) | undefined

  const stop = async (): Promise<void> => {
    forgetTrust?.()
    forgetInvites?.()
    edge.lookout.stop()
    edge.dials.stop()
    await listening.stop(async () => {
      put({ on: 'leave' })
      put({ on: 'stop' })
      await edge.wires.closed()
    })
    edge.alarms.stop()
    await edge.replay.stop()
  }

  return {
    async start(signal: AbortSignal): Promise<void> {
      await edge.replay.start()
      // Before the first connection: a node that is denied while the host starts must not stay.
      forgetTrust = deps.trust.onChange((node, by) => put({ on: 'trust', node, by }))
      forgetInvites = deps.credentials.onSettled((node) => put({ on: 'enrolled', node }))
      try {
        put({ on: 'prepare' })
        await listening.start(() => hostInit(deps, edge, state, finder), signal)
        put({ on: 'start' })
        edge.lookout.start()
      } catch (error) {
        await stop()
        throw error
      }
    },
    stop,
  }
}

/** The view of the mesh that other rooms get. */
function views(deps: MeshDeps, edge: Edge, state: State) {
  const { trust, clock, config } = deps
  const { connections } = state
  const isConnected = (node: NodeId): boolean => connections.neighbour(node) !== undefined
  return {
    /** Admitted by both ends and connected. */
    isConnected,
    /**
     * There is a connection to the node, or a dial was answered and is running: its machine is there, and may be busy.
     */
    isAnswering: (node: NodeId) => edge.dials.isAnswered(node) || connections.to(node).length > 0,
    /** Undefined for a neighbour, and where no reason is known: the other machine may be switched off. */
    apart(node: NodeId): Apart | undefined {
      // First, because a clock that is set while the two are connected leaves the connection.
      const clock_off_ms = edge.rejections.clockOff(node)
      if (clock_off_ms !== undefined) return { why: 'clock', clock_off_ms }
      // Where the key of a machine has several successors, neither side trusts one of them, whatever its people do.
      if (!trust.admits(node) || trust.keyState(node).kind === 'frozen' || isConnected(node)) return undefined
      if (edge.dials.encryptsOtherwise(node)) return { why: 'encryption' }
      if (edge.news.isOneSided(node)) return { why: 'not_trusted_there' }
      if (edge.news.isStalled(node)) return { why: 'stalls' }
      const full = state.leaves.noPlace(node)
      return full === undefined ? undefined : { why: full === 'here' ? 'links_full' : 'links_full_there' }
    },
    /** Fingerprints of the neighbours that an admitted node named in its last presence: its own word, minutes old. */
    linksOf: state.linksOf,
    /** `listen`: multiaddrs, e.g. `/ip4/10.0.0.5/tcp/9238`. `peers_connected`: neighbours, admitted by both ends. */
    status: () => ({
      listen: edge.listening.multiaddrs(),
      peers_connected: connections.neighbours().length,
      peers_trusted: connections.neighbours().filter(({ node }) => trust.admits(node)).length,
      peers_pending: trust.pending().length,
    }),
    /** False when it runs and its heartbeat has not gone round for three times its interval. */
    alive() {
      const lastRound = state.lastRound()
      // A round may be missing because the machine was too busy for it.
      return lastRound === undefined || clock.monotonic() - lastRound <= 3_000 * config.mesh.ping_seconds
    },
  }
}

export function createMesh(deps: MeshDeps) {
  const { config, identity, trust, clock, timers, random, log } = deps
  const edge = createEdge(deps)
  const { links, exchanges, listening, wires, asking, news, twins, rejections, put } = edge
  const { complete } = links

  const state = createState({
    config,
    trust,
    clock,
    random,
    complete,
    spokeAt: wires.spokeAt,
    timings: edge.timings,
    inUse: (node) => links.inUse(node) || exchanges.inUse(node),
    credentials: deps.credentials,
    self: identity.nodeId,
    lobby: deps.lobby ?? LOBBY,
    listening: listening.multiaddrs,
    about: edge.about.presence,
    seal: (body) => edge.intake.seal(presences, Presence, body),
    open: edge.intake.open,
  })
  const finder = createFinder({
    clock,
    log,
    asking,
    put,
    admits: (node) => trust.admits(node),
    allows: (ip) => allowsAddress(config.mesh, ip),
    neighbour: (node) => wires.get(state.connections.neighbour(node)?.id ?? 0),
  })
  const perform = createPerformer({ ...deps, ...edge, finder })
  edge.open((event) => perform(state.handle(event)))

  return {
    name: 'mesh',
    ...createLife(deps, edge, state, finder),
    ...views(deps, edge, state),
    health: listening.health,
    /** A `lifetime: 'link'` protocol; call before `start`. */
    link: links.add,
    /** Registers a `lifetime: 'exchange'` protocol; call before `start`. */
    exchange: exchanges.add,
    /** Joins a topic; call before `start`. */
    topic: (topic: Topic): Announcing & Served<TopicHandler> => ({
      publish: (message, body) => put({ on: 'publish', notice: edge.intake.seal(topic, message, body) }),
      serve: (handler) => void edge.topics.set(topic, handler),
    }),
    /** This neighbour owes an answer: unless it was just heard it is asked for a sign of life, and given up where none comes. True: it has missed one already. */
    doubt(node: NodeId) {
      put({ on: 'doubt', node })
      return state.isSilent(node)
    },
    /** One dial to a known member within `signal`'s deadline; true when admitted with links up. Never throws. */
    reach: (node: NodeId, signal: AbortSignal) => asking.ask(node, 'links', signal),
    /**
     * Makes this node introduce itself, also to a stranger or again to a neighbour; to an address until the node stops.
     */
    meet: (who: NodeId | StaticPeer) =>
      put(typeof who === 'string' ? { on: 'meet', node: who } : { on: 'visit', peer: who }),
    /**
     * For the next `ms` milliseconds this node wants links to all members, because it asks them all often. Without effect in a mesh
     * of more than `overlay.asker_links_up_to` members.
     */
    linkAll: (ms: number) => put({ on: 'link_all', ms }),
    /** Frames refused since the start, by code; for status and metrics. */
    rejections: rejections.counts,
    ...createInspect({ config, listening, state, wires, timers, news, rejections, twins }),
  }
}

export type Mesh = ReturnType<typeof createMesh>

// This node's description of itself: for each connected peer, and, as presence, for every member.

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

function createAbout(deps: AboutDeps) {
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
      listen: told(listening(), admits(to) ? undefined : (localIpOf(connection) ?? '')),
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
