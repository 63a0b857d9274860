// karo processes: shows what the programs in a person's shells used, and which run now.
import {
  PROCESS_SORTS,
  PROCESSES_LIMIT_DEFAULT,
  PROCESSES_LIMIT_MAX,
} from '../../../api/contract/constants.ts'
import { getProcesses } from '../../../api/contract/operations/processes.ts'
import { when } from '../../history/columns.ts'
import { bytes, defineCommand, duration, sinceTime, table, whole } from '../../kit.ts'

export const commands = [
  defineCommand('processes', {
    summary: 'show what the programs in your shells used: memory, processor, time',
    shows: getProcesses,
    options: {
      now: 'only programs that run now',
      since: {
        value: 'when',
        reads: sinceTime,
        description: 'only programs that began later or still run: 2h, 7d, today, or a time',
        default: '24h',
      },
      name: { value: 'text', description: 'only programs with this in their name, in any case' },
      sort: {
        value: 'by',
        description: 'column to sort by, largest first',
        choices: PROCESS_SORTS,
        default: 'memory',
      },
      limit: {
        value: 'n',
        reads: whole(1, PROCESSES_LIMIT_MAX),
        description: `most programs to show (up to ${PROCESSES_LIMIT_MAX})`,
        default: String(PROCESSES_LIMIT_DEFAULT),
      },
    },
    examples: {
      'karo processes --now --sort cpu': 'running programs that use most processor time',
    },
    view({ processes: rows, total }, io, { options: { now } }) {
      io.out(
        table(
          io,
          rows,
          {
            BEGAN: ({ started_at: timestamp }) => when({ timestamp }, io.columns),
            TOOK: { value: (row) => duration(row.duration_ms), align: 'right' },
            PEAK: {
              value: ({ peak_rss_bytes: peak }) => (peak === null ? '–' : bytes(peak)),
              align: 'right',
            },
            CPU: { value: (row) => duration(row.cpu_ms), align: 'right' },
            EXIT: {
              value: (row) => (row.running ? 'runs' : String(row.exit_code ?? '–')),
              align: 'right',
              style: (row) => (row.exit_code ? 'red' : undefined),
            },
            PID: { value: (row) => String(row.pid), align: 'right' },
            IN: 'shell',
            PROGRAM: 'name',
          },
          `${now ? NOTHING_NOW : NOTHING}\n`,
        ),
      )
      // --limit cannot be raised beyond the most that the API gives.
      const further =
        rows.length < PROCESSES_LIMIT_MAX ? '--limit shows more' : '--since and --name show others'
      if (total > rows.length) io.err(`${rows.length} of ${total}; ${further}.\n`)
      return ''
    },
  }),
]

const NOTHING_NOW = 'No program runs now in a shell of yours that has the hook (karo shell install).'
const NOTHING = `No program was seen in that time. A program is seen when it runs for about a second or longer, in a shell with the hook (karo shell install), while processes.enabled is on (karo config get processes.enabled).`
