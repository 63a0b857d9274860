// Reads and writes the history file of bash, with and without times (GNU Readline, lib/readline/histfile.c).

import { COMMAND_BYTES, commandOf, type Item, plainEntry, startOfSeconds } from './entry.ts'
import { type Line, LONGEST_LINE, TOO_LONG, UNENDED } from './lines.ts'

/** `#` and seconds: the time of the lines behind it. Bash also takes `#1 note` for a time; here it is a command. */
const STAMP = /^#(\d{1,12})\s*$/
const HASH = 0x23
/**
 * Lines behind one time that can be one command, such as a pasted text or a heredoc. More lines mean that times were
 * switched off, so that each line is a command.
 */
const BLOCK_LINES = 256

interface Block {
  readonly start_us: number | null
  readonly lines: Part[]
  /** Whether the block had too many lines, so that each further line is a command. */
  torn: boolean
}

interface Part {
  readonly number: number
  readonly bytes: Buffer
  readonly cut: boolean
}

/**
 * Reads the commands. Before the first time each line is a command. Behind a time all lines up to the next time are one
 * command, as bash itself reads them if HISTTIMEFORMAT is set.
 */
export async function* readBash(lines: AsyncIterable<Line>): AsyncGenerator<Item, void> {
  let block: Block | undefined
  for await (const line of lines) {
    if (line.length > LONGEST_LINE) {
      if (block !== undefined) yield* whole(block)
      block = undefined
      yield { line: line.number, problem: TOO_LONG }
      continue
    }
    if (!line.ended) {
      if (block !== undefined) yield* whole(block)
      if (commandOf(line.bytes, line.cut) !== undefined) yield { line: line.number, problem: UNENDED }
      return
    }
    const seconds = stampOf(line.bytes)
    if (seconds !== undefined) {
      if (block !== undefined) yield* whole(block)
      block = { start_us: startOfSeconds(seconds), lines: [], torn: false }
      if (block.start_us === null) yield { line: line.number, problem: 'is not a possible time' }
    } else if (block === undefined || block.torn) yield* one(line, null)
    // Blank lines right behind a time are skipped, as bash does.
    else if (block.lines.length > 0 || line.bytes.length > 0) {
      block.lines.push({ ...line, bytes: Buffer.from(line.bytes) })
      if (block.lines.length <= BLOCK_LINES) continue
      for (const [i, part] of block.lines.entries()) yield* one(part, i === 0 ? block.start_us : null)
      block = { ...block, lines: [], torn: true }
    }
  }
  if (block !== undefined) yield* whole(block)
}

function stampOf(bytes: Buffer): number | undefined {
  if (bytes[0] !== HASH || bytes.length > 24) return undefined
  const match = STAMP.exec(bytes.toString('latin1'))
  return match === null ? undefined : Number(match[1])
}

function* whole({ lines, start_us }: Block): Generator<Item> {
  const [first] = lines
  if (first === undefined) return
  const kept: Buffer[] = [first.bytes]
  let size = first.bytes.length
  for (const { bytes } of lines.slice(1)) {
    if (size > COMMAND_BYTES) break
    kept.push(Buffer.from('\n'), bytes)
    size += 1 + bytes.length
  }
  // With `lithist`, bash keeps the line end of a heredoc's last line.
  while (kept.length > 1 && kept.at(-1)!.length === 0) kept.splice(-2)
  const cut = lines.some((line) => line.cut)
  yield* one({ number: first.number, bytes: Buffer.concat(kept), cut }, start_us)
}

function* one({ number, bytes, cut }: Part, start_us: number | null): Generator<Item> {
  if (bytes.length === 0) return
  const told = commandOf(bytes, cut)
  if (told !== undefined)
    yield { line: number, entry: plainEntry(told.command, start_us, 'bash'), cut: told.cut }
  else if (bytes.includes(0)) yield { line: number, problem: 'holds NUL bytes and nothing else' }
}

/**
 * An entry for the history file. A line that bash would take for a time gets a blank in front; blank lines at the
 * beginning, which bash would skip, are left out. `seconds` since the epoch.
 */
export function writeBash({
  command,
  seconds,
}: {
  readonly command: string
  readonly seconds: number
}): string {
  const text = command.replace(/^[\r\n]+/, '').replace(/^#(?=\d)/gm, ' #')
  return `#${seconds}\n${text}\n`
}
