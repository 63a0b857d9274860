// Heads of this node's own ledger as other nodes keep them, so that a ledger that was cut off here is noticed.
import type { NodeId } from '../../../protocols/node-id.ts'
import { createRecent } from '../../base/recent.ts'
import type { Document, Edition } from './read.ts'
import type { OutsideHead } from './types.ts'

/** Neighbours whose word is remembered; the one that spoke longest ago is forgotten first. */
const NEIGHBOURS_MAX = 64

/** Names one edition; the digest is BLAKE3 of its frame. */
interface Told {
  readonly version: number
  readonly digest: Uint8Array
}

export type Witness = ReturnType<typeof createWitness>

export function createWitness(self: NodeId) {
  const offers = createRecent<NodeId, Told>(NEIGHBOURS_MAX)
  let newest: { readonly told: Told; readonly frame: Uint8Array; by: readonly NodeId[] } | undefined

  const same = (one: Told, other: Told): boolean =>
    one.version === other.version && Buffer.compare(one.digest, other.digest) === 0
  const having = (told: Told): NodeId[] => [...offers].filter(([, one]) => same(one, told)).map(([by]) => by)

  return {
    /** A neighbour has that edition; only heads of this node's own ledger count. */
    offered(by: NodeId, { author, kind, version, digest }: Told & Pick<Edition, 'author' | 'kind'>) {
      if (author === self && kind === 'audit_head') offers.set(by, { version, digest })
    },
    /** True when no neighbour has given this node a head as new as that one. */
    wants: ({ version }: Told) => newest === undefined || version > newest.told.version,
    /** A neighbour gave it; it is signed by this node. */
    given(by: NodeId | undefined, { head, frame }: Document) {
      if (newest !== undefined && head.version <= newest.told.version) return
      newest = { told: head, frame: frame.bytes, by: by === undefined ? [] : [by] }
    },
    /** The newest head that was given, and the neighbours that have `own`, the edition that this node keeps itself. */
    heads(own: { readonly head: Told; readonly bytes: Uint8Array } | undefined): readonly OutsideHead[] {
      const all: OutsideHead[] = []
      if (own !== undefined) all.push({ frame: own.bytes, by: having(own.head) })
      if (newest !== undefined) {
        const { told, frame, by } = newest
        all.push({ frame, by: [...new Set([...by, ...having(told)])] })
      }
      return all
    },
  }
}
