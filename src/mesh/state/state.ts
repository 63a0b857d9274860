// The mesh as one state machine: events in, commands and facts out, timers as values; no I/O, no libp2p, no clock of its own.
import { bodyOf } from '../../../protocols/frame.ts'
import { Presence, type PresenceBody } from '../../../protocols/messages/presence.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import type { Credentials } from '../../trust/certificates/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Notice } from '../notices/intake.ts'
import { createNotices, type NoticesDeps } from '../notices/notices.ts'
import type { Timings } from '../timings.ts'
import { createConnections } from './connections.ts'
import { type ContactsDeps, createContacts } from './contacts.ts'
import { createHeartbeat } from './heartbeat.ts'
import type { LobbyLimits } from './lobby.ts'
import { createPresence, type PresenceDeps } from './presence.ts'
import {
  type Inner,
  isBroken,
  type MeshAction,
  type MeshEvent,
  type Table,
  type TimerName,
  tell,
} from './types.ts'

export interface StateDeps extends Pick<PresenceDeps, 'about'>, Pick<NoticesDeps, 'open'> {
  readonly config: ContactsDeps['config']
  readonly self: NodeId
  readonly trust: Trust
  /** The certificates and invites that two nodes exchange while they admit each other. */
  readonly credentials: Credentials
  readonly clock: Clock
  readonly random: Random
  readonly timings: Timings
  readonly lobby: LobbyLimits
  /** Multiaddrs that this node listens on now; empty while the mesh does not run. */
  readonly listening: () => readonly string[]
  /** Every link to this neighbour is usable. */
  readonly complete: (node: NodeId) => boolean
  /** When something was written to this neighbour last, monotonic ms. */
  readonly spokeAt: (node: NodeId) => number
  /** True while something is under way with this neighbour. */
  readonly inUse: (node: NodeId) => boolean
  /** This node's presence, signed. */
  readonly seal: (body: PresenceBody) => Notice
}

