// A log that says `~` where a person's home would stand: its path often is their name.
import type { LogFields } from '../../base/run/log.ts'
import { type DaemonLog, logOf } from './log.ts'

/** `home`: absolute, of the person who runs the daemon. */
export function withoutHome(log: DaemonLog, home: string): DaemonLog {
  // A home of `/` or an empty one would match the beginning of any path.
  if (home === '' || home === '/') return log
  const hide = (text: string) => text.replaceAll(`${home}/`, '~/')
  const shown = (value: LogFields[string]): LogFields[string] => {
    if (typeof value === 'string') return hide(value)
    return Array.isArray(value) ? value.map(hide) : value
  }
  const hidden = (fields: LogFields): LogFields =>
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, shown(value)]))
  const hiding = logOf((level, fields, message) => log[level](hidden(fields), hide(message)))
  return { ...log, ...hiding }
}
