// The list, in memory, of the documents that this node has: by name and by arrival. Rows and frames are in the store.
import { formatNodeId, type NodeId } from '../../../protocols/node-id.ts'
import type { DocumentKey, DocumentRow } from '../../store/tables/documents.ts'
import type { DocumentKind } from './kinds.ts'

/**
 * `own`: written here. `received`: of others, for this node. `relayed`: of others, kept for others. `withdrawn`: of others, and
 * not for this node any more: an older edition was.
 */
export const ROLES = ['own', 'received', 'relayed', 'withdrawn'] as const
export type Role = (typeof ROLES)[number]
export const isRole = (role: string): role is Role => (ROLES as readonly string[]).includes(role)

/** One author's documents of one kind. */
interface Shelf {
  readonly author: NodeId
  readonly publicKey: Uint8Array
  readonly kind: DocumentKind
  readonly bySlot: Map<string, Entry>
  bytes: number
}

/** One document in the list, some 170 bytes with its places in the tables; everything else is in its row in the store. */
export interface Entry {
  readonly shelf: Shelf
  readonly slot: string
  readonly version: number
  /** The digest's first 31 bits: tells two editions of one version apart. */
  readonly tag: number
  readonly seq: number
  readonly size: number
  readonly role: Role
  /** Minutes since the epoch, rounded up: fits where milliseconds would need an object. */
  readonly expires: number
}

const MINUTE_MS = 60_000
/** Removed entries stay in the order until there are this many more than live ones. */
const SLACK = 1_024

export const expiresAt = (entry: Pick<Entry, 'expires'>): number => entry.expires * MINUTE_MS
export const tagOf = (digest: Uint8Array): number =>
  new DataView(digest.buffer, digest.byteOffset, 4).getUint32(0) >>> 1

export const keyOf = (entry: Entry): DocumentKey => ({
  author: entry.shelf.publicKey,
  kind: entry.shelf.kind,
  slot: entry.slot,
})

export type Catalog = ReturnType<typeof createCatalog>

export function createCatalog() {
  const shelves = new Map<string, Shelf>()
  let order: Entry[] = []
  /** In order of arrival: a full store looks for the oldest of these with every document that comes. */
  let relayed = new Set<Entry>()
  let live = 0
  let bytes = 0
  const byRole: Record<Role, number> = { own: 0, received: 0, relayed: 0, withdrawn: 0 }

  const shelfOf = (author: NodeId, kind: DocumentKind): Shelf | undefined => shelves.get(`${kind} ${author}`)
  const has = (entry: Entry): boolean => entry.shelf.bySlot.get(entry.slot) === entry

  function forget(entry: Entry): void {
    entry.shelf.bytes -= entry.size
    bytes -= entry.size
    byRole[entry.role]--
    relayed.delete(entry)
    live--
  }

  return {
    has,
    get: (author: NodeId, kind: DocumentKind, slot: string) => shelfOf(author, kind)?.bySlot.get(slot),
    /** The live entries of one author and kind, in no order. */
    shelf: (author: NodeId, kind: DocumentKind) => [...(shelfOf(author, kind)?.bySlot.values() ?? [])],

    /** Each has one live entry at least. */
    shelves: () => shelves.values(),

    /** Puts it in, in the place of an older edition. Rows come in ascending `seq`, except before `settle`. */
    add(row: DocumentRow) {
      const author = formatNodeId(row.author)
      const kind = row.kind as DocumentKind
      let shelf = shelfOf(author, kind)
      if (shelf === undefined) {
        shelf = { author, publicKey: row.author, kind, bySlot: new Map(), bytes: 0 }
        shelves.set(`${kind} ${author}`, shelf)
      }
      const older = shelf.bySlot.get(row.slot)
      if (older !== undefined) forget(older)
      const entry: Entry = {
        shelf,
        slot: row.slot,
        version: row.version,
        tag: tagOf(row.digest),
        seq: row.seq,
        size: row.size,
        role: row.role as Role,
        expires: Math.ceil(row.expires_at / MINUTE_MS),
      }
      shelf.bySlot.set(row.slot, entry)
      order.push(entry)
      shelf.bytes += entry.size
      bytes += entry.size
      byRole[entry.role]++
      if (entry.role === 'relayed') relayed.add(entry)
      live++
      if (order.length > 2 * live + SLACK) order = order.filter(has)
    },

    remove(entry: Entry) {
      if (!has(entry)) return
      forget(entry)
      entry.shelf.bySlot.delete(entry.slot)
      if (entry.shelf.bySlot.size === 0) shelves.delete(`${entry.shelf.kind} ${entry.shelf.author}`)
    },

    /** After loading, which is in the store's order. */
    settle() {
      order.sort((a, b) => a.seq - b.seq)
      relayed = new Set(order.filter(({ role }) => role === 'relayed'))
    },

    /** Those that are kept for others, in order of arrival. */
    relayed: () => relayed.values(),

    /** Entries that came after `seq`, in order of arrival. */
    *after(seq: number) {
      const from = order
      let low = 0
      let high = from.length
      while (low < high) {
        const middle = (low + high) >>> 1
        if ((from[middle] as Entry).seq <= seq) low = middle + 1
        else high = middle
      }
      for (; low < from.length; low++) {
        const entry = from[low] as Entry
        if (has(entry)) yield entry
      }
    },

    counts: () => {
      const { own, received, relayed, withdrawn } = byRole
      return { own, received, relayed: relayed + withdrawn, bytes }
    },
    size: () => live,
  }
}
