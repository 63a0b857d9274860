// The mesh room: puts host, lobby, links, discovery and redial together.
import type { StreamHandler } from '@libp2p/interface'
import type { NodeId } from '../../protocols/node-id.ts'
import { hello, presence as presenceTopic } from '../../protocols/registry.ts'
import type { Clock, Random } from '../base/clock.ts'
import type { Log } from '../base/run/log.ts'
import type { Config } from '../config/index.ts'
import type { Audit } from '../trust/audit/index.ts'
import type { Identity } from '../trust/identity/index.ts'
import type { Trust } from '../trust/peers/index.ts'
import { createAbout } from './about.ts'
import { announced } from './admission/addresses.ts'
import { createDoorkeeper } from './admission/doorkeeper.ts'
import { isLoopback, parseEndpoint, readable } from './admission/endpoint.ts'
import { createGater } from './admission/gater.ts'
import { createInspect } from './admission/inspect.ts'
import { createListening } from './admission/listening.ts'
import { LOBBY, type LobbyLimits } from './admission/lobby.ts'
import type { Dht } from './discovery/dht.ts'
import { createGossip } from './gossip/gossip.ts'
import { createPresence } from './gossip/presence.ts'
import type { ChannelDeps } from './link/channel.ts'
import { forgetPeer } from './link/forget.ts'
import { createHeartbeat } from './link/heartbeat.ts'
import { createLinks } from './link/links.ts'
import { createNews } from './link/news.ts'
import { createRejections } from './link/rejections.ts'
import { createReplay, type ReplayStore } from './link/replay.ts'
import type { EndReason, Session } from './link/session.ts'
import { createSessions } from './link/sessions.ts'
import { createTwins } from './link/twins.ts'
import { createContacts } from './overlay/contacts.ts'
import { TIMINGS, type Timings } from './timings.ts'
import type { Mesh } from './types.ts'

export interface MeshDeps {
  readonly config: Pick<Config, 'mesh' | 'overlay' | 'discovery' | 'sharing'>
  readonly identity: Identity
  readonly trust: Trust
  readonly audit: Pick<Audit, 'record'>
  readonly replay: ReplayStore
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
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
}

/** A connection that ended like this did so without a word. */
const BROKEN: ReadonlySet<EndReason> = new Set(['cut', 'silent'])

