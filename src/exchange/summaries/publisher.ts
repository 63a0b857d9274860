// Publishes an edition of every period whose summary, or whose readers, are not what its last edition says.
import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { type Period, periodOfSlot, slotOf } from '../../../protocols/periods.ts'
import { decodeSummary, encodeSummary } from '../../../protocols/summary.ts'
import { byText } from '../../base/by-text.ts'
import { DAY_MS, HOUR_MS } from '../../base/calendar.ts'
import type { Clock, Random } from '../../base/clock.ts'
import { blake3 } from '../../base/hash.ts'
import { toHex } from '../../base/hex.ts'
import type { Log } from '../../base/run/log.ts'
import { floorToHour, type ShellCare } from '../../insight/statistics/index.ts'
import type { Audit } from '../../trust/audit/index.ts'
import { versionAfter } from '../../trust/identity/index.ts'
import type { Self } from '../boxes/index.ts'
import type { Documents, StoredDocument } from '../documents/index.ts'
import { expiryOf, openOwn, readDocument, writeDocument } from './document.ts'
import { closedPeriods, distinctPeriods, latePeriods, openPeriods } from './due.ts'
import { boxesOf, idsOf, makePlan, type Plan, type PlanDeps, type PlannedBox } from './plan.ts'

export interface PublisherDeps extends PlanDeps {
  /** The keys that this node had before. */
  readonly formerIds?: readonly NodeId[]
  readonly self: Self
  readonly documents: Pick<Documents, 'publish' | 'of'>
  readonly audit: Pick<Audit, 'record'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Grows with every change of consent or trust. */
  readonly revision: () => number
  /** Sees the plaintext of every box before it is sealed. */
  readonly onEncoded?: ((bytes: Uint8Array) => void) | undefined
}

interface SharedCounts {
  /** Nodes this one's summaries are sealed to. */
  readonly recipients: number
  /** Entitled nodes for whom there is no room in a document. */
  readonly left_out: number
}

/** What was published last of a period. */
interface Edition {
  readonly period: Period
  readonly version: number
  readonly expires_at: number
  readonly boxes: number
  /** A digest of recipients and contents; undefined where this node could not read its own edition. */
  readonly contents: string | undefined
}

/** What the last round found. */
interface Noted {
  readonly at: number
  readonly key: string
  readonly pulse: string
  readonly since: number | undefined
}

interface Look {
  readonly periods: readonly Period[]
  readonly late: boolean
}

/** Late events are looked for this often at most, once anything new was counted. */
const LATE_EVERY_MS = 10 * 60_000
/** Periods an audit entry names; the rest is a number. */
const NAMED_MAX = 24

