// karo export: your own history as a file, or on standard output.
import { resolve } from 'node:path'
import { streamDaemon } from '../../api/client.ts'
import { EXIT, KaroError } from '../../base/errors.ts'
import { EXPORT_FORMATS, type ExportFormat, type TransferEvent, WRITERS } from '../../care/transfer.ts'
import type { Command, CommandIo } from '../command.ts'
import { createLiveLine } from '../live-line.ts'
import { createOutput } from '../output-file.ts'

const IDLE_MS = 60_000
const PIECE = 64 * 1024
const EVERY = 10_000

export const exporting: readonly Command[] = [
  {
    name: 'export',
    summary: 'your whole history as a file, to keep or to bring elsewhere with karo import',
    args: [],
    options: [
      {
        name: 'format',
        value: 'format',
        choices: EXPORT_FORMATS,
        default: 'ndjson',
        description: 'NDJSON, one JSON document a line, also with --json; or CSV for spreadsheets',
      },
      {
        name: 'output',
        short: 'o',
        value: 'file',
        completes: 'file',
        description: 'where to; it must not exist yet (default: standard output)',
      },
    ],
    examples: [
      { run: 'karo export -o history.ndjson', does: 'everything you typed, readable by you alone' },
      { run: 'karo export --format csv | head', does: 'a look at it' },
    ],
    async run(io, { options }) {
      const format = options.format as ExportFormat
      if (typeof options.output !== 'string') {
        if (io.json && format === 'csv') throw noJson()
        await write(io, format, async (text) => io.out(text))
        return EXIT.done
      }
      const path = resolve(options.output)
      const events = await toFile(io, format, path)
      if (io.json) io.out(`${JSON.stringify({ file: path, events })}\n`)
      else io.err(`${events} events are in ${path}.\n`)
      return EXIT.done
    },
  },
]

/** What a table is on standard output no reader of JSON can take. */
export const noJson = (): KaroError =>
  new KaroError('bad_request', 'it does not go with --format csv on standard output', {
    where: '--json',
    hint: 'Leave one of them out, or name a file with --output.',
  })

/** Resolves with how many events there were. Throws KaroError `unavailable` when the daemon broke off. */
async function write(
  io: CommandIo,
  format: ExportFormat,
  out: (text: string) => Promise<void>,
): Promise<number> {
  const { head, line, end } = WRITERS[format]
  let text = head
  let events = 0
  let whole = false
  const live = createLiveLine(io)
  try {
    for await (const value of streamDaemon(io, 'GET', '/api/v1/export', undefined, { idleMs: IDLE_MS })) {
      const told = value as { karo_export?: number; end?: number }
      if (told.karo_export !== undefined) continue
      if (told.end !== undefined) {
        whole = told.end === events
        continue
      }
      text += line(value as TransferEvent)
      if (++events % EVERY === 0) live.show(`${events} events`)
      if (text.length < PIECE) continue
      await out(text)
      text = ''
    }
  } finally {
    live.end()
  }
  if (!whole) throw new KaroError('unavailable', "the daemon's answer broke off")
  await out(text + end(events))
  return events
}

async function toFile(io: CommandIo, format: ExportFormat, path: string): Promise<number> {
  const output = createOutput(path)
  try {
    const events = await write(io, format, async (text) => output.write(text))
    output.finish()
    return events
  } finally {
    output.discard()
  }
}
