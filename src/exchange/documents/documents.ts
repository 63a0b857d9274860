// The documents room: one link protocol and one topic, and the parts that keep, announce, give and get documents.
import type { WireBody } from '../../../protocols/define.ts'
import { bodyOf, type FrameError } from '../../../protocols/frame.ts'
import {
  type DocumentHeadBody,
  Heads,
  SyncBatch,
  SyncOffer,
  SyncRequest,
  type SyncRequestBody,
} from '../../../protocols/messages/sync.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { heads as headsTopic, sync as syncStream } from '../../../protocols/registry.ts'
import { deadline, within } from '../../base/async/deadline.ts'
import { createMailbox } from '../../base/async/mailbox.ts'
import { KaroError } from '../../base/errors.ts'
import { createListeners } from '../../base/run/listeners.ts'
import { inSteps } from '../../base/timers.ts'
import { isFuture } from '../../trust/identity/index.ts'
import { createJournal } from './absence/journal.ts'
import { wroteHere } from './absence/visits.ts'
import { type Announcer, createAnnouncer } from './announcer.ts'
import { createCarrier } from './carrier.ts'
import { createCatalog, type Entry, keyOf } from './catalog.ts'
import type { DocumentsDeps, DocumentsParts } from './deps.ts'
import { createGetting } from './getting/getting.ts'
import type { GettingAction, GettingEvent, Request } from './getting/types.ts'
import { createGiver } from './giver.ts'
import { createKeeper } from './keeper.ts'
import { DOCUMENT_KINDS, type DocumentKind, KINDS, RELAYED_MS } from './kinds.ts'
import { createMembersView } from './members.ts'
import { type Edition, editionOf, type Wanted, wantedOf } from './read.ts'
import type { DocumentHead } from './types.ts'
import { createWitness } from './witness.ts'

const SWEEP_MS = 10 * 60_000
/** Longest dial for one visit to a member without a link. */
const REACH_MS = 5_000
/** When the room stops, writes under way get this long. */
const DRAIN_MS = 1_000

