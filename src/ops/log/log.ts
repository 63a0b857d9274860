// The daemon's log: JSON lines on stderr, or short plain lines when a person watches a terminal.
import { write } from 'node:fs'
import { jsonText, printable } from '../../base/printable.ts'
import type { Log, LogFields, LogLevel } from '../../base/run/log.ts'

/** Characters waiting for a slow reader of stderr, or for a disk with room; beyond it lines are dropped. */
const WAITING_MAX = 1024 * 1024
/** How long until what a full pipe did not take is tried again. */
const FULL_MS = 25
/** How long until what a disk did not take, or a pipe without a reader, is tried again. */
const BROKEN_MS = 2_000
/** The longest that a flush takes. */
const FLUSH_MS = 1_000

export interface DaemonLog extends Log {
  /** Resolves when all lines are written, when stderr takes none for another reason than a slow reader, or after a second. */
  flush(): Promise<void>
  /** Sets the level of this logger and of all its children. */
  setLevel(level: LogLevel): void
}

export interface LogOptions {
  readonly level: LogLevel
  /** Default 2, stderr. */
  readonly fd?: number
}

/** One JSON object a line: `level` (word), `time` (RFC 3339 UTC), `pid`, the fields, `msg`. */
export function createJsonLog({ level, fd = 2 }: LogOptions): DaemonLog {
  // Names of others are in it, and it is read on terminals.
  const json: Line = (level, fields, msg) =>
    `${jsonText({ level, time: new Date().toISOString(), pid: process.pid, ...fields, msg })}\n`
  const outlet = createOutlet(fd, json)
  return levelled(level, json, outlet.write, outlet.flush)
}

/**
 * Lines go to `fd` by a thread, so that a slow reader or disk stalls nobody. Those that a pipe or disk does not take now are
 * tried again, and nobody waits for that for long. `fd` must be a file, or a pipe that does not block (Node makes that of stderr
 * such a one): the process cannot end before a write that blocks does.
 */
function createOutlet(fd: number, line: Line) {
  /** What the thread writes, or has to write again. */
  let chunk = Buffer.alloc(0)
  let waiting = ''
  let dropped = 0
  let isWriting = false
  let again: NodeJS.Timeout | undefined
  /** Ends a flush. */
  let settle = (): void => {}

  function next(): void {
    if (isWriting || again) return
    if (chunk.length === 0) {
      if (dropped > 0)
        waiting += line('warn', { dropped }, 'log lines were dropped: stderr did not take them fast enough')
      chunk = Buffer.from(waiting)
      waiting = ''
      dropped = 0
    }
    isWriting = chunk.length > 0
    if (isWriting) write(fd, chunk, wrote)
    else settle()
  }

  function wrote(error: NodeJS.ErrnoException | null, bytes: number): void {
    isWriting = false
    chunk = chunk.subarray(bytes)
    if (error === null) next()
    else if (error.code === 'EAGAIN') again = setTimeout(resume, FULL_MS).unref()
    else {
      again = setTimeout(resume, BROKEN_MS).unref()
      settle()
    }
  }

  function resume() {
    clearTimeout(again)
    again = undefined
    next()
  }

  return {
    write(text: string) {
      if (waiting.length + text.length > WAITING_MAX) dropped++
      else waiting += text
      next()
    },
    flush: () =>
      new Promise<void>((resolve) => {
        const late = setTimeout(resolve, FLUSH_MS)
        settle = () => {
          clearTimeout(late)
          resolve()
        }
        resume()
      }),
  }
}

type Line = (level: LogLevel, fields: LogFields, message: string) => string

/** All children share the least level. */
function levelled(
  level: LogLevel,
  line: Line,
  write: (text: string) => void,
  flush = async (): Promise<void> => {},
): DaemonLog {
  let least = level
  return {
    ...logOf((at, fields, message) => {
      if (WEIGHT[at] >= WEIGHT[least]) write(line(at, fields, message))
    }),
    flush,
    setLevel(next: LogLevel) {
      least = next
    },
  }
}

/** A log that hands each line to `take`, with the fields that it inherited. */
export function logOf(
  take: (level: LogLevel, fields: LogFields, message: string) => void,
  inherited: LogFields = {},
): Log {
  const at =
    (level: LogLevel): Log[LogLevel] =>
    (fields, message) =>
      take(level, { ...inherited, ...fields }, message)
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: (fields) => logOf(take, { ...inherited, ...fields }),
  }
}

const WORDS: Partial<Record<LogLevel, string>> = { warn: 'warning: ', error: 'error: ' }
export const WEIGHT: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Lines of the form `karo: warning: message (field=value …)`; lines below `level` are not shown. */
export function createPlainLog(level: LogLevel, write: (text: string) => void): DaemonLog {
  const plain: Line = (at, fields, message) => {
    const facts = Object.entries(fields)
      .filter(([, value]) => value != null)
      .map(([key, value]) => `${key}=${value}`)
    return `karo: ${WORDS[at] ?? ''}${printable(`${message}${facts[0] ? ` (${facts.join(' ')})` : ''}`)}\n`
  }
  return levelled(level, plain, write)
}
