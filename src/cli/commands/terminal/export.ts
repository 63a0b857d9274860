// karo export: writes a person's own history into a file or to standard output.
import { resolve } from 'node:path'
import { pipe } from 'it-pipe'
import { exportHistory } from '../../../api/contract/operations/export.ts'
import { readEventId } from '../../../base/words/event-id.ts'
import { batches } from '../../../observe/imports/batches.ts'
import { type ForeignShell, SHELLS } from '../../../observe/imports/entry.ts'
import { SHELL_WRITERS } from '../../../observe/imports/writers.ts'
import { EXPORT_FORMATS, type ExportFormat, type TransferEvent, WRITERS } from '../../../ops/care/transfer.ts'
import { filterOptions, filtersOf, nothingFound, untilOption } from '../../history/filters.ts'
import { type CommandIo, defineCommand, KaroError, printJson } from '../../kit.ts'
import { noJson, TO_FILE, writingTo } from '../../output-file.ts'
import { createLiveLine } from '../../terminal/live-line.ts'
import { countedCommands } from '../../views/import.ts'

const IDLE_MS = 60_000
const PIECE = { items: Number.POSITIVE_INFINITY, bytes: 64 * 1024 }
const EVERY = 10_000

type Format = ExportFormat | ForeignShell
const FORMATS = [...EXPORT_FORMATS, ...SHELLS] as const

export const commands = [
  defineCommand('export', {
    summary:
      'write your history to a file or to standard output, for another Karo, your shell, or a spreadsheet',
    shows: exportHistory,
    args: {
      words: {
        optional: true,
        variadic: true,
        description: 'only commands with all of these words, in any case (default: all commands)',
      },
    },
    options: {
      format: {
        value: 'format',
        choices: FORMATS,
        default: 'ndjson',
        description:
          'NDJSON (one JSON document a line), CSV for spreadsheets, or the history format of bash, zsh or fish (text and time)',
      },
      output: TO_FILE,
      cwd: filterOptions.cwd,
      since: filterOptions.since,
      shell: filterOptions.shell,
      until: untilOption,
    },
    json: 'NDJSON, one JSON document a line; with --output one document about the file',
    examples: {
      'karo export -o history.ndjson': 'everything you typed, readable by you alone',
      'karo export --format bash >> ~/.bash_history': "into bash's own history",
      'karo export --since 7d --cwd . make': 'commands with make of this directory and week',
    },
    async run(io, { args, options }) {
      const { format, output } = options
      const filters = filtersOf(args.words, options)
      if (io.json && output === undefined && format !== 'ndjson') throw noJson(`--format ${format}`)
      let events = 0
      await writingTo(io, output, async (out) => {
        events = await write(io, filters, format, out)
      })
      if (output === undefined) {
        if (events === 0 && Object.keys(filters).length > 0)
          io.err(`${await nothingFound(io, options)} To write into a file: karo export -o <file>\n`)
        return
      }
      const file = resolve(output)
      if (io.json) return printJson(io, { file, events })
      io.err(`${countedCommands(events)} ${events === 1 ? 'is' : 'are'} in ${file}.\n`)
    },
  }),
]

interface BytesWriter {
  readonly head: string
  line(event: TransferEvent): string | Uint8Array
  end(events: number): string
}

const shellWriter = (shell: ForeignShell): BytesWriter => ({
  head: '',
  line: ({ id, command, duration_us }) =>
    SHELL_WRITERS[shell]({ command, start_us: readEventId(id).start_us, duration_us }),
  end: () => '',
})

/** Resolves with the number of events. Throws KaroError `unavailable` if the daemon's answer is incomplete. */
async function write(
  io: CommandIo,
  query: ReturnType<typeof filtersOf>,
  format: Format,
  out: (content: Uint8Array) => void,
): Promise<number> {
  const { head, line, end } =
    format in WRITERS ? WRITERS[format as keyof typeof WRITERS] : shellWriter(format as ForeignShell)
  let events = 0
  let whole = false
  using live = createLiveLine(io)
  const told = io.daemon.lines(exportHistory, { query, idleMs: IDLE_MS, where: 'karo export' })
  async function* written(lines: typeof told): AsyncGenerator<Uint8Array, void> {
    yield Buffer.from(head)
    for await (const one of lines) {
      if ('karo_export' in one) continue
      if ('end' in one) whole = one.end === events
      else {
        yield Buffer.from(line(one))
        if (++events % EVERY === 0) live.show(`${events} commands`)
      }
    }
    if (!whole) throw new KaroError('unavailable', "the daemon's answer is incomplete")
    yield Buffer.from(end(events))
  }
  const pieces = batches<Uint8Array>(PIECE, ({ length }) => length)
  for await (const piece of pipe(told, written, pieces)) out(Buffer.concat(piece))
  return events
}
