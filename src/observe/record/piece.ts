// What one piece of a spool file says: its records become events and notes of the guard; nothing is read, stored or removed here.
import type { EventInput, GuardNote, SpoolPosition } from '../../store/events/events.ts'
import { type Digest, withAnswer } from './digest.ts'
import type { Followed } from './followed.ts'
import type { Span, SpoolLook } from './spool-file.ts'

/** A sequence number says how many records are missing; a forged one says nonsense. */
const MAX_GAP = 10_000

export interface Piece {
  readonly events: readonly EventInput[]
  readonly guarded: readonly GuardNote[]
  /** Behind the last whole record of the piece. */
  readonly position: SpoolPosition
  /** Records that the shell wrote, or began to write, and that cannot be read. */
  readonly dropped: number
  /** Bytes of records that leave no event: what they say is not to stay in the file. */
  readonly forgotten: readonly Span[]
  /** For the next piece: damage behind the last good record, and what the guard noted last. */
  readonly after: Pick<Followed, 'damaged' | 'noted'>
}

export interface PieceInit {
  readonly state: Followed
  readonly look: Pick<SpoolLook, 'bytes' | 'file'>
  /** The person whose records these are. */
  readonly person: number
  readonly digest: Digest
  /** Nobody writes this file any more: what is left at its end is lost. */
  readonly last: boolean
}

/** Moves the parser of `state` over the bytes of `look`, which begin at `state.readAt`; the rest of `state` stays as it is. */
export function readPiece({ state, look, person, digest, last }: PieceInit): Piece {
  // The parser counts from where it was made, at the position that was stored then.
  const base = state.readAt - state.parser.consumed()
  const events: EventInput[] = []
  const guarded: GuardNote[] = []
  const forgotten: Span[] = []
  let { sequence, paused, offset: end } = state.position
  let { damaged, noted } = state
  let dropped = 0
  for (const item of state.parser.push(look.bytes)) {
    const from = end
    end = base + item.end
    const { record } = item
    if (record === undefined) {
      damaged++
      continue
    }
    const gap = Math.min(Math.max(0, record.sequence - sequence - 1), MAX_GAP)
    // A record that was written by half leaves both damage and a gap: it is one loss.
    dropped += Math.max(gap, damaged)
    damaged = 0
    sequence = Math.max(sequence, record.sequence)
    // What the guard notes is no record of a command: it says nothing of whether there will be any.
    if (record.note === undefined) paused = record.paused
    const note = digest.note(record, person)
    if (note !== undefined) {
      guarded.push(note)
      noted = { sequence: record.sequence, note }
    }
    const event = withAnswer(digest(record, person), record.sequence, noted)
    if (event !== undefined) events.push(event)
    else if (record.command !== '') forgotten.push([from, end])
  }
  if (last) {
    // Nobody will complete what is left.
    end = state.readAt + look.bytes.length
    dropped += damaged + (state.parser.pending() ? 1 : 0)
    damaged = 0
  }
  const { name } = state.position
  const position = { name, file: look.file, offset: end, sequence, ...(paused && { paused }) }
  return { events, guarded, position, dropped, forgotten, after: { damaged, noted } }
}
