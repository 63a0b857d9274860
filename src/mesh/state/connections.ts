// All connections of this node: lobby, neighbours, and which of two connections to one node gives way. Pure.
import type { GoodbyeReason, HelloBody, HelloStage } from '../../../protocols/messages/hello.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock } from '../../base/clock.ts'
import type { Config } from '../../config/index.ts'
import type { Credentials } from '../../trust/certificates/index.ts'
import { believable } from '../admission/addresses.ts'
import type { Timings } from '../timings.ts'
import { createLobby, type LobbyLimits } from './lobby.ts'
import type { Conn, ConnId, Emit, EndReason, MeshEvent, Outcome, Said } from './types.ts'

/** Connections to one key that are not admitted: a simultaneous dial needs two. */
const UNADMITTED_PER_KEY = 2

/** Why a connection ended, after each Goodbye of the other side. */
const AFTER: Readonly<Record<GoodbyeReason, EndReason>> = {
  stopping: 'goodbye',
  replaced: 'replaced',
  surplus: 'surplus',
}

/** One connection as its owner holds it: what everybody may see of it, and where its admission stands. */
interface Entry extends Conn {
  readonly handshake: Handshake
  heardAt: number
  introduced: HelloBody | undefined
  leaf: boolean
  leafHere: boolean
  skewMs: number | undefined
  admitted: boolean
  outcome: Outcome | undefined
  retryAfterMs: number
  /** It proves an invite, and what comes of that is not certain yet. */
  enrols: boolean
}

export interface ConnectionsDeps {
  readonly mesh: Pick<Config['mesh'], 'lan_only' | 'allow_cgnat'>
  readonly self: NodeId
  readonly admits: (node: NodeId) => boolean
  readonly refuses: (node: NodeId) => boolean
  readonly credentials: Pick<Credentials, 'heard' | 'answered'>
  readonly timings: Timings
  readonly lobby: LobbyLimits
  readonly clock: Clock
  readonly emit: Emit
}

type Event<On extends MeshEvent['on']> = Extract<MeshEvent, { readonly on: On }>

