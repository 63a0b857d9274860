// Covers a range with one member's summaries: opens and checks them, takes the widest periods that fit, and says which part of the
// range they reach over: hours in which nobody typed have none, and are known all the same.
import { FrameError } from '../../../protocols/frame.ts'
import type { NodeSummary } from '../../../protocols/messages/summary.ts'
import type { NodeId } from '../../../protocols/node-id.ts'
import {
  KEPT_MS,
  type Period,
  periodOf,
  periodOfSlot,
  periodsInside,
  SHORTER,
  slotOf,
} from '../../../protocols/periods.ts'
import { toHex } from '../../base/hex.ts'
import type { Ambient } from '../../base/run/ambient.ts'
import type { TimeRange } from '../../insight/statistics/index.ts'
import type { Trust } from '../../trust/peers/index.ts'
import type { Opener } from '../boxes/index.ts'
import type { Documents, StoredDocument } from '../documents/index.ts'
import { commandsIn } from './derive.ts'
import { openDocument } from './document.ts'
import type { CoverAbout, SummaryCover } from './types.ts'

/** Plaintext bytes of the summaries kept open; as objects they take some five times as much. */
const KEPT_BYTES = 2 * 1024 * 1024
/** Documents before a range, and the latest of all, that are looked at for what they say of its edges. */
const AROUND_MAX = 8
/** Bytes that count for a remembered document that could not be used. */
const REFUSED_BYTES = 64

interface Opened {
  /** Undefined: it did not open, or says what cannot be. */
  readonly summary: NodeSummary | undefined
  readonly bytes: number
}

