// The summaries room: publishes while it runs, shows what it would publish, and reads those of others.

import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { type Period, periodOfSlot } from '../../../protocols/periods.ts'
import { FrameError } from '../../../protocols/reject.ts'
import { createSerial } from '../../base/async/limiter.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { Audit } from '../../trust/audit/index.ts'
import type { Sharing } from '../../trust/consent/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import { type OwnIdentity, type Self, selvesOf } from '../boxes/index.ts'
import type { Documents, StoredDocument } from '../documents/index.ts'
import { createReader } from './cover.ts'
import { expiryOf, type OwnBox, openOwn, readDocument } from './document.ts'
import { openPeriods } from './due.ts'
import { type Recipient, restrictedTo, type SummaryCategory } from './groups.ts'
import { categoriesOf, makePlan, type PlanDeps, partOf } from './plan.ts'
import { createPublisher } from './publisher.ts'
import type { HeldSummary, PreviewReader, PublishedSummary, SummaryPreview } from './types.ts'

interface SummariesDeps extends Ambient, Pick<PlanDeps, 'insight' | 'policy' | 'measures'> {
  readonly identity: OwnIdentity
  readonly sharing: Pick<Sharing, 'consentOf' | 'onChange'>
  readonly trust: Pick<Trust, 'known' | 'opinion' | 'member' | 'onChange' | 'keysOf'>
  readonly documents: Pick<Documents, 'publish' | 'of' | 'withdrawn' | 'fetched'>
  readonly audit: Pick<Audit, 'record'>
  /** Sees the plaintext of every summary before it is sealed. */
  readonly onEncoded?: ((bytes: Uint8Array) => void) | undefined
}

/** Milliseconds between alarms. */
export const EVERY_MS = 60_000
/**
 * After these minutes since the start, and then after every hour since then, it looks for what changed. Members that may
 * read no number see when an edition was made: the times follow from the start of the daemon, never from typing.
 */
const FIRST_MINUTES = [1, 2]
const LOOK_EVERY_MINUTES = 60
/** Time of the second look after a start: commands typed while the daemon was down have been read by then. */
export const SOON_MS = 5_000
/** A node that is about to be denied has so long to fetch the editions without it. */
const FETCHED_MS = 2_000

