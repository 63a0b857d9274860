// Reads and writes the history file of zsh, plain and extended, with zsh's escapes (zsh, Src/hist.c).

import { COMMAND_BYTES, commandOf, type Item, plainEntry, startOfSeconds } from './entry.ts'
import { type Line, LONGEST_LINE, TOO_LONG, UNENDED } from './lines.ts'

/** Stands before a byte with a special meaning inside zsh; that byte has bit 5 inverted (Src/zsh.h). */
const META = 0x83
const TURNED = 0x20
/** Whether zsh escapes the byte: NUL, and the bytes from Meta to Marker. */
const isMeta = (byte: number): boolean => byte === 0 || (byte >= META && byte <= 0xa2)
const BACKSLASH = 0x5c
const BLANK = 0x20
/** Beginning of an extended entry, `: <begin>:<elapsed>;`, both in seconds. */
const EXTENDED = /^: *(\d{1,12}):(\d{1,12});/

/** Reads the commands. A command of several lines has a backslash before each line end but the last. */
export async function* readZsh(lines: AsyncIterable<Line>): AsyncGenerator<Item, void> {
  let begun: { readonly line: number; readonly parts: Buffer[]; size: number; cut: boolean } | undefined
  for await (const { number, bytes: found, cut, length, ended } of lines) {
    begun ??= { line: number, parts: [], size: 0, cut: false }
    begun.cut ||= cut
    const goesOn = ended && found[found.length - 1] === BACKSLASH
    if (begun.size > LONGEST_LINE) {
      // The command is too long already, so further text is dropped.
      if (goesOn) continue
      yield { line: begun.line, problem: TOO_LONG }
      begun = undefined
      continue
    }
    const part = goesOn ? Buffer.concat([found.subarray(0, -1), Buffer.from('\n')]) : withoutGuard(found)
    if (begun.size <= 2 * COMMAND_BYTES) begun.parts.push(Buffer.from(part))
    else begun.cut = true
    begun.size += Math.max(part.length, length)
    if (goesOn) continue
    const { line, parts, size, cut: wasCut } = begun
    begun = undefined
    if (size > LONGEST_LINE) {
      yield { line, problem: TOO_LONG }
      continue
    }
    if (ended) yield* itemOf(line, Buffer.concat(parts), wasCut)
    else if (commandOf(found, cut) !== undefined) yield { line, problem: UNENDED }
  }
  if (begun !== undefined) yield { line: begun.line, problem: begun.size > LONGEST_LINE ? TOO_LONG : UNENDED }
}

/** The bytes without the blank that zsh adds if a command ends in a backslash, with or without blanks behind it. */
function withoutGuard(bytes: Buffer): Buffer {
  let at = bytes.length - 1
  while (at >= 0 && bytes[at] === BLANK) at--
  return at >= 0 && at < bytes.length - 1 && bytes[at] === BACKSLASH ? bytes.subarray(0, -1) : bytes
}

function* itemOf(line: number, written: Buffer, cut: boolean): Generator<Item> {
  if (written.length === 0) return
  const head = written.toString('latin1', 0, 32)
  const match = EXTENDED.exec(head)
  const begin = match === null ? Number(head.startsWith('\\:')) : match[0].length
  const text = unmetafied(written.subarray(begin))
  const told = commandOf(text, cut)
  if (told === undefined) {
    if (written.includes(0)) yield { line, problem: 'holds NUL bytes and nothing else' }
    else if (match !== null) yield { line, problem: 'holds a time and no command' }
    return
  }
  const start_us = match === null ? null : startOfSeconds(Number(match[1]))
  const plain = plainEntry(told.command, start_us, 'zsh')
  const seconds = match === null ? 0 : elapsed(Number(match[1]), Number(match[2]))
  yield {
    line,
    // zsh writes 0 while a command still runs, so 0 means nothing.
    entry: { ...plain, duration_us: seconds > 0 ? seconds * 1_000_000 : null },
    cut: told.cut,
  }
}

/** Some old versions of zsh wrote the end time instead of the duration. */
const elapsed = (begin: number, second: number): number => (second >= begin ? second - begin : second)

function unmetafied(bytes: Buffer): Buffer {
  const first = bytes.indexOf(META)
  if (first < 0) return bytes
  const out = Buffer.from(bytes)
  let to = first
  for (let from = first; from < bytes.length; from++) {
    const byte = bytes[from]!
    out[to++] = byte === META && from + 1 < bytes.length ? bytes[++from]! ^ TURNED : byte
  }
  const text = out.subarray(0, to)
  // The file was written by another program, without zsh's escapes.
  return !isUtf8(text) && isUtf8(bytes) ? bytes : text
}

const isUtf8 = (bytes: Buffer): boolean => !bytes.toString('utf8').includes('\ufffd')

/**
 * An entry for the history file, always extended, so that no command looks like something else. `seconds` since the
 * epoch.
 */
export function writeZsh(entry: {
  readonly command: string
  readonly seconds: number
  readonly elapsed: number
}): Buffer {
  const text = entry.command.replaceAll('\n', '\\\n')
  const guard = /\\ *$/.test(entry.command) ? ' ' : ''
  const bytes = Buffer.from(text)
  const out: number[] = []
  for (const byte of bytes) {
    if (isMeta(byte)) out.push(META, byte ^ TURNED)
    else out.push(byte)
  }
  return Buffer.concat([
    Buffer.from(`: ${entry.seconds}:${entry.elapsed};`),
    Buffer.from(out),
    Buffer.from(`${guard}\n`),
  ])
}
