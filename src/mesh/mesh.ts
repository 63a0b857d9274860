// The mesh room: puts host, lobby, links, discovery and redial together.
import type { StreamHandler } from '@libp2p/interface'
import type { NodeId } from '../../protocols/node-id.ts'
import { hello, presence as presenceTopic } from '../../protocols/registry.ts'
import type { Audit } from '../audit/index.ts'
import type { Clock, Random } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import type { Config } from '../config/index.ts'
import type { Identity } from '../identity/index.ts'
import type { Trust } from '../trust/index.ts'
import { createAbout } from './about.ts'
import { announced, believable } from './addresses.ts'
import { createBook } from './book.ts'
import type { ChannelDeps } from './channel.ts'
import { createDialer } from './dialer.ts'
import { createDoorkeeper } from './doorkeeper.ts'
import { isLoopback, parseEndpoint } from './endpoint.ts'
import { forgetPeer } from './forget.ts'
import { allowsAddress, createGater } from './gater.ts'
import { createGossip } from './gossip.ts'
import { createHeartbeat } from './heartbeat.ts'
import type { Mesh } from './index.ts'
import { createLinks } from './links.ts'
import { createListening } from './listening.ts'
import { LOBBY, type LobbyLimits } from './lobby.ts'
import { createNews } from './news.ts'
import { createOverlay } from './overlay.ts'
import { createPresence } from './presence.ts'
import { createReach } from './reach.ts'
import { createRedial } from './redial.ts'
import { createRejections } from './rejections.ts'
import { createReplay, type ReplayStore } from './replay.ts'
import type { EndReason, Session } from './session.ts'
import { createSessions } from './sessions.ts'
import { createSightings } from './sightings.ts'
import { TIMINGS, type Timings } from './timings.ts'

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

  const rejections = createRejections({ audit: deps.audit, clock, admits })
  const replay = createReplay(deps.replay, clock, random, log)
  const news = createNews({ trust, audit: deps.audit, clock, log })
  const book = createBook(admits)
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
    onChange: () => reach.look(),
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
    onHeard(node, addresses, worthATry) {
      if (!admits(node)) return
      book.learn(node, addresses)
      if (worthATry) overlay.present(node)
      if (worthATry && sessions.to(node).length === 0) redial.wake(dialer.targetOf(node))
    },
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
      const node = session.peer.nodeId
      const addresses = believable(config.mesh, body.listen, session.ip, admits(node))
      book.learn(node, addresses)
      dialer.met(node)
      news.met(session, body, addresses)
    },
    onNeighbour(session, replaced) {
      if (replaced === undefined) {
        news.came(session)
        presence.came(session.peer.nodeId)
        overlay.present(session.peer.nodeId)
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
      if (admits(node) && BROKEN.has(reason)) {
        trust.lost(node)
        presence.lost(node)
      }
      // Whichever end has closed it: neither needs it for some time.
      if (reason === 'surplus') overlay.declined(node)
      redial.lost(dialer.targetOf(node), clock.monotonic() - session.openedAt)
      const host = listening.host()
      if (refuses(node) && host !== undefined) void forgetPeer(host, node, log)
    },
    onOpened: (session) => dialer.opened(session),
    onEnd(session) {
      redial.look()
      reach.look()
      tendLater(session)
    },
  })

  const overlay = createOverlay({
    self: identity.nodeId,
    fullMeshUpTo: config.overlay.full_mesh_up_to,
    clock,
    members: () => book.nodes().filter(admits),
    isGone(node) {
      const member = trust.member(node)
      return member !== undefined && (member.offline || member.unsure)
    },
    failures: (node) => redial.failures(dialer.targetOf(node)),
    isStatic: (node) => dialer.isStatic(node),
  })

  /** Says goodbye to neighbours that nobody needs. */
  const thin = (): void => {
    const neighbours = sessions.neighbours().map((one) => ({ node: one.peer.nodeId, since: one.openedAt }))
    for (const node of overlay.surplus(neighbours)) void sessions.neighbour(node)?.close('surplus', 'surplus')
  }

  const dialer = createDialer({
    config,
    trust,
    book,
    overlay,
    sessions,
    host: () => listening.host(),
    timings,
    log,
  })
  const redial = createRedial({ clock, random, wanted: dialer.wanted, dial: dialer.dial })
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
      thin()
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
    if (!admits(node)) return
    book.learn(node, trust.met(node)?.addresses ?? [])
    redial.wake(dialer.targetOf(node))
  }

  const heard = createSightings({
    clock,
    ignores: (node) => node === identity.nodeId || refuses(node),
    note: (node, addresses) =>
      book.hear(
        node,
        addresses.filter((address) => allowsAddress(config.mesh, parseEndpoint(address)?.ip ?? '')),
      ),
    connected: (node) => sessions.to(node).length > 0,
    onSeen(node) {
      dialer.meet(node)
      redial.wake(dialer.targetOf(node))
    },
  })

  const reach = createReach({
    there: (node) => sessions.neighbour(node) !== undefined && links.complete(node),
    possible: (node) => listening.host() !== undefined && !refuses(node),
    dial: (node) => redial.dialNow(dialer.targetOf(node)),
  })

  const handlers = (): ReadonlyMap<string, StreamHandler> => {
    const all = new Map<string, StreamHandler>([
      [hello.id, (stream, connection) => sessions.hello(stream, connection)],
    ])
    for (const protocol of links.protocols()) {
      all.set(protocol.id, (stream, connection) => links.accept(protocol, stream, connection))
    }
    return all
  }

  const listening = createListening({
    config,
    timings,
    clock,
    log,
    onHeard: heard,
    host: () => ({
      seed: identity.seed(),
      publicKey: identity.publicKey,
      gater: createGater({
        mesh: config.mesh,
        doorkeeper: createDoorkeeper(() => clock.monotonic()),
        refuses,
        knows: book.membersAt,
      }),
      pingMs,
      handlers: handlers(),
      gossip: gossip.service,
      onConnection: sessions.opened,
      version: deps.version,
    }),
  })

  const stop = async (): Promise<void> => {
    forgetTrust?.()
    heartbeat.stop()
    redial.stop()
    dialer.stop()
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
        for (const node of trust.known()) book.learn(node, trust.met(node)?.addresses ?? [])
        await listening.start(signal, () => {
          gossip.subscribe()
          presence.start(here)
        })
      } catch (error) {
        await stop()
        throw error
      }
      heartbeat.start()
      redial.start()
    },

    stop,
    health: listening.health,
    link: links.add,
    topic: gossip.join,
    isConnected: (node) => sessions.neighbour(node) !== undefined,
    reach: reach.reach,

    status: () => ({
      listen: listening.multiaddrs(),
      peers_connected: sessions.neighbours().length,
      peers_trusted: sessions.neighbours().filter((session) => admits(session.peer.nodeId)).length,
      peers_pending: trust.pending().length,
    }),

    rejections: rejections.counts,
  }
}
