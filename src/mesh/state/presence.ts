// Presence: tells all members that this node is here, and notes their presences and the nodes that they lost. Pure.
import { LINK_BYTES, LINKS_MAX, LOST_MAX, type PresenceBody } from '../../../protocols/messages/presence.ts'
import { formatNodeId, type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent } from '../../base/recent.ts'
import type { Config } from '../../config/index.ts'
import { fingerprintOf } from '../../trust/identity/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Connections } from './connections.ts'
import type { Emit } from './types.ts'

/** Without a change a presence is said this often, 20 % more or less; a node that was silent for three times that is away. */
const EVERY_MS = 5 * 60_000
/** Changes within `GATHER_MS` are told together, and `GAP_MS` between two presences keeps the topic's quota. */
const GATHER_MS = 500
const GAP_MS = 3_000
/** A new neighbour's subscription arrives a moment after the link. */
const SUBSCRIBED_MS = 1_000
/**
 * All members answer a node that has just come within this time each, and none of them answers again before this time has
 * passed since it said its presence: 20 answers a second over the whole mesh, however many come.
 */
const ANSWER_MS_PER_MEMBER = 50
const ANSWER_LEAST_MS = 1_000
const ANSWER_MOST_MS = 60_000
/** A count of the members holds for so long. */
const COUNTED_MS = 1_000
/** Most presences name no lost node, so all authors share this set. */
const NOBODY: ReadonlySet<NodeId> = new Set()
/** The hex digits of one neighbour; what is left over behind the last one is none. */
const FINGERPRINT = new RegExp(`.{${2 * LINK_BYTES}}`, 'g')
/** Authors whose last presence is remembered. */
const AUTHORS_MAX = 8_192

export interface PresenceDeps {
  readonly self: NodeId
  readonly config: { readonly overlay: Pick<Config['overlay'], 'tell_links'> }
  readonly trust: Pick<Trust, 'admits' | 'heardOf' | 'lost' | 'member' | 'members'>
  readonly clock: Clock
  readonly random: Random
  /** What this node says of itself now. */
  readonly about: () => Pick<PresenceBody, 'name' | 'capabilities' | 'listen'>
  /** The addresses worth keeping in a presence that this neighbour handed on. */
  readonly believable: (listen: readonly string[], from: NodeId) => readonly string[]
  readonly connections: Pick<Connections, 'neighbour' | 'neighbours'>
  /** Neighbours that are known to read the topic. */
  readonly readers: () => number
  readonly emit: Emit
}

/** A presence that is worth passing on. `worthATry`: its author is back, or it has moved. */
export interface Heard {
  readonly addresses: readonly string[]
  readonly worthATry: boolean
}

export interface PresenceRoom {
  start(): void
  /** The timer has rung. */
  say(): void
  /** Says goodbye to all members. */
  leave(): void
  /** A presence of `author`, handed on by the neighbour `from`. Undefined: it is old, or not to be passed on. */
  hear(author: NodeId, body: PresenceBody, from: NodeId): Heard | undefined
  /** A neighbour's link is up. */
  came(node: NodeId): void
  /** The neighbour's connection broke without a goodbye. */
  lost(node: NodeId): void
  /** Says the presence again if what this node says of itself has changed. */
  look(): void
  /** Fingerprints of the neighbours that a node named last; empty unless it is admitted here. */
  links(node: NodeId): readonly string[]
}

/** What the last presence of an author said. */
interface Known {
  readonly version: number
  readonly lost: ReadonlySet<NodeId>
  readonly links: Uint8Array | undefined
}

