// The daemon's log: JSON lines on stderr through pino, or short plain lines when a person watches a terminal.

import pino from 'pino'
import { inertJson, printable } from '../../base/printable.ts'
import type { Log, LogFields, LogLevel } from '../../base/run/log.ts'

/** Bytes waiting for a slow reader of stderr; beyond it lines are dropped rather than the daemon stalled. */
const MAX_PENDING_BYTES = 1024 * 1024

export interface DaemonLog extends Log {
  /** Writes buffered lines synchronously; a write that is under way already ends by itself. */
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
export function createJsonLog(options: LogOptions): DaemonLog {
  const destination = pino.destination({
    fd: options.fd ?? 2,
    sync: false,
    maxLength: MAX_PENDING_BYTES,
  })
  let dropped = 0
  destination.on('drop', () => {
    dropped++
  })
  destination.on('drain', () => {
    if (dropped === 0) return
    logger.warn({ dropped }, 'log lines were dropped: stderr is not read fast enough')
    dropped = 0
  })
  // A reader of stderr that went away must not end the daemon.
  destination.on('error', () => {})
  const logger = pino(
    {
      // The level is checked before pino, because children of a pino logger keep the level they were made with.
      level: 'debug',
      base: { pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Names of others are in it, and it is read on terminals.
      hooks: { streamWrite: inertJson },
    },
    destination,
  )
  const flush = (): void => {
    try {
      destination.flushSync()
    } catch {
      // stderr is closed, so there is no place for an error.
    }
  }
  const least = { level: options.level }
  const setLevel = (level: LogLevel): void => {
    least.level = level
  }
  return Object.assign(fromPino(logger, least), { flush, setLevel })
}

/** Shared with all children. */
interface Least {
  level: LogLevel
}

function fromPino(logger: pino.Logger, least: Least): Log {
  return byLevels(
    (at) => (fields, message) => {
      if (WEIGHT[at] >= WEIGHT[least.level]) logger[at](fields, message)
    },
    (fields) => fromPino(logger.child(fields), least),
  )
}

/** A log of which `line` makes the method of each level. */
export const byLevels = (line: (level: LogLevel) => Log[LogLevel], child: Log['child']): Log => ({
  debug: line('debug'),
  info: line('info'),
  warn: line('warn'),
  error: line('error'),
  child,
})

const WORDS: Partial<Record<LogLevel, string>> = { warn: 'warning: ', error: 'error: ' }
export const WEIGHT: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 }

/** Lines of the form `karo: warning: message (field=value …)`; lines below `level` are not shown. */
export function createPlainLog(level: LogLevel, write: (text: string) => void): DaemonLog {
  const least = { level }
  const setLevel = (next: LogLevel): void => {
    least.level = next
  }
  return Object.assign(plainLog(least, write, {}), { flush: () => {}, setLevel })
}

function plainLog(least: Least, write: (text: string) => void, inherited: LogFields): Log {
  return byLevels(
    (at) => (fields, message) => {
      if (WEIGHT[at] < WEIGHT[least.level]) return
      const facts = Object.entries({ ...inherited, ...fields })
        .filter(([, value]) => value !== undefined && value !== null)
        .map(([key, value]) => `${key}=${String(value)}`)
      write(
        `karo: ${WORDS[at] ?? ''}${printable(`${message}${facts.length === 0 ? '' : ` (${facts.join(' ')})`}`)}\n`,
      )
    },
    (fields) => plainLog(least, write, { ...inherited, ...fields }),
  )
}
