// Introductions that this node has: who introduced whom, as what, until when; read from signed documents, and made here.
import {
  CLOCK_WINDOW_MS,
  decodeFrame,
  FrameError,
  messageTable,
  NONCE_BYTES,
} from '../../../protocols/frame.ts'
import { Introduction, type IntroductionBody } from '../../../protocols/messages/introduction.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { DAY_MS } from '../../base/calendar.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { TrustLevel } from '../../base/words/trust-levels.ts'
import type { IntroducerScope } from '../../config/index.ts'
import { type Identity, signFrame, verifierOf } from '../identity/index.ts'

/** Introductions of one introducer that count; of more, the oldest go. The kind of document has the same bound. */
export const INTRODUCED_BY_ONE = 256
/** Introducers whose introductions are held, this node included. */
const INTRODUCERS_MAX = 64
/** The longest that one may hold. */
const INTRODUCED_DAYS_MAX = 365
/** A timer for longer is set anew. */
const TIMER_MAX_MS = DAY_MS

/** What the introductions of a node come to now. */
export interface IntroducedWord {
  readonly introducer: NodeId
  readonly name: string
  readonly level: TrustLevel
  readonly teams: readonly string[]
  /** Milliseconds since the epoch. */
  readonly until: number
}

/** One introduction as it was signed. */
export interface Introduced {
  readonly introducer: NodeId
  readonly node_id: NodeId
  readonly body: IntroductionBody
}

export type ScopeOf = (introducer: NodeId) => IntroducerScope | undefined

export interface Introductions {
  /**
   * A frame that is kept as a document. One that cannot be read, or is older than what is known, changes nothing; nor does
   * one of a node that nobody here named an introducer (`isNamed`; default: all are), because every member may sign some.
   * When somebody is named, what is kept of that node has to be accepted again.
   */
  accept(frame: Uint8Array, isNamed?: (introducer: NodeId) => boolean): void
  /**
   * `scopeOf`: what each introducer may give here; undefined for everybody who is none. `memberOf`: of what one member said
   * with several keys the newest counts, so that what it takes back with a later one is gone.
   */
  word(node: NodeId, scopeOf: ScopeOf, memberOf?: (introducer: NodeId) => NodeId): IntroducedWord | undefined
  /** Every introduction that is held, also those that count for nothing here. */
  all(): readonly Introduced[]
  /** What one of these comes to now with that scope; undefined: nothing. */
  gives(one: Introduced, scope: IntroducerScope): IntroducedWord | undefined
  /** Everybody whom it introduced, however long ago. */
  by(introducer: NodeId): readonly NodeId[]
  /** Signs one, or takes it back. The version is above the last one's. */
  sign(body: Omit<IntroductionBody, 'version'>): Uint8Array
  /** Fires when there is something else to say about a node. */
  onChange(listener: (node: NodeId) => void): () => void
  /** Ends the timer. */
  stop(): void
}

export interface IntroductionsDeps extends Pick<Ambient, 'clock' | 'timers' | 'random'> {
  readonly identity: Pick<Identity, 'publicKey' | 'sign'>
}

export const NO_INTRODUCTIONS: Pick<Introductions, 'word' | 'all' | 'by' | 'onChange'> = {
  word: () => undefined,
  all: () => [],
  by: () => [],
  onChange: () => () => {},
}

const TABLE = messageTable([Introduction])
/** No introduction makes a supervisor. */
const GIVEN: readonly TrustLevel[] = ['share_to', 'query_from', 'peer']

/** What both levels give; undefined: nothing. */
function both(said: string, may: TrustLevel): TrustLevel | undefined {
  const level = GIVEN.find((known) => known === said)
  if (level === undefined || !GIVEN.includes(may)) return undefined
  if (level === may || may === 'peer') return level
  return level === 'peer' ? may : undefined
}

