// Gets documents that this node wants from a neighbour: heads page by page, and after each page its documents.
import { FrameError } from '../../../protocols/frame.ts'
import { REQUEST_MAX, type SyncBatchBody, type SyncOfferBody } from '../../../protocols/messages/sync.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { within } from '../../base/async/deadline.ts'
import type { Clock, Timers } from '../../base/clock.ts'
import { createQuotas } from '../../base/quota.ts'
import { createRecent } from '../../base/recent.ts'
import type { Log } from '../../base/run/log.ts'
import type { Exchange } from './exchange.ts'
import type { Keeper } from './keeper.ts'
import { type Document, headBytes, readDocument } from './read.ts'
import { type Wanted, wantedOf } from './wants.ts'

/** Pages of one walk; a neighbour with more is walked on with in its next turn. */
const PAGES_MAX = 128
/** With so many bytes of heads in what it calls its last offer, a neighbour probably has more to tell. */
const FULL_BYTES = 16 * 1024
/** Heads of one neighbour that are judged: a burst of a walk's, and so many a second; beyond, it waits for its turn. */
const HEADS = { frames: 32_768, perMs: 64_000 } as const
/** All heads are looked at again after this long: who relays what has changed since. */
const AGAIN_MS = 6 * 3_600_000
/** Neighbours whose place is remembered. */
const CURSORS_MAX = 8_192
/** Documents that a neighbour gave damaged, forged or other than their heads, and is not asked for again. */
const BAD_MAX = 4_096
/**
 * A document whose head was heard is asked of somebody else when it has not come by then, and one that a walk is about to
 * get when the walk stands still; what comes late is kept all the same.
 */
const FETCH_MS = 1_500
const WALK_MS = 6_000
/** Fetches that one neighbour has not answered; with a walk, what it lets wait. */
const UNANSWERED_MAX = 3
/** Neighbours of whom it is remembered whether they answered. */
const SILENT_MAX = 1_024

/** A request to one neighbour that is under way; others ask elsewhere only when it stands still for too long. */
interface Work {
  /** Began, or got an answer (monotonic, ms). */
  movedAt: number
  readonly done: Promise<void>
}

interface Cursor {
  readonly index: Uint8Array
  readonly after: number
  readonly begunAt: number
}

/**
 * `done`: nothing it has is missing. `more`: to be continued. `failed`: the link is gone, it did not answer, or what it
 * gave could not be stored.
 */
export type Pulled = 'done' | 'more' | 'failed'

export interface Puller {
  /** `onNew` hears of every document that was kept. Never rejects; neither does `fetch`. */
  pull(peer: NodeId, onNew: (document: Document) => void): Promise<Pulled>
  /** One document whose head was heard of. True: this node has it, or a newer one. Waits some 3 s at most. */
  fetch(peer: NodeId, wanted: Wanted): Promise<boolean>
  /** The last fetch from it was not answered in time. */
  isSilent(peer: NodeId): boolean
  /** Walks restart, because documents that were not wanted before may be wanted now. */
  again(): void
  /** Whether the neighbour's position is beyond what was looked at. */
  isBehind(peer: NodeId, position: { readonly index: Uint8Array; readonly through: number }): boolean
}

export interface PullerDeps {
  readonly exchange: Exchange
  readonly keeper: Pick<Keeper, 'wants' | 'wait' | 'keep'>
  /** A neighbour has a document of that head. */
  readonly offered: (by: NodeId, head: Wanted) => void
  /** A neighbour has it, and its author signs faster than it is taken. */
  readonly later: (by: NodeId, head: Wanted) => void
  /** A neighbour told of this document in a walk and does not have it; it is for this node. */
  readonly elsewhere: (by: NodeId, head: Wanted) => void
  readonly clock: Clock
  readonly timers: Timers
  readonly log: Log
}

