// A log that others listen to: every line goes to the log itself, and to sinks that keep, count or remember it.
import type { Log, LogFields, LogLevel } from '../../base/run/log.ts'
import { byLevels, type DaemonLog } from './log.ts'

/** Gets every line, whatever level the log shows, and decides for itself which lines it takes. Never throws. */
export type LogSink = (level: LogLevel, fields: LogFields, message: string) => void

/** Fields of children are handed on with those of each line. */
export function withSinks(log: DaemonLog, sinks: readonly LogSink[]): DaemonLog {
  return Object.assign(tee(log, sinks, {}), {
    flush: () => log.flush(),
    setLevel: (level: LogLevel) => log.setLevel(level),
  })
}

function tee(log: Log, sinks: readonly LogSink[], inherited: LogFields): Log {
  return byLevels(
    (level) => (fields, message) => {
      log[level](fields, message)
      for (const sink of sinks) sink(level, { ...inherited, ...fields }, message)
    },
    (fields) => tee(log.child(fields), sinks, { ...inherited, ...fields }),
  )
}