export function createSummaries(deps: SummariesDeps) {
  const { identity, sharing, documents, timers } = deps
  /** Nodes that are about to be denied: they count as if they were. */
  const leaving = new Map<NodeId, number>()
  const trust: typeof deps.trust = {
    ...deps.trust,
    opinion(node) {
      const opinion = deps.trust.opinion(node)
      return leaving.has(node) ? { ...opinion, denied: true, trust_level: 'untrusted' } : opinion
    },
  }
  const log = deps.log.child({ room: 'summaries' })
  const selves = selvesOf(identity)
  const [self] = selves
  const reading = { ...deps, nodeId: identity.nodeId }
  let revision = 0
  const publisher = createPublisher({
    ...deps,
    trust,
    nodeId: identity.nodeId,
    formerIds: identity.former.map(({ nodeId }) => nodeId),
    self,
    log,
    revision: () => revision,
  })
  const reader = createReader(selves, documents, { log, clock: deps.clock, keysOf: trust.keysOf })
  const shelf = createShelf({ ...deps, nodeId: identity.nodeId, self, open: reader.open })
  let stopping = new AbortController()
  let stopTimer = (): void => {}
  let unsubscribe: readonly (() => void)[] = []
  const serial = createSerial()
  let running = Promise.resolve()
  /** A withdrawn consent must not wait for the next hour because a disk was full for a moment. */
  let failed = false

  /** One round at a time; a call during a round makes another one follow it. */
  function look(): void {
    if (serial.pending() < 2) running = serial(round)
  }

  async function round(): Promise<void> {
    if (stopping.signal.aborted) return
    try {
      await publisher.round(stopping.signal)
      failed = false
    } catch (error) {
      failed = true
      log.error({ error: String(error) }, 'summaries could not be published; it is tried again')
    }
  }

  /** `minute`: since the look soon after the start. */
  function again(ms: number, minute = 0): void {
    stopTimer = timers.after(ms, () => {
      if (failed || minute % LOOK_EVERY_MINUTES === 0 || FIRST_MINUTES.includes(minute)) look()
      again(EVERY_MS, minute + 1)
    })
  }

  const changed = (): void => {
    revision++
    look()
  }

  return {
    name: 'summaries',
    async start() {
      stopping = new AbortController()
      unsubscribe = [sharing.onChange(changed), trust.onChange(changed)]
      again(SOON_MS)
      look()
    },
    async stop() {
      stopping.abort()
      stopTimer()
      for (const end of unsubscribe) end()
      unsubscribe = []
      await running
    },
    /**
     * What would leave now of this person's about the open hour, day and week and the closed ones not yet sent, one entry per period and
     * group of recipients that may read the same. `reader` narrows it to what that node, or any node with that role here,
     * could read.
     */
    async preview(uid: number, reader?: PreviewReader) {
      const previews: SummaryPreview[] = []
      for (const { period, boxes } of await publisher.pending()) {
        for (const box of boxes) {
          if (reader !== undefined && !box.recipients.some((one) => isReader(reader, one))) continue
          const part = await partOf(reading, period, box, uid)
          if (part === undefined) continue
          const recipients = part.recipients.map(({ node_id, fingerprint, name }) => ({
            node_id,
            fingerprint,
            name,
          }))
          previews.push({ recipients, summary: part.summary, bytes: part.plaintext })
        }
      }
      return previews
    },
    /**
     * What somebody would read of this person whom they allowed just these categories, about the open hour, day and week:
     * to be looked at before anything is allowed, so it names no recipients. Empty where there is nothing to tell.
     */
    async previewOf(uid: number, categories: readonly SummaryCategory[]) {
      const now = deps.clock.now()
      const previews: SummaryPreview[] = []
      for (const period of openPeriods(now)) {
        const asked = { uid, categories }
        const part = await categoriesOf(reading, period, asked, now)
        if (part !== undefined)
          previews.push({ recipients: [], summary: part.summary, bytes: part.plaintext })
      }
      return previews
    },
    /**
     * Publishes without this node what was sealed to it, as if it were denied already, and lets it fetch that if it is
     * connected: for two seconds at most. `held`: summaries that it could open until now. `emptied`: those that were published
     * without it. `fetched`: of these, what it took from here. Call `end` when the decision about it is made, or was not.
     * `begun` is called when it is known what the node could open: from then on the node may be denied.
     */
    async withdrawFrom(node: NodeId, begun?: () => void) {
      const keys = trust.keysOf(node)
      const before = (await Promise.all(keys.map(shelf.sealedTo))).flat()
      for (const key of keys) leaving.set(key, (leaving.get(key) ?? 0) + 1)
      const since = deps.clock.now()
      const end = (): void => {
        for (const key of keys) {
          const times = (leaving.get(key) ?? 1) - 1
          if (times === 0) leaving.delete(key)
          else leaving.set(key, times)
        }
        changed()
      }
      const fetches = Promise.all(keys.map((key) => documents.fetched(key, before, since, FETCHED_MS)))
      begun?.()
      changed()
      if (before.length === 0) return { held: 0, emptied: 0, fetched: 0, end }
      await running
      const after = new Set((await Promise.all(keys.map(shelf.sealedTo))).flat())
      const emptied = before.filter((slot) => !after.has(slot)).length
      const fetched = emptied === 0 ? 0 : Math.max(...(await fetches))
      return { held: before.length, emptied, fetched, end }
    },
    /** True when the author published anew without this node, and nothing for it since. */
    withdrawn: reader.withdrawn,
    /** Undefined: this node holds nothing of theirs for that range. Whole UTC hours; the widest periods that fit are used. */
    cover: reader.cover,
    /** This node's editions with numbers of that person in them, the newest period first. */
    published: shelf.published,
    /** Editions of others that open here, the newest period first; `total` counts also those beyond the limit. */
    held: shelf.held,
    /**
     * `recipients`: nodes that this one's summaries are sealed to. `left_out`: those that may read them, but for whom one document has
     * no room. `refused`: summaries of others, since the start, that did not open or said what cannot be.
     */
    status: () => ({ ...publisher.counts(), refused: reader.refused() }),
  }
}

export type Summaries = ReturnType<typeof createSummaries>

const isReader = (reader: PreviewReader, { node_id, principal }: Recipient): boolean =>
  'node' in reader ? node_id === reader.node : principal.roles.includes(reader.role)

// Lists editions: this node's own, as far as they concern one person, and other nodes' that it can open.

interface ShelfDeps extends PlanDeps {
  readonly self: Self
  readonly documents: Pick<Documents, 'of'>
  /** Undefined when it does not open, or says what cannot be. */
  readonly open: (author: NodeId, document: StoredDocument) => NodeSummary | undefined
}

interface HeldFilter {
  /** Absent: editions of all authors. */
  readonly author?: NodeId
  /** Only periods that end after it, milliseconds since the epoch. */
  readonly since: number
  readonly limit: number
}

function createShelf(deps: ShelfDeps) {
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
    /** Slots of this node's editions that `reader` can open. */
    async sealedTo(reader: NodeId) {
      const own = await documents.of(nodeId, 'summary')
      return own.flatMap(({ head, bytes }) =>
        boxesOf(bytes, [reader]).some(({ recipients }) => recipients.includes(reader)) ? [head.slot] : [],
      )
    },

    /** This node's editions with numbers of that person in them, the newest period first. */
    async published(uid: number) {
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

    /** Editions of others that open here, the newest period first; `total` counts also those beyond the limit. */
    async held({ author, since, limit }: HeldFilter) {
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
