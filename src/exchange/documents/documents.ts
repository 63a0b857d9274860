// The documents room: one link protocol and one topic, and the parts that keep, announce, give and get documents.
import type { Frame } from '../../../protocols/frame.ts'
import { bodyOf } from '../../../protocols/frame.ts'
import { type DocumentHeadBody, Heads, SyncRequest } from '../../../protocols/messages/sync.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { heads as headsTopic, sync as syncStream } from '../../../protocols/registry.ts'
import { deadline, within } from '../../base/async/deadline.ts'
import type { Clock, Timers } from '../../base/clock.ts'
import { KaroError } from '../../base/errors.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import { createListeners } from '../../base/run/listeners.ts'
import type { Log } from '../../base/run/log.ts'
import { type Mesh, openLink, openTopic, type PeerRef } from '../../mesh/index.ts'
import type { DocumentRepository } from '../../store/tables/documents.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { createHints, type Hints, type Identity } from '../../trust/identity/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import { createJournal } from './absence/journal.ts'
import { wroteHere } from './absence/visits.ts'
import { createAnnouncer } from './announcer.ts'
import type { Bounds } from './bounds.ts'
import { createCarrier } from './carrier.ts'
import { createCatalog } from './catalog.ts'
import { createExchange } from './exchange.ts'
import { createFetcher } from './fetcher.ts'
import { createFetches } from './fetches.ts'
import { createGiver } from './giver.ts'
import { createKeeper, type Keeper } from './keeper.ts'
import { createMembersView } from './members.ts'
import { createPuller } from './puller.ts'
import { isFuture } from './read.ts'
import { createReminder } from './reminder.ts'
import { createRounds } from './rounds.ts'
import type { DocumentHead, DocumentPorts, Documents } from './types.ts'
import { type Wanted, wantedOf } from './wants.ts'
import { createWitness } from './witness.ts'

export interface DocumentsDeps extends Ambient {
  readonly identity: Pick<Identity, 'nodeId' | 'agree'> & Partial<Pick<Identity, 'former'>>
  readonly trust: Pick<Trust, 'members' | 'member' | 'admits' | 'refuses'> & Partial<Pick<Trust, 'keysOf'>>
  readonly mesh: Pick<Mesh, 'link' | 'topic' | 'reach'>
  readonly repository: DocumentRepository
  readonly audit: Pick<Audit, 'record'>
  /** Default: those of this node's key. */
  readonly hints?: Hints
  /** Rooms whose kinds come from authors that are no members. */
  readonly ports?: DocumentPorts
  /** Other bounds, for tests. */
  readonly bounds?: Bounds
}

const SWEEP_MS = 10 * 60_000
/** Longest dial for one visit to a member without a link. */
const REACH_MS = 5_000
/** When the room stops, writes under way get this long. */
const DRAIN_MS = 1_000

