// Presences on their way: neighbours compare what they have by sums, name what is new in batches, and get what they lack. Pure.
import { PRESENCES_BYTES, type PresenceBody, type RosterBody } from '../../../protocols/messages/presence.ts'
import { type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { createRecent } from '../../base/recent.ts'
import { fingerprintOf } from '../../trust/identity/index.ts'
import type { Connections } from '../state/connections.ts'
import type { Conn, Emit } from '../state/types.ts'
import { differing, isIn, type Key, readKeys, sumsOf, writeKeys } from './keys.ts'
import { createWants, readWanted } from './wants.ts'

/** Presences that are remembered, and for how long they are told to others. */
const AUTHORS_MAX = 8_192
export const TOLD_FOR_MS = 24 * 3_600_000
/**
 * What is new is told after the first time. As long as news keeps coming each pause is twice as long as the one before, up to the
 * last: a mesh in which machines come and go all the time costs as many messages as it has pauses.
 */
const PAUSE_MS = 200
const PAUSE_MOST_MS = 8_000
/** Others than its author name a new presence to so many neighbours. */
const FANOUT = 6
/** One neighbour is compared with this often, because some may be missed; what is on its way then is left out. */
const COMPARE_EVERY_MS = 60_000
const ON_ITS_WAY_MS = 30_000
/** Versions are of their authors' clocks, which may be ahead by so much. */
const AHEAD_MS = 5 * 60_000

/** A presence whose signature was verified. */
export interface Opened {
  readonly author: NodeId
  readonly body: PresenceBody
}

export interface RosterDeps {
  readonly self: NodeId
  readonly clock: Clock
  readonly random: Pick<Random, 'float'>
  readonly connections: Pick<Connections, 'neighbours'>
  /** Verifies a presence that the neighbour sent, unless `isExpected` says no of its author. Undefined: it is refused. */
  readonly open: (
    frame: Uint8Array,
    from: NodeId,
    isExpected: (author: NodeId) => boolean,
  ) => Opened | undefined
  /** False: it is old, or nobody else is to hear it from this node. */
  readonly hear: (opened: Opened, from: NodeId) => boolean
  readonly emit: Emit
}

export interface Roster {
  /** This node has a new presence. `now`: it is the last one. */
  own(frame: Uint8Array, version: number, now?: boolean): void
  /** A neighbour's link is up. */
  came(conn: Conn): void
  /** A neighbour is gone. */
  left(node: NodeId): void
  said(conn: Conn, body: RosterBody): void
  brought(conn: Conn, frames: readonly Uint8Array[]): void
  /** The timer has rung. */
  tell(): void
  /** Now and then one neighbour is compared with. */
  look(): void
}

interface Held {
  readonly version: number
  /** Undefined: it is known and not told on. */
  readonly frame: Uint8Array | undefined
}

export function createRoster({ self, clock, random, connections, ...deps }: RosterDeps): Roster {
  const { emit } = deps
  const fingerprints = createRecent<NodeId, string>(AUTHORS_MAX)
  const fingerprintOfNode = (node: NodeId): string =>
    fingerprints.getOrInsert(node, () => fingerprintOf(parseNodeId(node) as Uint8Array))
  const ownFingerprint = fingerprintOfNode(self)
  const known = createRecent<string, Held>(AUTHORS_MAX)
  /** Not told yet, each with the neighbours that have it. */
  const fresh = new Map<string, Set<NodeId>>()
  /** New neighbours that this node is to compare with. */
  const uncompared = new Set<NodeId>()
  const wants = createWants(clock)
  let pause = PAUSE_MS
  let armed = false
  let comparedAt = clock.monotonic()

  const say = (conn: Conn, roster: RosterBody): void => emit({ do: 'say', id: conn.id, say: { roster } })
  const arm = (): void => {
    if (armed) return
    armed = true
    emit({ do: 'timer', timer: 'roster', ms: pause })
  }

  /** Those that are told, up to this version. */
  function told(until = Number.POSITIVE_INFINITY): Key[] {
    const since = clock.now() - TOLD_FOR_MS
    return [...known].flatMap(([fingerprint, { version, frame }]) =>
      frame !== undefined && version > since && version <= until ? [[fingerprint, version] as const] : [],
    )
  }

  const compare = (conn: Conn, until: number): void => say(conn, { until, sums: sumsOf(told(until)) })
  /** With what is on its way, and with clocks that are ahead. */
  const compareAll = (conn: Conn): void => compare(conn, clock.now() + AHEAD_MS)

  function ask(conn: Conn): void {
    const next = wants.next(conn.node)
    if (next === 'again') compareAll(conn)
    else if (next !== undefined) say(conn, { wanted: next })
  }

  /** What the neighbour named: what is newer than here is asked for, and what is older it is told. */
  function compared(conn: Conn, body: RosterBody, keys: Uint8Array): void {
    const { node } = conn
    const theirs = new Map(readKeys(keys))
    const missing = [...theirs].flatMap(([fingerprint, version]) => {
      const here = known.peek(fingerprint)?.version ?? 0
      if (version === here) fresh.get(fingerprint)?.add(node)
      return version > here && fingerprint !== ownFingerprint ? [fingerprint] : []
    })
    if (wants.add(node, missing, body.more === true)) ask(conn)
    const { groups } = body
    if (groups === undefined) return
    const lacking = told(body.until).filter(
      ([fingerprint, version]) => isIn(groups, fingerprint) && (theirs.get(fingerprint) ?? 0) < version,
    )
    if (lacking.length > 0) say(conn, { keys: writeKeys(lacking) })
  }

  function give(conn: Conn, wanted: Uint8Array): void {
    const frames: Uint8Array[] = []
    let bytes = 0
    for (const fingerprint of readWanted(wanted)) {
      const frame = known.peek(fingerprint)?.frame
      if (frame === undefined || bytes + frame.length > PRESENCES_BYTES) continue
      bytes += frame.length
      frames.push(frame)
      fresh.get(fingerprint)?.add(conn.node)
    }
    emit({ do: 'say', id: conn.id, say: { presences: frames } })
  }

  const note = (fingerprint: string, held: Held, from: NodeId): void => {
    known.set(fingerprint, held)
    if (held.frame === undefined) return
    fresh.set(fingerprint, new Set([from]))
    arm()
  }

  function tell(): void {
    armed = false
    const neighbours = connections.neighbours()
    for (const conn of neighbours) if (uncompared.has(conn.node)) compareAll(conn)
    uncompared.clear()
    const own = fresh.delete(ownFingerprint) ? known.peek(ownFingerprint)?.frame : undefined
    if (own !== undefined)
      for (const conn of neighbours) emit({ do: 'say', id: conn.id, say: { presences: [own] } })
    const isNews = fresh.size > 0
    const first = Math.floor(random.float() * neighbours.length)
    const some = [...neighbours.slice(first), ...neighbours.slice(0, first)].slice(0, FANOUT)
    for (const conn of some) {
      const keys = [...fresh].flatMap(([fingerprint, knowers]) => {
        const held = knowers.has(conn.node) ? undefined : known.peek(fingerprint)
        return held === undefined ? [] : [[fingerprint, held.version] as const]
      })
      if (keys.length > 0) say(conn, { keys: writeKeys(keys) })
    }
    fresh.clear()
    // The next pause follows at once, so that a word that comes in it waits for its end.
    if (isNews || own !== undefined) {
      pause = Math.min(2 * pause, PAUSE_MOST_MS)
      arm()
    } else pause = PAUSE_MS
  }

  return {
    own(frame, version, now = false) {
      note(ownFingerprint, { version, frame }, self)
      if (now) tell()
    },
    came(conn) {
      if (!conn.dialed) return
      uncompared.add(conn.node)
      arm()
    },
    left(node) {
      uncompared.delete(node)
      wants.drop(node)
    },
    said(conn, { sums, ...body }) {
      if (sums !== undefined) {
        const until = body.until ?? clock.now()
        const { found, groups, more } = differing(told(until), sums)
        if (more || groups.some((bits) => bits !== 0))
          say(conn, { until, groups, keys: writeKeys(found), more })
      }
      if (body.keys !== undefined) compared(conn, body, body.keys)
      if (body.wanted !== undefined) give(conn, body.wanted)
    },
    brought(conn, frames) {
      const { node } = conn
      const before = wants.left(node)
      let isItsOwn = false
      for (const frame of frames) {
        const opened = deps.open(
          frame,
          node,
          (author) => author === node || wants.has(node, fingerprintOfNode(author)),
        )
        if (opened === undefined) continue
        isItsOwn ||= opened.author === node
        const fingerprint = fingerprintOfNode(opened.author)
        wants.came(node, fingerprint)
        const { version } = opened.body
        if (version <= (known.peek(fingerprint)?.version ?? 0)) continue
        note(fingerprint, { version, frame: deps.hear(opened, node) ? frame : undefined }, node)
      }
      if (before === 0) return
      if (wants.left(node) < before) ask(conn)
      // What it named and does not send it has not. A new presence of its own is no answer.
      else if (!isItsOwn) wants.drop(node)
    },
    tell,
    look() {
      const neighbours = connections.neighbours()
      const one = neighbours[Math.floor(random.float() * neighbours.length)]
      if (one === undefined || clock.monotonic() - comparedAt < COMPARE_EVERY_MS) return
      comparedAt = clock.monotonic()
      compare(one, clock.now() - ON_ITS_WAY_MS)
    },
  }
}
