// How much is kept: of each author, and in all; and what goes when something new comes.
import type { Log } from '../base/log.ts'
import type { Catalog, Entry, Role } from './catalog.ts'
import { KINDS } from './kinds.ts'
import type { Document } from './read.ts'

/** All documents together. Relayed ones make room, the oldest first; own and received ones stay until they expire. */
export interface Bounds {
  readonly documents: number
  readonly bytes: number
}
const BOUNDS: Bounds = { documents: 131_072, bytes: 256 * 1024 * 1024 }

/** Entries that have to go for `document` to stay; undefined: it has to go itself. */
export type MakeRoom = (
  document: Document,
  role: Role,
  /** What leaves and comes in the same batch, of other names. */
  going: ReadonlySet<Entry>,
  coming: readonly Document[],
) => Entry[] | undefined

export function createMakeRoom(catalog: Catalog, log: Log, bounds: Bounds = BOUNDS): MakeRoom {
  let full = false

  return (document, role, going, coming) => {
    const { author, kind, slot } = document.head
    const size = document.frame.bytes.length
    const others = catalog
      .shelf(author, kind)
      .filter((entry) => entry.slot !== slot && !going.has(entry))
      .sort((a, b) => a.version - b.version)
    const most = KINDS[kind].perAuthor
    const fellows = coming.filter(({ head }) => head.author === author && head.kind === kind)
    let count = others.length + fellows.length + 1
    let bytes = others.reduce((sum, entry) => sum + entry.size, size + sizeOf(fellows))
    const out: Entry[] = []
    for (const entry of others) {
      if (count <= most.documents && bytes <= most.bytes) break
      if (entry.version >= document.version) return undefined
      out.push(entry)
      bytes -= entry.size
      count--
    }
    if (count > most.documents || bytes > most.bytes) return undefined
    const leaving = new Set([...going, ...out])
    let total = catalog.counts().bytes + size + sizeOf(coming)
    let documents = catalog.size() + 1 + coming.length
    for (const entry of leaving) {
      total -= entry.size
      documents--
    }
    if (total <= bounds.bytes && documents <= bounds.documents) {
      full = false
      return out
    }
    for (const entry of catalog.after(0)) {
      if (entry.role !== 'relayed' || leaving.has(entry)) continue
      out.push(entry)
      total -= entry.size
      documents--
      if (total <= bounds.bytes && documents <= bounds.documents) return out
    }
    if (role === 'received' && !full) {
      full = true
      log.warn({ bytes: total }, 'there is no room for documents of others any more')
    }
    return undefined
  }
}

const sizeOf = (documents: readonly Document[]): number =>
  documents.reduce((sum, { frame }) => sum + frame.bytes.length, 0)
