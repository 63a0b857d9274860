// Covers a range with one member's summaries: opens and checks them, and takes the widest periods that fit.
import { FrameError } from '../../../protocols/frame.ts'
import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import { type Period, periodOf, periodOfSlot, slotOf } from '../../../protocols/periods.ts'
import { DAY_MS, HOUR_MS } from '../../base/calendar.ts'
import { toHex } from '../../base/hex.ts'
import type { Log } from '../../base/run/log.ts'
import type { TimeRange } from '../../insight/statistics/index.ts'
import type { Documents, StoredDocument } from '../documents/index.ts'
import { commandsIn } from './derive.ts'
import { type Opener, openDocument } from './document.ts'
import type { SummaryCover } from './types.ts'

export interface Reader {
  /** The author published anew without this node, and what it published for it before is of no use any more. */
  withdrawn(author: NodeId, range: TimeRange): Promise<boolean>
  cover(author: NodeId, range: TimeRange): Promise<SummaryCover | undefined>
  /** Undefined when it does not open, or says what cannot be. What was opened lately costs nothing. */
  open(author: NodeId, document: StoredDocument): NodeSummary | undefined
  /** Documents for this node that did not open or said what cannot be, since the start. */
  refused(): number
}

/** Plaintext bytes of the summaries kept open; as objects they take some five times as much. */
const KEPT_BYTES = 2 * 1024 * 1024
/** Bytes that count for a remembered document that could not be used. */
const REFUSED_BYTES = 64

interface Opened {
  /** Undefined: it did not open, or says what cannot be. */
  readonly summary: NodeSummary | undefined
  readonly bytes: number
}

/** `selves`: this node, and the keys it had before. `keysOf`: all keys of one member, the one it has now first. */
export function createReader(
  selves: readonly Opener[],
  documents: Pick<Documents, 'of'> & Partial<Pick<Documents, 'withdrawn'>>,
  log: Log,
  keysOf: (author: NodeId) => readonly NodeId[] = (author) => [author],
): Reader {
  /** Opened documents by digest, in order of use. Opening one costs about 100 µs, and a year is made of 250. */
  const opened = new Map<string, Opened>()
  let bytes = 0
  let refused = 0

  function open(author: NodeId, document: StoredDocument): NodeSummary | undefined {
    const key = toHex(document.head.digest)
    const known = opened.get(key)
    const now = known ?? openAnew(author, document)
    if (known === undefined) bytes += now.bytes
    opened.delete(key)
    opened.set(key, now)
    for (const [oldest, { bytes: freed }] of opened) {
      if (bytes <= KEPT_BYTES) break
      opened.delete(oldest)
      bytes -= freed
    }
    return now.summary
  }

  function openAnew(author: NodeId, { head, bytes: frame }: StoredDocument): Opened {
    try {
      const { summary, plaintext } = openDocument(selves, frame, author)
      return { summary, bytes: plaintext.length }
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      refused++
      log.warn(
        { peer: author, slot: head.slot, code: error.code, reason: error.message },
        'a summary is refused',
      )
      return { summary: undefined, bytes: REFUSED_BYTES }
    }
  }

  const withdrawnOf = (author: NodeId) =>
    keysOf(author).flatMap((key) => documents.withdrawn?.(key, 'summary') ?? [])

  /** Nothing that this author published for this node is as new as what it published without it. */
  async function isWithdrawn(author: NodeId): Promise<boolean> {
    const held: number[] = []
    for (const key of keysOf(author))
      for (const { head } of await documents.of(key, 'summary')) held.push(head.version)
    return newest(withdrawnOf(author).map(({ version }) => version)) > newest(held)
  }

  return {
    async withdrawn(author, range) {
      return withdrawnOf(author).some(({ slot }) => touches(slot, range)) && (await isWithdrawn(author))
    },
    async cover(author, range) {
      // Only documents that touch the range are read: reading costs more than opening, and each author has up to 250 documents.
      const all: StoredDocument[] = []
      for (const key of keysOf(author)) {
        all.push(...(await documents.of(key, 'summary', (slot) => touches(slot, range))))
      }
      // Of the editions that a member signed with its keys the newest holds; what it withdrew with one holds for all.
      const gone = newest(withdrawnOf(author).map(({ version }) => version))
      const bySlot = new Map<string, StoredDocument>()
      for (const document of all) {
        const other = bySlot.get(document.head.slot)
        if (other === undefined || document.head.version > other.head.version)
          bySlot.set(document.head.slot, document)
      }
      const stored = [...bySlot.values()]
      if (gone > newest(stored.map(({ head }) => head.version)) && (await isWithdrawn(author)))
        return undefined
      const summaryOf = (period: Period): NodeSummary | undefined => {
        const document = bySlot.get(slotOf(period))
        return document === undefined ? undefined : open(document.head.author, document)
      }
      const held = stored.map(({ head }) => periodOfSlot(head.slot)).filter((period) => period !== undefined)
      const summaries = chosen(range, held, summaryOf)
      if (summaries.length === 0) return undefined
      return {
        summaries,
        as_of: Math.max(...summaries.map(({ generated_at }) => generated_at)),
        covers: coveredBy(summaries, range),
      }
    },
    open,
    refused: () => refused,
  }
}

