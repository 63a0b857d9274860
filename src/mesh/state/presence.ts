// Presence: tells all members that this node is here, and notes their presences and the nodes that they lost. Pure.
import {
  AGAIN_MAX_S,
  LINK_BYTES,
  LINKS_MAX,
  LOST_MAX,
  type PresenceBody,
} from '../../../protocols/messages/presence.ts'
import { formatNodeId, keyOf, type NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { toHex } from '../../base/hex.ts'
import { createRecent, type Recent } from '../../base/recent.ts'
import type { Config } from '../../config/index.ts'
import { fingerprintOf, isFuture, versionAfter } from '../../trust/identity/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import { announced } from '../admission/addresses.ts'
import { leadsHere } from '../admission/endpoint.ts'
import type { Connections } from './connections.ts'
import type { Emit } from './types.ts'

/**
 * Without a change a presence is sent at this interval, 20 % more or less, and says so. Beyond a hundred members it grows with them, so
 * that all together say no more of what has not changed: a third of a presence a second.
 */
const EVERY_S = 5 * 60
const EVERY_S_PER_MEMBER = 3
/** Changes within `GATHER_MS` are told together, and `GAP_MS` between two presences stays within what others take of one author. */
const GATHER_MS = 500
const GAP_MS = 3_000
/** In a mesh of more members than this a lost node is told of by few. */
const FEW_MEMBERS = 60
/**
 * In a large mesh the first `TOLD_BY` of those that a lost node named as its neighbours tell of it. Each further one waits for its
 * turn, and says nothing if so many have by then. Two, because the word of one may be refused; and a word takes up to eight seconds
 * for each hop, so a shorter turn would have all of them say it.
 */
const TOLD_BY = 2
const TURN_MS = 10_000
/** A neighbour that the lost node did not name takes one of so many turns at random. Nobody waits for more turns, whoever was named. */
const TURNS = 6
/** A node with more than twice the neighbours that its last presence named speaks after this. A node that has just started names none. */
const LINKED_MS = 60_000
/** A count of the members holds for so long. */
const COUNTED_MS = 1_000
/** Most presences name no lost node, so all authors share this set. */
const NOBODY: ReadonlySet<NodeId> = new Set()
/** The hex digits of one neighbour; an incomplete rest at the end is ignored. */
const FINGERPRINT = new RegExp(`.{${2 * LINK_BYTES}}`, 'g')
/** Authors whose last presence is remembered. */
const AUTHORS_MAX = 8_192

export interface PresenceDeps {
  readonly self: NodeId
  readonly config: Pick<Config, 'mesh'> & { readonly overlay: Pick<Config['overlay'], 'tell_links'> }
  readonly trust: Pick<Trust, 'admits' | 'heardOf' | 'lost' | 'member' | 'members'>
  readonly clock: Clock
  readonly random: Random
  /** This node's present description of itself. */
  readonly about: () => Pick<PresenceBody, 'name' | 'capabilities' | 'listen'>
  readonly connections: Pick<Connections, 'neighbour' | 'neighbours'>
  readonly emit: Emit
}

/** The content of an author's last presence. */
interface Known {
  readonly version: number
  readonly lost: ReadonlySet<NodeId>
  readonly links: Uint8Array | undefined
}

/** Who comes hears presences in any order: whether another one has said since that this author is lost. */
function isLostSince(heard: Recent<NodeId, Known>, author: NodeId, version: number): boolean {
  for (const [, of] of heard) if (of.version > version && of.lost.has(author)) return true
  return false
}

/** How many turns the node `own` waits before it tells of a lost one. `links`: the neighbours that the lost node named. Both by fingerprint. */
const turnOf = (own: string, links: readonly string[], random: Random): number =>
  links.includes(own)
    ? Math.min(Math.max(0, links.filter((one) => one < own).length - TOLD_BY + 1), TURNS)
    : TURNS * random.float()

export function createPresence(deps: PresenceDeps) {
  const { clock, random, trust, connections, emit } = deps
  const heard = createRecent<NodeId, Known>(AUTHORS_MAX)
  /** Neighbours whose connections broke, in the order they were lost, with how many others were heard to say so. */
  const lost = createRecent<NodeId, number>(LOST_MAX)
  const own = fingerprintOf(keyOf(deps.self))
  let started = false
  /** When the next presence is due, and when one is due only to name lost nodes; both monotonic. */
  let due = Number.POSITIVE_INFINITY
  let tellAt = Number.POSITIVE_INFINITY
  let saidAt = Number.NEGATIVE_INFINITY
  let said = ''
  let saidLinks = 0
  let version = 0

  const bodyNow = (state: PresenceBody['state']): PresenceBody => {
    version = versionAfter(version, clock.now())
    const keys = [...lost].map(([node]) => keyOf(node))
    return { version, state, again_s: everyS(), ...deps.about(), ...linksNow(), lost: keys }
  }

  /** A new or lost link alone causes no presence: it is included in the next one. */
  const linksNow = (): Pick<PresenceBody, 'links'> => {
    if (!deps.config.overlay.tell_links) return {}
    const fingerprints = connections
      .neighbours()
      .slice(0, LINKS_MAX)
      .map(({ node }) => fingerprintOf(keyOf(node)))
    return { links: new Uint8Array(Buffer.from(fingerprints.join(''), 'hex')) }
  }

  const say = (): void => {
    if (!started) return
    const wasToTell = tellAt < due
    tellAt = Number.POSITIVE_INFINITY
    if (wasToTell && [...lost].every(([, told]) => told >= TOLD_BY)) {
      arm()
      return
    }
    due = Number.POSITIVE_INFINITY
    said = JSON.stringify(deps.about())
    saidLinks = connections.neighbours().length
    saidAt = clock.monotonic()
    emit({ did: 'speak', body: bodyNow('online') })
    for (const [node] of [...lost]) lost.set(node, TOLD_BY)
    within(everyS() * 1_000 * (0.8 + 0.4 * random.float()))
  }

  /** In so many milliseconds, but never two presences within the gap; monotonic. */
  const after = (ms: number): number => Math.max(clock.monotonic() + ms, saidAt + GAP_MS)
  const arm = (): void => {
    const ms = Math.min(due, tellAt) - clock.monotonic()
    emit({ do: 'timer', timer: 'presence', ms: Number.isFinite(ms) ? Math.max(0, ms) : undefined })
  }
  /** Has the next presence said after `ms` at the latest. */
  const within = (ms: number): void => {
    const at = after(ms)
    if (!started || at >= due) return
    due = at
    arm()
  }

  let counted = { members: 0, until: Number.NEGATIVE_INFINITY }
  /** Counts the members once a second, because many may be lost at once; authors heard since then count too. */
  const counting = (): number => {
    const now = clock.monotonic()
    if (now >= counted.until) counted = { members: trust.members().length, until: now + COUNTED_MS }
    return Math.max(counted.members, heard.size)
  }
  const linksOf = (node: NodeId): readonly string[] =>
    toHex(heard.peek(node)?.links ?? new Uint8Array()).match(FINGERPRINT) ?? []
  const everyS = (): number => Math.min(Math.max(EVERY_S, EVERY_S_PER_MEMBER * counting()), AGAIN_MAX_S)
  /** One member's word that others are lost. A node that was heard after the word was written is not lost. */
  const hearLost = (author: NodeId, body: PresenceBody, before: ReadonlySet<NodeId>): ReadonlySet<NodeId> => {
    if (body.lost.length === 0) return NOBODY
    const named = new Set(body.lost.map(formatNodeId))
    if (named.has(deps.self)) within(GATHER_MS)
    for (const node of named) {
      const told = lost.peek(node)
      // Nobody believes words that are older than what the lost node said itself, so they do not count as told.
      const isNews = !before.has(node) && (heard.get(node)?.version ?? 0) < body.version
      if (!isNews || node === deps.self || node === author) continue
      if (told !== undefined) lost.set(node, told + 1)
      const isNeighbour = connections.neighbour(node) !== undefined
      if (!isNeighbour) trust.lost(node)
      emit({ did: isNeighbour ? 'doubt' : 'miss', node })
    }
    return named
  }

  return {
    start(): void {
      started = true
      within(GATHER_MS)
    },
    /** The timer has rung. */
    say,
    /** Says goodbye to all members. */
    leave(): void {
      lost.clear()
      if (started) emit({ did: 'speak', body: bodyNow('leaving') })
      started = false
      due = Number.POSITIVE_INFINITY
      tellAt = Number.POSITIVE_INFINITY
      emit({ do: 'timer', timer: 'presence', ms: undefined })
    },

    /** A presence of `author`, handed on by the neighbour `from`. False: it is old, or not to be passed on. */
    hear(author: NodeId, body: PresenceBody, from: NodeId): boolean {
      const before = heard.get(author)
      if (before && body.version <= before.version && !isFuture(before.version, clock.now())) return false
      const member = trust.member(author)
      const isFromHere = () => leadsHere(connections.neighbour(from)?.ip ?? '')
      const addresses = announced(deps.config.mesh, body.listen, isFromHere)
      const offline = body.state === 'leaving'
      const seen = { name: body.name, addresses, offline, at: body.version, againMs: 1_000 * body.again_s }
      if (!trust.heardOf(author, seen, from)) return false
      if (before === undefined && isLostSince(heard, author, body.version)) trust.lost(author)
      lost.delete(author)
      const named = hearLost(author, body, before?.lost ?? NOBODY)
      heard.set(author, { version: body.version, lost: named, links: body.links?.slice() })
      const back = member === undefined || member.offline || member.unsure
      const moved = addresses.some((address) => member?.addresses.includes(address) !== true)
      emit({ did: 'hear', author, body, addresses, worthATry: !offline && (back || moved) })
      return true
    },

    /** A neighbour's link is up. */
    came(node: NodeId): void {
      lost.delete(node)
      if (connections.neighbours().length > 2 * saidLinks) within(LINKED_MS)
    },

    /** The neighbour's connection broke without a goodbye; trust hears of it from here. */
    lost(node: NodeId): void {
      trust.lost(node)
      lost.set(node, 0)
      const turn = counting() <= FEW_MEMBERS ? 0 : turnOf(own, linksOf(node), random)
      tellAt = Math.min(tellAt, after(GATHER_MS + TURN_MS * turn))
      if (started) arm()
    },

    /** Fingerprints of the neighbours that a node named last; empty unless it is admitted here. */
    links: (node: NodeId): readonly string[] => (trust.admits(node) ? linksOf(node) : []),

    /** Sends the presence again if this node's description has changed. */
    look(): void {
      if (said !== '' && said !== JSON.stringify(deps.about())) within(GATHER_MS)
    },
  }
}