interface Held {
  /** Every period that a document of the author is held of, inside the range or not. */
  readonly periods: readonly Period[]
  /** The summaries that stand for the range, oldest first. */
  readonly chosen: readonly NodeSummary[]
  /** The part of `chosen` that tells of anything. */
  readonly telling: readonly NodeSummary[]
  /** When the first of what they tell begins, as exactly as shorter periods inside show it; without any the end of the range. */
  readonly first: number
  /** Whether a summary of a time before the range tells of anything: then records reach back to its beginning. */
  readonly before: boolean
  /** When the newest edition was derived, ms since the epoch: until then an hour without a summary was a quiet one. */
  readonly upTo: number
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** `selves`: this node, and the keys it had before. `keysOf`: all keys of one member, the one it has now first. */
export function createReader(
  selves: readonly Opener[],
  documents: Pick<Documents, 'of' | 'withdrawn'>,
  { log, clock, keysOf }: Pick<Ambient, 'log' | 'clock'> & Pick<Trust, 'keysOf'>,
) {
  /** Opened documents by digest, in order of use. Opening one costs about 100 µs, and a year is made of 250. */
  const opened = new Map<string, Opened>()
  let bytes = 0
  let refused = 0

  /** Undefined when it does not open, or says what cannot be. What was opened lately costs nothing. */
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

  const withdrawnOf = (author: NodeId) => keysOf(author).flatMap((key) => documents.withdrawn(key, 'summary'))

  /** Nothing that this author published for this node is as new as what it published without it. */
  async function isWithdrawn(author: NodeId): Promise<boolean> {
    const held: number[] = []
    for (const key of keysOf(author))
      for (const { head } of await documents.of(key, 'summary')) held.push(head.version)
    return newest(withdrawnOf(author).map(({ version }) => version)) > newest(held)
  }

  /** What documents of other times say of the edges of a range; read only where those inside leave one open. */
  async function around(
    author: NodeId,
    range: TimeRange,
    { periods, telling, first }: Pick<Held, 'periods' | 'telling' | 'first'>,
    tells: (summary: NodeSummary) => boolean,
  ): Promise<Pick<Held, 'before' | 'upTo'>> {
    const upTo = newest(telling.map(({ generated_at }) => generated_at))
    const earlier = first > range.start ? lastEnding(periods.filter(({ end }) => end <= range.start)) : []
    const later = upTo >= range.end ? [] : lastEnding(periods)
    const wanted = new Set([...earlier, ...later].map(slotOf))
    if (wanted.size === 0) return { before: false, upTo }
    const found: NodeSummary[] = []
    for (const key of keysOf(author)) {
      for (const document of await documents.of(key, 'summary', (slot) => wanted.has(slot))) {
        const summary = open(document.head.author, document)
        if (summary !== undefined) found.push(summary)
      }
    }
    return {
      before: found.some((summary) => summary.end <= range.start && tells(summary)),
      upTo: newest([upTo, ...found.map(({ generated_at }) => generated_at)]),
    }
  }

  return {
    /** The author published anew without this node, and what it published for it before is of no use any more. */
    async withdrawn(author: NodeId, range: TimeRange) {
      return withdrawnOf(author).some(({ slot }) => touches(slot, range)) && (await isWithdrawn(author))
    },
    async cover(
      author: NodeId,
      range: TimeRange,
      { tells = (summary) => commandsIn(summary) > 0, quiet = false }: CoverAbout = {},
    ): Promise<SummaryCover | undefined> {
      // Only documents that touch the range are read: reading costs more than opening, and each author has up to 250 documents.
      const all: StoredDocument[] = []
      const slots = new Set<string>()
      for (const key of keysOf(author)) {
        const wanted = (slot: string): boolean => {
          slots.add(slot)
          return touches(slot, range)
        }
        all.push(...(await documents.of(key, 'summary', wanted)))
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
      if (summaries.length === 0 && !quiet) return undefined
      const periods = [...slots].map(periodOfSlot).filter((period) => period !== undefined)
      const telling = summaries.filter(tells)
      const first = telling[0] && firstIn(telling[0], summaryOf, tells)
      const known = { periods, telling, first: first ?? range.end }
      const covers = spanOf(range, {
        ...known,
        chosen: summaries,
        now: clock.now(),
        ...(await around(author, range, known, tells)),
      })
      if (summaries.length === 0 && covers === undefined) return undefined
      const as_of = newest(summaries.map(({ generated_at }) => generated_at))
      return { summaries, as_of, covers }
    },
    open,
    /** Documents for this node that did not open or said what cannot be, since the start. */
    refused: () => refused,
  }
}

const newest = (versions: readonly number[]): number => Math.max(0, ...versions)

/** The latest few: one of them tells of something, unless nobody typed for long. */
const lastEnding = (periods: readonly Period[]): readonly Period[] =>
  periods.toSorted((a, b) => b.end - a.end).slice(0, AROUND_MAX)

function touches(slot: string, range: TimeRange): boolean {
  const period = periodOfSlot(slot)
  return period !== undefined && period.end > range.start && period.start < range.end
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
    const parts = periodsInside(period).flatMap(best)
    const inParts = parts.reduce((sum, part) => sum + commandsIn(part), 0)
    return whole !== undefined && commandsIn(whole) >= inParts ? [whole] : parts
  }

  const weeks = new Set(held.map(({ start }) => periodOf('week', start).start))
  return [...weeks].sort((a, b) => a - b).flatMap((start) => best(periodOf('week', start)))
}

/** Undefined: none of it. A time between two summaries is one in which nobody typed, or a document was lost. */
function spanOf(range: TimeRange, held: Held): TimeRange | undefined {
  const { telling, before, now } = held
  const upTo = Math.min(range.end, held.upTo, now)
  const first = telling.length > 0 ? held.first : before ? upTo : range.end
  const last = Math.max(first, ...telling.map(({ end, generated_at }) => Math.min(end, generated_at)))
  const begun = Math.max(range.start, first)
  const start = before ? knownFrom(range.start, begun, held) : begun
  const end = Math.min(range.end, Math.max(last, knownTo(last, upTo, held)))
  return start < end ? { start, end } : undefined
}

/** When what a summary tells of begins: a day may be one on which records began at noon. Nothing shorter is held: its start. */
function firstIn(
  period: Period,
  summaryOf: (period: Period) => NodeSummary | undefined,
  tells: (summary: NodeSummary) => boolean,
): number {
  for (const one of periodsInside(period)) {
    const summary = summaryOf(one)
    if (summary !== undefined && tells(summary)) return firstIn(one, summaryOf, tells)
  }
  return period.start
}

/** The earliest moment from which nothing up to `to` is hidden in a longer period. */
const knownFrom = (from: number, to: number, held: Held): number =>
  hiding(from, to, held).reduce((known, { end }) => Math.max(known, Math.min(end, to)), from)

/** The latest moment up to which nothing from `from` on is hidden in a longer period. */
const knownTo = (from: number, to: number, held: Held): number =>
  hiding(from, to, held).reduce((known, { start }) => Math.min(known, Math.max(start, from)), to)

/**
 * Periods that touch the time, that are not among the chosen ones, and whose shorter periods are not kept any more: what
 * was typed in that part of them, if anything, nobody can tell.
 */
function hiding(from: number, to: number, { periods, chosen, now }: Held): readonly Period[] {
  const taken = new Set(chosen.map(slotOf))
  return periods.filter((period) => {
    const { granularity, start, end } = period
    if (granularity === 'hour' || end <= from || start >= to || taken.has(slotOf(period))) return false
    const inside = SHORTER[granularity]
    return periodOf(inside, Math.max(start, from)).end + KEPT_MS[inside] <= now
  })
}
