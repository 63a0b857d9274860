// Reads and writes the history file of bash, with times and without (GNU Readline, lib/readline/histfile.c).

import { LONGEST_LINE, TOO_LONG } from './bounds.ts'
import { COMMAND_BYTES, commandOf, type Item, plainEntry, startOfSeconds } from './entry.ts'
import { linesOf, UNENDED } from './lines.ts'

/** `#` and seconds: the time of what follows. Bash takes `#1 note` for one, too; that one is a command here. */
const STAMP = /^#(\d{1,12})\s*$/
const HASH = 0x23
/**
 * More lines behind one time are not one command: times were switched off, and each line is a command of its own. A
 * command that was pasted, or a heredoc, stays whole.
 */
const BLOCK_LINES = 256

interface Block {
  readonly start_us: number | null
  readonly lines: Part[]
  /** The command was too long, so its lines are given out as they come. */
  torn: boolean
}

interface Part {
  readonly number: number
  readonly bytes: Buffer
  readonly cut: boolean
}

/**
 * Before the first time each line is a command. From there on all lines up to the next time are one, as bash reads them
 * where HISTTIMEFORMAT is set: so it keeps commands of several lines.
 */
export async function* readBash(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Item, void> {
  let block: Block | undefined
  for await (const line of linesOf(bytes, COMMAND_BYTES + 1)) {
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
      if (block.start_us === null) yield { line: line.number, problem: 'is no time that a clock has said' }
    } else if (block === undefined || block.torn) yield* one(line, null)
    // Bash skips blank lines after a time, too.
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
  // Where `lithist` is set, bash keeps the line end of a heredoc's last line.
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
 * A line of it that bash would take for a time gets a blank in front, and what it would skip is left out: blank lines
 * at the beginning. `seconds` since the epoch.
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
