// View of a line of the daemon's log.
import { localTime, printable } from '../../base/format.ts'
import type { LogLevel } from '../../base/run/log.ts'
import { paint, type Screen } from '../terminal/table.ts'
import { wrap } from '../terminal/text.ts'

export interface LogLine {
  /** RFC 3339 UTC. */
  readonly time: string
  readonly level: LogLevel
  readonly pid: number
  readonly msg: string
  /** Number of the line, from 1 in each process; absent for a line about the log itself. */
  readonly seq?: number
  readonly [field: string]: unknown
}

const OWN: ReadonlySet<string> = new Set(['seq', 'time', 'level', 'pid', 'msg'])
const COLOUR: Readonly<Record<LogLevel, 'gray' | 'blue' | 'yellow' | 'red'>> = {
  debug: 'gray',
  info: 'blue',
  warn: 'yellow',
  error: 'red',
}

/**
 * `2026-11-20 08:15:02 warn  the clocks differ (peer=karo:… skew_ms=70000)`, without characters that could move the cursor,
 * wrapped at the width of the screen and indented below the text. Has no newline at its end.
 */
export function logLine(line: LogLine, screen: Screen): string {
  const facts = Object.entries(line)
    .filter(([name, value]) => !OWN.has(name) && value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.join(',') : String(value)}`)
    .join(' ')
  const level = String(line.level)
  const styled = paint(COLOUR[line.level] ?? 'gray', level.padEnd(5), screen)
  const time = localTime(line.time)
  const says = printable(String(line.msg))
  const indent = time.length + 1 + Math.max(level.length, 5) + 1
  const lines = wrap(`${says}${facts === '' ? '' : ` (${printable(facts)})`}`, screen.columns - indent)
  /** Characters of the sentence that are not written yet; the facts behind it are grey. */
  let sentence = says.length
  const body = lines.map((text) => {
    const said = text.slice(0, sentence)
    const facts = text.slice(sentence)
    sentence = Math.max(0, sentence - text.length - 1)
    return `${said}${paint('gray', facts, screen)}`
  })
  return `${paint('gray', time, screen)} ${styled} ${body.join(`\n${' '.repeat(indent)}`)}`
}
