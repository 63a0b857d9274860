// Presence: tells all members that this node is here, and notes what they tell of themselves and of whom they lost.
import { bodyOf, type Frame } from '../../../protocols/frame.ts'
import { LOST_MAX, Presence, type PresenceBody } from '../../../protocols/messages/presence.ts'
import { formatNodeId, type NodeId, parseNodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { createRecent } from '../../base/recent.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { GossipHandler, GossipVerdict, PeerRef } from '../types.ts'
import type { Joined } from './gossip.ts'

/** Without a change it is said this often, 20 % more or less; an owner who was silent for three times that is away. */
const EVERY_MS = 5 * 60_000
/** Changes that come together are told together, and never faster than the topic's quota allows. */
const GATHER_MS = 500
const GAP_MS = 3_000
/** A new neighbour's subscription arrives a moment after the link. */
const SUBSCRIBED_MS = 1_000
/** Somebody who has just come is answered by all within this: 20 answers a second over the whole mesh. */
const ANSWER_MS_PER_MEMBER = 50
const ANSWER_LEAST_MS = 1_000
const ANSWER_MOST_MS = 60_000
/** Authors whose last presence is remembered. */
const AUTHORS_MAX = 8_192

export interface PresenceDeps {
  readonly self: NodeId
  readonly trust: Pick<Trust, 'heardOf' | 'lost' | 'member' | 'members'>
  readonly clock: Clock
  readonly random: Random
  /** What this node says of itself now. */
  readonly about: () => Pick<PresenceBody, 'name' | 'capabilities' | 'listen'>
  /** Of the addresses in a presence that this neighbour handed on, those worth keeping. */
  readonly believable: (listen: readonly string[], from: NodeId) => readonly string[]
  readonly connected: (node: NodeId) => boolean
  readonly neighbours: () => number
  /** A member was heard. `worthATry`: it is back, or it has moved. */
  readonly onHeard: (node: NodeId, addresses: readonly string[], worthATry: boolean) => void
}

export interface PresenceRoom extends GossipHandler {
  /** With the topic, once joined. */
  start(topic: Joined): void
  /** Says goodbye to everybody. Resolves when it is written. */
  leave(): Promise<void>
  /** A neighbour's link is up. */
  came(node: NodeId): void
  /** Its connection broke without a goodbye. */
  lost(node: NodeId): void
  /** Says it again if what it says of itself has changed. */
  look(): void
}

export function createPresence(deps: PresenceDeps): PresenceRoom {
  const { clock, random, trust } = deps
  const heard = createRecent<NodeId, { readonly version: number; readonly lost: ReadonlySet<NodeId> }>(
    AUTHORS_MAX,
  )
  /** In the order they were lost. */
  const lost = createRecent<NodeId, true>(LOST_MAX)
  let topic: Joined | undefined
  let timer: NodeJS.Timeout | undefined
  /** Monotonic. */
  let due = Number.POSITIVE_INFINITY
  let saidAt = Number.NEGATIVE_INFINITY
  let said = ''
  let version = 0
  /** Nobody was there before: the others are asked to say who they are. */
  let asks = true

  const bodyNow = (state: PresenceBody['state']): PresenceBody => {
    version = Math.max(clock.now(), version + 1)
    const keys = [...lost].map(([node]) => parseNodeId(node) as Uint8Array)
    return { version, state, ...deps.about(), lost: keys, asks: asks && state === 'online' }
  }

  const say = (): void => {
    if (topic === undefined) return
    due = Number.POSITIVE_INFINITY
    // Nobody would hear it yet.
    if (topic.readers() === 0) {
      if (deps.neighbours() > 0) within(SUBSCRIBED_MS)
      return
    }
    said = JSON.stringify(deps.about())
    saidAt = clock.monotonic()
    void topic.publish(Presence, bodyNow('online'))
    asks = false
    within(EVERY_MS * (0.8 + 0.4 * random.float()))
  }

  /** At the latest after `ms`, but never twice within the gap. */
  const within = (ms: number): void => {
    if (topic === undefined) return
    const now = clock.monotonic()
    const at = Math.max(now + ms, saidAt + GAP_MS)
    if (at >= due) return
    due = at
    clearTimeout(timer)
    timer = setTimeout(say, at - now).unref()
  }

  const answerWithin = (): number => {
    const ms = trust.members().length * ANSWER_MS_PER_MEMBER
    return Math.min(Math.max(ms, ANSWER_LEAST_MS), ANSWER_MOST_MS) * random.float()
  }

  /** One member's word: it makes nobody leave. Whoever was heard after it was written is there. */
  const hearLost = (author: NodeId, body: PresenceBody, before: ReadonlySet<NodeId>): ReadonlySet<NodeId> => {
    const named = new Set(body.lost.map(formatNodeId))
    for (const node of named) {
      if (node === deps.self) within(GATHER_MS + answerWithin())
      if (node === deps.self || node === author || before.has(node) || deps.connected(node)) continue
      if ((heard.get(node)?.version ?? 0) < body.version) trust.lost(node)
    }
    return named
  }

  return {
    message({ nodeId: author }: PeerRef, frame: Frame, from: PeerRef): GossipVerdict {
      const body = bodyOf(frame, Presence)
      const before = heard.get(author)
      if (before !== undefined && body.version <= before.version) return 'ignore'
      const member = trust.member(author)
      const addresses = deps.believable(body.listen, from.nodeId)
      const offline = body.state === 'leaving'
      if (!trust.heardOf(author, { name: body.name, addresses, offline }, from.nodeId)) return 'ignore'
      lost.delete(author)
      const named = hearLost(author, body, before?.lost ?? new Set())
      heard.set(author, { version: body.version, lost: named })
      const back = member === undefined || member.offline || member.unsure
      const moved = addresses.some((address) => member?.addresses.includes(address) !== true)
      deps.onHeard(author, addresses, !offline && (back || moved))
      if (body.asks) within(answerWithin())
      return 'accept'
    },

    start(joined) {
      topic = joined
      asks = true
    },

    async leave() {
      clearTimeout(timer)
      const leaving = topic
      topic = undefined
      lost.clear()
      if (leaving !== undefined && leaving.readers() > 0) await leaving.publish(Presence, bodyNow('leaving'))
    },

    came(node) {
      // Two parts of the mesh may have found each other again.
      if (lost.delete(node) || deps.neighbours() <= 1) asks = true
      if (asks) within(SUBSCRIBED_MS)
    },

    lost(node) {
      lost.set(node, true)
      within(GATHER_MS)
    },

    look() {
      if (said !== '' && said !== JSON.stringify(deps.about())) within(GATHER_MS)
    },
  }
}
