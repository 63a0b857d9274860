// The shape of the loggers that rooms get: JSON on stderr in the daemon, silent in most tests.

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** A filter for log lines; a missing member accepts every line. */
export interface LogFilter {
  /** Least level. */
  readonly level?: LogLevel
  /** Trace id, or its beginning. */
  readonly trace?: string
}

/**
 * Members of a log line. Names that the line itself uses are excluded, because in JSON the later of two members wins.
 */
export type LogFields = Readonly<
  Record<string, string | number | boolean | null | undefined | readonly string[]>
> & { readonly [own in 'level' | 'time' | 'pid' | 'msg' | 'seq']?: never }

/** A logger. Fields never hold level 0 data, keys or tokens. `trace_id`, if present, is 32 hex digits. */
export interface Log {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  child(fields: LogFields): Log
}

const nothing = (): void => {}

/** A logger that drops everything. */
export const silentLog: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLog,
}