export function createIntroductions({ identity, clock, timers, random }: IntroductionsDeps): Introductions {
  /** By introducer, then by node. */
  const held = new Map<NodeId, Map<NodeId, IntroductionBody>>()
  const changes = createListeners<[NodeId]>()
  const self = formatNodeId(identity.publicKey)
  let wake: (() => void) | undefined
  let lastVersion = 0

  /** When the word about a node that was last given out ends: nothing else happens then, so a timer tells of it. */
  const ends = new Map<NodeId, number>()
  let wakesAt = Number.POSITIVE_INFINITY

  function endsAt(node: NodeId, until: number): void {
    ends.set(node, until)
    if (until >= wakesAt) return
    wake?.()
    wakesAt = until
    wake = timers.after(Math.min(until - clock.now() + 1, TIMER_MAX_MS), ring)
  }

  function ring(): void {
    wakesAt = Number.POSITIVE_INFINITY
    const now = clock.now()
    const over = [...ends].filter(([, until]) => until <= now).map(([node]) => node)
    for (const node of over) ends.delete(node)
    for (const [node, until] of [...ends]) endsAt(node, until)
    for (const node of over) changes.tell(node)
  }

  function read(frame: Uint8Array): Introduced | undefined {
    try {
      const { envelope, body } = decodeFrame(frame, { messages: TABLE, verify: verifierOf(frame) })
      const said = body as IntroductionBody
      return { introducer: formatNodeId(envelope.sender), node_id: formatNodeId(said.key), body: said }
    } catch (error) {
      if (error instanceof FrameError) return undefined
      throw error
    }
  }

  function endOf({ version, not_after }: IntroductionBody, { days }: IntroducerScope): number {
    return Math.min(not_after, version + Math.min(days, INTRODUCED_DAYS_MAX) * DAY_MS)
  }

  function wordOf(
    introducer: NodeId,
    body: IntroductionBody,
    scope: IntroducerScope,
  ): IntroducedWord | undefined {
    const now = clock.now()
    const level = both(body.level, scope.level)
    const until = endOf(body, scope)
    if (body.withdrawn || level === undefined || until <= now || body.version > now + CLOCK_WINDOW_MS)
      return undefined
    const teams = body.teams.filter((team) => scope.teams.includes(team))
    return { introducer, name: body.name, level, teams, until }
  }

  /** A place for one introducer more: that of one that is none any more. False: there is none. */
  function makePlace(isNamed: (introducer: NodeId) => boolean): boolean {
    if (held.size < INTRODUCERS_MAX) return true
    const over = [...held.keys()].find((one) => one !== self && !isNamed(one))
    return over !== undefined && held.delete(over)
  }

  return {
    accept(frame, isNamed = () => true) {
      const said = read(frame)
      if (said === undefined) return
      const { introducer, node_id, body } = said
      // Only its own: another author's version says nothing about the clock here.
      if (introducer === self) lastVersion = Math.max(lastVersion, body.version)
      else if (!isNamed(introducer)) return
      const of = held.get(introducer) ?? new Map<NodeId, IntroductionBody>()
      const before = of.get(node_id)
      if (before !== undefined && before.version >= body.version) return
      if (!held.has(introducer) && !makePlace(isNamed) && introducer !== self) return
      of.delete(node_id)
      of.set(node_id, body)
      held.set(introducer, of)
      const [oldest] = of.keys()
      if (of.size > INTRODUCED_BY_ONE && oldest !== undefined) {
        of.delete(oldest)
        changes.tell(oldest)
      }
      changes.tell(node_id)
    },
    word(node, scopeOf, memberOf = (introducer) => introducer) {
      let best: IntroducedWord | undefined
      const newest = new Map<NodeId, Introduced & { readonly scope: IntroducerScope }>()
      for (const [introducer, of] of held) {
        const body = of.get(node)
        const scope = body === undefined ? undefined : scopeOf(introducer)
        if (body === undefined || scope === undefined) continue
        const member = memberOf(introducer)
        if (body.version > (newest.get(member)?.body.version ?? -1))
          newest.set(member, { introducer, node_id: node, body, scope })
      }
      for (const { introducer, body, scope } of newest.values()) {
        const word = wordOf(introducer, body, scope)
        if (word === undefined) continue
        const more = best === undefined ? 1 : GIVEN.indexOf(word.level) - GIVEN.indexOf(best.level)
        if (more > 0 || (more === 0 && best !== undefined && word.introducer < best.introducer)) best = word
      }
      if (best !== undefined && ends.get(node) !== best.until) endsAt(node, best.until)
      return best
    },
    all: () =>
      [...held].flatMap(([introducer, of]) =>
        [...of].map(([node_id, body]) => ({ introducer, node_id, body })),
      ),
    gives: ({ introducer, body }, scope) => wordOf(introducer, body, scope),
    by: (introducer) => [...(held.get(introducer)?.keys() ?? [])],
    sign(body) {
      const now = clock.now()
      // An introduction that a wrong clock signed does not push later ones into the future.
      const after = lastVersion > now + CLOCK_WINDOW_MS ? 0 : lastVersion
      lastVersion = Math.max(now, after + 1)
      return signFrame(
        Introduction,
        { sender: identity.publicKey, ts: clock.now(), nonce: random.bytes(NONCE_BYTES), seq: 0 },
        { ...body, version: lastVersion },
        identity,
      )
    },
    onChange: changes.on,
    stop: () => wake?.(),
  }
}
