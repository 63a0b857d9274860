// Decides which documents are kept and as what, and writes them: one batch, then the catalog.
import { setImmediate as turn } from 'node:timers/promises'
import type { NodeId } from '../../../protocols/node-id.ts'
import { createSerial } from '../../base/async/limiter.ts'
import { KaroError } from '../../base/errors.ts'
import { blake3 } from '../../base/hash.ts'
import type { DocumentRow } from '../../store/tables/documents.ts'
import { isFuture, isSame } from '../../trust/identity/index.ts'
import { BOUNDS, createMakeRoom, createPace, noRoomFor } from './bounds.ts'
import { type Entry, expiresAt, isRole, keyOf, type Role, tagOf } from './catalog.ts'
import { createContradictions } from './contradictions.ts'
import type { DocumentsParts } from './deps.ts'
import { DOCUMENT_KINDS, type DocumentKind, isGoingOn, KINDS, RELAYED_MS } from './kinds.ts'
import { type Document, isKind, nameOf, readDocument, type Wanted } from './read.ts'
import type { DocumentHead, StoredDocument } from './types.ts'
import { createWants } from './wants.ts'

const INDEX_BYTES = 8
/** Documents removed in one batch. */
const REMOVE_MAX = 1_024

export type Keeper = ReturnType<typeof createKeeper>

