// Writes a tool's command, and what the guard did, into the spool: one file for each hook call.
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  openSync,
  readdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import type { RiskLevel } from '../../assist/risk/index.ts'
import { toHex } from '../../base/hex.ts'
import { orElse } from '../../base/run/or-else.ts'
import type { RanCommand } from './adapter.ts'

/** What the guard did, without any text. */
interface Note {
  readonly outcome: 'blocked' | 'confirmed' | 'unjudged'
  readonly risk_level: RiskLevel
}

export type Entry = { readonly ran: RanCommand } | { readonly note: Note }

export interface SpoolWriter {
  readonly directory: string
  readonly uid: number
  readonly pid: number
  /** Milliseconds since the epoch. */
  readonly now: number
  /** 16 random bytes in the name, so that nobody can make the file first. */
  readonly secret: Uint8Array
}

/** The daemon reads at most 64 KiB of a command, and cuts a longer one itself. */
const MOST_TEXT = 64 * 1024 + 1
/** Most files that wait; the daemon follows as many at a time, and beyond it nothing is added. */
const MOST_WAITING = 4096

/**
 * The file's name says that this process wrote it, which is why nothing is lost: the daemon removes a file only when its
 * process is gone, and this one writes nothing after this. False when the records could not be left; like a shell's
 * hook it says nothing of that, because the tool must not be disturbed.
 */
export function leaveInSpool(
  entries: readonly Entry[],
  { directory, uid, pid, now, secret }: SpoolWriter,
): boolean {
  if (entries.length === 0) return true
  const id = `${uid}-${pid}-${Math.floor(now * 1000)}-${toHex(secret)}`
  const path = join(directory, `${id}.spool`)
  try {
    // In the machine's spool people may write files, and not list them.
    if (orElse(() => readdirSync(directory).length >= MOST_WAITING, false)) return false
    // A directory of one's own is private; a shared one (setgid) lets the daemon's group read.
    const mode = statSync(directory).uid === uid ? 0o600 : 0o640
    const bytes = Buffer.concat(entries.map((entry, index) => encode(entry, id, index + 1, now)))
    const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_NOFOLLOW } = constants
    const fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_NOFOLLOW, mode)
    try {
      // Set again, because the umask changes the mode of a new file.
      fchmodSync(fd, mode)
      if (writeSync(fd, bytes) === bytes.length) return true
      // The disk is full; half a record would be counted as another loss, so the file is removed.
      if (fstatSync(fd).nlink > 0) unlinkSync(path)
      return false
    } finally {
      closeSync(fd)
    }
  } catch {
    return false
  }
}

/** One record, its text marked `@` (run on somebody's behalf) or `!` (a note); as the hooks of the shells write them. */
function encode(entry: Entry, session: string, sequence: number, now: number): Buffer {
  const end = Math.floor(now * 1000)
  const told =
    'ran' in entry
      ? ofCommand(entry.ran, end)
      : [end, end, 'bash', '?', '?', `!${entry.note.outcome} ${entry.note.risk_level}`]
  return Buffer.from(`\0\0${['1', session, sequence, ...told, '.'].join('\0')}\0`)
}

/** Start, end, shell, directory, exit code and text; `?` is what is not known. */
function ofCommand({ command, cwd, shell, exitCode, durationMs }: RanCommand, end: number) {
  // A leading blank makes a person's line private; for a tool it means nothing, so it is removed.
  const text = plain(command).replace(/^\s+/, '').slice(0, MOST_TEXT)
  const ended = durationMs === null ? '?' : end
  const start = Math.max(0, end - (durationMs ?? 0) * 1000)
  return [start, ended, shell, plain(cwd ?? '') || '?', exitCode ?? '?', `@${text}`]
}

/** Replaces NUL, which separates fields. */
const plain = (text: string): string => text.replaceAll('\0', '\u{fffd}')
