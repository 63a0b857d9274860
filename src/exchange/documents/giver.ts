// Answers neighbours that ask for heads and documents: one after the other, and never faster than each may have.
import type { Frame } from '../../../protocols/frame.ts'
import { bodyOf, FrameError } from '../../../protocols/frame.ts'
import {
  type DocumentHeadBody,
  OFFER_MAX,
  SyncBatch,
  SyncOffer,
  SyncRequest,
  type SyncRequestBody,
} from '../../../protocols/messages/sync.ts'
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import { createSerial, type Limiter } from '../../base/async/limiter.ts'
import { createQuotas } from '../../base/quota.ts'
import type { Link, PeerRef } from '../../mesh/index.ts'
import type { Journal } from './absence/journal.ts'
import { type Entry, expiresAt, keyOf } from './catalog.ts'
import type { DocumentsParts } from './deps.ts'
import type { Keeper } from './keeper.ts'
import { type DocumentKind, isGoingOn, KINDS } from './kinds.ts'
import { headBytes, isKind } from './read.ts'

type HeadsAsk = Extract<SyncRequestBody['ask'], { of: 'heads' }>
type DocumentsAsk = Extract<SyncRequestBody['ask'], { of: 'documents' }>

/** Requests of one neighbour that wait for their answer: a walk, and fetches of what it heard of. */
const PENDING_MAX = 4
/** Bytes of answers to one neighbour: a burst, and as many again in 4 s; beyond, it waits. */
const BYTES = { frames: 4 * 1024 * 1024, perMs: 4_000 } as const
/** Bytes of heads in one offer, and of frames in one batch: within the messages' limits with room for the rest. */
const OFFER_BYTES = 48 * 1024
const BATCH_BYTES = 192 * 1024
/** Neighbours whose budget is remembered after they left. */
const NEIGHBOURS_MAX = 1_024

export interface GiverDeps extends DocumentsParts {
  readonly link: Link
  readonly journal: Journal
  readonly position: Keeper['position']
  /** A neighbour got it. */
  readonly gave: (entry: Entry, peer: NodeId) => void
  /** A neighbour asked for a document that is not here. */
  readonly missed: (peer: NodeId, asked: DocumentsAsk['documents'][number]) => void
}

export function createGiver(deps: GiverDeps) {
  const { catalog, repository, clock, timers, log, ports } = deps
  const lines = new Map<NodeId, Limiter>()
  const budgetOf = createQuotas<NodeId>(BYTES, NEIGHBOURS_MAX)
  const working = new Set<Promise<void>>()

  const mayBeLost = (kind: DocumentKind): boolean => KINDS[kind].final === true || isGoingOn(ports, kind)

  /** An author has its own documents, except what it has to go on from, which the author's node may have lost. */
  const isOwn = ({ shelf }: Entry, peer: NodeId): boolean =>
    shelf.author === peer && shelf.kind !== 'audit_head' && !mayBeLost(shelf.kind)

  const givable = (entry: Entry, peer: NodeId, now: number): boolean =>
    !isOwn(entry, peer) &&
    expiresAt(entry) > now &&
    // A kind with a port takes documents by the port's own rule, and not by trust in the author.
    (ports[entry.shelf.kind] !== undefined || !deps.trust.refuses(entry.shelf.author))

  /** Not here in that edition or a newer one. */
  const isElsewhere = ({ author, kind, slot, version }: DocumentHeadBody): boolean =>
    isKind(kind) && (catalog.get(formatNodeId(author), kind, slot)?.version ?? -1) < version

  async function offer(peer: NodeId, id: number, ask: HeadsAsk): Promise<number> {
    const { index, through: newest } = deps.position()
    const same = ask.index !== undefined && Buffer.compare(ask.index, index) === 0
    const after = same ? ask.after : 0
    const now = clock.now()
    const entries: Entry[] = []
    let through = Math.max(after, newest)
    let end = true
    for (const entry of catalog.after(after)) {
      if (!givable(entry, peer, now)) continue
      if (entries.length === OFFER_MAX) {
        end = false
        through = (entries.at(-1) as Entry).seq
        break
      }
      entries.push(entry)
    }
    const rows = await repository.rows(entries.map(keyOf))
    const heads: DocumentHeadBody[] = []
    let bytes = 0
    for (const [at, row] of rows.entries()) {
      const entry = entries[at] as Entry
      // Replaced while it was read: the newer edition has a higher number and comes in its turn.
      if (row === undefined || row.seq !== entry.seq) continue
      const size = headBytes(row)
      if (bytes + size > OFFER_BYTES) {
        end = false
        through = (entries[at - 1] as Entry).seq
        break
      }
      bytes += size
      const { author, kind, slot, version, digest, hints } = row
      heads.push({ author, kind, slot, version, digest, hints })
    }
    // A neighbour that was away is told of documents that are elsewhere too, because it did not hear of them.
    if (end) {
      const most = { bytes: OFFER_BYTES - bytes, count: OFFER_MAX - heads.length }
      for (const head of deps.journal.take(peer, most, isElsewhere)) {
        bytes += headBytes(head)
        heads.push(head)
      }
    }
    deps.link.sendHop(peer, SyncOffer, { id, index, after, through, end, heads })
    return bytes
  }

  async function batch(peer: NodeId, id: number, { documents: asked }: DocumentsAsk): Promise<number> {
    const now = clock.now()
    const documents: Uint8Array[] = []
    const given: Entry[] = []
    const gone: number[] = []
    let bytes = 0
    for (const [at, one] of asked.entries()) {
      const { author, kind, slot, version } = one
      const entry = isKind(kind) ? catalog.get(formatNodeId(author), kind, slot) : undefined
      const there = entry !== undefined && entry.version >= version && givable(entry, peer, now)
      const frame = there ? await repository.frame(keyOf(entry)) : undefined
      if (entry === undefined || frame === undefined) {
        gone.push(at)
        deps.missed(peer, one)
        continue
      }
      if (documents.length > 0 && bytes + frame.length > BATCH_BYTES) break
      documents.push(frame)
      given.push(entry)
      bytes += frame.length
    }
    if (deps.link.sendHop(peer, SyncBatch, { id, documents, gone }))
      for (const entry of given) deps.gave(entry, peer)
    return bytes
  }

  async function answer(peer: NodeId, line: Limiter, { id, ask }: SyncRequestBody): Promise<void> {
    const budget = budgetOf(peer)
    const wait = budget.wait(clock.monotonic())
    if (wait > 0) await new Promise<void>((resolve) => timers.after(wait, resolve))
    if (lines.get(peer) !== line) return
    const bytes = await (ask.of === 'heads' ? offer(peer, id, ask) : batch(peer, id, ask))
    budget.charge(clock.monotonic(), bytes)
  }

  return {
    /** Throws FrameError `rate_limited` when this neighbour did not wait for its answers. */
    requested(peer: PeerRef, frame: Frame) {
      const body = bodyOf(frame, SyncRequest)
      const line = lines.get(peer.nodeId) ?? createSerial()
      lines.set(peer.nodeId, line)
      if (line.pending() >= PENDING_MAX) throw new FrameError('rate_limited', 'did not wait for its answers')
      const work = line(() => answer(peer.nodeId, line, body))
        .catch((error: unknown) => log.warn({ reason: String(error) }, 'documents could not be read'))
        .finally(() => working.delete(work))
      working.add(work)
      return body
    },
    down: ({ nodeId }: PeerRef) => void lines.delete(nodeId),
    /** Resolves when nothing is being answered. */
    async idle() {
      await Promise.all(working)
    },
  }
}
