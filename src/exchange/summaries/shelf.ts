// Lists editions: this node's own, as far as they concern one person, and other nodes' that it can open.
import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { type Period, periodOfSlot } from '../../../protocols/periods.ts'
import { FrameError } from '../../../protocols/reject.ts'
import type { Self } from '../boxes/index.ts'
import type { Documents, StoredDocument } from '../documents/index.ts'
import { expiryOf, type OwnBox, openOwn, readDocument } from './document.ts'
import { restrictedTo } from './groups.ts'
import { makePlan, type PlanDeps } from './plan.ts'
import type { HeldSummary, PublishedSummary, Summaries } from './types.ts'

export interface ShelfDeps extends PlanDeps {
  readonly self: Self
  readonly documents: Pick<Documents, 'of'>
  /** Undefined when it does not open, or says what cannot be. */
  readonly open: (author: NodeId, document: StoredDocument) => NodeSummary | undefined
}

export interface Shelf extends Pick<Summaries, 'published' | 'held'> {
  /** Slots of this node's editions that `reader` can open. */
  sealedTo(reader: NodeId): Promise<readonly string[]>
}

export function createShelf(deps: ShelfDeps): Shelf {
  const { nodeId, self, documents, insight, trust, open } = deps

  /** A person who ran nothing in a period has nothing in its summary, and need not know that others have. */
  async function ran(uid: number, { start, end }: Period): Promise<boolean> {
    return (await insight.during({ start, end }).commandPatterns([uid])).length > 0
  }

  function boxesOf(bytes: Uint8Array, candidates: readonly NodeId[]): readonly OwnBox[] {
    try {
      return openOwn(self, readDocument(bytes), candidates) ?? []
    } catch (error) {
      // The edition is damaged or of another release; the publisher reports and replaces it.
      if (error instanceof FrameError) return []
      throw error
    }
  }

  return {
    async sealedTo(reader) {
      const own = await documents.of(nodeId, 'summary')
      return own.flatMap(({ head, bytes }) =>
        boxesOf(bytes, [reader]).some(({ recipients }) => recipients.includes(reader)) ? [head.slot] : [],
      )
    },

    async published(uid) {
      const plan = await makePlan(deps)
      const readers = new Set(
        plan.groups
          .filter(({ entitlement }) => Object.keys(restrictedTo(entitlement, uid)).length > 0)
          .flatMap(({ recipients }) => recipients.map(({ node_id }) => node_id)),
      )
      const candidates = plan.candidates.map(({ node_id }) => node_id)
      const found: PublishedSummary[] = []
      for (const { head, bytes } of await documents.of(nodeId, 'summary')) {
        const period = periodOfSlot(head.slot)
        if (period === undefined) continue
        const boxes = boxesOf(bytes, candidates)
        const recipients = new Set(
          boxes.flatMap((box) => box.recipients).filter((node) => node !== undefined && readers.has(node)),
        ) as ReadonlySet<NodeId>
        if (recipients.size === 0 || !(await ran(uid, period))) continue
        found.push({
          period,
          published_at: head.version,
          expires_at: expiryOf(period),
          bytes: bytes.length,
          recipients: [...recipients].sort(),
        })
      }
      return found.sort(newestFirst)
    },

    async held({ author, since, limit }) {
      const authors = author === undefined ? trust.known().filter((node) => node !== nodeId) : [author]
      let found: HeldSummary[] = []
      let total = 0
      // Reads one author after the other, because the documents of all authors would take hundreds of megabytes.
      for (const one of authors) {
        const within = (slot: string): boolean => (periodOfSlot(slot)?.end ?? 0) > since
        for (const document of await documents.of(one, 'summary', within)) {
          const { head, bytes, received_at } = document
          const period = periodOfSlot(head.slot)
          const summary = open(one, document)
          if (period === undefined || summary === undefined) continue
          total++
          found.push({
            author: one,
            period,
            published_at: head.version,
            expires_at: expiryOf(period),
            bytes: bytes.length,
            received_at,
            generated_at: summary.generated_at,
          })
        }
        found = found.sort(newestFirst).slice(0, limit)
      }
      return { summaries: found, total }
    },
  }
}

/** Orders by the end of the period, longer periods first, then by author, so that the order is always the same. */
function newestFirst(
  a: { readonly period: Period; readonly author?: NodeId },
  b: { readonly period: Period; readonly author?: NodeId },
): number {
  return (
    b.period.end - a.period.end ||
    a.period.start - b.period.start ||
    ((a.author ?? '') < (b.author ?? '') ? -1 : 1)
  )
}
