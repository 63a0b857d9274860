// karo import: what karo export wrote, into your own history; all of the file is read before any of it is stored.
import { callDaemon } from '../../api/client.ts'
import { EXIT, type ExitCode, KaroError } from '../../base/errors.ts'
import { MOST, readTransfer, type TransferEvent } from '../../care/transfer.ts'
import type { Command, CommandIo } from '../command.ts'
import { type ImportSource, openSource } from '../import-source.ts'
import { createLiveLine, type LiveLine } from '../live-line.ts'

/** A request that is answered soon. */
const BATCH_BYTES = 96 * 1024
/** Below what the daemon takes as one request; a hook records far less of a line. */
const EVENT_BYTES = 240 * 1024
/** Lines that are named; of the others only the number is. */
const SHOWN = 20
const EVERY = 10_000

interface Imported {
  readonly added: number
  readonly known: number
  readonly too_old: number
}

export const importing: readonly Command[] = [
  {
    name: 'import',
    summary: 'add what karo export wrote to your own history; what is there already stays as it is',
    args: [
      {
        name: 'file',
        required: true,
        description: 'NDJSON or CSV, as karo export writes them; - for standard input',
        completes: 'file',
      },
    ],
    options: [{ name: 'dry-run', description: 'say what would be done, and do nothing' }],
    examples: [
      { run: 'karo import history.ndjson', does: 'twice does no harm' },
      { run: 'karo import history.csv --dry-run', does: 'which lines are wrong, and how many are new' },
      { run: 'ssh old karo export | karo import -', does: 'from another machine, without a file' },
    ],
    async run(io, { args, options }) {
      const source = await openSource(args.file as string, process.stdin)
      const dryRun = options['dry-run'] === true
      const live = createLiveLine(io)
      try {
        const before = await source.look()
        const events = await check(source, live)
        const sum = { added: 0, known: 0, too_old: 0 }
        let done = 0
        for await (const batch of batchesOf(source)) {
          const body = { events: batch, dry_run: dryRun }
          const one = (await callDaemon(io, 'POST', '/api/v1/import', body)) as Imported
          sum.added += one.added
          sum.known += one.known
          sum.too_old += one.too_old
          done += batch.length
          live.show(`${done} of ${events} events`)
        }
        if (before !== (await source.look())) {
          throw new KaroError('conflict', 'the file changed while it was read', {
            where: source.where,
            hint: 'Run it once more: what is there already is left alone.',
          })
        }
        live.end()
        return report(io, sum, dryRun)
      } finally {
        live.end()
        await source.close()
      }
    },
  },
]

function report(io: CommandIo, { added, known, too_old }: Imported, dryRun: boolean): ExitCode {
  if (io.json) io.out(`${JSON.stringify({ added, known, too_old, dry_run: dryRun })}\n`)
  else {
    const old = too_old > 0 ? ` ${too_old} are older than retention.events_days keeps, and left out.` : ''
    io.out(`${added} events ${dryRun ? 'would be' : 'were'} added, ${known} are here already.${old}\n`)
  }
  return EXIT.done
}

/** How many events there are. Throws KaroError `bad_file` that names the lines that are wrong. */
async function check(source: ImportSource, live: LiveLine): Promise<number> {
  const bad: string[] = []
  let wrong = 0
  let events = 0
  for await (const read of readTransfer(source.text())) {
    if ('event' in read) {
      const tooLong = sizeOf(read.event) > EVENT_BYTES
      if (++events % EVERY === 0) live.show(`checking: ${events} events`)
      if (!tooLong) continue
    }
    wrong++
    if (bad.length < SHOWN) bad.push(`line ${read.line} ${'problem' in read ? read.problem : 'is too long'}`)
  }
  if (wrong === 0) return events
  const more = wrong > bad.length ? `\nand ${wrong - bad.length} more` : ''
  throw new KaroError(
    'bad_file',
    `nothing was imported, because ${wrong === 1 ? 'a line' : `${wrong} lines`} cannot be read`,
    {
      where: source.where,
      hint: `${bad.join('\n')}${more}`,
    },
  )
}

const sizeOf = (event: TransferEvent): number => Buffer.byteLength(JSON.stringify(event))

async function* batchesOf(source: ImportSource): AsyncGenerator<readonly TransferEvent[], void> {
  let batch: TransferEvent[] = []
  let bytes = 0
  for await (const read of readTransfer(source.text())) {
    if (!('event' in read)) continue
    const size = sizeOf(read.event)
    if (batch.length > 0 && (batch.length >= MOST.events || bytes + size > BATCH_BYTES)) {
      yield batch
      batch = []
      bytes = 0
    }
    batch.push(read.event)
    bytes += size
  }
  if (batch.length > 0) yield batch
}
