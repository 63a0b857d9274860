// Whom this node connects to: finds members by every means, dials those it wants, lets go of those it has too many of.
import type { HelloBody } from '../../../protocols/messages/hello.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { createQuotas } from '../../base/quota.ts'
import type { Log } from '../../base/run/log.ts'
import type { Config } from '../../config/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import { believable } from '../admission/addresses.ts'
import { endpointOf, formatEndpoint, parseEndpoint } from '../admission/endpoint.ts'
import { allowsAddress } from '../admission/gater.ts'
import type { Host } from '../admission/host.ts'
import { createCaution } from '../caution.ts'
import { type Book, createBook } from '../discovery/book.ts'
import type { Dht } from '../discovery/dht.ts'
import { createFinder, type Finder } from '../discovery/look-up.ts'
import { createSightings } from '../discovery/sightings.ts'
import type { EndReason, Session } from '../link/session.ts'
import type { Sessions } from '../link/sessions.ts'
import { createPlaces } from '../places.ts'
import type { Timings } from '../timings.ts'
import { createDialer } from './dialer.ts'
import { createOverlay } from './overlay.ts'
import { createReach } from './reach.ts'
import { createRedial } from './redial.ts'

/**
 * A member that says it is back, or somewhere else, is dialed at once; one that says so without end, at the pace of
 * the redial loop.
 */
const WAKINGS = { frames: 4, perMs: 60_000 }
const WAKINGS_MAX = 1_024