export function createPresence(deps: PresenceDeps): PresenceRoom {
  const { clock, random, trust, connections, emit } = deps
  const heard = createRecent<NodeId, Known>(AUTHORS_MAX)
  /** Neighbours whose connections broke, in the order they were lost. */
  const lost = createRecent<NodeId, true>(LOST_MAX)
  let started = false
  /** Monotonic. */
  let due = Number.POSITIVE_INFINITY
  let saidAt = Number.NEGATIVE_INFINITY
  let said = ''
  let version = 0
  /** No neighbour was there before, so the next presence asks the other members to say who they are. */
  let asks = true

  const bodyNow = (state: PresenceBody['state']): PresenceBody => {
    version = Math.max(clock.now(), version + 1)
    const keys = [...lost].map(([node]) => parseNodeId(node) as Uint8Array)
    return { version, state, ...deps.about(), ...linksNow(), lost: keys, asks: asks && state === 'online' }
  }

  /** A link that comes or goes is no news: it is told with the next presence, which is said for another reason. */
  const linksNow = (): Pick<PresenceBody, 'links'> => {
    if (!deps.config.overlay.tell_links) return {}
    const fingerprints = connections
      .neighbours()
      .slice(0, LINKS_MAX)
      .map(({ node }) => fingerprintOf(parseNodeId(node) as Uint8Array))
    return { links: new Uint8Array(Buffer.from(fingerprints.join(''), 'hex')) }
  }

  const say = (): void => {
    if (!started) return
    due = Number.POSITIVE_INFINITY
    // No neighbour would hear the presence yet.
    if (deps.readers() === 0) {
      if (connections.neighbours().length > 0) within(SUBSCRIBED_MS)
      return
    }
    said = JSON.stringify(deps.about())
    saidAt = clock.monotonic()
    emit({ do: 'publish', body: bodyNow('online') })
    asks = false
    within(EVERY_MS * (0.8 + 0.4 * random.float()))
  }

  /** Has the next presence said after `ms` at the latest, but never two within the gap. */
  const within = (ms: number): void => {
    if (!started) return
    const now = clock.monotonic()
    const at = Math.max(now + ms, saidAt + GAP_MS)
    if (at >= due) return
    due = at
    emit({ do: 'timer', timer: 'presence', ms: at - now })
  }

  let counted = { members: 0, until: Number.NEGATIVE_INFINITY }
  /**
   * All members answer within this time. They are counted once a second, because each newcomer of many that come at once asks;
   * whoever was heard since counts as well.
   */
  const answerSpan = (): number => {
    const now = clock.monotonic()
    if (now >= counted.until) counted = { members: trust.members().length, until: now + COUNTED_MS }
    const ms = Math.max(counted.members, heard.size) * ANSWER_MS_PER_MEMBER
    return Math.min(Math.max(ms, ANSWER_LEAST_MS), ANSWER_MOST_MS)
  }
  const answer = (): void => {
    const span = answerSpan()
    within(Math.max(0, saidAt + span - clock.monotonic()) + span * random.float())
  }

  /** One member's word that others are lost. A node that was heard after the word was written is not lost. */
  const hearLost = (author: NodeId, body: PresenceBody, before: ReadonlySet<NodeId>): ReadonlySet<NodeId> => {
    if (body.lost.length === 0) return NOBODY
    const named = new Set(body.lost.map(formatNodeId))
    for (const node of named) {
      if (node === deps.self) within(GATHER_MS + answerSpan() * random.float())
      if (
        node === deps.self ||
        node === author ||
        before.has(node) ||
        connections.neighbour(node) !== undefined
      )
        continue
      if ((heard.get(node)?.version ?? 0) < body.version) trust.lost(node)
    }
    return named
  }

  return {
    start() {
      started = true
      asks = true
    },
    say,
    leave() {
      lost.clear()
      if (started && deps.readers() > 0) emit({ do: 'publish', body: bodyNow('leaving') })
      started = false
      due = Number.POSITIVE_INFINITY
      emit({ do: 'timer', timer: 'presence', ms: undefined })
    },

    hear(author, body, from) {
      const before = heard.get(author)
      if (before !== undefined && body.version <= before.version) return undefined
      const member = trust.member(author)
      const addresses = deps.believable(body.listen, from)
      const offline = body.state === 'leaving'
      if (!trust.heardOf(author, { name: body.name, addresses, offline }, from)) return undefined
      lost.delete(author)
      const named = hearLost(author, body, before?.lost ?? NOBODY)
      heard.set(author, { version: body.version, lost: named, links: body.links?.slice() })
      if (body.asks) answer()
      const back = member === undefined || member.offline || member.unsure
      const moved = addresses.some((address) => member?.addresses.includes(address) !== true)
      return { addresses, worthATry: !offline && (back || moved) }
    },

    came(node) {
      // Two parts of the mesh may have found each other again.
      if (lost.delete(node) || connections.neighbours().length <= 1) asks = true
      if (asks) within(SUBSCRIBED_MS)
    },

    lost(node) {
      lost.set(node, true)
      within(GATHER_MS)
    },

    links(node) {
      const links = trust.admits(node) ? heard.get(node)?.links : undefined
      return links === undefined ? [] : (toHex(links).match(FINGERPRINT) ?? [])
    },

    look() {
      if (said !== '' && said !== JSON.stringify(deps.about())) within(GATHER_MS)
    },
  }
}
