// All connections of this node: who stands in the lobby, who is a neighbour, and who gives way to whom.

import type { Connection, Stream as Libp2pStream } from '@libp2p/interface'
import type { HelloBody } from '../../../protocols/messages/hello.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { hello } from '../../../protocols/registry.ts'
import { createQuota } from '../../base/quota.ts'
import type { Log } from '../../base/run/log.ts'
import { endpointOf } from '../admission/endpoint.ts'
import { createLobby, type LobbyLimits } from '../admission/lobby.ts'
import { memberAllowances } from '../allowance.ts'
import { abortConnection } from './abort.ts'
import { narrow } from './narrow.ts'
import { nodeOf, peerRefOf } from './peer.ts'
import { loserAtOpening } from './rivals.ts'
import { createSession, type EndReason, type Session, type SessionDeps } from './session.ts'

/** Connections to one key that are not admitted: a simultaneous dial needs two. */
const UNADMITTED_PER_KEY = 2

export interface SessionsDeps extends SessionDeps {
  readonly self: NodeId
  readonly log: Log
  readonly lobby: LobbyLimits
  readonly refuses: (node: NodeId) => boolean
  readonly onHello: (session: Session, body: HelloBody) => void
  /** Its key is proven, nothing else is known. */
  readonly onOpened: (session: Session) => void
  /** This connection is now the neighbour's, in place of `replaced` if there was one. */
  readonly onNeighbour: (session: Session, replaced: Session | undefined) => void
  /** A neighbour is gone: no other connection to it is left. */
  readonly onLost: (session: Session, reason: EndReason) => void
  /** Any connection ended, admitted or not. */
  readonly onEnd: (session: Session, reason: EndReason) => void
}

export interface Sessions {
  /** Must run synchronously in `connection:open`. */
  opened(connection: Connection): void
  /** Handler of the hello protocol. */
  hello(stream: Libp2pStream, connection: Connection): void
  of(connection: Connection): Session | undefined
  neighbour(node: NodeId): Session | undefined
  neighbours(): readonly Session[]
  /** Every live connection, admitted or not. */
  all(): readonly Session[]
  /** Any live connection to this key, admitted or not. */
  to(node: NodeId): readonly Session[]
  /** Trust in this node changed: admits, upgrades or closes what is there. */
  reconsider(node: NodeId): void
  stop(): Promise<void>
}

export function createSessions(deps: SessionsDeps): Sessions {
  const sessions = new Map<Connection, Session>()
  const current = new Map<NodeId, Session>()
  const lobby = createLobby<Session>(deps.lobby)
  const allowanceOf = memberAllowances(() => deps.channel.clock.monotonic())
  let stopping = false

  const to = (node: NodeId): Session[] => [...sessions.values()].filter((one) => one.peer.nodeId === node)

  const onEnd = (session: Session, reason: EndReason): void => {
    sessions.delete(session.connection)
    lobby.leave(session)
    const { nodeId } = session.peer
    if (current.get(nodeId) === session) {
      current.delete(nodeId)
      deps.onLost(session, reason)
    }
    deps.onEnd(session, reason)
  }

  const onAdmitted = (session: Session): void => {
    lobby.leave(session)
    const { nodeId } = session.peer
    const old = current.get(nodeId)
    current.set(nodeId, session)
    deps.onNeighbour(session, old)
    // What is under way on the old connection may still arrive.
    if (old !== undefined)
      setTimeout(() => void old.close('replaced', 'replaced'), deps.timings.drainMs).unref()
  }

  /** Settles what can be settled before the newcomer has said anything. */
  const compare = (newer: Session): void => {
    const { nodeId: peer } = newer.peer
    const others = to(peer).filter((one) => one !== newer)
    for (const older of others) {
      const ids = { self: deps.self, peer }
      const loser = loserAtOpening(older, newer, ids, deps.timings.simultaneousMs)
      // An admitted loser keeps working until the winner is admitted.
      if (loser !== undefined && !loser.admitted()) void loser.close('replaced')
      // Dialed without knowing that there is a connection: ours is alive, so the new one is of no use.
      if (loser === undefined && newer.dialed && older.alive()) void newer.close('replaced')
    }
    const waiting = others.filter((one) => !one.admitted())
    for (const one of waiting.slice(0, waiting.length - UNADMITTED_PER_KEY + 1)) void one.close('replaced')
  }

  return {
    opened(connection) {
      const node = nodeOf(connection.remotePeer)
      const ip = endpointOf(connection.remoteAddr)?.ip
      // One that has ended already would hold its place in the lobby: nobody would tell of its end again.
      const gone = connection.status !== 'open'
      if (stopping || gone || node === undefined || ip === undefined || deps.refuses(node)) {
        abortConnection(connection, 'refused')
        return
      }
      const view = narrow(connection, hello.id, () => allowanceOf(node))
      if (view === undefined) {
        deps.log.error({ peer: node }, 'libp2p has changed: a connection could not be narrowed')
        return
      }
      const session = createSession(deps, {
        connection,
        view,
        peer: peerRefOf(node),
        ip,
        quota: createQuota(hello.quota),
        onHello: deps.onHello,
        onAdmitted,
        onEnd,
      })
      sessions.set(connection, session)
      deps.onOpened(session)
      compare(session)
      if (!sessions.has(connection)) return
      if (session.dialed) {
        void session.begin()
      } else if (!deps.admits(node)) {
        for (const oldest of lobby.enter(session, ip)) void oldest.close('lobby')
      }
    },

    hello(stream, connection) {
      const session = sessions.get(connection)
      if (session?.accept(stream) !== true) stream.abort(new Error('not expected'))
    },

    of: (connection) => sessions.get(connection),
    neighbour: (node) => current.get(node),
    neighbours: () => [...current.values()],
    all: () => [...sessions.values()],
    to,

    reconsider(node) {
      const admits = deps.admits(node)
      for (const session of to(node)) {
        if (!admits || deps.refuses(node)) session.abort('refused')
        else {
          lobby.leave(session)
          session.reconsider()
        }
      }
    },

    async stop() {
      stopping = true
      await Promise.all([...sessions.values()].map((session) => session.close('stopping', 'stopping')))
    },
  }
}
