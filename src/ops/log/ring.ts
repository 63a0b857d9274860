// The daemon's last log lines in memory, for `karo logs tail`: bounded, found by level and trace id, followed live.
import type { Clock } from '../../base/clock.ts'
import type { LogFields, LogFilter, LogLevel } from '../../base/run/log.ts'
import { WEIGHT } from './log.ts'

/** A busy hour at `info`; more is the journal's. */
const LINES_MAX = 1_000
/** All lines together, in UTF-16 units of their JSON. */
const TOTAL_MAX = 512 * 1024
/** Lines may exceed both bounds by this factor before the oldest go together; removing each by itself moves all others. */
const SLACK = 1.25
/** Most characters of one text in a line; a stack trace fits. */
const TEXT_MAX = 4_096

interface Kept {
  readonly level: LogLevel
  readonly trace: string
  readonly text: string
}

export function createLogRing({ clock, level }: { readonly level: LogLevel; readonly clock: Clock }) {
  let keptLevel = level
  const followers = new Set<{ readonly filter: LogFilter; readonly on: (line: string) => void }>()
  let lines: Kept[] = []
  let total = 0
  let seq = 0
  /** The lowest level that any reader wants: a line below it costs only this comparison. */
  let least = WEIGHT[keptLevel]

  function look(): void {
    const wanted = [...followers].map(({ filter }) => WEIGHT[filter.level ?? keptLevel])
    least = Math.min(WEIGHT[keptLevel], ...wanted)
  }

  function keep(line: Kept): void {
    lines.push(line)
    total += line.text.length
    if (lines.length <= SLACK * LINES_MAX && total <= SLACK * TOTAL_MAX) return
    lines = newest(lines)
    total = lines.reduce((sum, { text }) => sum + text.length, 0)
  }

  return {
    sink(level: LogLevel, fields: LogFields, msg: string) {
      if (WEIGHT[level] < least) return
      const { trace_id } = fields
      const line: Kept = {
        level,
        trace: typeof trace_id === 'string' ? trace_id : '',
        text: JSON.stringify({
          seq: ++seq,
          time: new Date(clock.now()).toISOString(),
          level,
          pid: process.pid,
          ...cut(fields),
          msg: msg.slice(0, TEXT_MAX),
        }),
      }
      if (WEIGHT[level] >= WEIGHT[keptLevel]) keep(line)
      for (const { filter, on } of followers) if (fits(line, filter, keptLevel)) on(line.text)
    },
    /** Lines below this level are not kept; followers that ask for them get them nevertheless. */
    setLevel(level: LogLevel) {
      keptLevel = level
      look()
    },
    /** The newest `most` that fit, oldest first: `{"seq","time","level","pid",…fields,"msg"}`, each without its newline. */
    last(filter: LogFilter, most: number) {
      if (most <= 0) return []
      const found = lines.filter((line) => fits(line, filter, 'debug'))
      return found.slice(-most).map(({ text }) => text)
    },
    /** Calls `on` with each line from now on, synchronously, until the function it returns is called. */
    follow(filter: LogFilter, on: (line: string) => void) {
      const follower = { filter, on }
      followers.add(follower)
      look()
      return () => {
        followers.delete(follower)
        look()
      }
    },
  }
}

function newest(lines: readonly Kept[]): Kept[] {
  let from = Math.max(0, lines.length - LINES_MAX)
  let total = 0
  for (let i = lines.length - 1; i >= from; i--) {
    total += (lines[i] as Kept).text.length
    if (total > TOTAL_MAX) from = i + 1
  }
  return lines.slice(from)
}

function fits({ level, trace }: Kept, filter: LogFilter, otherwise: LogLevel): boolean {
  if (WEIGHT[level] < WEIGHT[filter.level ?? otherwise]) return false
  return filter.trace === undefined || trace.startsWith(filter.trace)
}

function cut(fields: LogFields): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.slice(0, TEXT_MAX) : value,
    ]),
  )
}