const newest = (versions: readonly number[]): number => Math.max(0, ...versions)

/** From the first to the last of what they tell. A time between without any is one in which nobody typed, or a document lost. */
function coveredBy(summaries: readonly NodeSummary[], range: TimeRange): TimeRange {
  const ends = summaries.map(({ end, generated_at }) => Math.min(end, generated_at))
  const start = Math.max(range.start, Math.min(...summaries.map((one) => one.start)))
  return { start, end: Math.max(start, Math.min(range.end, Math.max(...ends))) }
}

function touches(slot: string, range: TimeRange): boolean {
  const period = periodOfSlot(slot)
  return period !== undefined && period.end > range.start && period.start < range.end
}

const INSIDE: Readonly<
  Record<'week' | 'day', { readonly granularity: 'day' | 'hour'; readonly ms: number }>
> = {
  week: { granularity: 'day', ms: DAY_MS },
  day: { granularity: 'hour', ms: HOUR_MS },
}

/**
 * Disjoint summaries inside `range`, oldest first. A period that was over when its summary was derived is taken whole;
 * of one that was not, its own summary or those inside it, whichever tell of more commands: an edition may be missing.
 */
function chosen(
  range: TimeRange,
  held: readonly Period[],
  summaryOf: (period: Period) => NodeSummary | undefined,
): NodeSummary[] {
  /** The summary of a period. A summary derived before its period was over covers the time up to that moment only. */
  function summaryInside(period: Period): NodeSummary | undefined {
    const summary = summaryOf(period)
    if (summary === undefined || period.end <= range.end) return summary
    return !summary.closed && summary.generated_at <= range.end ? summary : undefined
  }

  function best(period: Period): NodeSummary[] {
    if (period.end <= range.start || period.start >= range.end) return []
    const whole = period.start >= range.start ? summaryInside(period) : undefined
    if (period.granularity === 'hour' || whole?.closed === true) return whole === undefined ? [] : [whole]
    const { granularity, ms } = INSIDE[period.granularity]
    const parts: NodeSummary[] = []
    for (let start = period.start; start < period.end; start += ms) {
      parts.push(...best({ granularity, start, end: start + ms }))
    }
    const inParts = parts.reduce((sum, part) => sum + commandsIn(part), 0)
    return whole !== undefined && commandsIn(whole) >= inParts ? [whole] : parts
  }

  const weeks = new Set(held.map(({ start }) => periodOf('week', start).start))
  return [...weeks].sort((a, b) => a - b).flatMap((start) => best(periodOf('week', start)))
}
