// The daemon's log: JSON lines on stderr, or short plain lines when a person watches a terminal.
import { write, writeSync } from 'node:fs'
import { jsonText, printable } from '../../base/printable.ts'
import type { Log, LogFields, LogLevel } from '../../base/run/log.ts'

/** Characters waiting for a slow reader of stderr, or for a disk with room; beyond it lines are dropped. */
const WAITING_MAX = 1024 * 1024
/** How long until what stderr did not take is tried again. */
const AGAIN_MS = 100

export interface DaemonLog extends Log {
  /** Writes waiting lines synchronously, as far as stderr takes them; a write that is under way already ends by itself. */
  flush(): void
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
  const json: Line = (level, fields, msg) =>
    `${jsonText({ level, time: new Date().toISOString(), pid: process.pid, ...fields, msg })}\n`
  const outlet = createOutlet(fd, (dropped) =>
    json('warn', { dropped }, 'log lines were dropped: stderr did not take them fast enough'),
  )
  return levelled(level, json, outlet.write, outlet.flush)
}

/**
 * What is written here goes to `fd` by a thread, so that a slow reader or disk stalls nobody. What cannot be written (a full
 * disk, a reader that went away) is tried again later and never waited for: it must not keep the daemon from ending, as it
 * does with pino, whose flush tries for ever.
 */
function createOutlet(fd: number, tellDropped: (dropped: number) => string) {
  /** What the thread writes, or has to write again. */
  let chunk = Buffer.alloc(0)
  let waiting = ''
  let dropped = 0
  let isWriting = false

  function next(): void {
    if (isWriting) return
    if (chunk.length === 0) {
      chunk = Buffer.from(dropped === 0 ? waiting : waiting + tellDropped(dropped))
      waiting = ''
      dropped = 0
    }
    if (chunk.length === 0) return
    isWriting = true
    write(fd, chunk, (error, written) => {
      isWriting = false
      chunk = chunk.subarray(written)
      if (error) setTimeout(next, AGAIN_MS).unref()
      else next()
    })
  }

  return {
    write(text: string): void {
      if (waiting.length + text.length > WAITING_MAX) dropped++
      else waiting += text
      next()
    },
    flush(): void {
      let rest = Buffer.from(waiting)
      if (!isWriting) rest = Buffer.concat([chunk, rest])
      try {
        while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest))
      } catch {
        // There is no place for an error.
      }
      waiting = ''
      if (!isWriting) chunk = rest
    },
  }
}

type Line = (level: LogLevel, fields: LogFields, message: string) => string

/** All children share the least level. */
function levelled(
  level: LogLevel,
  line: Line,
  write: (text: string) => void,
  flush = (): void => {},
): DaemonLog {
  let least = level
  const log = logOf((at, fields, message) => {
    if (WEIGHT[at] >= WEIGHT[least]) write(line(at, fields, message))
  })
  const setLevel = (next: LogLevel): void => {
    least = next
  }
  return Object.assign(log, { flush, setLevel })
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
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([key, value]) => `${key}=${String(value)}`)
    return `karo: ${WORDS[at] ?? ''}${printable(`${message}${facts.length === 0 ? '' : ` (${facts.join(' ')})`}`)}\n`
  }
  return levelled(level, plain, write)
}
