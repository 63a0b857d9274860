// Weeks of somebody's commands as their shell's hook wrote them, ending now.
import { chownSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { append, record, T0 } from './spool.ts'

export interface Past {
  readonly command: string
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly exit?: number
}

const DAY_MS = 86_400_000

/** Every hour of the `days` days before today (UTC) the same few commands: whatever the hour, work at it is usual. */
export function everyHour(days: number, now: number): Past[] {
  const today = Math.floor(now / DAY_MS) * DAY_MS
  return Array.from({ length: days * 24 }, (_, i) => today - days * DAY_MS + i * 3_600_000).flatMap(
    (at, i) => [
      { command: 'git status', at: at + 60_000 },
      { command: 'make test', at: at + 120_000, exit: i % 10 === 0 ? 2 : 0 },
    ],
  )
}

let files = 0

/** Into the spool of a node, complete at once, as of a shell that has ended; `uid`: whose file it is. */
export function spoolPast(home: string, past: readonly Past[], uid = process.getuid!()): void {
  const spool = join(home, 'spool')
  mkdirSync(spool, { recursive: true, mode: 0o700 })
  const bytes = past.map(({ command, at, exit = 0 }, i) =>
    record({ command, sequence: i + 1, session: `0-1-${files}`, start: Math.round(at * 1000), exit }),
  )
  // Of a process that does not exist: complete, and the daemon may take it away.
  const name = `${uid}-4294967295-${T0 + files++}.spool`
  const hidden = `.${name}`
  append(spool, hidden, Buffer.concat(bytes))
  chownSync(join(spool, hidden), uid, -1)
  renameSync(join(spool, hidden), join(spool, name))
}
