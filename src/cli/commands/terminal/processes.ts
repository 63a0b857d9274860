// karo processes: what the programs in your shells used, and what runs now.
import { daemonAt } from '../../../api/contract/client/socket.ts'
import {
  PROCESS_SORTS,
  PROCESSES_LIMIT_DEFAULT,
  PROCESSES_LIMIT_MAX,
} from '../../../api/contract/constants.ts'
import { getProcesses } from '../../../api/contract/operations/processes.ts'
import type { ProcessShape } from '../../../api/contract/shapes.ts'
import { EXIT } from '../../../base/errors.ts'
import { bytes, duration, localTime } from '../../../base/format.ts'
import { type Command, defineCommand } from '../../command.ts'
import { table } from '../../terminal/table.ts'
import { parseSince, rfc3339 } from '../../time.ts'
import { checkText, given, parseWhole } from '../../values.ts'

export const commands: readonly Command[] = [
  defineCommand({
    name: 'processes',
    summary: 'what the programs in your shells used: memory, processor, time',
    shows: getProcesses,
    options: [
      { name: 'now', description: 'only what runs now' },
      {
        name: 'since',
        value: 'when',
        description: 'only what began since, and what still runs: 2h, 7d, today, or a time',
        default: '24h',
      },
      { name: 'name', value: 'text', description: 'only programs with this in their name, in any case' },
      { name: 'sort', value: 'by', description: 'the most first', choices: PROCESS_SORTS, default: 'memory' },
      {
        name: 'limit',
        value: 'n',
        description: `how many at most (up to ${PROCESSES_LIMIT_MAX})`,
        default: String(PROCESSES_LIMIT_DEFAULT),
      },
    ],
    examples: [
      { run: 'karo processes', does: 'what used most memory in the last 24 hours' },
      { run: 'karo processes --now --sort cpu', does: 'what is at work in your shells' },
      { run: 'karo processes --since 7d --name node', does: 'every node of the last week' },
    ],
    async run(io, { options: { now, sort, name, ...options } }) {
      const query = {
        ...{ now, sort },
        limit: parseWhole(options.limit, '--limit', 1, PROCESSES_LIMIT_MAX),
        since: rfc3339(parseSince(options.since, Date.now()), '--since'),
        name: given(name, (text) => checkText(text, '--name', MOST_NAME)),
      }
      const found = await daemonAt(io).call(getProcesses, { query })
      if (io.json) {
        io.out(`${JSON.stringify(found)}\n`)
        return EXIT.done
      }
      const { processes: rows, total } = found
      if (rows.length === 0) {
        io.out(`${now ? NOTHING_NOW : NOTHING}\n`)
        return EXIT.done
      }
      io.out(
        table(
          rows,
          [
            { title: 'BEGAN', value: (row) => began(row, io.columns) },
            { title: 'TOOK', align: 'right', value: (row) => duration(row.duration_ms) },
            {
              title: 'PEAK',
              align: 'right',
              value: ({ peak_rss_bytes: peak }) => (peak === null ? '–' : bytes(peak)),
            },
            { title: 'CPU', align: 'right', value: (row) => duration(row.cpu_ms) },
            {
              title: 'EXIT',
              align: 'right',
              value: (row) => (row.running ? 'runs' : String(row.exit_code ?? '–')),
              style: (row) => (row.exit_code ? 'red' : undefined),
            },
            { title: 'PID', align: 'right', value: (row) => String(row.pid) },
            { title: 'IN', value: (row) => row.shell },
            { title: 'PROGRAM', value: (row) => row.name },
          ],
          io,
        ),
      )
      // No limit shows more than that.
      const further =
        rows.length < PROCESSES_LIMIT_MAX ? '--limit shows more' : '--since and --name show others'
      if (total > rows.length) io.err(`${rows.length} of ${total}; ${further}.\n`)
      return EXIT.done
    },
  }),
]

/** Without year and seconds where the rest needs the room. */
const began = ({ started_at }: ProcessShape, columns: number): string =>
  columns < WIDE_SCREEN ? localTime(started_at).slice(5, 16) : localTime(started_at)
const WIDE_SCREEN = 100

const NOTHING_NOW = 'No program runs now in a shell of yours that has the hook (karo shell install).'
const NOTHING = `No program was seen in that time. A program is seen when it runs for about a second or longer, in a shell with
the hook (karo shell install), while processes.enabled is on (karo config get processes.enabled).`

const MOST_NAME = 64
