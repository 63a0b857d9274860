// Reads and writes the history file of zsh, plain and extended, with its own escapes (zsh, Src/hist.c).

import { LONGEST_LINE, TOO_LONG } from './bounds.ts'
import { COMMAND_BYTES, commandOf, type Item, plainEntry, startOfSeconds } from './entry.ts'
import { linesOf, UNENDED } from './lines.ts'

/** Stands before a byte that means something inside zsh; that byte has bit 5 turned (Src/zsh.h). */
const META = 0x83
const TURNED = 0x20
/** Bytes that zsh escapes: NUL, and those from Meta to Marker. */
const isMeta = (byte: number): boolean => byte === 0 || (byte >= META && byte <= 0xa2)
const BACKSLASH = 0x5c
const BLANK = 0x20
/** `: <begin>:<elapsed>;`, both in seconds. */
const EXTENDED = /^: *(\d{1,12}):(\d{1,12});/

/** A command of several lines has a backslash before each line end but the last. */
export async function* readZsh(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Item, void> {
  let begun: { readonly line: number; readonly parts: Buffer[]; size: number; cut: boolean } | undefined
  for await (const { number, bytes: found, cut, length, ended } of linesOf(bytes, 2 * COMMAND_BYTES)) {
    begun ??= { line: number, parts: [], size: 0, cut: false }
    begun.cut ||= cut
    const goesOn = ended && found[found.length - 1] === BACKSLASH
    if (begun.size > LONGEST_LINE) {
      // The command is too long already: nothing more of it is kept.
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

/** Where a backslash is the last of a command, zsh writes a blank behind it and whatever blanks follow. */
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
    // 0 is written before a command has ended, too: it says nothing.
    entry: { ...plain, duration_us: seconds > 0 ? seconds * 1_000_000 : null },
    cut: told.cut,
  }
}

/** Some old versions of zsh wrote the time of the end instead of the duration. */
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
  // Another program wrote the file, without zsh's escapes.
  return !isUtf8(text) && isUtf8(bytes) ? bytes : text
}

const isUtf8 = (bytes: Buffer): boolean => !bytes.toString('utf8').includes('\ufffd')

/** Always extended, so that nothing of the command is taken for anything else. `seconds` as in the file. */
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