export function createConnections(deps: ConnectionsDeps) {
  const { admits, clock, emit, timings } = deps
  const all = new Map<ConnId, Entry>()
  const byNode = new Map<NodeId, Set<Entry>>()
  const current = new Map<NodeId, Entry>()
  const lobby = createLobby<Entry>(deps.lobby)
  let stopping = false

  const to = (node: NodeId): readonly Entry[] => [...(byNode.get(node) ?? [])]
  const isLive = (conn: Entry): boolean => all.get(conn.id) === conn

  const settle = (conn: Entry, outcome: Outcome): void => {
    if (conn.outcome !== undefined) return
    conn.outcome = outcome
    emit({ did: 'settle', conn, outcome })
  }

  const leaveLobby = (conn: Entry): void => {
    lobby.leave(conn)
    emit({ do: 'timer', timer: `lobby ${conn.id}`, ms: undefined })
  }

  const end = (conn: Entry, reason: EndReason): void => {
    all.delete(conn.id)
    const others = byNode.get(conn.node)
    others?.delete(conn)
    if (others?.size === 0) byNode.delete(conn.node)
    conn.admitted = false
    leaveLobby(conn)
    emit({ do: 'timer', timer: `drain ${conn.id}`, ms: undefined })
    settle(conn, { kind: 'ended', reason })
    if (current.get(conn.node) === conn) {
      current.delete(conn.node)
      emit({ did: 'leave', conn, reason })
    }
    emit({ did: 'end', conn })
  }

  const abort = (conn: Entry, reason: EndReason): void => {
    if (!isLive(conn)) return
    end(conn, reason)
    emit({ do: 'abort', id: conn.id, reason })
  }

  const close = (conn: Entry, reason: EndReason, goodbye?: GoodbyeReason): void => {
    if (!isLive(conn)) return
    const said = conn.admitted ? goodbye : undefined
    end(conn, reason)
    emit({ do: 'close', id: conn.id, reason, goodbye: said })
  }

  const violates = (conn: Entry, code: 'out_of_order' | 'not_admitted'): void => {
    emit({ did: 'violate', conn, code })
    abort(conn, 'violation')
  }

  /** `undefined`: the other side says nothing about it. */
  const hearLeaf = (conn: Entry, leaf: boolean | undefined): void => {
    if (leaf === undefined || conn.leaf === leaf) return
    conn.leaf = leaf
    emit({ did: 'leaf', conn })
  }

  const nowAdmitted = (conn: Entry): void => {
    conn.admitted = true
    leaveLobby(conn)
    settle(conn, { kind: 'admitted' })
    // A peer says that it is a leaf once, in its hello, which may come before an invite or a person admits it.
    hearLeaf(conn, conn.introduced?.leaf === true)
    const old = current.get(conn.node)
    current.set(conn.node, conn)
    emit({ did: 'come', conn, replaced: old })
    // Frames that are under way on the old connection may still arrive.
    if (old !== undefined) emit({ do: 'timer', timer: `drain ${old.id}`, ms: timings.drainMs })
  }

  const run = (conn: Entry, steps: readonly Step[]): void => {
    for (const step of steps) {
      if ('open' in step) emit({ do: 'open', id: conn.id, side: step.open })
      else {
        const retry = step.say === 'pending' ? { retryAfterMs: timings.retryAfterMs } : {}
        const skewMs = Math.round(-(conn.skewMs ?? 0))
        emit({ do: 'say', id: conn.id, say: { ack: step.say, skewMs, ...retry } })
      }
    }
    if (conn.handshake.admitted()) {
      if (!conn.admitted) nowAdmitted(conn)
    } else if (conn.handshake.waits()) {
      settle(conn, { kind: 'pending', retryAfterMs: conn.retryAfterMs })
      // The listener keeps the place for the rest of the lobby's time; the dialer has learned what it can.
      if (conn.dialed) close(conn, 'lobby')
    }
  }

  const onHello = (conn: Entry, body: HelloBody): void => {
    if (conn.introduced !== undefined) {
      violates(conn, 'out_of_order')
      return
    }
    conn.introduced = body
    // First, because it may make a member of it.
    conn.enrols = deps.credentials.heard(conn.node, body)
    conn.leaf = body.leaf === true && admits(conn.node)
    const addresses = believable(deps.mesh, body.listen, conn.ip, admits(conn.node))
    emit({ did: 'meet', conn, body, addresses })
    if (!conn.enrols) run(conn, conn.handshake.decide(admits(conn.node)))
  }

  const onAck = (conn: Entry, said: Extract<Said, { readonly ack: unknown }>): void => {
    if (said.retryAfterMs !== undefined) conn.retryAfterMs = said.retryAfterMs
    // Acknowledging comes after the introduction, and once admitted there is nothing left to say.
    const expected = conn.introduced !== undefined && !conn.admitted
    if (expected) {
      deps.credentials.answered(conn.node, said)
      // A grant may make the other side a member: then this side says so before it reads further frames.
      if (!conn.enrols && admits(conn.node)) run(conn, conn.handshake.decide(true))
    }
    const steps = expected ? conn.handshake.heard(said.ack) : undefined
    if (steps === undefined) violates(conn, 'out_of_order')
    else run(conn, steps)
  }

  const onSaid = (conn: Entry, said: Said): void => {
    if ('hello' in said) onHello(conn, said.hello)
    else if ('ack' in said) onAck(conn, said)
    else if (!conn.admitted) violates(conn, 'not_admitted')
    else if ('ping' in said) {
      emit({ do: 'say', id: conn.id, say: { pong: said.ping } })
      hearLeaf(conn, said.leaf)
    } else if ('goodbye' in said) close(conn, AFTER[said.goodbye])
    else if (!('pong' in said)) emit({ did: 'tell', conn, told: said })
  }

  /** Settles what can be settled before the newcomer has said anything. */
  const compare = (newer: Entry): void => {
    const others = to(newer.node).filter((one) => one !== newer)
    for (const older of others) {
      const ids = { self: deps.self, peer: newer.node }
      const loser = loserAtOpening(older, newer, ids, timings.simultaneousMs)
      // An admitted loser keeps working until the winner is admitted.
      if (loser !== undefined && !loser.admitted) close(loser, 'replaced')
      // Dialed without knowing that there is a connection: ours is alive, so the new one is of no use.
      if (loser === undefined && newer.dialed && older.admitted) close(newer, 'replaced')
    }
    const waiting = others.filter((one) => !one.admitted)
    for (const one of waiting.slice(0, waiting.length - UNADMITTED_PER_KEY + 1)) close(one, 'replaced')
  }

  return {
    get: (id: ConnId): Conn | undefined => all.get(id),
    /** Every live connection, admitted or not. */
    all: (): readonly Conn[] => [...all.values()],
    /** Every live connection to this key, admitted or not. */
    to: to as (node: NodeId) => readonly Conn[],
    isConnected: (node: NodeId) => byNode.has(node),
    neighbour: (node: NodeId): Conn | undefined => current.get(node),
    neighbours: (): readonly Conn[] => [...current.values()],

    /** The host is to listen, for the first time or again. */
    prepare() {
      stopping = false
    },
    opened({ id, node, ip, at }: Event<'opened'>) {
      if (stopping || deps.refuses(node)) {
        emit({ do: 'abort', id, reason: 'refused' })
        return
      }
      const now = clock.monotonic()
      const conn: Entry = {
        id,
        node,
        ip,
        dialed: at !== undefined,
        openedAt: now,
        heardAt: now,
        introduced: undefined,
        leaf: false,
        leafHere: false,
        skewMs: undefined,
        admitted: false,
        outcome: undefined,
        retryAfterMs: timings.retryAfterMs,
        enrols: false,
        handshake: createHandshake(),
      }
      all.set(id, conn)
      byNode.set(node, (byNode.get(node) ?? new Set()).add(conn))
      emit({ do: 'timer', timer: `lobby ${id}`, ms: timings.lobbyMs })
      emit({ did: 'open', conn, at })
      compare(conn)
      if (!isLive(conn)) return
      if (conn.dialed) emit({ do: 'begin', id })
      else if (!admits(node)) for (const oldest of lobby.enter(conn, ip)) close(oldest, 'lobby')
    },
    /** `isLeaf`: this node depends on each of its links; nodes that it admits are told so. */
    control(id: ConnId, isLeaf: boolean) {
      const conn = all.get(id)
      if (conn === undefined) return
      conn.leafHere = isLeaf && admits(conn.node)
      emit({ do: 'say', id, say: { hello: true, leaf: conn.leafHere } })
    },
    said({ id, said, skewMs }: Event<'said'>) {
      const conn = all.get(id)
      if (conn === undefined) return
      conn.heardAt = clock.monotonic()
      conn.skewMs = skewMs
      onSaid(conn, said)
    },
    /** Tells neighbours whose last information differs whether this node is a leaf. */
    tell(isLeaf: boolean) {
      for (const conn of current.values()) {
        if (conn.leafHere === isLeaf) continue
        conn.leafHere = isLeaf
        // A Ping carries the word, because it is answered and costs nothing.
        emit({ do: 'say', id: conn.id, say: { ping: 0, leaf: isLeaf } })
      }
    },
    heard(node: NodeId) {
      const conn = current.get(node)
      if (conn !== undefined) conn.heardAt = clock.monotonic()
    },
    broken(id: ConnId, reason: EndReason) {
      const conn = all.get(id)
      if (conn !== undefined) abort(conn, reason)
    },
    closed(id: ConnId) {
      const conn = all.get(id)
      if (conn !== undefined) end(conn, 'cut')
    },
    /** Trust in this node changed: admits, upgrades or closes its connections. */
    reconsider(node: NodeId) {
      for (const conn of to(node)) {
        if (deps.refuses(node) || (!admits(node) && !conn.enrols)) abort(conn, 'refused')
        else if (admits(node)) {
          lobby.leave(conn)
          // Before the Hello the decision is still to come.
          const decides = conn.introduced !== undefined && !conn.enrols && !conn.admitted
          if (decides) run(conn, conn.handshake.decide(true))
        }
      }
    },
    /** The result of the node's invite is known, so the node is decided about now. */
    enrolled(node: NodeId) {
      for (const conn of to(node)) {
        if (!conn.enrols) continue
        conn.enrols = false
        if (deps.refuses(node)) abort(conn, 'refused')
        else run(conn, conn.handshake.decide(admits(node)))
      }
    },
    /** Ends existing connections, so that both sides introduce themselves again. */
    anew(node: NodeId) {
      for (const conn of to(node)) close(conn, 'replaced', 'replaced')
    },
    /** Says goodbye to a neighbour that is one too many. */
    release(node: NodeId) {
      const conn = current.get(node)
      if (conn !== undefined) close(conn, 'surplus', 'surplus')
    },
    lobbyIsOver(id: ConnId) {
      const conn = all.get(id)
      if (conn !== undefined) close(conn, 'lobby')
    },
    isDrained(id: ConnId) {
      const conn = all.get(id)
      if (conn !== undefined) close(conn, 'replaced', 'replaced')
    },
    stop() {
      stopping = true
      for (const conn of [...all.values()]) close(conn, 'stopping', 'stopping')
    },
  }
}