export interface ContactsDeps {
  readonly config: Pick<Config, 'mesh' | 'overlay' | 'discovery'>
  readonly self: NodeId
  readonly trust: Pick<Trust, 'admits' | 'refuses' | 'member' | 'known' | 'met'>
  readonly sessions: () => Sessions
  /** Undefined while the mesh does not run. */
  readonly host: () => Host | undefined
  /** Every link to this neighbour is usable. */
  readonly complete: (node: NodeId) => boolean
  /** A neighbour that something is under way with. */
  readonly inUse: (node: NodeId) => boolean
  readonly timings: Timings
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface Contacts {
  /** Before the host is made: gives the service it serves look-ups with, if any. */
  prepare(): Promise<Dht['service'] | undefined>
  start(): void
  stop(): void
  /** As the mesh's door says. */
  reach(node: NodeId, signal: AbortSignal): Promise<boolean>
  knownAt: Book['membersAt']

  /** mDNS heard somebody; nothing about it is verified. */
  sighted(node: NodeId, addresses: readonly string[]): void
  /** A member's presence said where it is. `worthATry`: it is back, or it has moved. */
  heard(node: NodeId, addresses: readonly string[], worthATry: boolean): void
  /** A person's decision about this node has taken effect. */
  decided(node: NodeId): void

  /** A connection has proven its key. */
  opened(session: Session): void
  /** It introduced itself. Returns those of its addresses that may be believed. */
  introduced(session: Session, body: HelloBody): readonly string[]
  /** It is a neighbour now. */
  came(session: Session): void
  /** It is none any more. */
  left(session: Session, reason: EndReason): void
  /** Links or connections have changed. */
  look(): void
  /** Says goodbye to neighbours that nobody needs, and looks for those that are missing; called now and then. */
  thin(): void
  forget: Finder['forget']
}

export function createContacts(deps: ContactsDeps): Contacts {
  const { config, trust, clock, random, log } = deps
  const admits = (node: NodeId): boolean => trust.admits(node)
  const neighbour = (node: NodeId): Session | undefined => deps.sessions().neighbour(node)
  const connected = (node: NodeId): boolean => deps.sessions().to(node).length > 0
  const allows = (ip: string): boolean => allowsAddress(config.mesh, ip)
  let finder: Finder | undefined

  const book = createBook(admits)
  const wakingsOf = createQuotas<NodeId>(WAKINGS, WAKINGS_MAX)
  const overlay = createOverlay({
    self: deps.self,
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
  const caution = createCaution(config.mesh.port, () => clock.monotonic())
  const places = createPlaces({ book, caution, admits })
  const dialer = createDialer({ ...deps, book: places, overlay })
  const redial = createRedial({ clock, random, wanted: dialer.wanted, dial: dialer.dial })
  const dial = (node: NodeId) => redial.dialNow(dialer.targetOf(node))
  const wake = (node: NodeId): void => redial.wake(dialer.targetOf(node))
  const leave = (node: NodeId): void => void neighbour(node)?.close('surplus', 'surplus')

  const reach = createReach({
    there: (node) => neighbour(node) !== undefined && deps.complete(node),
    // A dial to somebody who is not admitted here would end in the lobby there.
    possible: (node) => deps.host() !== undefined && admits(node),
    dial,
    dialAnew: (node) => redial.dialAnew(dialer.targetOf(node)),
    find: async (node, signal) => (await finder?.find(node, signal)) ?? false,
  })

  const sighted = createSightings({
    clock,
    ignores: (node) => node === deps.self || trust.refuses(node),
    note(node, addresses) {
      const private_ = addresses.filter((address) => allows(parseEndpoint(address)?.ip ?? ''))
      book.hear(node, private_)
    },
    connected,
    onSeen(node) {
      if (!admits(node) && places.mayMeet(node)) dialer.meet(node)
      wake(node)
    },
  })

  return {
    async prepare() {
      if (config.discovery.dht) {
        finder = await createFinder({
          ...{ clock, log, admits, allows, neighbour, book },
          dial: async (node) => (await dial(node)).kind === 'admitted',
          release: (node) => {
            if (!overlay.wanted().has(node)) leave(node)
          },
        })
      }
      for (const node of trust.known()) book.learn(node, trust.met(node)?.addresses ?? [])
      return finder?.service
    },
    start: redial.start,
    stop() {
      redial.stop()
      dialer.stop()
    },
    reach: reach.reach,
    knownAt: book.membersAt,

    sighted,
    heard(node, addresses, worthATry) {
      // Whoever is not admitted here is not dialed either.
      if (!admits(node)) return
      book.learn(node, addresses)
      if (!worthATry) return
      overlay.present(node)
      if (connected(node)) return
      if (wakingsOf(node).take(clock.monotonic())) wake(node)
    },
    decided(node) {
      if (!admits(node)) return
      book.learn(node, trust.met(node)?.addresses ?? [])
      wake(node)
      // Whoever was decided about becomes a member by meeting, also where the overlay does not need the link.
      if (!connected(node)) void dial(node)
    },

    opened(session) {
      dialer.opened(session)
      const endpoint = endpointOf(session.connection.remoteAddr)
      if (session.dialed && endpoint !== undefined) book.proved(session.peer.nodeId, formatEndpoint(endpoint))
    },
    introduced({ peer, ip }, body) {
      const addresses = believable(config.mesh, body.listen, ip, admits(peer.nodeId))
      book.learn(peer.nodeId, addresses)
      for (const address of addresses)
        if (parseEndpoint(address)?.ip === ip) book.proved(peer.nodeId, address)
      dialer.met(peer.nodeId)
      return addresses
    },
    came: ({ peer }) => overlay.present(peer.nodeId),
    left({ peer, openedAt }, reason) {
      // Whichever end has closed it: neither needs it for some time.
      if (reason === 'surplus') overlay.declined(peer.nodeId)
      redial.lost(dialer.targetOf(peer.nodeId), clock.monotonic() - openedAt)
    },
    look() {
      redial.look()
      reach.look()
    },
    thin() {
      const neighbours = deps
        .sessions()
        .neighbours()
        .map((one) => ({ node: one.peer.nodeId, since: one.openedAt }))
      for (const node of overlay.surplus(neighbours)) if (!deps.inUse(node)) leave(node)
      // Who is due changes with time alone.
      redial.look()
    },
    forget: async (node) => finder?.forget(node),
  }
}
