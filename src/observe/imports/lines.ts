// Splits a file's bytes into lines, in pieces of any length; only the beginning of a long line is kept, and input without end stops an import early.
import { KaroError } from '../../base/errors.ts'
import { COMMAND_BYTES, type Item } from './entry.ts'

export interface Line {
  /** Number of the line, from 1. */
  readonly number: number
  /** The bytes without the line end; valid only until the next line is requested. */
  readonly bytes: Buffer
  /** Whether the line was longer than `KEPT`. */
  readonly cut: boolean
  /** Length in the file in bytes, without the line end. */
  readonly length: number
  /** False only for a last line without a line end. */
  readonly ended: boolean
}

/** Reads a file's lines. An entry that has not ended is not returned. */
export type Reader = (lines: AsyncIterable<Line>) => AsyncGenerator<Item, void>

const NEWLINE = 0x0a
const RETURN = 0x0d
/** Bytes of a line: zsh and fish write up to two for one of a command. */
const KEPT = 2 * COMMAND_BYTES
/** Bytes of one line; pasted commands are far shorter. Commands between 64 KiB and this length are cut. */
export const LONGEST_LINE = 4 * 1024 * 1024
export const TOO_LONG = 'is longer than 4 MiB, and no command is that long'
/** Unreadable lines after which the rest of a file is not read. */
const MOST_BAD = 10_000
/** Lines of one file; enough for a thousand a day over more than ten years. */
const MOST_LINES = 5_000_000

/**
 * The lines, each with at most `KEPT` bytes. The first line decides whether lines end as on Windows (CR LF); in other files a CR at
 * the end belongs to the command. Throws KaroError `bad_file`, without `where`, for a line beyond `most`.
 */
export async function* linesOf(
  bytes: AsyncIterable<Uint8Array>,
  most = MOST_LINES,
): AsyncGenerator<Line, void> {
  let number = 0
  let windows: boolean | undefined
  /** The parts so far of a line that has not ended. */
  let begun: Buffer[] = []
  let kept = 0
  let size = 0
  function finish(last: Buffer, ended: boolean): Line {
    const whole =
      kept === 0 ? last : Buffer.concat([...begun, last.subarray(0, Math.max(0, KEPT + 1 - kept))])
    const length = size + last.length
    begun = []
    kept = 0
    size = 0
    if (++number > most) {
      throw new KaroError('bad_file', `it has more than ${most} lines`, {
        hint: 'Cut it into files of fewer lines, and import one after the other: split -l 1000000 FILE',
      })
    }
    windows ??= ended && whole[whole.length - 1] === RETURN && length === whole.length
    const line =
      windows && length === whole.length && whole[whole.length - 1] === RETURN ? whole.subarray(0, -1) : whole
    return {
      number,
      bytes: line.subarray(0, KEPT),
      cut: line.length > KEPT || length > whole.length,
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
      const rest = Buffer.from(chunk.subarray(at, at + Math.max(0, KEPT + 1 - kept)))
      if (rest.length > 0) begun.push(rest)
      kept += rest.length
      size += chunk.length - at
    }
  }
  if (size > 0) yield finish(Buffer.alloc(0), false)
}

export const UNENDED = 'has no line end: it is still being written, or was cut off'

/** Passes the items on. Throws KaroError `bad_file` with `where` after too many unreadable lines. */
export const bounded = (where: string) =>
  async function* (items: AsyncIterable<Item>): AsyncGenerator<Item, void> {
    let bad = 0
    try {
      for await (const item of items) {
        if (!('entry' in item) && ++bad > MOST_BAD) {
          throw new KaroError(
            'bad_file',
            `line ${item.line} ${item.problem}; ${MOST_BAD} lines before it cannot be read either`,
            {
              where,
              hint: 'This is not a history, or a damaged one; the rest was not read.',
            },
          )
        }
        yield item
      }
    } catch (error) {
      if (!(error instanceof KaroError) || error.where !== undefined) throw error
      const { code, message, hint } = error
      throw new KaroError(code, message, { where, hint, cause: error })
    }
  }
