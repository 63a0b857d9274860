// What a foreign history says about one command, whichever program wrote it.
import { LATEST_MS } from '../../base/calendar.ts'

/** Programs whose history can be read. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type ForeignShell = (typeof SHELLS)[number]
export const SOURCES = [...SHELLS, 'atuin'] as const
export type Source = (typeof SOURCES)[number]

export interface ForeignEntry {
  /** The command as it was typed, all of its lines. */
  readonly command: string
  /** Microseconds since the epoch; null where the file does not say when. */
  readonly start_us: number | null
  readonly duration_us: number | null
  readonly exit_code: number | null
  /** Absolute; `?` where the file does not say where. */
  readonly cwd: string
  /** `?` where the file does not say which. */
  readonly shell: string
  /** A program typed it. */
  readonly karo_generated: boolean
}

export const UNKNOWN = '?'

/** One entry, or what is wrong, at a line (from 1). `cut`: it was longer than is kept, and says so. */
export type Item = { readonly line: number } & (
  | { readonly entry: ForeignEntry; readonly cut: boolean }
  | { readonly problem: string }
)

/** A file's bytes in pieces of any length; only what has ended is an entry. */
export type Reader = (bytes: AsyncIterable<Uint8Array>) => AsyncGenerator<Item, void>

/** Longer commands are cut here, as those are that a hook records. */
export const COMMAND_BYTES = 64 * 1024
const CUT_MARK = ' …[cut]'

/** Seconds since the epoch as microseconds; null for what no clock has said. */
export function startOfSeconds(seconds: number): number | null {
  return Number.isSafeInteger(seconds) && seconds > 0 && seconds < LATEST_MS / 1000
    ? seconds * 1_000_000
    : null
}

/** Undefined where nothing is left: no command, only blank lines, or bytes that a disk left behind. */
export function commandOf(
  bytes: Uint8Array,
  cutBefore: boolean,
): { readonly command: string; readonly cut: boolean } | undefined {
  const cut = cutBefore || bytes.length > COMMAND_BYTES
  const kept = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, COMMAND_BYTES))
  const text = cut ? withoutHalfCharacter(kept).toString('utf8') : kept.toString('utf8')
  // A command cannot contain a NUL byte; files have NUL bytes after a power cut.
  const command = text.includes('\0') ? text.replaceAll('\0', '') : text
  if (command.trim() === '') return undefined
  return { command: cut ? `${command}${CUT_MARK}` : command, cut }
}

/** Cut off in the middle of a character (RFC 3629), the beginning of it would be shown as damage. */
function withoutHalfCharacter(bytes: Buffer): Buffer {
  let at = bytes.length - 1
  while (at > bytes.length - 4 && at > 0 && (bytes[at]! & 0xc0) === 0x80) at--
  const lead = bytes[at] ?? 0
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1
  return at + length > bytes.length ? bytes.subarray(0, at) : bytes
}

/** An entry of a history that only says when and what. */
export const plainEntry = (command: string, start_us: number | null, shell: ForeignShell): ForeignEntry => ({
  ...{ command, start_us, shell },
  ...{ duration_us: null, exit_code: null, cwd: UNKNOWN, karo_generated: false },
})