export function createPublisher(deps: PublisherDeps) {
  const { nodeId, insight, documents, audit, clock, random, log, self, revision } = deps
  let editions: Promise<Map<string, Edition>> | undefined
  /** The state of the last round that ended; undefined: everything has to be looked at. */
  let last: Noted | undefined
  let late = { due: true, at: Number.NEGATIVE_INFINITY }
  /** When everything was looked at last. */
  let allAt = Number.NEGATIVE_INFINITY
  let counts: SharedCounts = { recipients: 0, left_out: 0 }

  /** Read once; a preview may ask for them while the first round does. */
  function load({ candidates }: Plan): Promise<Map<string, Edition>> {
    const ids = candidates.map(({ node_id }) => node_id)
    editions ??= documents
      .of(nodeId, 'summary')
      .then((own) => editionsOf(self, own, ids, log))
      .then(withFormer)
      .catch((error: unknown) => {
        editions = undefined
        throw error
      })
    return editions
  }

  /** What an earlier key of this node published is published anew: that key signs nothing any more, not even an empty edition. */
  async function withFormer(editions: Map<string, Edition>): Promise<Map<string, Edition>> {
    for (const former of deps.formerIds ?? []) {
      for (const { head } of await documents.of(former, 'summary')) {
        const period = periodOfSlot(head.slot)
        if (period === undefined || editions.has(head.slot)) continue
        editions.set(head.slot, unreadable(period, head.version))
      }
    }
    return editions
  }

  /** Differs when anything was counted that a period which may still change is about. */
  async function pulseOf(plan: Plan, now: number): Promise<string> {
    const uids = sharing(plan)
    const oldest = Math.min(...latePeriods(now).map(({ start }) => start))
    const range = { start: oldest, end: floorToHour(now) + HOUR_MS }
    const numbers = insight.during(range)
    const patterns = await numbers.commandPatterns(uids)
    // A line that the guard stopped is no command.
    const { blocked, confirmed_risky, declined } = await numbers.safetyCounts(uids)
    return toHex(blake3([JSON.stringify([patterns, blocked, confirmed_risky, declined])]))
  }

  /** How far back those have records who share anything, ms since the epoch; undefined: nobody has any. */
  const sinceOf = (plan: Plan): Promise<number | undefined> => insight.recordedSince(sharing(plan))

  /** The periods to look at; `late`: those that may have become another by late events are among them. */
  function look(
    { key, pulse, since, at: now }: Noted,
    known: ReadonlyMap<string, Edition>,
    before: Noted | undefined,
  ): Look {
    const open = openPeriods(now)
    const closed = latePeriods(now)
    // History that was imported reaches further back than what was known.
    const older = since !== undefined && since < (before?.since ?? Number.POSITIVE_INFINITY)
    // Imported or deleted history may lie anywhere.
    if (before === undefined || key !== before.key || older || now - allAt >= DAY_MS) {
      allAt = now
      // Closed periods that documents are still kept of, as far back as there are records.
      const earlier = closedPeriods(now, since ?? now)
      const readable = [...known.values()].filter(({ boxes }) => boxes > 0).map(({ period }) => period)
      return { periods: distinctPeriods([...open, ...readable, ...closed, ...earlier]), late: true }
    }
    const changed = pulse !== before.pulse
    if (changed) late.due = true
    if (late.due && now - late.at >= LATE_EVERY_MS) return { periods: [...open, ...closed], late: true }
    const over = closed.filter(({ end }) => end > before.at)
    return { periods: changed ? [...open, ...over] : over, late: false }
  }

  /** How shells are looked after now is in each summary: read once, and not for hundreds of periods. */
  function readingOnce(): typeof deps {
    const care: ShellCare = new Map()
    return { ...deps, insight: { ...insight, during: (range) => insight.during(range, care) } }
  }

  /** Looks once; resolves when what is to be published is durable. Rejects when it could not tell or publish. */
  async function round(signal: AbortSignal): Promise<void> {
    const at = revision()
    const before = last
    // Whatever keeps this round from its end, the next one looks at everything.
    last = undefined
    const plan = await makePlan(deps)
    const known = await load(plan)
    const now = clock.now()
    for (const [slot, { expires_at }] of known) if (expires_at <= now) known.delete(slot)
    const found: Noted = {
      at: now,
      key: plan.key,
      pulse: await pulseOf(plan, now),
      since: await sinceOf(plan),
    }
    const due = look(found, known, before)
    const leftOut = new Set(plan.leftOut.map(({ node_id }) => node_id))
    const reading = readingOnce()
    const published: { readonly slot: string; readonly boxes: readonly PlannedBox[] }[] = []
    const failures: unknown[] = []
    try {
      for (const period of due.periods) {
        if (signal.aborted) return
        const of = await boxesOf(reading, plan, period, now)
        for (const { node_id } of of.leftOut) leftOut.add(node_id)
        // Consent or trust changed during this round, so its outcome does not hold.
        if (revision() !== at) return
        const done = await publish(period, of.boxes, now, known).catch((error: unknown) => {
          // The others need not wait for what cannot be kept.
          failures.push(error)
          return false
        })
        if (done) published.push({ slot: slotOf(period), boxes: of.boxes })
      }
    } finally {
      if (published.length > 0) await tell(published)
    }
    if (failures.length > 0) throw failures[0]
    if (due.late) late = { due: false, at: now }
    last = found
    count(plan, leftOut)
  }

  /** False: the last edition says the same. No await before the document is handed on: consent of this moment holds. */
  async function publish(
    period: Period,
    boxes: readonly PlannedBox[],
    now: number,
    known: Map<string, Edition>,
  ): Promise<boolean> {
    const slot = slotOf(period)
    const before = known.get(slot)
    const contents = contentsOf(boxes)
    if (before === undefined ? boxes.length === 0 : before.contents === contents) return false
    const version = versionAfter(before?.version ?? 0, now)
    const frame = writeDocument(self, { clock, random }, period, version, boxes)
    for (const { plaintext } of boxes) deps.onEncoded?.(plaintext)
    const durable = documents.publish('summary', frame)
    const expires_at = expiryOf(period)
    known.set(slot, { period, version, expires_at, boxes: boxes.length, contents: undefined })
    await durable
    known.set(slot, { period, version, expires_at, boxes: boxes.length, contents })
    return true
  }

  async function tell(
    published: readonly { readonly slot: string; readonly boxes: readonly PlannedBox[] }[],
  ): Promise<void> {
    const boxes = published.flatMap((one) => one.boxes)
    const recipients = new Set(boxes.flatMap(idsOf))
    const categories = new Set(boxes.flatMap((box) => Object.keys(box.entitlement)))
    const named = published.slice(0, NAMED_MAX).map(({ slot }) => slot)
    const more = published.length - named.length
    const details = {
      documents: published.length,
      periods: named.join(' ') + (more > 0 ? ` and ${more} more` : ''),
      recipients: recipients.size,
      categories: [...categories].join(' '),
      /** Empty editions that replace editions whose recipients may not read them any more. */
      emptied: published.filter((one) => one.boxes.length === 0).length,
    }
    log.info(details, 'summaries published')
    await audit.record({ type: 'summary_published', success: true, details })
  }

  function count(plan: Plan, leftOut: ReadonlySet<NodeId>): void {
    const recipients = new Set(plan.groups.flatMap(idsOf))
    for (const node of leftOut) recipients.delete(node)
    if (leftOut.size !== counts.left_out) {
      const fields = { left_out: leftOut.size, recipients: recipients.size }
      if (leftOut.size > 0) log.warn(fields, 'summaries have no room for everybody who may read them')
      else log.info(fields, 'summaries have room for everybody again')
    }
    counts = { recipients: recipients.size, left_out: leftOut.size }
  }

  return {
    round,
    /** The boxes of the open periods, and of others that a round would publish now. Changes nothing. */
    async pending() {
      const plan = await makePlan(deps)
      const known = await load(plan)
      const now = clock.now()
      const open = openPeriods(now)
      const found: { period: Period; boxes: readonly PlannedBox[] }[] = []
      const reading = readingOnce()
      // Of what was before the first record there is nothing to tell.
      const since = (await sinceOf(plan)) ?? now
      for (const period of [...open, ...latePeriods(now, since)]) {
        const { boxes } = await boxesOf(reading, plan, period, now)
        if (boxes.length === 0) continue
        const contents = contentsOf(boxes)
        if (open.includes(period) || known.get(slotOf(period))?.contents !== contents)
          found.push({ period, boxes })
      }
      return found
    },
    counts: () => counts,
  }
}

