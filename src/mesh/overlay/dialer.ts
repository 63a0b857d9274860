// Whom to dial and how: static peers, members, and strangers once, each through every address known for them.
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Log } from '../../base/run/log.ts'
import type { Config } from '../../config/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import { endpointOf, formatEndpoint } from '../admission/endpoint.ts'
import type { Host } from '../admission/host.ts'
import { resolveStatic, type StaticTarget, staticTargets } from '../discovery/static.ts'
import { nodeOf, peerIdOf } from '../link/peer.ts'
import type { Outcome, Session } from '../link/session.ts'
import type { Sessions } from '../link/sessions.ts'
import type { Places } from '../places.ts'
import type { Timings } from '../timings.ts'
import type { Overlay } from './overlay.ts'
import type { Target } from './redial.ts'

export interface DialerDeps {
  readonly config: Pick<Config, 'discovery'>
  readonly trust: Pick<Trust, 'admits' | 'refuses'>
  readonly book: Pick<Places, 'addresses' | 'failed' | 'isHeld'>
  readonly overlay: Pick<Overlay, 'due' | 'hasDeclined'>
  /** Made later than this. */
  readonly sessions: () => Pick<Sessions, 'of' | 'neighbour' | 'to'>
  readonly host: () => Host | undefined
  readonly timings: Timings
  readonly log: Log
}

export interface Dialer {
  /** Targets that should be connected and are not. */
  wanted(): Iterable<Target>
  dial(target: Target): Promise<Outcome>
  /** Under which target this node is dialed. */
  targetOf(node: NodeId): Target
  /** It is behind an address of the configuration. */
  isStatic(node: NodeId): boolean
  /** A stranger was heard on the LAN: meet it once, so that both sides see each other as pending. */
  meet(node: NodeId): void
  /** It was met, whoever dialed. */
  met(node: NodeId): void
  /** A connection has proven its key, however it fares from here: that tells whose a static peer's address is. */
  opened(session: Session): void
  /** Ends dials that are under way. */
  stop(): void
}

/** Strangers waiting to be met; a LAN has fewer, an inventor of keys does not get more. */
const MEETINGS_MAX = 64
/** Strangers dialed at the same time; the other places are the members', whatever is invented. */
const MEETINGS_AT_ONCE = 2

const FAILED: Outcome = { kind: 'ended', reason: 'cut' }
/** An address gets a new place in its rate every 10 s. */
const HELD: Outcome = { kind: 'held', retryAfterMs: 5_000 }

export function createDialer(deps: DialerDeps): Dialer {
  const { trust, book, sessions, log } = deps
  const statics = new Map<Target, StaticTarget>()
  for (const target of staticTargets(deps.config.discovery.peers)) statics.set(target.key, target)
  /** Addresses that static peers are being dialed at. */
  const dialing = new Map<string, StaticTarget>()
  const meetings = new Set<NodeId>()
  /** Strangers that are being dialed. */
  const meeting = new Set<Target>()
  const running = new Set<AbortController>()

  const isNode = (target: Target): target is NodeId => !statics.has(target)

  /** Addresses of `target` as multiaddrs; with the peer's id where the key is known, so that no other is accepted. */
  const addressesOf = async (target: Target, signal: AbortSignal): Promise<readonly Multiaddr[]> => {
    const fixed = statics.get(target)
    const node = fixed === undefined ? (target as NodeId) : fixed.peer.nodeId
    const found =
      fixed === undefined ? book.addresses(target as NodeId) : await resolveStatic(fixed.peer, signal)
    if (fixed !== undefined) for (const address of found) dialing.set(address, fixed)
    const suffix = node === undefined ? '' : `/p2p/${peerIdOf(node)}`
    return found.map((address) => multiaddr(address + suffix))
  }

  const connect = async (host: Host, target: Target, signal: AbortSignal): Promise<Outcome> => {
    const addresses = await addressesOf(target, signal)
    if (addresses.length === 0) return isNode(target) && book.isHeld(target) ? HELD : FAILED
    const connection = await host.dial([...addresses], { signal })
    const node = nodeOf(connection.remotePeer)
    const session = sessions().of(connection)
    const outcome = (await session?.outcome) ?? FAILED
    // A connection given up for another one to the same node has led to it all the same.
    if (outcome.kind === 'ended' && node !== undefined && sessions().neighbour(node))
      return { kind: 'admitted' }
    return outcome
  }

  return {
    *wanted() {
      for (const [key, fixed] of statics) {
        const { node } = fixed
        if (node === undefined) yield key
        else if (sessions().to(node).length === 0 && !trust.refuses(node) && !deps.overlay.hasDeclined(node))
          yield key
      }
      const behindStatic = new Set([...statics.values()].map(({ node }) => node))
      const missing = (node: NodeId): boolean =>
        sessions().to(node).length === 0 && !trust.refuses(node) && !behindStatic.has(node)
      yield* deps.overlay.due().filter(missing)
      // A dial lasts until the stranger has said hello, or has been silent for as long as it may.
      const free = MEETINGS_AT_ONCE - meeting.size
      const strangers = [...meetings].filter((node) => !trust.admits(node) && missing(node))
      yield* strangers.filter((node) => !meeting.has(node)).slice(0, Math.max(0, free))
    },

    async dial(target) {
      const host = deps.host()
      if (host === undefined) return FAILED
      const control = new AbortController()
      const timer = setTimeout(() => control.abort(new Error('too slow')), deps.timings.dialMs).unref()
      running.add(control)
      if (meetings.has(target as NodeId) && !trust.admits(target as NodeId)) meeting.add(target)
      const fixed = statics.get(target)
      const pin = fixed?.peer.nodeId
      try {
        return await connect(host, target, control.signal)
      } catch (error) {
        const fields = { target, reason: error instanceof Error ? error.message : String(error) }
        if (pin !== undefined && fields.reason.includes('does not match expected')) {
          log.warn(fields, 'another key answers at the address of a pinned peer: refused')
        } else log.debug(fields, 'dial failed')
        if (isNode(target)) book.failed(target)
        // Somebody else may answer there next time.
        if (fixed?.node !== undefined && sessions().to(fixed.node).length === 0) fixed.node = pin
        return FAILED
      } finally {
        clearTimeout(timer)
        running.delete(control)
        meeting.delete(target)
        for (const [address, of] of dialing) if (of === fixed) dialing.delete(address)
        if (isNode(target)) {
          meetings.delete(target)
          // libp2p notes whom it dials; strangers must not add up there.
          if (!trust.admits(target)) await host.peerStore.delete(peerIdOf(target)).catch(() => {})
        }
      }
    },

    targetOf(node) {
      for (const fixed of statics.values()) if (fixed.node === node) return fixed.key
      return node
    },

    isStatic: (node) => [...statics.values()].some((fixed) => fixed.node === node),

    meet(node) {
      if (trust.admits(node) || trust.refuses(node) || sessions().to(node).length > 0) return
      if (meetings.size < MEETINGS_MAX) meetings.add(node)
    },
    met: (node) => void meetings.delete(node),
    opened(session) {
      const endpoint = endpointOf(session.connection.remoteAddr)
      const fixed =
        session.dialed && endpoint !== undefined ? dialing.get(formatEndpoint(endpoint)) : undefined
      if (fixed !== undefined) fixed.node = session.peer.nodeId
    },
    stop() {
      for (const control of running) control.abort(new Error('stopping'))
    },
  }
}
