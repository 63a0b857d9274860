// The logger rooms are given: structured, JSON on stderr in the daemon (pino), silent in most tests.

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Which lines of a log are wanted; absent means any. */
export interface LogFilter {
  /** This level and what is more important. */
  readonly level?: LogLevel
  /** The trace id, or how it begins. */
  readonly trace?: string
}

/** The line's own members cannot be among them: in JSON the later one of two would win. */
export type LogFields = Readonly<
  Record<string, string | number | boolean | null | undefined | readonly string[]>
> & { readonly [own in 'level' | 'time' | 'pid' | 'msg' | 'seq']?: never }

/** Fields never hold level 0 data, keys or tokens. `trace_id` is 32 hex digits when there is one. */
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