/** The people of whom anything is shared with anybody. */
const sharing = ({ groups }: Plan): readonly number[] => [
  ...new Set(groups.flatMap(({ entitlement }) => Object.values(entitlement).flat())),
]

/** A box as far as it matters whether it says anything new: not when it was derived. */
function contentsOf(
  boxes: readonly {
    readonly recipients: readonly { readonly node_id: NodeId }[]
    readonly summary: NodeSummary
  }[],
): string {
  const each = boxes.map(({ recipients, summary }) => {
    const timeless = encodeSummary({ ...summary, generated_at: summary.start })
    const ids = recipients.map(({ node_id }) => node_id).sort(byText)
    return toHex(blake3([ids.join(' '), '\0', timeless]))
  })
  return each.sort(byText).join(' ')
}

/**
 * The editions among this node's own documents; `candidates` are the nodes that may be recipients. One that it cannot
 * read, of another release or damaged, is replaced like one whose contents it does not know.
 */
function editionsOf(
  self: Self,
  documents: readonly StoredDocument[],
  candidates: readonly NodeId[],
  log: Log,
): Map<string, Edition> {
  const editions = new Map<string, Edition>()
  for (const { head, bytes } of documents) {
    const period = periodOfSlot(head.slot)
    if (period === undefined) continue
    try {
      editions.set(head.slot, editionOf(self, period, bytes, candidates))
    } catch (error) {
      log.warn({ slot: head.slot, error: String(error) }, 'an own summary cannot be read; it is replaced')
      editions.set(head.slot, unreadable(period, head.version))
    }
  }
  return editions
}

/** It counts as one that somebody can read, so that no recipient keeps numbers that were withdrawn. */
const unreadable = (period: Period, version: number): Edition => ({
  period,
  version,
  expires_at: expiryOf(period),
  boxes: 1,
  contents: undefined,
})

/** FrameErrors: those of decodeFrame and decodeSummary. */
function editionOf(self: Self, period: Period, bytes: Uint8Array, candidates: readonly NodeId[]): Edition {
  const document = readDocument(bytes)
  const { version, expires_at, boxes } = document.body
  const own = openOwn(self, document, candidates)
  const known = own?.flatMap(({ recipients, plaintext }) => {
    const named = recipients.filter((one) => one !== undefined)
    return named.length < recipients.length
      ? []
      : [{ recipients: named.map((node_id) => ({ node_id })), summary: decodeSummary(plaintext) }]
  })
  const contents = known?.length === boxes.length ? contentsOf(known) : undefined
  return { period, version, expires_at, boxes: boxes.length, contents }
}