export function createMesh(deps: MeshDeps): Mesh {
  const { config, identity, trust, clock, random, log } = deps
  const timings = { ...TIMINGS, ...deps.timings }
  const pingMs = config.mesh.ping_seconds * 1_000
  let forgetTrust: (() => void) | undefined

  const admits = (node: NodeId): boolean => trust.admits(node)
  const refuses = (node: NodeId): boolean => trust.refuses(node)

  const rejections = createRejections({ audit: deps.audit, clock, log, admits })
  const replay = createReplay(deps.replay, clock, random, log)
  const news = createNews({ trust, audit: deps.audit, clock, log })
  const twins = createTwins({ audit: deps.audit, clock, log })
  const channel: ChannelDeps = {
    identity,
    replay,
    rejections,
    clock,
    random,
    log,
    ...(deps.onEncoded === undefined ? {} : { onEncoded: deps.onEncoded }),
  }
  const links = createLinks({
    channel,
    timings,
    admits,
    sessionOf: (connection) => sessions.of(connection),
    onChange: () => contacts.look(),
  })

  const gossip = createGossip({
    channel,
    self: identity.nodeId,
    trust,
    rejections,
    neighbour: (node) => sessions.neighbour(node),
  })

  const about = createAbout({
    config,
    name: deps.name,
    version: deps.version,
    protocols: links.protocols,
    listening: () => listening.addresses(),
    admits,
  })

  const presence = createPresence({
    self: identity.nodeId,
    trust,
    clock,
    random,
    about: about.presence,
    believable: (listen, from) =>
      announced(config.mesh, listen, isLoopback(sessions.neighbour(from)?.ip ?? '')),
    connected: (node) => sessions.neighbour(node) !== undefined,
    neighbours: () => sessions.neighbours().length,
    onHeard: (node, addresses, worthATry) => contacts.heard(node, addresses, worthATry),
  })
  const here = gossip.join(presenceTopic, presence)

  const sessions = createSessions({
    channel,
    timings,
    hello: about.hello,
    admits,
    refuses,
    self: identity.nodeId,
    log,
    lobby: deps.lobby ?? LOBBY,
    onHello(session, body) {
      news.met(session, body, contacts.introduced(session, body))
    },
    onNeighbour(session, replaced) {
      const claimed = session.introduced()?.listen ?? []
      const places = claimed.filter((address) => parseEndpoint(address) !== undefined).map(readable)
      if (places.length > 0) twins.came(session.peer.nodeId, places.toSorted().join(', '))
      // It is connected, so whichever clock was wrong is right again.
      rejections.inTime(session.peer.nodeId)
      if (replaced === undefined) {
        news.came(session)
        presence.came(session.peer.nodeId)
        contacts.came(session)
      }
      links.attach(session)
      gossip.attach(session)
      // Nothing waits for it: it is how libp2p's services learn of the neighbour.
      const signal = AbortSignal.timeout(timings.negotiateMs)
      listening
        .host()
        ?.services.identify.identify(session.connection, { signal })
        .catch((error: unknown) => {
          log.debug({ peer: session.peer.nodeId, reason: String(error) }, 'identify failed')
        })
    },
    onLost(session, reason) {
      const node = session.peer.nodeId
      news.left(session, reason)
      // With a connection that took its place it would not be lost: the one that did is not this node's.
      if (reason === 'replaced') twins.displaced(node)
      if (admits(node) && BROKEN.has(reason)) {
        trust.lost(node)
        presence.lost(node)
      }
      contacts.left(session, reason)
      const host = listening.host()
      if (refuses(node) && host !== undefined) void forgetPeer({ host, forget: contacts.forget, log }, node)
    },
    onOpened: (session) => contacts.opened(session),
    onEnd(session) {
      contacts.look()
      tendLater(session)
    },
  })

  const contacts = createContacts({
    config,
    self: identity.nodeId,
    trust,
    sessions: () => sessions,
    host: () => listening.host(),
    complete: links.complete,
    inUse: links.inUse,
    timings,
    clock,
    random,
    log,
  })

  const heartbeat = createHeartbeat({
    clock,
    everyMs: pingMs,
    neighbours: sessions.neighbours,
    onAlive(session) {
      news.alive(session)
      gossip.tend(session)
    },
    onRound() {
      presence.look()
      contacts.thin()
    },
  })

  /** An ended connection may have carried the gossip of a neighbour that has another one now. */
  const tendLater = ({ peer, connection }: Session): void => {
    const tend = (): void => {
      const left = sessions.neighbour(peer.nodeId)
      if (left !== undefined) gossip.tend(left)
    }
    if (connection.status === 'closed') setTimeout(tend, 0)
    else connection.addEventListener('close', () => setTimeout(tend, 0), { once: true })
  }

  const trustChanged = (node: NodeId): void => {
    sessions.reconsider(node)
    contacts.decided(node)
  }

  const handlers = (): ReadonlyMap<string, StreamHandler> => {
    const all = new Map<string, StreamHandler>([
      [hello.id, (stream, connection) => sessions.hello(stream, connection)],
    ])
    for (const protocol of links.protocols()) {
      all.set(protocol.id, (stream, connection) => links.accept(protocol, stream, connection))
    }
    return all
  }

  let lookups: Dht['service'] | undefined
  const listening = createListening({
    config,
    timings,
    clock,
    log,
    onHeard: contacts.sighted,
    host: () => ({
      seed: identity.seed(),
      publicKey: identity.publicKey,
      gater: createGater({
        mesh: config.mesh,
        doorkeeper: createDoorkeeper(() => clock.monotonic()),
        refuses,
        knows: contacts.knownAt,
      }),
      pingMs,
      handlers: handlers(),
      gossip: gossip.service,
      dht: lookups,
      onConnection: sessions.opened,
      version: deps.version,
    }),
  })

  const { inspect, tryMulticast } = createInspect({
    config,
    host: listening.host,
    sessions: sessions.all,
    oneSided: news.oneSided,
    stale: rejections.stale,
    twins: twins.state,
  })

  const stop = async (): Promise<void> => {
    forgetTrust?.()
    heartbeat.stop()
    contacts.stop()
    await listening.stop(async () => {
      await presence.leave()
      await sessions.stop()
    })
    await replay.stop()
  }

  return {
    name: 'mesh',

    async start(signal) {
      await replay.start()
      // Before the first connection: whoever is denied while the host starts must not stay.
      forgetTrust = trust.onChange(trustChanged)
      try {
        lookups = await contacts.prepare()
        await listening.start(signal, () => {
          gossip.subscribe()
          presence.start(here)
        })
      } catch (error) {
        await stop()
        throw error
      }
      heartbeat.start()
      contacts.start()
    },

    stop,
    health: listening.health,
    link: links.add,
    topic: gossip.join,
    isConnected: (node) => sessions.neighbour(node) !== undefined,
    apart(node) {
      if (!admits(node) || sessions.neighbour(node) !== undefined) return undefined
      const clock_off_ms = rejections.clockOff(node)
      if (clock_off_ms !== undefined) return { why: 'clock', clock_off_ms }
      return news.isOneSided(node) ? { why: 'not_trusted_there' } : undefined
    },
    reach: contacts.reach,

    status: () => ({
      listen: listening.multiaddrs(),
      peers_connected: sessions.neighbours().length,
      peers_trusted: sessions.neighbours().filter((session) => admits(session.peer.nodeId)).length,
      peers_pending: trust.pending().length,
    }),

    rejections: rejections.counts,
    inspect,
    tryMulticast,

    alive() {
      const lastRound = heartbeat.lastRound()
      // One that the machine was too busy for may be missing.
      return lastRound === undefined || clock.monotonic() - lastRound <= 3 * pingMs
    },
  }
}