/** Registers its protocol and topic with the mesh, and starts before it, after the store. */
export function createDocuments(deps: DocumentsDeps) {
  const { identity, trust, mesh, clock, random, timers, ports } = deps
  const log = deps.log.child({ room: 'documents' })
  const self = identity.nodeId
  const started = Promise.withResolvers<void>()
  let stopped = false
  let stopSweeping = (): void => {}
  const catalog = createCatalog()
  const members = createMembersView(trust, self, clock, ports)
  const carrier = createCarrier({ clock })
  const witness = createWitness(self)
  const kept = createListeners<[DocumentHead]>()
  const seen = createListeners<[NodeId]>()
  const parts = { ...deps, log, self, catalog, members, carrier, witness }
  const keeper = createKeeper(parts)
  const { position } = keeper
  const link = mesh.link(syncStream)
  const topic = mesh.topic(headsTopic)
  const linked = () => link.peers().map(({ nodeId }) => nodeId)
  const announcing = createAnnouncer({ topic, clock, random, timers })
  const journal = createJournal(parts)
  const fetches = createFetches({ ...parts, announce: announcing.remind })
  const { put, open, hold } = createMailbox<GettingEvent>()
  const getting = createGetting({
    self,
    wants: keeper.wants,
    wait: keeper.wait,
    members,
    present: members.admitted,
    isLikely: wroteHere(catalog, members),
    clock,
    random,
  })
  /** Neighbours of whom everything was looked at since the start. */
  const compared = new Set<NodeId>()
  let storing = true
  /** Of the answer that is being handled. */
  let refusal: FrameError | undefined
  let cancelWake = (): void => {}

  /** Dials a node that no link leads to, within REACH_MS. */
  async function reach(node: NodeId): Promise<boolean> {
    using limit = deadline(timers, REACH_MS)
    return await mesh.reach(node, limit.signal)
  }

  async function store({ request, documents }: ActionOf<'keep'>): Promise<void> {
    try {
      for (const document of await keeper.keep(documents, request.node)) {
        kept.tell(document.head)
        // Others may not have heard of what was found by a walk.
        if (request.by !== undefined) announcing.received(document)
      }
      storing = true
    } catch (error) {
      // As on a full disk: it is asked for again in a later turn.
      log[storing ? 'warn' : 'debug']({ reason: String(error) }, 'documents of others cannot be stored')
      storing = false
    }
    put({ on: 'over', request, isGood: storing })
  }

  const performers: { readonly [Do in GettingAction['do']]: (action: ActionOf<Do>) => void } = {
    wake({ ms }) {
      cancelWake()
      if (!stopped) cancelWake = timers.after(ms, () => put({ on: 'wake' }))
    },
    send({ request }) {
      const body = { id: request.id, ...position(), ask: askOf(request) }
      if (!link.sendHop(request.node, SyncRequest, body as SyncRequestBody & WireBody))
        put({ on: 'over', request, isGood: false })
    },
    keep: (action) => void store(action),
    dial: ({ node, job }) => void reach(node).then((reached) => put({ on: 'dialed', job, reached })),
    compared({ node }) {
      if (compared.has(node)) return
      compared.add(node)
      seen.tell(node)
    },
    refuse({ error }) {
      refusal = error
    },
  }
  const handle = (event: GettingEvent): void => {
    refusal = undefined
    for (const action of getting.handle(event))
      (performers[action.do] as (action: GettingAction) => void)(action)
    // Only now: what else is to be done has nothing to do with who broke the rules.
    if (refusal !== undefined) throw refusal
  }
  open(handle)
  const giver = createGiver({
    ...parts,
    link,
    journal,
    position,
    missed(peer, asked) {
      const carried = journal.wasTold(peer, asked) ? undefined : carrier.missed(peer, asked)
      if (carried === undefined) return
      const { wanted, announcer, from } = carried
      put({ on: 'heard', heads: [wanted], announcer, from, owner: peer })
    },
    gave: fetches.gave,
  })

  link.serve({
    frame(peer, frame) {
      const { nodeId: node } = peer
      if (frame.message === SyncRequest) put({ on: 'asked', node, body: giver.requested(peer, frame) })
      else {
        const isOffer = frame.message === SyncOffer
        const body = isOffer ? bodyOf(frame, SyncOffer) : bodyOf(frame, SyncBatch)
        // It is handled before this returns, because the link has to hear of an answer that breaks the rules.
        hold(() => handle({ on: 'answer', node, body }))
        if ('heads' in body) for (const head of body.heads.map(wantedOf)) witness.offered(node, head)
      }
    },
    up({ nodeId: node }) {
      fetches.up(node)
      journal.up(node)
      put({ on: 'up', node })
    },
    down(peer) {
      const { nodeId: node } = peer
      giver.down(peer)
      fetches.down(node)
      journal.down(node)
      put({ on: 'down', node })
    },
  })
  topic.serve({
    /** An announced head is believed only when the document itself is here. */
    notice({ nodeId: announcer }, frame, { nodeId: from }) {
      const now = clock.now()
      const heads = bodyOf(frame, Heads).heads.filter(({ version }) => !isFuture(version, now))
      for (const head of heads) {
        announcing.heard(head)
        carrier.heard({ wanted: wantedOf(head), announcer, from })
        journal.heard(head, members.sponsorOf(announcer) === undefined ? announcer : from)
      }
      put({ on: 'heard', heads: heads.map(wantedOf), announcer, from })
    },
  })

  return {
    name: 'documents',

    async start(signal: AbortSignal) {
      await keeper.load()
      signal.throwIfAborted()
      put({ on: 'start' })
      stopSweeping = inSteps(
        { clock, timers },
        () => SWEEP_MS,
        () => {
          keeper
            .sweep()
            .catch((error: unknown) =>
              log.warn({ reason: String(error) }, 'expired documents were not removed'),
            )
        },
      )
      started.resolve()
    },

    async stop() {
      stopped = true
      stopSweeping()
      cancelWake()
      announcing.stop()
      fetches.stop()
      await within(Promise.all([giver.idle(), keeper.idle()]), DRAIN_MS)
    },

    /**
     * Keeps this node's own new edition, or one of an author that the kind's port wants, and announces it. Resolves when it is durable, which is never before `start`; a
     * frame that is kept already is nothing new. KaroErrors: `conflict` when there is a newer edition, `bad_request` when
     * it is no such document of this node, `too_large`, `unavailable` after `stop`; FrameErrors of the frame. With `spreadMs`
     * the room of its kind is told only when all neighbours of now have fetched it, or so many ms later: what it does then
     * may end the links to them.
     */
    async publish(kind: DocumentKind, frame: Uint8Array, spreadMs = 0) {
      if (!stopped) await started.promise
      if (stopped) throw new KaroError('unavailable', 'the node is stopping')
      const document = await keeper.publish(kind, frame, spreadMs === 0)
      if (document === undefined) return
      announcing.own(document)
      if (spreadMs === 0) return
      await fetches.spread(document.head, linked(), spreadMs)
      ports[kind]?.accept(frame, true)
    },

    /** Other authors are wanted than before: what neighbours have is looked at again. */
    again: () => put({ on: 'again' }),

    /**
     * To be called in the moment in which a document of this node, of a kind with one slot, was published: resolves with how many
     * members are linked, and how many of them have fetched it from here; after `ms` at the latest.
     */
    async spread(kind: DocumentKind, ms: number) {
      const peers = linked().filter(deps.trust.admits)
      const version = catalog.get(self, kind, '')?.version ?? 0
      const spreading = fetches.spread({ author: self, kind, slot: '', version }, peers, ms)
      announcing.now()
      const have = await spreading
      return { linked: peers.length, have }
    },

    /**
     * This author's documents of a kind, one for each slot: own ones, and those for this node; not what it only relays.
     * With `slots` only those are read from the store.
     */
    of: keeper.of,
    /** The slots of what `of` would read; no document is read. */
    slots: keeper.slots,
    /** Editions of this author that are not for this node any more, where an older edition of the slot was. */
    withdrawn: keeper.withdrawn,
    /**
     * Resolves with how many of this node's own `slots` the neighbour has fetched from here, in editions of `since` (ms since
     * the epoch) or later; after `ms` at the latest.
     */
    fetched: fetches.fetched,
    /** Called for each document of another author once it is kept, whatever its role; returns what ends that. */
    onKept: kept.on,
    /** Whether everything that this neighbour has was looked at since the start; undefined: it is not linked. */
    isCompared: (node: NodeId) => (linked().includes(node) ? compared.has(node) : undefined),
    /** Called when that becomes true of a neighbour; returns what ends that. */
    onCompared: seen.on,

    /** Heads of this node's ledger that are kept outside of the ledger: its own document, and the newest that others gave. */
    async ownLedgerHeads() {
      const [own] = await keeper.of(self, 'audit_head')
      return witness.heads(own)
    },
    /**
     * `own`: documents that this node wrote. `received`: those of other authors for this node; `relayed`: those kept for other nodes.
     * `conflicts`: refused because their author had signed another document under the same version.
     */
    counts: () => ({ ...catalog.counts(), conflicts: keeper.conflicts() }),
  }
}