/** Registers its protocol and topic with the mesh, and starts before it, after the store. */
export function createDocuments(deps: DocumentsDeps): Documents {
  const { identity, trust, mesh, repository, clock, random, timers } = deps
  const log = deps.log.child({ room: 'documents' })
  const self = identity.nodeId
  const started = Promise.withResolvers<void>()
  let stopped = false
  const catalog = createCatalog()
  const members = createMembersView(trust, self, clock, deps.ports)
  const carrier = createCarrier({ clock })
  const witness = createWitness(self)
  const kept = createListeners<[DocumentHead]>()
  const seen = createListeners<[NodeId]>()
  const keeper = told(
    createKeeper({
      self,
      catalog,
      repository,
      members,
      clock,
      random,
      log,
      hints: deps.hints ?? createHints(identity.agree),
      audit: deps.audit,
      carries: carrier.carries,
      witness,
      ...formerOf(identity),
      ...optional(deps),
    }),
    kept.tell,
  )
  const { position } = keeper
  const sweeping = createSweeping(keeper, timers, log)
  const link = openLink(mesh, syncStream)
  const topic = openTopic(mesh, headsTopic)
  const linked = (): NodeIds => link.peers().map(({ nodeId }) => nodeId)
  const reach = reachIn(deps)
  const exchange = createExchange({ link, position, clock, timers })
  const puller = createPuller({
    exchange,
    keeper,
    offered: witness.offered,
    clock,
    timers,
    log,
    later: (by, head) => fetcher.heard(head, by, by),
    elsewhere: (by, head) => fetcher.heard(head, head.author, head.author, by),
  })
  const announcer = createAnnouncer({ topic, clock, random, timers })
  const reminder = createReminder({
    self,
    catalog,
    repository,
    clock,
    random,
    timers,
    log,
    announce: announcer.remind,
  })
  const journal = createJournal({ members, clock })
  const fetches = createFetches(timers)
  const fetcher = createFetcher({
    keeper,
    puller,
    members,
    self,
    reach,
    random,
    timers,
    linked: (node) => linked().includes(node),
  })
  /** Neighbours of whom everything was looked at since the start. */
  const compared = new Set<NodeId>()
  const rounds = createRounds({
    linked,
    reach,
    clock,
    random,
    timers,
    present: members.admitted,
    isLikely: wroteHere(catalog, members),
    async pull(peer) {
      const pulled = await puller.pull(peer, announcer.received)
      if (pulled === 'done' && !compared.has(peer)) {
        compared.add(peer)
        seen.tell(peer)
      }
      return pulled
    },
  })
  const giver = createGiver({
    link,
    catalog,
    repository,
    trust,
    journal,
    position,
    clock,
    timers,
    log,
    ...optional(deps),
    missed(peer, asked) {
      const carried = journal.wasTold(peer, asked) ? undefined : carrier.missed(peer, asked)
      if (carried !== undefined) fetcher.heard(carried.wanted, carried.announcer, carried.from, peer)
    },
    gave(entry, peer) {
      reminder.gave(entry)
      if (entry.role === 'own') fetches.gave(peer, entry.slot, entry.version)
      fetches.gaveTo(peer, { ...entry.shelf, slot: entry.slot, version: entry.version })
    },
  })

  link.serve({
    frame(peer, frame) {
      if (frame.message !== SyncRequest) exchange.answered(peer, frame)
      else if (puller.isBehind(peer.nodeId, giver.requested(peer, frame))) rounds.behind(peer.nodeId)
    },
    up({ nodeId }) {
      for (const one of [reminder, journal, rounds]) one.up(nodeId)
    },
    down(peer) {
      exchange.down(peer)
      giver.down(peer)
      for (const one of [reminder, journal, rounds]) one.down(peer.nodeId)
    },
  })
  topic.serve({
    notice: hearing(clock, (head, wanted, teller, neighbour) => {
      announcer.heard(head)
      carrier.heard({ wanted, announcer: teller, from: neighbour })
      journal.heard(head, members.sponsorOf(teller) === undefined ? teller : neighbour)
      fetcher.heard(wanted, teller, neighbour)
    }),
  })

  return {
    name: 'documents',

    async start(signal) {
      signal.throwIfAborted()
      await keeper.load()
      await keeper.sweep('expired')
      signal.throwIfAborted()
      rounds.start()
      sweeping.start()
      started.resolve()
    },

    async stop() {
      stopped = true
      sweeping.stop()
      rounds.stop()
      fetcher.stop()
      announcer.stop()
      reminder.stop()
      await within(Promise.all([giver.idle(), keeper.idle()]), DRAIN_MS)
    },

    async publish(kind, frame, spreadMs = 0) {
      if (!stopped) await started.promise
      if (stopped) throw new KaroError('unavailable', 'the node is stopping')
      const document = await keeper.publish(kind, frame, spreadMs === 0)
      if (document === undefined) return
      announcer.own(document)
      if (spreadMs === 0) return
      await fetches.spread(document.head, linked(), spreadMs)
      deps.ports?.[kind]?.accept(frame, true)
    },

    again() {
      puller.again()
      for (const node of linked()) rounds.behind(node)
    },

    async spread(kind, ms) {
      const peers = linked().filter(deps.trust.admits)
      const version = catalog.get(self, kind, '')?.version ?? 0
      const spreading = fetches.spread({ author: self, kind, slot: '', version }, peers, ms)
      announcer.now()
      const have = await spreading
      return { linked: peers.length, have }
    },

    of: keeper.of,
    slots: keeper.slots,
    withdrawn: keeper.withdrawn,
    fetched: fetches.fetched,
    onKept: kept.on,
    onCompared: seen.on,
    isCompared: (node) => (linked().includes(node) ? compared.has(node) : undefined),

    async ownLedgerHeads() {
      const [own] = await keeper.of(self, 'audit_head')
      return witness.heads(own)
    },
    counts: () => ({ ...catalog.counts(), conflicts: keeper.conflicts() }),
  }
}

/** Reads an announcement. An announced head is believed only when the document itself is here. */
const hearing =
  (clock: Clock, tell: (head: DocumentHeadBody, wanted: Wanted, teller: NodeId, neighbour: NodeId) => void) =>
  (author: PeerRef, frame: Frame, from: PeerRef): void => {
    const now = clock.now()
    for (const head of bodyOf(frame, Heads).heads) {
      if (!isFuture(head.version, now)) tell(head, wantedOf(head), author.nodeId, from.nodeId)
    }
  }

/** The keys that this node had before. */
const formerOf = ({ former = [] }: DocumentsDeps['identity']) => ({
  former: former.map(({ nodeId }) => nodeId),
  formerHints: former.map(({ agree }) => createHints(agree)),
})

/** What not every caller hands in. */
const optional = ({ bounds, ports }: Pick<DocumentsDeps, 'bounds' | 'ports'>) => ({
  ...(bounds === undefined ? {} : { bounds }),
  ...(ports === undefined ? {} : { ports }),
})

/** Dials a node that no link leads to, within REACH_MS. */
const reachIn =
  ({ mesh, timers }: Pick<DocumentsDeps, 'mesh' | 'timers'>) =>
  async (node: NodeId): Promise<boolean> => {
    const { signal, end } = deadline(timers, REACH_MS)
    try {
      return await mesh.reach(node, signal)
    } finally {
      end()
    }
  }

/** Removes expired documents every SWEEP_MS, from the start until it is stopped. */
function createSweeping(keeper: Pick<Keeper, 'sweep'>, timers: Timers, log: Log) {
  let stopped = false
  let cancel = (): void => {}
  const start = (): void => {
    cancel = timers.after(SWEEP_MS, () => {
      keeper
        .sweep()
        .catch((error: unknown) => log.warn({ reason: String(error) }, 'expired documents were not removed'))
        .finally(() => {
          if (!stopped) start()
        })
    })
  }
  const stop = (): void => {
    stopped = true
    cancel()
  }
  return { start, stop }
}

/** The same keeper, which tells of each document of another author that it kept. */
const told = (keeper: Keeper, tell: (head: DocumentHead) => void): Keeper => ({
  ...keeper,
  async keep(documents, from) {
    const kept = await keeper.keep(documents, from)
    for (const { head } of kept) tell(head)
    return kept
  },
})

type NodeIds = readonly PeerRef['nodeId'][]
