// Keeps the lists of imports true: removed events are on no list, and an event that came twice is on the newer list only.

import { createRecent } from '../../../base/recent.ts'
import { idOfEvent } from '../../../base/words/event-id.ts'
import { type Change, type Database, delRow } from '../../level/database.ts'
import { pages } from '../../level/pages.ts'
import {
  decodePiece,
  type EventId,
  numberOfPiece,
  pieceKey,
  piecesOf,
  putImport,
  putPiece,
  readImport,
  removeImport,
} from './pieces.ts'

export type ImportLists = ReturnType<typeof createImportLists>

/** An event as far as the comparison with the lists needs it. */
interface Begun {
  readonly start_us: number
}

/** Where the events of a piece lie, or lay before some were taken off. */
interface Span {
  readonly key: Uint8Array
  readonly from: number
  readonly to: number
}

type Spans = Map<string, Span>

const PAGE = 256
const PEOPLE = 32

const nameOf = (key: Uint8Array): string => Buffer.from(key).toString('latin1')
const idOf = ({ start_us, tag }: EventId): string => idOfEvent(start_us, tag)

function spanOf(key: Uint8Array, events: readonly EventId[]): Span {
  let from = Number.POSITIVE_INFINITY
  let to = Number.NEGATIVE_INFINITY
  for (const { start_us } of events) {
    from = Math.min(from, start_us)
    to = Math.max(to, start_us)
  }
  return { key, from, to }
}

/** The caller writes nothing else of the same person meanwhile, and writes either all the changes or none. */
export function createImportLists(db: Database) {
  /**
   * The lists of the people looked at last: some dozen bytes for a thousand events. A list may name more than there is,
   * because a batch
   * may fail after this or take a piece away: such a piece is not found.
   */
  const known = createRecent<number, Spans>(PEOPLE)

  async function spansOf(uid: number): Promise<Spans> {
    const held = known.get(uid)
    if (held !== undefined) return held
    const spans: Spans = new Map()
    for await (const page of pages(db.iterator(piecesOf(uid)), PAGE)) {
      for (const [key, value] of page) spans.set(nameOf(key), spanOf(key, decodePiece(value)))
    }
    known.set(uid, spans)
    return spans
  }

  async function takeOff(uid: number, events: readonly EventId[], changes: Change[]): Promise<void> {
    const spans = await spansOf(uid)
    if (spans.size === 0) return
    const starts = Float64Array.from(events, ({ start_us }) => start_us).sort()
    const near = [...spans.values()].filter((span) => touches(starts, span))
    if (near.length === 0) return
    const gone = new Set(events.map(idOf))
    const lost = new Map<number, number>()
    const emptied = new Set<string>()
    const values = await db.getMany(near.map(({ key }) => key))
    for (const [i, { key }] of near.entries()) {
      const value = values[i]
      if (value === undefined) {
        spans.delete(nameOf(key))
        continue
      }
      const ids = decodePiece(value)
      const left = ids.filter((id) => !gone.has(idOf(id)))
      if (left.length === ids.length) continue
      if (left.length === 0) emptied.add(nameOf(key))
      changes.push(left.length === 0 ? delRow(key) : putPiece(key, left))
      const number = numberOfPiece(key)
      lost.set(number, (lost.get(number) ?? 0) + ids.length - left.length)
    }
    for (const [number, count] of lost) {
      const record = await readImport(db, uid, number)
      if (record === undefined) continue
      const range = piecesOf(uid, number)
      const keys = await db.keys({ ...range, limit: emptied.size + 1 }).all()
      const isEmpty = keys.every((key) => emptied.has(nameOf(key)))
      const left = Math.max(1, record.events - count)
      changes.push(isEmpty ? removeImport(uid, number) : putImport(uid, { ...record, events: left }))
    }
  }

  return {
    /** Appends what takes these events of one person off the lists; an import that has none left goes with them. */
    takeOff,

    /** The events that begin at most `within` microseconds from an imported event; commands that run now hardly ever do. */
    async near<T extends Begun>(uid: number, events: readonly T[], within: number): Promise<readonly T[]> {
      const spans = await spansOf(uid)
      if (spans.size === 0) return []
      const all = [...spans.values()]
      // A command that runs now began after everything that was imported.
      const newest = all.reduce((latest, { to }) => Math.max(latest, to), 0)
      const old = events.filter(({ start_us }) => start_us <= newest + within)
      return old.filter(({ start_us }) =>
        all.some(({ from, to }) => start_us >= from - within && start_us <= to + within),
      )
    },

    /** Whether an import brought this one. */
    async listed(uid: number, event: EventId) {
      const { start_us } = event
      const spans = await spansOf(uid)
      const keys = [...spans.values()]
        .filter(({ from, to }) => start_us >= from && start_us <= to)
        .map(({ key }) => key)
      const pieces = await db.getMany(keys)
      return pieces.some(
        (piece) => piece !== undefined && decodePiece(piece).some((id) => idOf(id) === idOf(event)),
      )
    },

    /** Appends the next piece of a list; its events are taken off all others. */
    async add(
      uid: number,
      { number, piece }: { readonly number: number; readonly piece: number },
      events: readonly EventId[],
      changes: Change[],
    ) {
      await takeOff(uid, events, changes)
      const key = pieceKey(uid, number, piece)
      const spans = await spansOf(uid)
      spans.set(nameOf(key), spanOf(key, events))
      changes.push(putPiece(key, events))
    },
  }
}

/** Whether any of these, in order, lies in the span. */
function touches(starts: Float64Array, { from, to }: Span): boolean {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (starts[middle]! < from) low = middle + 1
    else high = middle
  }
  return low < starts.length && starts[low]! <= to
}
