// `karo logs tail`: what the daemon logged last, and what it logs from now on.
import { daemonAt } from '../../../api/contract/client/socket.ts'
import { getLogs } from '../../../api/contract/operations/care.ts'
import { EXIT, KaroError } from '../../../base/errors.ts'
import { LOG_LEVELS, type LogLevel } from '../../../base/run/log.ts'
import { type Command, type CommandIo, defineCommand } from '../../command.ts'
import { pause, watchInterrupt } from '../../terminal/interrupt.ts'
import { parseWhole } from '../../values.ts'
import { type LogLine, logLine } from '../../views/logs.ts'

const LINES_MAX = 1_000
const LINES_DEFAULT = '50'
/** What setTimeout can wait for; a month. */
const NO_DEADLINE_MS = 2 ** 31 - 1
/** A line is at most a few texts of 4 KiB. */
const MAX_LINE_BYTES = 256 * 1024
/** Between looks for a daemon that went away. */
const AWAY_MS = 500

const tail = defineCommand({
  name: 'logs tail',
  summary: "the daemon's last log lines, and with --follow the next ones",
  shows: getLogs,
  options: [
    {
      name: 'lines',
      short: 'n',
      value: 'number',
      default: LINES_DEFAULT,
      description: `how many of the last lines, 0 to ${LINES_MAX}`,
    },
    {
      name: 'follow',
      short: 'f',
      description: 'go on until Ctrl-C, also when the daemon restarts; with --json each line is one (NDJSON)',
    },
    {
      name: 'level',
      value: 'level',
      choices: LOG_LEVELS,
      description:
        'only these and more important ones. The daemon keeps what log.level asks for; with --follow it also tells what is below',
    },
    {
      name: 'trace',
      value: 'id',
      description: 'only what belongs to one command or question: its trace id, or how it begins',
    },
  ],
  examples: [
    { run: 'karo logs tail -n 20', does: 'the last 20 lines' },
    { run: 'karo logs tail --follow --level debug', does: 'everything, while you watch' },
    {
      run: 'karo logs tail --trace 3f9a',
      does: "one question's lines: karo query --json tells its trace_id",
    },
  ],
  async run(io, input) {
    const { level, trace } = input.options
    if (trace !== undefined && !/^[0-9a-f]{1,32}$/.test(trace)) {
      throw new KaroError('bad_request', `'${trace}' is no trace id`, {
        where: '--trace',
        hint: 'It is up to 32 hex digits, in lower case.',
      })
    }
    const asked = { lines: parseWhole(input.options.lines, '--lines', 0, LINES_MAX), level, trace }
    if (input.options.follow) return follow(io, asked)
    let shown = 0
    for await (const line of linesOf(io, { ...asked, follow: false })) {
      show(io, line)
      shown++
    }
    if (shown === 0 && asked.lines > 0) io.err(`${NO_LINES}\n`)
    return EXIT.done
  },
})

const NO_LINES = `No line of the log matches. The daemon keeps its last 1000 lines since it started; older ones are in its
journal (journalctl -u karo) or in the terminal that it runs in.`

interface Asked {
  readonly lines: number
  readonly level: LogLevel | undefined
  readonly trace: string | undefined
}

const linesOf = (io: CommandIo, query: Asked & { readonly follow: boolean }, signal?: AbortSignal) =>
  daemonAt(io).lines(getLogs, { query, signal, deadlineMs: NO_DEADLINE_MS, maxBytes: MAX_LINE_BYTES })

/** Until Ctrl-C, which is how it is meant to end. A daemon that has answered once may go away and come back. */
async function follow(io: CommandIo, asked: Asked): Promise<typeof EXIT.done> {
  const interrupt = watchInterrupt()
  const { signal } = interrupt
  /** The last line shown, to tell on the next connection which ones are new. */
  let seen: { readonly pid: number; readonly seq: number } | undefined
  let begun = false
  let away = false
  try {
    while (!signal.aborted) {
      const query = { ...asked, lines: begun ? LINES_MAX : asked.lines, follow: true }
      try {
        for await (const line of linesOf(io, query, signal)) {
          begun = true
          away = false
          const { pid, seq } = line
          if (seq !== undefined && seen?.pid === pid && seq <= seen.seq) continue
          if (seq !== undefined) seen = { pid, seq }
          show(io, line)
        }
        begun = true
      } catch (error) {
        if (signal.aborted || !begun || !isAway(error)) throw error
      }
      if (signal.aborted) break
      if (!away) io.err('karo: the daemon has gone; its log goes on when it is back\n')
      away = true
      await pause(AWAY_MS, signal)
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    interrupt.release()
  }
  // The terminal has written ^C, and the prompt would stand right behind it.
  if (io.liveLine) io.err('\n')
  return EXIT.done
}

/** What a daemon that restarts looks like from here. */
const isAway = (error: unknown): boolean =>
  error instanceof KaroError && (error.code === 'not_running' || error.code === 'unavailable')

function show(io: CommandIo, line: LogLine): void {
  io.out(io.json ? `${JSON.stringify(line)}\n` : `${logLine(line, io)}\n`)
}

export const commands: readonly Command[] = [tail]