export type Connections = ReturnType<typeof createConnections>

/**
 * Of two connections between the same two nodes the one that gives way; both ends must come to the same answer alone.
 * Two connections opened close together from both sides are a simultaneous dial: the one dialed by the smaller node id
 * stays. Otherwise the other side has dialed again because it lost the old connection (it restarted, its network
 * changed), so the newer one stays. Undefined: it depends on whether the newer one is admitted, so wait for that.
 */
export function loserAtOpening<T extends Pick<Conn, 'dialed' | 'openedAt'>>(
  older: T,
  newer: T,
  ids: { readonly self: NodeId; readonly peer: NodeId },
  simultaneousMs: number,
): T | undefined {
  const simultaneous = newer.openedAt - older.openedAt < simultaneousMs
  if (!simultaneous || older.dialed === newer.dialed) return undefined
  const smallerIsSelf = ids.self < ids.peer
  return older.dialed === smallerIsSelf ? newer : older
}

// The admission as a pure state machine: who has said what, and what to do next. The same at both ends.

/** The connection's next steps, in this order. */
export type Step = { readonly say: HelloStage } | { readonly open: 'serve' | 'out' }

type Handshake = ReturnType<typeof createHandshake>

/**
 * Each side says `yes` when it admits. A side that has said and heard `yes` serves, and only then says `ready`;
 * a side that hears `ready` may use the other. So `serve` at one end always precedes `out` at the other.
 */