export function createKeeper(parts: DocumentsParts) {
  const { self, catalog, repository, members, witness, clock, log, ports, bounds = BOUNDS } = parts
  const serially = createSerial()
  /** What an earlier key of this node signed is this node's own, and stays until it expires. */
  const own = new Set([self, ...parts.identity.former.map(({ nodeId }) => nodeId)])
  let index: Uint8Array = new Uint8Array(INDEX_BYTES)
  let last = 0
  const makeRoom = createMakeRoom(catalog, members, log, bounds)
  const contradictions = createContradictions(parts)
  const pace = createPace(clock, members.sponsorOf)
  /** Rows of kinds and roles that this program does not know: they stay until they expire. */
  let unknown: readonly DocumentRow[] = []
  /** What goes if the next sweep finds it again. */
  let due = new Set<Entry>()
  const { wants, refuse, forget } = createWants({ ...parts, isProven: contradictions.isProven })

  /**
   * Never for less long than the edition it replaces: what was taken back would come again from somebody who has been
   * away for longer.
   */
  function keptUntil(document: Document, role: Role): number {
    if (role !== 'relayed') return document.expires_at
    const { author, kind, slot } = document.head
    const held = catalog.get(author, kind, slot)
    const replaced = held === undefined ? 0 : expiresAt(held)
    return Math.min(document.expires_at, Math.max(document.version + RELAYED_MS, replaced))
  }

  const rowOf = (document: Document, role: Role, seq: number): DocumentRow => ({
    author: document.author,
    kind: document.kind,
    slot: document.slot,
    version: document.version,
    digest: document.head.digest,
    hints: document.hints,
    seq,
    role,
    received_at: clock.now(),
    expires_at: keptUntil(document, role),
    size: document.frame.bytes.length,
  })

  interface Put {
    readonly document: Document
    readonly row: DocumentRow
  }

  /** Writes one batch; the catalog follows when it is on disk. */
  async function write(puts: readonly Put[], removed: readonly Entry[], sync: boolean): Promise<void> {
    const next = puts.at(-1)?.row.seq ?? last
    await repository.write({
      put: puts.map(({ document, row }) => ({ row, frame: document.frame.bytes })),
      remove: removed.map(keyOf),
      numbering: { index, last: next },
      sync,
    })
    last = next
    for (const entry of removed) catalog.remove(entry)
    for (const { row } of puts) catalog.add(row)
  }

  const comingBeside = (puts: ReadonlyMap<string, Put>, name: string): readonly Document[] =>
    [...puts].filter(([other]) => other !== name).map(([, { document }]) => document)

  /** The room of its kind hears of it, and it is not kept. */
  function accept(document: Document): void {
    refuse(document.head)
    ports[document.kind]?.accept(document.frame.bytes, true)
  }

  const isReadable = async ({ kind, frame }: Document): Promise<boolean> =>
    (await ports[kind]?.readable?.(frame.bytes)) !== false

  async function keepNow(
    documents: readonly Document[],
    from?: NodeId,
    sync = false,
    isTold = true,
  ): Promise<readonly Document[]> {
    const puts = new Map<string, Put>()
    const removed = new Set<Entry>()
    let seq = last
    for (const document of documents) {
      const { author, kind, slot, digest } = document.head
      const name = nameOf(document.head)
      // It was verified, whatever becomes of it.
      pace.took(document.head, document.frame.bytes.length)
      if ((puts.get(name)?.document.version ?? 0) >= document.version) continue
      const held = catalog.get(author, kind, slot)
      const role = wants({ ...document, author, publicKey: document.author, digest })
      if (role === 'proof' && held !== undefined) contradictions.twin(held)
      if (role === 'witness') witness.given(from, document)
      if (role === 'shown') accept(document)
      if (role === undefined || role === 'proof' || role === 'witness' || role === 'shown') continue
      // The room hears what is new in it; what stays here is the edition that says more.
      const takesBack = held !== undefined && (await contradictions.compare(held, document))
      const isRefused = takesBack && (KINDS[document.kind].final === true || isGoingOn(ports, document.kind))
      if (isRefused || !(await isReadable(document))) {
        accept(document)
        continue
      }
      const room = makeRoom(document, role, removed, comingBeside(puts, name))
      // In a full store each looks through all authors, which takes a millisecond or more: others have their turn between two.
      if (room === undefined || room.length > 0) await turn()
      if (room === undefined) {
        refuse(document.head)
        continue
      }
      for (const entry of room) removed.add(entry)
      puts.set(name, { document, row: rowOf(document, role, ++seq) })
    }
    if (puts.size === 0) return []
    const batch = [...puts.values()].sort((a, b) => a.row.seq - b.row.seq)
    await write(batch, [...removed], sync)
    if (isTold) for (const { document } of batch) ports[document.kind]?.accept(document.frame.bytes, true)
    return batch.map(({ document }) => document)
  }

  /** What this node may read itself: not what it only relays. */
  const readable = (author: NodeId, kind: DocumentKind): readonly Entry[] =>
    catalog.shelf(author, kind).filter(({ role }) => role === 'own' || role === 'received')

  return {
    /** Rebuilds the catalog from the store. */
    async load() {
      const numbering = await repository.numbering()
      index = numbering?.index ?? parts.random.bytes(INDEX_BYTES)
      last = numbering?.last ?? 0
      const others: DocumentRow[] = []
      for await (const row of repository.load()) {
        if (isKind(row.kind) && isRole(row.role)) catalog.add(row)
        // The row was written by another version of Karo that knows this kind.
        else others.push(row)
      }
      unknown = others
      catalog.settle()
      // What others are judged by comes first: all kinds of those who are first there, then kind after kind of the others.
      for (const first of [true, false]) {
        for (const kind of DOCUMENT_KINDS) {
          const port = ports[kind]
          if (port === undefined) continue
          for (const entry of catalog.after(0)) {
            if (entry.shelf.kind !== kind || port.isFirst(entry.shelf.author) !== first) continue
            const frame = await repository.frame(keyOf(entry))
            if (frame !== undefined) port.accept(frame, false)
          }
        }
      }
    },

    /** The numbering of this database, and the last number given. */
    position: () => ({ index, through: last }),
    wants,
    /** Milliseconds until a document of another author is to be fetched, however often it is signed anew; 0: now. */
    wait: ({ author, kind, slot }: Pick<Wanted, 'author' | 'kind' | 'slot'>) =>
      isKind(kind) && !own.has(author) ? pace.wait({ author, kind, slot }) : 0,
    /** Keeps the documents that this node wants; `from` gave them. Resolves with those that were kept, once they are stored. */
    keep: (documents: readonly Document[], from?: NodeId) => serially(() => keepNow(documents, from)),

    /**
     * This node's own edition; durable (fsync) when it resolves. Undefined: it was there already. KaroErrors: `conflict`
     * when there is a newer one, `bad_request`, `too_large`; FrameErrors of the frame. `isTold` false: the caller tells the room
     * of its kind of another author's edition, later.
     */
    publish: (kind: DocumentKind, frame: Uint8Array, isTold?: boolean) =>
      serially(async () => {
        const document = readDocument(frame, clock.now())
        const wanted = ports[kind]?.wanted(document.head.author) === true
        if (document.kind === kind && document.head.author !== self && wanted) {
          const [kept] = await keepNow([document], undefined, true, isTold)
          const held = catalog.get(document.head.author, kind, document.slot)
          if (kept !== undefined || held?.tag === tagOf(document.head.digest)) return kept
          throw new KaroError('conflict', `this edition of ${kind} is not kept: there is a newer one already`)
        }
        if (document.kind !== kind || document.head.author !== self) {
          throw new KaroError('bad_request', `that is no ${kind} of this node`)
        }
        const held = catalog.get(self, kind, document.slot)
        const isAhead = held !== undefined && isFuture(held.version, clock.now())
        if (held !== undefined && !isAhead && held.version >= document.version) {
          if (held.version === document.version && held.tag === tagOf(document.head.digest)) return undefined
          throw new KaroError('conflict', `there is a newer edition of ${kind} ${document.slot} already`)
        }
        const removed = makeRoom(document, 'own', new Set(), [])
        if (removed === undefined) throw noRoomFor(document, catalog, bounds)
        await write([{ document, row: rowOf(document, 'own', last + 1) }], removed, true)
        return document
      }),

    slots: (author: NodeId, kind: DocumentKind) => readable(author, kind).map(({ slot }) => slot),

    async of(
      author: NodeId,
      kind: DocumentKind,
      slots: (slot: string) => boolean = () => true,
    ): Promise<readonly StoredDocument[]> {
      const entries = readable(author, kind).filter(({ slot }) => slots(slot))
      const rows = await repository.rows(entries.map(keyOf))
      const found: StoredDocument[] = []
      for (const row of rows) {
        if (row === undefined) continue
        const bytes = await repository.frame(row)
        // The stored bytes are damaged: they are not the bytes that the author signed.
        if (bytes === undefined || !isSame(blake3([bytes]), row.digest)) {
          log.error({ peer: author, kind, slot: row.slot }, 'a stored document is damaged')
          continue
        }
        const { slot, version, digest, received_at } = row
        found.push({ head: { author, kind, slot, version, digest }, bytes, received_at })
      }
      return found
    },

    withdrawn: (author: NodeId, kind: DocumentKind): readonly Pick<DocumentHead, 'slot' | 'version'>[] =>
      catalog
        .shelf(author, kind)
        .flatMap(({ role, slot, version }) => (role === 'withdrawn' ? [{ slot, version }] : [])),

    /**
     * Forgets what was expired, or not to be kept from its author any more, at the sweep before this one too: a clock that is ahead
     * for a moment, by which certificates end as well, removes nothing.
     */
    sweep: () =>
      serially(async () => {
        const now = clock.now()
        const strangers = new Set(
          [...catalog.shelves()].filter(
            ({ author, kind }) => !own.has(author) && !members.keepsFrom(author, kind),
          ),
        )
        const found = [...catalog.after(0)].filter(
          (entry) => expiresAt(entry) <= now || strangers.has(entry.shelf),
        )
        const over = found.filter((entry) => due.has(entry))
        due = new Set(found)
        for (let at = 0; at < over.length; at += REMOVE_MAX)
          await write([], over.slice(at, at + REMOVE_MAX), false)
        if (over.length > 0) forget()
        const foreign = unknown.filter((row) => row.expires_at <= now)
        if (foreign.length === 0) return
        await repository.write({ remove: foreign })
        unknown = unknown.filter((row) => row.expires_at > now)
      }),

    /** Authors' editions that were refused because another one has their version. */
    conflicts: contradictions.count,
    /** Resolves when nothing is being written. */
    idle: () => serially(async () => {}),
  }
}