export type Documents = ReturnType<typeof createDocuments>

type ActionOf<Do extends GettingAction['do']> = Extract<GettingAction, { do: Do }>

const askOf = ({ asked, cursor }: Request): SyncRequestBody['ask'] => {
  if (asked.length === 0) return { of: 'heads', index: cursor?.index, after: cursor?.after ?? 0 }
  const nameOf = ({ publicKey: author, kind, slot, version }: Wanted) => ({ author, kind, slot, version })
  return { of: 'documents', documents: asked.map(nameOf) }
}

// What neighbours fetched from this node: somebody may wait for that, before the node stops sending to them; and own documents that
// nobody fetched are announced again, once this node is no longer alone.

/** Waits of each kind under way; more end at once. */
const WAITS_MAX = 16

/** After the first link came up: its neighbours are heard by then, and have had their turn to look. */
const AFTER_MS = 15_000
/** The newest; two messages or three, as after a restart it is not known who got what. */
const REMINDED_MAX = 64

/** Which of those that are waited for this is; undefined: none. */
type Awaited = (peer: NodeId, edition: Edition) => string | undefined
type Waits = Set<{ readonly awaited: Awaited; readonly left: Set<string>; readonly done: () => void }>

interface FetchesDeps extends DocumentsParts {
  readonly announce: Announcer['remind']
}

