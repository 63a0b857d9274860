// `karo logs tail`: shows the last log lines of the daemon, and with --follow new ones.

import { getLogs } from '../../../api/contract/operations/care.ts'
import { LOG_LEVELS, type LogLevel } from '../../../base/run/log.ts'
import {
  type CommandIo,
  defineCommand,
  KaroError,
  localTime,
  paint,
  printable,
  type Screen,
  show,
  usage,
  whole,
  wrap,
} from '../../kit.ts'
import { following } from '../../terminal/following.ts'

interface LogLine {
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

const LINES_MAX = 1_000
const LINES_DEFAULT = '50'
/** The longest time that setTimeout can wait, nearly a month. */
const NO_DEADLINE_MS = 2 ** 31 - 1
/** Most bytes of a line; a line has at most a few texts of 4 KiB. */
const MAX_LINE_BYTES = 256 * 1024
/** Time between attempts to reach a daemon that went away. */
const AWAY_MS = 500

const tail = defineCommand('logs tail', {
  summary: "show the node's last log lines, and with --follow new ones",
  shows: getLogs,
  json: 'NDJSON, one JSON document a line',
  options: {
    lines: {
      short: 'n',
      value: 'number',
      reads: whole(0, LINES_MAX),
      default: LINES_DEFAULT,
      description: `how many of the last lines, 0 to ${LINES_MAX}`,
    },
    follow: {
      short: 'f',
      description: 'continue until Ctrl-C, also when the daemon restarts',
    },
    level: {
      value: 'level',
      choices: LOG_LEVELS,
      description:
        'only lines of this level and more important ones. The daemon keeps lines from log.level on; with --follow it also sends less important new lines',
    },
    trace: {
      value: 'id',
      reads: traceOf,
      description: 'only lines of one command or question, by its trace id or the beginning of it',
    },
  },
  examples: {
    'karo logs tail --trace 3f9a': 'lines of one question; karo query --json shows its trace_id',
  },
  async run(io, input) {
    const { lines, level, trace } = input.options
    const asked = { lines, level, trace }
    if (input.options.follow) return follow(io, asked)
    let shown = 0
    for await (const line of linesOf(io, { ...asked, follow: false })) {
      print(io, line)
      shown++
    }
    if (shown === 0 && asked.lines > 0) io.err(`${NO_LINES}\n`)
  },
})

function traceOf(text: string, where: string): string {
  if (/^[0-9a-f]{1,32}$/.test(text)) return text
  throw usage(`'${text}' is not a trace id`, where, 'It is up to 32 hex digits, in lower case.')
}

const NO_LINES = `No line of the log matches. The daemon keeps its last 1000 lines since it started; older ones are in its journal (journalctl -u karo) or in the terminal that it runs in.`

interface Asked {
  readonly lines: number
  readonly level: LogLevel | undefined
  readonly trace: string | undefined
}

const linesOf = (io: CommandIo, query: Asked & { readonly follow: boolean }, signal?: AbortSignal) =>
  io.daemon.lines(getLogs, { query, signal, deadlineMs: NO_DEADLINE_MS, maxBytes: MAX_LINE_BYTES })

/** Follows the log until Ctrl-C, the normal end. */
async function follow(io: CommandIo, asked: Asked): Promise<undefined> {
  /** The last shown line, which tells on the next connection which lines are new. */
  let seen: { readonly pid: number; readonly seq: number } | undefined
  let { lines } = asked
  return following(io, AWAY_MS, async (signal, met) => {
    for await (const line of linesOf(io, { ...asked, lines, follow: true }, signal)) {
      met()
      lines = LINES_MAX
      const { pid, seq } = line
      if (seq !== undefined && seen?.pid === pid && seq <= seen.seq) continue
      if (seq !== undefined) seen = { pid, seq }
      print(io, line)
    }
    met()
    lines = LINES_MAX
    throw new KaroError('unavailable', 'the daemon does not answer')
  })
}

const print = (io: CommandIo, line: LogLine): void => show(io, line, () => `${logLine(line, io)}\n`)

export const commands = [tail]
