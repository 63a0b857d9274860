// Gets from a neighbour what this node wants of what it has: heads page by page, and after each page its documents.
import { FrameError } from '../../protocols/frame.ts'
import { REQUEST_MAX, type SyncBatchBody, type SyncOfferBody } from '../../protocols/messages/sync.ts'
import type { NodeId } from '../../protocols/node-id.ts'
import type { Clock } from '../base/clock.ts'
import type { Log } from '../base/log.ts'
import { createRecent } from '../base/recent.ts'
import type { Exchange } from './exchange.ts'
import { type Keeper, type Wanted, wantedOf } from './keeper.ts'
import { type Document, readDocument } from './read.ts'

/** Pages of one walk; a neighbour with more is walked on with in its next turn. */
const PAGES_MAX = 128
/** All heads are looked at again after this long: who relays what has changed since. */
const AGAIN_MS = 6 * 3_600_000
/** Neighbours whose place is remembered. */
const CURSORS_MAX = 8_192
/** Documents that a neighbour gave damaged or forged, and is not asked for again. */
const BAD_MAX = 4_096

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
  /** One document whose head was heard of. True: this node has it, or a newer one. */
  fetch(peer: NodeId, wanted: Wanted): Promise<boolean>
  /** Whether the neighbour's position is beyond what was looked at. */
  isBehind(peer: NodeId, position: { readonly index: Uint8Array; readonly through: number }): boolean
}

export interface PullerDeps {
  readonly exchange: Exchange
  readonly keeper: Pick<Keeper, 'wants' | 'keep'>
  readonly clock: Clock
  readonly log: Log
}

export function createPuller({ exchange, keeper, clock, log }: PullerDeps): Puller {
  const cursors = createRecent<NodeId, Cursor>(CURSORS_MAX)
  const bad = createRecent<string, true>(BAD_MAX)
  /** What is being fetched, from whomever; settles when it is here or will not come. */
  const underWay = new Map<string, Promise<void>>()
  let storing = true

  const nameOf = (wanted: Wanted): string => `${wanted.author} ${wanted.kind} ${wanted.slot}`
  const badOf = (peer: NodeId, wanted: Wanted): string => `${peer} ${nameOf(wanted)} ${wanted.version}`

  /** Throws FrameError for what was not asked for, or is not what its author signed. */
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
        documents.push(document)
      } catch (error) {
        bad.set(badOf(peer, wanted), true)
        // It may have expired on the way.
        if (!(error instanceof FrameError) || error.code !== 'stale') throw error
      }
    }
    return { documents, rest: given.slice(batch.documents.length) }
  }

  /** Undefined: it could not be written, as on a full disk. What it is about is asked for again in a later turn. */
  async function store(documents: readonly Document[]): Promise<readonly Document[] | undefined> {
    try {
      const kept = await keeper.keep(documents)
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

  /** Asks until each was given or is gone. False: the neighbour stopped answering, or they cannot be stored. */
  async function getAll(
    peer: NodeId,
    all: readonly Wanted[],
    onNew: (document: Document) => void,
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
      const kept = await store(got.documents)
      if (kept === undefined) return false
      for (const document of kept) onNew(document)
      left = [...got.rest, ...left.slice(asked.length)]
    }
    return true
  }

  /** The same, but never what somebody else is being asked for at this moment. */
  async function get(
    peer: NodeId,
    heads: readonly Wanted[],
    onNew: (document: Document) => void,
  ): Promise<boolean> {
    let left = heads
    for (;;) {
      left = left.filter(
        (wanted) => keeper.wants(wanted) !== undefined && bad.get(badOf(peer, wanted)) === undefined,
      )
      if (left.length === 0) return true
      const free = left.filter((wanted) => !underWay.has(nameOf(wanted)))
      if (free.length === 0) {
        // Holding nothing, so that two walks never wait for each other.
        await underWay.get(nameOf(left[0] as Wanted))
        continue
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      for (const wanted of free) underWay.set(nameOf(wanted), promise)
      try {
        if (!(await getAll(peer, free, onNew))) return false
      } finally {
        for (const wanted of free) underWay.delete(nameOf(wanted))
        resolve()
      }
      left = left.filter((wanted) => !free.includes(wanted))
    }
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
      for (let page = 0; page < PAGES_MAX; page++) {
        const cursor = cursorOf(peer)
        const ask =
          cursor === undefined
            ? { of: 'heads' as const, after: 0 }
            : { of: 'heads' as const, index: cursor.index, after: cursor.after }
        const offer = await exchange.heads(peer, ask, (body) => readOffer(cursor, body))
        if (offer === undefined) return 'failed'
        const wanted = offer.heads.map(wantedOf).filter((head) => keeper.wants(head) !== undefined)
        if (!(await get(peer, wanted, onNew))) return 'failed'
        const begunAt =
          cursor !== undefined && sameIndex(cursor, offer.index) ? cursor.begunAt : clock.monotonic()
        // Only now: a walk that was cut off goes on at the page whose documents are not all here.
        cursors.set(peer, { index: offer.index, after: offer.through, begunAt })
        if (offer.end) return 'done'
      }
      return 'more'
    },

    async fetch(peer, wanted) {
      await get(peer, [wanted], () => {})
      return keeper.wants(wanted) === undefined
    },

    isBehind(peer, { index, through }) {
      const cursor = cursorOf(peer)
      return cursor === undefined || !sameIndex(cursor, index) || through > cursor.after
    },
  }
}
