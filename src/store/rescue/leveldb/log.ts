// LevelDB's log files (log_format.md in its sources): the records of a write-ahead log or a manifest, damage included.
import { crc32c, masked } from './crc.ts'

const BLOCK = 32_768
const HEADER = 7
const FULL = 1
const FIRST = 2
/** 3 stands for a piece in the middle. */
const LAST = 4

/**
 * `torn`: the file ends before the record does, as after a kill or a power cut; always the last item. `damaged`: bytes
 * that are no record, or one whose checksum is wrong.
 */
export type LogItem =
  | { readonly kind: 'record'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'damaged'; readonly at: number; readonly length: number }
  | { readonly kind: 'torn'; readonly at: number; readonly length: number }

/** Every byte of the file is in one item, or is padding. */
export function* readLog(file: Uint8Array): Generator<LogItem, void> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const end = file.length
  /** Pieces of a record that has begun. */
  let pieces: Uint8Array[] = []
  let begun = 0
  let at = 0

  function* giveUp(through: number): Generator<LogItem, void> {
    if (pieces.length > 0) yield { kind: 'damaged', at: begun, length: through - begun }
    pieces = []
  }

  while (at < end) {
    const left = BLOCK - (at % BLOCK)
    if (left < HEADER) {
      // Too short for a header: the writer fills it with zeros.
      const stop = Math.min(at + left, end)
      if (!isZero(file, at, stop)) yield { kind: 'damaged', at, length: stop - at }
      at = stop
      continue
    }
    if (at + HEADER > end) break
    const length = view.getUint16(at + 4, true)
    const type = file[at + 6] as number
    const stop = at + HEADER + length
    const fits = HEADER + length <= left
    // Beyond the end of the file, in its last block: the write was cut off.
    if (fits && stop > end && type >= FULL && type <= LAST) break
    const right =
      fits &&
      stop <= end &&
      type >= FULL &&
      type <= LAST &&
      masked(crc32c(file, at + 6, stop)) === view.getUint32(at, true)
    if (!right) {
      yield* giveUp(at)
      // The length itself may be damaged, so it is believed only if a good record stands behind it.
      const next = fits && stop + HEADER <= end && isRecord(file, view, stop) ? stop : nextBlock(at, end)
      yield { kind: 'damaged', at, length: next - at }
      at = next
      continue
    }
    const bytes = file.subarray(at + HEADER, stop)
    if (type === FULL || type === FIRST) {
      yield* giveUp(at)
      if (type === FULL) yield { kind: 'record', at, bytes }
      else {
        begun = at
        pieces = [bytes]
      }
    } else if (pieces.length === 0) {
      // These pieces belong to a record whose beginning is gone.
      yield { kind: 'damaged', at, length: stop - at }
    } else {
      pieces.push(bytes)
      if (type === LAST) {
        yield { kind: 'record', at: begun, bytes: Buffer.concat(pieces) }
        pieces = []
      }
    }
    at = stop
  }
  if (pieces.length > 0) yield { kind: 'torn', at: begun, length: end - begun }
  else if (at < end) yield { kind: 'torn', at, length: end - at }
}

const nextBlock = (at: number, end: number): number => Math.min(end, (Math.floor(at / BLOCK) + 1) * BLOCK)

function isRecord(file: Uint8Array, view: DataView, at: number): boolean {
  if (BLOCK - (at % BLOCK) < HEADER) return true
  const stop = at + HEADER + view.getUint16(at + 4, true)
  const type = file[at + 6] as number
  return (
    stop <= file.length &&
    type >= FULL &&
    type <= LAST &&
    masked(crc32c(file, at + 6, stop)) === view.getUint32(at, true)
  )
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false
  return true
}