function createFetches({ self, catalog, repository, clock, random, timers, log, announce }: FetchesDeps) {
  const spreads: Waits = new Set()
  const slotted: Waits = new Set()
  const linked = new Set<NodeId>()
  /** Entries, which are new with every edition. */
  const given = new WeakSet<Entry>()
  let cancelReminder = (): void => {}

  async function wait(waits: Waits, keys: readonly string[], ms: number, awaited: Awaited): Promise<number> {
    if (keys.length === 0 || waits.size >= WAITS_MAX) return 0
    const { promise, resolve } = Promise.withResolvers<void>()
    const one = { awaited, left: new Set(keys), done: resolve }
    waits.add(one)
    const cancel = timers.after(ms, resolve)
    await promise
    cancel()
    waits.delete(one)
    return keys.length - one.left.size
  }

  async function remind(): Promise<void> {
    if (linked.size === 0) return
    const since = clock.now() - RELAYED_MS
    const entries = DOCUMENT_KINDS.filter((kind) => KINDS[kind].audience === 'recipients')
      .flatMap((kind) => catalog.shelf(self, kind))
      .filter((entry) => entry.version > since && !given.has(entry))
      .sort((a, b) => b.version - a.version)
      .slice(0, REMINDED_MAX)
    const rows = await repository.rows(entries.map(keyOf))
    const heads: DocumentHeadBody[] = []
    for (const [at, row] of rows.entries()) {
      // An edition that was replaced meanwhile needs no reminder: its successor was announced.
      if (row === undefined || !catalog.has(entries[at] as Entry)) continue
      const { author, kind, slot, version, digest, hints } = row
      heads.push({ author, kind, slot, version, digest, hints })
    }
    announce(heads)
  }

  return {
    up(peer: NodeId) {
      linked.add(peer)
      if (linked.size > 1) return
      cancelReminder()
      cancelReminder = timers.after(AFTER_MS * (0.75 + random.float() / 2), () => {
        remind().catch((error: unknown) => log.warn({ reason: String(error) }, 'own heads could not be read'))
      })
    },
    down: (peer: NodeId) => void linked.delete(peer),
    /** A neighbour got that edition, of whatever author, from this node. */
    gave(entry: Entry, peer: NodeId) {
      if (entry.role === 'own') given.add(entry)
      const { author, kind } = entry.shelf
      const edition = { author, kind, slot: entry.slot, version: entry.version }
      for (const { awaited, left, done } of [...spreads, ...slotted]) {
        const key = awaited(peer, edition)
        if (key !== undefined && left.delete(key) && left.size === 0) done()
      }
    },
    /**
     * Resolves when each of `peers` has got the edition from this node; after `ms` at the latest. With how many did, not counting
     * before the call.
     */
    spread(edition: Edition, peers: readonly NodeId[], ms: number) {
      const name = editionOf(edition)
      return wait(spreads, peers, ms, (peer, one) => (editionOf(one) === name ? peer : undefined))
    },
    /** Resolves with how many of this node's `slots` it fetched, in an edition of `since` (ms since the epoch) or later; within `ms`. */
    fetched: (peer: NodeId, slots: readonly string[], since: number, ms: number) =>
      wait(slotted, slots, ms, (by, { author, slot, version }) =>
        by === peer && author === self && version >= since ? slot : undefined,
      ),
    stop: () => cancelReminder(),
  }
}
