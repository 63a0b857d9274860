// The shape of an entry of a foreign history, the same for every program that keeps one.
import { StringDecoder } from 'node:string_decoder'
import { LATEST_MS, LONGEST_COMMAND_MS } from '../../base/calendar.ts'

/** Programs whose history can be read. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type ForeignShell = (typeof SHELLS)[number]
export const SOURCES = [...SHELLS, 'atuin'] as const
export type Source = (typeof SOURCES)[number]

export interface ForeignEntry {
  /** The command as typed, with all its lines. */
  readonly command: string
  /** Microseconds since the epoch; null if the file does not say when. */
  readonly start_us: number | null
  /** As the file says, possibly impossible (see possibleDuration); null if the file does not say how long. */
  readonly duration_us: number | null
  readonly exit_code: number | null
  /** Absolute; `?` if the file does not say where. */
  readonly cwd: string
  /** `?` if the file does not say which shell. */
  readonly shell: string
  /** Whether a program typed it. */
  readonly karo_generated: boolean
}

export const UNKNOWN = '?'

/**
 * An entry, or a problem, with its line (from 1). `cut`: the command was too long, and its text says that it was cut.
 */
export type Item = { readonly line: number } & (
  | { readonly entry: ForeignEntry; readonly cut: boolean }
  | { readonly problem: string }
)

/** Bytes after which a command is cut; the same limit as in the hooks. */
export const COMMAND_BYTES = 64 * 1024
const CUT_MARK = ' …[cut]'

/** Seconds since the epoch as microseconds; null if it is no possible time. */
export function startOfSeconds(seconds: number): number | null {
  return Number.isSafeInteger(seconds) && seconds > 0 && seconds < LATEST_MS / 1000
    ? seconds * 1_000_000
    : null
}

/** Microseconds that the end of a command may be in the future: a program may round, and clocks are adjusted. */
const SLACK_US = 2_000_000

/**
 * The duration, or null where it is impossible: not a whole number of microseconds, negative, longer than a year, or
 * longer than from `start_us` to `now_us`. All in microseconds; a `start_us` of null is unknown.
 */
export function possibleDuration(
  duration_us: number | null,
  start_us: number | null,
  now_us: number,
): number | null {
  if (duration_us === null || !Number.isSafeInteger(duration_us) || duration_us < 0) return null
  if (duration_us > LONGEST_COMMAND_MS * 1000) return null
  return start_us !== null && start_us + duration_us > now_us + SLACK_US ? null : duration_us
}

/** The command's text; undefined if it is empty, only blank lines, or only NUL bytes. */
export function commandOf(
  bytes: Uint8Array,
  cutBefore: boolean,
): { readonly command: string; readonly cut: boolean } | undefined {
  const cut = cutBefore || bytes.length > COMMAND_BYTES
  const kept = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.length, COMMAND_BYTES))
  // The decoder keeps back an incomplete UTF-8 character at the end (RFC 3629), which would look like damage.
  const text = cut ? new StringDecoder('utf8').write(kept) : kept.toString('utf8')
  // Files may have NUL bytes after a power cut; a command has none.
  const command = text.includes('\0') ? text.replaceAll('\0', '') : text
  if (command.trim() === '') return undefined
  return { command: cut ? `${command}${CUT_MARK}` : command, cut }
}

/** An entry of a history that only has times and commands. */
export const plainEntry = (command: string, start_us: number | null, shell: ForeignShell): ForeignEntry => ({
  command,
  start_us,
  shell,
  duration_us: null,
  exit_code: null,
  cwd: UNKNOWN,
  karo_generated: false,
})
