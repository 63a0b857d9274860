// Splits a file's bytes into lines, in pieces of any length; only the beginning of a long line is kept.
import { countLine } from './bounds.ts'

export interface Line {
  /** Number of the line, from 1. */
  readonly number: number
  /** The bytes without the line end; valid only until the next line is requested. */
  readonly bytes: Buffer
  /** Whether the line was longer than `most`. */
  readonly cut: boolean
  /** Length in the file in bytes, without the line end. */
  readonly length: number
  /** False only for a last line without a line end. */
  readonly ended: boolean
}

const NEWLINE = 0x0a
const RETURN = 0x0d

/**
 * The lines, each with at most `most` bytes. The first line decides whether lines end as on Windows (CR LF); in other files
 * a CR at the end belongs to the command.
 */
export async function* linesOf(bytes: AsyncIterable<Uint8Array>, most: number): AsyncGenerator<Line, void> {
  let number = 0
  let windows: boolean | undefined
  /** The parts so far of a line that has not ended. */
  let begun: Buffer[] = []
  let kept = 0
  let size = 0
  function finish(last: Buffer, ended: boolean): Line {
    const whole =
      kept === 0 ? last : Buffer.concat([...begun, last.subarray(0, Math.max(0, most + 1 - kept))])
    const length = size + last.length
    begun = []
    kept = 0
    size = 0
    number++
    countLine(number)
    windows ??= ended && whole[whole.length - 1] === RETURN && length === whole.length
    const line =
      windows && length === whole.length && whole[whole.length - 1] === RETURN ? whole.subarray(0, -1) : whole
    return {
      number,
      bytes: line.subarray(0, most),
      cut: line.length > most || length > whole.length,
      length,
      ended,
    }
  }
  for await (const piece of bytes) {
    const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    let at = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, at)) {
      yield finish(chunk.subarray(at, end), true)
      at = end + 1
    }
    if (at < chunk.length) {
      // A copy, because the caller may reuse the memory.
      const rest = Buffer.from(chunk.subarray(at, at + Math.max(0, most + 1 - kept)))
      if (rest.length > 0) begun.push(rest)
      kept += rest.length
      size += chunk.length - at
    }
  }
  if (size > 0) yield finish(Buffer.alloc(0), false)
}

export const UNENDED = 'has no line end: it is still being written, or was cut off'