export function createHandshake() {
  let ours: 'unsaid' | 'pending' | 'yes' = 'unsaid'
  let theirs: 'unsaid' | 'pending' | 'yes' = 'unsaid'
  let serves = false
  let out = false

  const agree = (): Step[] => {
    if (serves || ours !== 'yes' || theirs !== 'yes') return []
    serves = true
    return [{ open: 'serve' }, { say: 'ready' }]
  }

  return {
    /** Our own mind, at the start and whenever trust changes. Repeating it does nothing. */
    decide(admits: boolean): readonly Step[] {
      if (!admits) {
        if (ours !== 'unsaid') return []
        ours = 'pending'
        return [{ say: 'pending' }]
      }
      if (ours === 'yes') return []
      ours = 'yes'
      return [{ say: 'yes' }, ...agree()]
    },
    /** Takes a stage from the other side. Undefined if it cannot follow the earlier ones: end the connection. */
    heard(stage: HelloStage): readonly Step[] | undefined {
      if (stage === 'pending') {
        // A side that changes its mind after `yes` closes the connection instead of saying so.
        if (theirs !== 'unsaid') return undefined
        theirs = 'pending'
        return []
      }
      if (stage === 'yes') {
        if (theirs === 'yes') return undefined
        theirs = 'yes'
        return agree()
      }
      if (ours !== 'yes' || theirs !== 'yes' || out) return undefined
      out = true
      return [{ open: 'out' }]
    },
    /** Both sides admitted, both serve. */
    admitted: () => serves && out,
    /** Both sides have spoken and at least one said `pending`: nothing more happens until a person decides. */
    waits: () => ours !== 'unsaid' && theirs !== 'unsaid' && (ours === 'pending' || theirs === 'pending'),
  }
}
