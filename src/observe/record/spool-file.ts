// One spool file: its name, a bounded look into it, and whether the shell that writes it is still there.
import {
  type BigIntStats,
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  unlinkSync,
  writeSync,
} from 'node:fs'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { partsOfStat } from '../../base/run/proc-stat.ts'

export interface SpoolName {
  readonly name: string
  readonly pid: number
  /** When its shell loaded the hook, microseconds since the epoch. */
  readonly born: number
  /** `text`: where a shell keeps a line for a moment; never read. */
  readonly kind: 'spool' | 'text'
}

/**
 * Undefined for files that no hook made. The last part is random, so that nobody else can make the file first; hooks of
 * earlier versions, which shells that are open may still have, leave it out.
 */
export function parseSpoolName(name: string): SpoolName | undefined {
  const match = /^\d{1,10}-(\d{1,10})-(\d{10,17})(?:-[0-9a-f]{32})?\.(spool|text)$/.exec(name)
  if (match === null) return undefined
  const [, pid, born, kind] = match
  return { name, pid: Number(pid), born: Number(born), kind: kind as SpoolName['kind'] }
}

export interface SpoolLook {
  /** `dev:ino`; a number that is free is used again, so a file shorter than what was read of it is a new one too. */
  readonly file: string
  /** Owner: whose events these are, whatever name or records say. */
  readonly uid: number
  readonly size: number
  /** When it was made, or last changed where the file system does not tell: milliseconds since the epoch; no writer sets it. */
  readonly begun: number
  /** More than a piece of what was to be read is not on the disk at all: a hole, which costs nothing to make. */
  readonly sparse: boolean
  /** From `offset`, at most `most` bytes. */
  readonly bytes: Uint8Array
}

/** Write permission for the group and for everybody. */
const OTHERS_WRITE = 0o022n

/** False for what no hook leaves: no regular file, one that others may write, with a second name, or too large. */
export const mayBeHooks = (stat: BigIntStats): boolean =>
  stat.isFile() &&
  stat.nlink === 1n &&
  (stat.mode & OTHERS_WRITE) === 0n &&
  stat.size <= BigInt(SPOOL_FILE_MAX)

/** Nanoseconds since the epoch; undefined where the system gives the time of the last change instead. */
function timeMade({ birthtimeNs, ctimeNs }: BigIntStats): bigint | undefined {
  return birthtimeNs > 0n && birthtimeNs !== ctimeNs ? birthtimeNs : undefined
}

/** No shell leaves more: seven million commands. What is larger is a trick, such as a file made of one hole. */
const SPOOL_FILE_MAX = 2 ** 30
/**
 * What is to be read is taken for a hole when it is longer than this, in bytes, and that many times longer than what the
 * file takes of the disk. File systems that compress make text at most 32 times smaller.
 */
const SPARSE = { bytes: 256 * 1024, times: 64 } as const
/** Of `stat.blocks`, whatever the file system's own are (stat(2)). */
const BLOCK_BYTES = 512

/**
 * At most `most` bytes from the offset that `offset` chooses. Undefined when the file is gone or cannot be read now;
 * `refused` when it never will be: a symbolic link, no regular file, one whose mode keeps this process out, or one
 * that somebody else may have written or put here: others may write it, or it has a second name; or one that is too
 * large. No hook leaves such a file. One of another user that can be read is read.
 */
export function lookInto(
  path: string,
  offset: (file: string, size: number, made: bigint | undefined) => number,
  most: number,
): SpoolLook | 'refused' | undefined {
  let fd: number
  try {
    // Non-blocking, so that a FIFO somebody planted cannot hold us.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'EACCES' || code === 'ELOOP' || code === 'ENXIO' ? 'refused' : undefined
  }
  try {
    const stat = fstatSync(fd, { bigint: true })
    if (!mayBeHooks(stat)) return 'refused'
    const file = `${stat.dev}:${stat.ino}`
    const size = Number(stat.size)
    const at = offset(file, size, timeMade(stat))
    const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(most, size - at)))
    const read = buffer.length === 0 ? 0 : readSync(fd, buffer, 0, buffer.length, at)
    const unread = size - at
    const sparse = unread > SPARSE.bytes && Number(stat.blocks) * BLOCK_BYTES * SPARSE.times < unread
    const begun = Number((stat.birthtimeNs > 0n ? stat.birthtimeNs : stat.ctimeNs) / 1_000_000n)
    return { file, uid: Number(stat.uid), size, begun, sparse, bytes: buffer.subarray(0, read) }
  } catch {
    return undefined
  } finally {
    closeSync(fd)
  }
}

const BLANK_BYTES = 64 * 1024

/** From the first byte to the one before the second. */
export type Span = readonly [from: number, to: number]

/**
 * Overwrites these spans with NULs, which are no records, if it is still that file (`dev:ino`; any where absent) and
 * that person's. Bytes behind them, which a shell may be adding, are left alone. Nothing happens where this process may
 * not write.
 */
export function blankOut(
  path: string,
  { file, spans, uid }: { readonly file?: string; readonly spans: readonly Span[]; readonly uid: number },
): void {
  let fd: number
  try {
    fd = openSync(path, constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return
  }
  try {
    const stat = fstatSync(fd, { bigint: true })
    if (!stat.isFile() || stat.nlink > 1n || Number(stat.uid) !== uid) return
    if (file !== undefined && file !== `${stat.dev}:${stat.ino}`) return
    const nothing = Buffer.alloc(BLANK_BYTES)
    for (const [from, to] of spans) {
      const end = Math.min(to, Number(stat.size))
      for (let at = from; at < end; at += BLANK_BYTES) {
        writeSync(fd, nothing, 0, Math.min(BLANK_BYTES, end - at), at)
      }
    }
  } catch {
    // A disk that takes nothing: the file goes with its shell.
  } finally {
    closeSync(fd)
  }
}

/** Clocks of kernel and hook differ, and /proc counts in hundredths of a second. */
const SLACK_US = 2_000_000
/** USER_HZ, the same on every Linux architecture Node runs on. */
const TICKS_PER_SECOND = 100

/** Names of the programs that are hooked. */
const SHELLS = new Set<string>(['bash', 'rbash', 'zsh', 'fish', 'sh', 'dash'])

/** Whether the kernel's name of a process, or a thread, is that of a program that is hooked. */
export const isShell = (name: string): boolean => SHELLS.has(name)

/**
 * True unless no process has that pid, or the one that has it is no shell and began after the hook was loaded. Of a shell
 * that is not asked: once the clock has been set, all of them seem to have begun at another time than they did.
 */
export function shellAlive({ pid, born }: SpoolName, now: number): boolean {
  let stat: string
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  } catch {
    return false
  }
  const { name, fields } = partsOfStat(stat)
  if (isShell(name)) return true
  const started = Number(fields[19])
  if (Number.isNaN(started)) return true
  const bootUs = (now - uptime() * 1000) * 1000
  return bootUs + (started / TICKS_PER_SECOND) * 1_000_000 <= born + SLACK_US
}

/** Removes a file of the spool; true when it is gone, false when it is not ours to remove. */
export function removeSpoolFile(directory: string, name: string): boolean {
  try {
    unlinkSync(join(directory, name))
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT'
  }
}
