// A log that others listen to: every line goes to the log itself, and to sinks that keep, count or remember it.
import type { LogFields, LogLevel } from '../../base/run/log.ts'
import { type DaemonLog, logOf } from './log.ts'

/** Gets every line, whatever level the log shows, and decides for itself which lines it takes. Never throws. */
export type LogSink = (level: LogLevel, fields: LogFields, message: string) => void

export function withSinks(log: DaemonLog, sinks: readonly LogSink[]): DaemonLog {
  const heard = logOf((level, fields, message) => {
    log[level](fields, message)
    for (const sink of sinks) sink(level, fields, message)
  })
  return { ...log, ...heard }
}
