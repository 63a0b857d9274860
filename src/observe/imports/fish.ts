// Reads and writes the history file of fish: YAML with escapes of its own (fish, src/history/yaml_backend.rs).

import { commandOf, type Item, plainEntry, startOfSeconds } from './entry.ts'
import { type Line, LONGEST_LINE, TOO_LONG, UNENDED } from './lines.ts'

const COMMAND = Buffer.from('- cmd:')
const WHEN = /^ +when: *(-?\d{1,15})\s*$/
const BACKSLASH = 0x5c
const BLANK = 0x20

interface Begun {
  readonly line: number
  readonly bytes: Buffer
  readonly cut: boolean
  start_us: number | null
}

/**
 * Reads the commands. An entry ends where the next begins. Its `paths` are files in the command, so they are ignored.
 */
export async function* readFish(lines: AsyncIterable<Line>): AsyncGenerator<Item, void> {
  let begun: Begun | undefined
  function* finish(): Generator<Item> {
    if (begun === undefined) return
    const { line, start_us } = begun
    const told = commandOf(unescaped(begun.bytes), begun.cut)
    if (told !== undefined) yield { line, entry: plainEntry(told.command, start_us, 'fish'), cut: told.cut }
    else if (begun.bytes.length > 0) yield { line, problem: 'holds no command' }
    begun = undefined
  }
  for await (const { number, bytes: found, cut, length, ended } of lines) {
    if (length > LONGEST_LINE) {
      yield* finish()
      yield { line: number, problem: TOO_LONG }
      continue
    }
    if (!ended) {
      if (found.subarray(0, COMMAND.length).equals(COMMAND)) yield* finish()
      // The entry may be incomplete: its time, or part of it, may be missing.
      yield { line: begun?.line ?? number, problem: UNENDED }
      return
    }
    if (found.subarray(0, COMMAND.length).equals(COMMAND)) {
      yield* finish()
      let from = COMMAND.length
      while (isBlank(found[from])) from++
      begun = { line: number, bytes: Buffer.from(found.subarray(from)), cut, start_us: null }
      continue
    }
    if (found[0] === BLANK && begun !== undefined) {
      const match = found.length > 64 ? null : WHEN.exec(found.toString('latin1'))
      if (match !== null) begun.start_us = startOfSeconds(Number(match[1]))
      continue
    }
    // fish itself skips YAML lines outside of entries.
    if (found.length === 0 || /^(%|---|\.\.\.)/.test(found.toString('latin1', 0, 3))) continue
    yield* finish()
    yield { line: number, problem: 'does not belong to any entry' }
  }
  yield* finish()
}

/** Whether fish trims the byte: U+0009 to U+000D and the blank. */
const isBlank = (byte: number | undefined): boolean =>
  byte === BLANK || (byte !== undefined && byte >= 0x09 && byte <= 0x0d)

/** The bytes without escapes: `\\` is a backslash, `\n` a line end; a backslash before anything else stays. */
function unescaped(bytes: Buffer): Buffer {
  const first = bytes.indexOf(BACKSLASH)
  if (first < 0) return bytes
  const out = Buffer.from(bytes)
  let to = first
  for (let from = first; from < bytes.length; from++) {
    const byte = bytes[from]!
    const next = byte === BACKSLASH ? bytes[from + 1] : undefined
    if (next === BACKSLASH || next === 0x6e) {
      out[to++] = next === BACKSLASH ? BACKSLASH : 0x0a
      from++
    } else out[to++] = byte
  }
  return out.subarray(0, to)
}

/**
 * An entry for the history file, without blanks at the beginning of the command, which fish drops. `seconds` since the
 * epoch.
 */
export function writeFish({
  command,
  seconds,
}: {
  readonly command: string
  readonly seconds: number
}): string {
  const text = command
    .replace(/^[\t-\r ]+/, '')
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', '\\n')
  return `- cmd: ${text}\n  when: ${seconds}\n`
}
