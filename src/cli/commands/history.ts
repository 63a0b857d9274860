// karo history: the commands you ran, searched.
import { resolve } from 'node:path'
import { callDaemon } from '../../api/client.ts'
import { type EventShape, HISTORY_LIMIT_DEFAULT, HISTORY_LIMIT_MAX, RISK_LEVELS } from '../../api/shapes.ts'
import { EXIT, KaroError } from '../../base/errors.ts'
import type { Command, CommandInput } from '../command.ts'
import { duration, localTime } from '../format.ts'
import { RISK_COLOURS } from '../risk-colours.ts'
import { table } from '../table.ts'
import { parseSince, rfc3339 } from '../time.ts'
import { checkText, parseWhole, pathWith } from '../values.ts'

export const history: readonly Command[] = [
  {
    name: 'history',
    summary: 'search the commands you ran, newest last',
    args: [
      {
        name: 'words',
        required: false,
        variadic: true,
        description: 'text that must occur in the command; every word, in any case',
      },
    ],
    options: [
      {
        name: 'cwd',
        value: 'dir',
        description: 'only in this directory and below it',
        completes: 'directory',
      },
      { name: 'failed', description: 'only those that ended with an error' },
      { name: 'risk', value: 'level', description: 'only this risk or higher', choices: RISK_LEVELS },
      { name: 'since', value: 'when', description: 'only newer ones: 2h, 7d, today, or a time' },
      {
        name: 'shell',
        value: 'name',
        description: 'only from this shell, e.g. bash',
        completes: ['bash', 'zsh', 'fish', 'sh'],
      },
      {
        name: 'limit',
        value: 'n',
        description: `how many at most (up to ${HISTORY_LIMIT_MAX})`,
        default: String(HISTORY_LIMIT_DEFAULT),
      },
    ],
    examples: [
      { run: 'karo history docker run', does: 'every command with both words' },
      { run: 'karo history --failed --since today --cwd .', does: 'what went wrong here today' },
    ],
    async run(io, input) {
      const path = pathWith('/api/v1/history', searchOf(input), 'karo history')
      const found = (await callDaemon(io, 'GET', path)) as { events: EventShape[]; total: number }
      if (io.json) {
        io.out(`${JSON.stringify(found)}\n`)
        return EXIT.done
      }
      const { events, total } = found
      if (events.length === 0) {
        io.out(`${total === 0 && isUnfiltered(input) ? NOTHING_YET : 'Nothing in your history matches.'}\n`)
        return EXIT.done
      }
      io.out(
        table(
          events.toReversed(),
          [
            { title: 'TIME', value: (event) => when(event, io.columns) },
            {
              title: 'EXIT',
              align: 'right',
              value: (event) => String(event.exit_code ?? '–'),
              style: (event) => (event.exit_code ? 'red' : undefined),
            },
            {
              title: 'TOOK',
              align: 'right',
              value: (event) => duration(event.duration_ms ?? Number.NaN),
            },
            {
              title: 'RISK',
              value: (event) => event.risk_level,
              style: (event) => RISK_COLOURS[event.risk_level],
            },
            { title: 'IN', value: (event) => event.cwd, shrink: 'first', keep: 'end' },
            { title: 'COMMAND', value: (event) => event.command, shrink: true },
          ],
          io,
        ),
      )
      if (total > events.length) io.err(`${events.length} of ${total}; --limit shows more.\n`)
      return EXIT.done
    },
  },
]

/** Without year and seconds where the commands need the room. */
const when = ({ timestamp }: EventShape, columns: number): string =>
  columns < WIDE_SCREEN ? localTime(timestamp).slice(5, 16) : localTime(timestamp)
const WIDE_SCREEN = 100

const NOTHING_YET = `Nothing recorded yet. Does your shell have the hook? Run: karo shell install
Then open a new shell.`

/** What the API takes. */
const MOST_WORDS = 32
const MOST_WORD = 1024
const MOST_PATH = 4096
const MOST_SHELL_NAME = 32

const FILTERS = ['cwd', 'failed', 'risk', 'since', 'shell'] as const

const isUnfiltered = ({ args, options }: CommandInput): boolean =>
  (args.words ?? []).length === 0 && FILTERS.every((name) => options[name] === undefined)

/** Throws KaroError bad_request that names the option. */
function searchOf({ args, options }: CommandInput): URLSearchParams {
  const limit = parseWhole(String(options.limit), '--limit', 1, HISTORY_LIMIT_MAX)
  const search = new URLSearchParams({ limit: String(limit) })
  const words = (args.words ?? []) as readonly string[]
  if (words.length > MOST_WORDS) {
    throw new KaroError('bad_request', `there are ${words.length} words, at most ${MOST_WORDS} can be used`, {
      where: 'words',
      hint: 'Quote what belongs together, it is one word then.',
    })
  }
  for (const word of words) search.append('word', checkText(word, 'words', MOST_WORD))
  if (options.failed === true) search.set('failed', 'true')
  if (typeof options.cwd === 'string') search.set('cwd', checkText(resolve(options.cwd), '--cwd', MOST_PATH))
  if (typeof options.since === 'string')
    search.set('since', rfc3339(parseSince(options.since, Date.now()), '--since'))
  if (typeof options.risk === 'string') search.set('risk', options.risk)
  if (typeof options.shell === 'string')
    search.set('shell', checkText(options.shell, '--shell', MOST_SHELL_NAME))
  return search
}