export function createPuller(deps: PullerDeps): Puller {
  const { exchange, keeper, clock, timers, log } = deps
  const cursors = createRecent<NodeId, Cursor>(CURSORS_MAX)
  const bad = createRecent<string, true>(BAD_MAX)
  /** Documents that are being fetched from any neighbour; each settles when it is here or will not come. */
  const underWay = new Map<string, Work>()
  const budgetOf = createQuotas<NodeId>(HEADS, CURSORS_MAX)
  const silent = createRecent<NodeId, boolean>(SILENT_MAX)
  /** Fetches that were not answered. */
  const unanswered = new Map<NodeId, number>()
  let storing = true

  const nameOf = (wanted: Wanted): string => `${wanted.author} ${wanted.kind} ${wanted.slot}`
  const editionOf = (wanted: Wanted): string => `${nameOf(wanted)} ${wanted.version}`
  const badOf = (peer: NodeId, wanted: Wanted): string => `${peer} ${editionOf(wanted)}`

  /** How long documents that are under way may still be waited for. */
  function patienceWith(wanted: Wanted, patience: number): number {
    const work = underWay.get(editionOf(wanted))
    return work === undefined ? 0 : Math.max(0, work.movedAt + patience - clock.monotonic())
  }

  /** Throws FrameError for a document that was not asked for, or that its author did not sign. */
  function readBatch(peer: NodeId, asked: readonly Wanted[], batch: SyncBatchBody) {
    const gone = new Set(batch.gone)
    const given = asked.filter((_, at) => !gone.has(at))
    if (batch.documents.length > given.length || (batch.documents.length === 0 && given.length > 0)) {
      throw new FrameError('malformed', 'not the documents that were asked for')
    }
    const now = clock.now()
    const documents: Document[] = []
    for (const [at, bytes] of batch.documents.entries()) {
      const wanted = given[at] as Wanted
      try {
        const document = readDocument(bytes, now)
        if (nameOf({ ...wanted, ...document.head }) !== nameOf(wanted) || document.version < wanted.version) {
          throw new FrameError('malformed', 'another document than was asked for')
        }
        // Its head said something else.
        if (keeper.wants({ ...document, ...document.head, publicKey: document.author }) === undefined)
          bad.set(badOf(peer, wanted), true)
        documents.push(document)
      } catch (error) {
        bad.set(badOf(peer, wanted), true)
        // The document may have expired on the way.
        if (!(error instanceof FrameError) || error.code !== 'stale') throw error
      }
    }
    const missing = asked.filter((_, at) => gone.has(at))
    return { documents, rest: given.slice(batch.documents.length), missing }
  }

  /** Undefined: it could not be written, as on a full disk. What it is about is asked for again in a later turn. */
  async function store(
    documents: readonly Document[],
    from: NodeId,
  ): Promise<readonly Document[] | undefined> {
    try {
      const kept = await keeper.keep(documents, from)
      storing = true
      return kept
    } catch (error) {
      const says = 'documents of others cannot be stored'
      if (storing) log.warn({ reason: String(error) }, says)
      else log.debug({ reason: String(error) }, says)
      storing = false
      return undefined
    }
  }

  /** Whether it is taken now; otherwise it is fetched in its time. */
  const isDue =
    (peer: NodeId) =>
    (head: Wanted): boolean => {
      const due = keeper.wait(head) === 0
      if (!due) deps.later(peer, head)
      return due
    }

  /** Asks until each was given or is gone. False: the neighbour stopped answering, or they cannot be stored. */
  async function getAll(
    peer: NodeId,
    all: readonly Wanted[],
    onNew: (document: Document) => void,
    onGone: (wanted: Wanted) => void,
    work: Work,
  ): Promise<boolean> {
    let left = all
    while (left.length > 0) {
      const asked = left.slice(0, REQUEST_MAX)
      const documents = asked.map(({ publicKey, kind, slot, version }) => ({
        author: publicKey,
        kind,
        slot,
        version,
      }))
      const got = await exchange.documents(peer, { of: 'documents', documents }, (batch) =>
        readBatch(peer, asked, batch),
      )
      if (got === undefined) return false
      work.movedAt = clock.monotonic()
      const kept = await store(got.documents, peer)
      if (kept === undefined) return false
      for (const document of kept) onNew(document)
      for (const wanted of got.missing) onGone(wanted)
      const rest = [...got.rest, ...left.slice(asked.length)]
      left = rest.filter(isDue(peer))
    }
    return true
  }

  /** As above, but leaves out documents that another neighbour is asked for now, as long as that goes on within `patience`. */
  async function get(
    peer: NodeId,
    heads: readonly Wanted[],
    onNew: (document: Document) => void,
    patience: number,
    onGone: (wanted: Wanted) => void = () => {},
  ): Promise<boolean> {
    let left = heads
    for (;;) {
      left = left.filter(
        (wanted) => keeper.wants(wanted) !== undefined && bad.get(badOf(peer, wanted)) === undefined,
      )
      if (left.length === 0) return true
      const free = left.filter((wanted) => patienceWith(wanted, patience) === 0)
      if (free.length === 0) {
        // Holding nothing, so that two walks never wait for each other.
        const first = left[0] as Wanted
        const work = underWay.get(editionOf(first)) as Work
        await within(work.done, patienceWith(first, patience), timers)
        continue
      }
      const { promise: done, resolve } = Promise.withResolvers<void>()
      const work: Work = { movedAt: clock.monotonic(), done }
      for (const wanted of free) underWay.set(editionOf(wanted), work)
      try {
        if (!(await getAll(peer, free, onNew, onGone, work))) return false
      } finally {
        for (const wanted of free) {
          const edition = editionOf(wanted)
          if (underWay.get(edition) === work) underWay.delete(edition)
        }
        resolve()
      }
      left = left.filter((wanted) => !free.includes(wanted))
    }
  }

  /** What is for this node it gets from elsewhere; what it would only relay is relayed by others. */
  const missing =
    (peer: NodeId) =>
    (wanted: Wanted): void => {
      const want = keeper.wants(wanted)
      if (want === 'received' || want === 'withdrawn') deps.elsewhere(peer, wanted)
    }

  const sameIndex = (cursor: Cursor, index: Uint8Array): boolean => Buffer.compare(cursor.index, index) === 0

  function readOffer(cursor: Cursor | undefined, offer: SyncOfferBody): SyncOfferBody {
    const expected = cursor !== undefined && sameIndex(cursor, offer.index) ? cursor.after : 0
    const onward = offer.through > offer.after || (offer.end && offer.through === offer.after)
    if (offer.after !== expected || !onward) throw new FrameError('malformed', 'the offer leads nowhere')
    return offer
  }

  function cursorOf(peer: NodeId): Cursor | undefined {
    const cursor = cursors.get(peer)
    return cursor === undefined || clock.monotonic() - cursor.begunAt > AGAIN_MS ? undefined : cursor
  }

  return {
    async pull(peer, onNew) {
      const budget = budgetOf(peer)
      for (let page = 0; page < PAGES_MAX; page++) {
        if (budget.wait(clock.monotonic()) > 0) return 'more'
        const cursor = cursorOf(peer)
        const ask =
          cursor === undefined
            ? { of: 'heads' as const, after: 0 }
            : { of: 'heads' as const, index: cursor.index, after: cursor.after }
        const offer = await exchange.heads(peer, ask, (body) => readOffer(cursor, body))
        if (offer === undefined) return 'failed'
        budget.charge(clock.monotonic(), offer.heads.length)
        const all = offer.heads.map(wantedOf)
        for (const head of all) deps.offered(peer, head)
        const wanted = all.filter((head) => keeper.wants(head) !== undefined)
        if (!(await get(peer, wanted.filter(isDue(peer)), onNew, WALK_MS, missing(peer)))) return 'failed'
        const begunAt =
          cursor !== undefined && sameIndex(cursor, offer.index) ? cursor.begunAt : clock.monotonic()
        // The cursor moves only now, so that an interrupted walk continues at the page whose documents are not
        // complete.
        cursors.set(peer, { index: offer.index, after: offer.through, begunAt })
        if (offer.end && offer.heads.reduce((sum, head) => sum + headBytes(head), 0) < FULL_BYTES)
          return 'done'
      }
      return 'more'
    },

    async fetch(peer, wanted) {
      const before = underWay.get(editionOf(wanted))
      if (before !== undefined) await within(before.done, patienceWith(wanted, FETCH_MS), timers)
      const open = unanswered.get(peer) ?? 0
      if (keeper.wants(wanted) === undefined || open >= UNANSWERED_MAX)
        return keeper.wants(wanted) === undefined
      unanswered.set(peer, open + 1)
      let over = false
      const work = get(peer, [wanted], () => {}, FETCH_MS)
        .then((answered) => {
          if (answered) silent.set(peer, false)
        })
        .finally(() => {
          over = true
          const left = (unanswered.get(peer) ?? 1) - 1
          if (left > 0) unanswered.set(peer, left)
          else unanswered.delete(peer)
        })
      await within(work, FETCH_MS, timers)
      if (!over) silent.set(peer, true)
      return keeper.wants(wanted) === undefined
    },

    isSilent: (peer) => silent.get(peer) === true,

    again: () => cursors.clear(),

    isBehind(peer, { index, through }) {
      const cursor = cursorOf(peer)
      return cursor === undefined || !sameIndex(cursor, index) || through > cursor.after
    },
  }
}