export function createState(deps: StateDeps) {
  const { config, trust } = deps
  /** The commands and facts of the event being handled; every part adds to them. */
  let actions: MeshAction[] = []
  const emit = (action: MeshAction): void => void actions.push(action)
  const admits = (node: NodeId): boolean => trust.admits(node)
  const refuses = (node: NodeId): boolean => trust.bars(node)

  const connections = createConnections({
    ...deps,
    emit,
    admits,
    refuses,
    mesh: config.mesh,
  })
  const contacts = createContacts({ ...deps, emit, connections })
  const heartbeat = createHeartbeat({ ...deps, everyMs: config.mesh.ping_seconds * 1_000, connections, emit })
  const presence = createPresence({ ...deps, emit, connections })
  const notices = createNotices({ ...deps, emit, connections })

  const ring = (timer: TimerName): void => {
    if (timer === 'redial') contacts.round()
    else if (timer === 'presence') presence.say()
    else if (timer === 'notices') notices.tell()
    else if (timer === 'heartbeat') heartbeat.round()
    else {
      const [what, id] = timer.split(' ')
      if (what === 'lobby') connections.lobbyIsOver(Number(id))
      else if (what === 'answer') heartbeat.answerIsDue(Number(id))
      else connections.isDrained(Number(id))
    }
  }

  const prepare = (): void => {
    connections.prepare()
    contacts.prepare()
  }
  const start = (): void => {
    presence.start()
    heartbeat.start()
    contacts.start()
  }
  const stop = (): void => {
    heartbeat.stop()
    contacts.stop()
    connections.stop()
  }
  const trustChanged = (node: NodeId, byPerson: boolean): void => {
    connections.reconsider(node)
    contacts.decided(node, byPerson)
  }

  const handlers: Table<'on', MeshEvent> = {
    prepare,
    start,
    leave: presence.leave,
    stop,
    timer: ({ timer }) => ring(timer),
    trust: ({ node, by }) => trustChanged(node, by !== 'certificate'),
    enrolled: ({ node }) => connections.enrolled(node),
    meet({ node }) {
      connections.anew(node)
      contacts.meet(node)
    },
    visit: ({ peer }) => contacts.dialing.visit(peer),
    opened(event) {
      const { node, ip } = event
      trust.connected(node, [...connections.to(node).map((conn) => conn.ip), ip])
      connections.opened(event)
      // It may have been refused.
      trust.connected(node, ipsOf(node))
    },
    control: ({ id }) => connections.control(id, contacts.isLeaf()),
    said: connections.said,
    publish: ({ notice }) => notices.own(notice, true),
    heard: ({ node }) => connections.heard(node),
    doubt: ({ node }) => heartbeat.doubt(node),
    broken: ({ id, reason }) => connections.broken(id, reason),
    closed: ({ id }) => connections.closed(id),
    links: contacts.look,
    sighted: contacts.sighted,
    listed: ({ peers }) => contacts.listed(peers),
    dialing: ({ target, addresses }) => contacts.dialing.dialing(target, addresses),
    dialed: ({ target, id, silent }) => contacts.dialing.dialed(target, id, silent),
    ask: (event) => contacts.asks.ask(event.ask, event.node, event.for),
    unask: ({ ask }) => contacts.asks.unask(ask),
    found: ({ ask, addresses }) => contacts.asks.found(ask, addresses),
    release: ({ node }) => contacts.release(node),
    link_all: ({ ms }) => contacts.linkAll(ms),
  }

  const ipsOf = (node: NodeId): string[] => connections.to(node).map(({ ip }) => ip)

  /** The fact of one part is an event for the others. */
  const facts: Table<'did', Inner> = {
    open: ({ conn, at }) => contacts.dialing.opened(conn, at),
    meet: ({ conn, addresses }) => contacts.met(conn, addresses),
    settle: ({ conn, outcome }) => contacts.dialing.settled(conn, outcome),
    come({ conn, replaced }) {
      notices.came(conn)
      if (replaced !== undefined) return
      presence.came(conn.node)
      contacts.came(conn)
    },
    leave({ conn, reason }) {
      if (admits(conn.node) && isBroken(reason)) {
        // Trust learns of it before the other parts check their members again, so that they choose other neighbours at once.
        presence.lost(conn.node)
        heartbeat.doubtQuiet()
      }
      notices.left(conn.node)
      contacts.left(conn, reason)
    },
    end({ conn }) {
      trust.connected(conn.node, ipsOf(conn.node))
      contacts.look()
    },
    leaf: ({ conn }) => contacts.leaf(conn),
    tell({ conn, told }) {
      if ('keys' in told) notices.said(conn, told.keys)
      else notices.brought(conn, told.notices, told.to)
    },
    notice({ notice, from, knowers }) {
      const { author, frame } = notice
      if (frame.message !== Presence || presence.hear(author, bodyOf(frame, Presence), from))
        notices.passOn(notice, knowers)
    },
    hear: ({ author, addresses, worthATry }) => contacts.heard(author, addresses, worthATry),
    speak: ({ body }) => notices.own(deps.seal(body), body.state === 'leaving'),
    doubt: ({ node }) => heartbeat.doubt(node),
    miss: ({ node }) => contacts.missed(node),
    finish: ({ target, outcome }) => contacts.finished(target, outcome),
    round() {
      connections.tell(contacts.isLeaf())
      presence.look()
      notices.look()
      contacts.thin()
      heartbeat.counted()
    },
  }

  const settled = (): readonly MeshAction[] => {
    // Grows while it is walked through.
    for (const action of actions) if ('did' in action) tell(facts, action)
    const done = actions
    actions = []
    return done
  }

  return {
    /** Takes one event. The actions are to be performed in their order, before the next event is handed in. Never throws. */
    handle(event: MeshEvent) {
      ;(handlers[event.on] as (event: MeshEvent) => void)(event)
      return settled()
    },
    connections,
    /** Fingerprints of the neighbours that an admitted node named last. */
    linksOf: presence.links,
    /** This neighbour was asked whether it is there, and has missed one answer. */
    isSilent: heartbeat.isSilent,
    /** Time of the heartbeat's last round, monotonic ms; undefined while it is stopped. */
    lastRound: heartbeat.lastRound,
    leaves: contacts.leaves,
    /** Whether a member has told that it is at this IP address. */
    knownAt: contacts.knownAt,
    /** Numbers of remembered nodes and asks, for tests of the bounds. */
    sizes: contacts.sizes,
  }
}

export type State = ReturnType<typeof createState>
