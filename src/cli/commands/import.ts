// karo import: what karo export wrote, into your own history; all of the file is read before any of it is stored.
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { callDaemon } from '../../api/client.ts'
import { EXIT, type ExitCode, KaroError } from '../../base/errors.ts'
import { MOST, readTransfer, type TransferEvent } from '../../care/transfer.ts'
import type { Command, CommandIo } from '../command.ts'
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
        description: 'NDJSON or CSV, as karo export writes them',
        completes: 'file',
      },
    ],
    options: [{ name: 'dry-run', description: 'say what would be done, and do nothing' }],
    examples: [
      { run: 'karo import history.ndjson', does: 'twice does no harm' },
      { run: 'karo import history.csv --dry-run', does: 'which lines are wrong, and how many are new' },
    ],
    async run(io, { args, options }) {
      const path = resolve(args.file as string)
      const dryRun = options['dry-run'] === true
      const live = createLiveLine(io)
      try {
        const before = await look(path)
        const events = await check(path, live)
        const sum = { added: 0, known: 0, too_old: 0 }
        let done = 0
        for await (const batch of batchesOf(path)) {
          const body = { events: batch, dry_run: dryRun }
          const one = (await callDaemon(io, 'POST', '/api/v1/import', body)) as Imported
          sum.added += one.added
          sum.known += one.known
          sum.too_old += one.too_old
          done += batch.length
          live.show(`${done} of ${events} events`)
        }
        if (before !== (await look(path))) {
          throw new KaroError('conflict', 'the file changed while it was read', {
            where: path,
            hint: 'Run it once more: what is there already is left alone.',
          })
        }
        live.end()
        return report(io, sum, dryRun)
      } finally {
        live.end()
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

/** Tells whether it is the same file with the same content. Throws KaroError `not_found`. */
async function look(path: string): Promise<string> {
  try {
    const { ino, size, mtimeMs } = await stat(path)
    return `${ino} ${size} ${mtimeMs}`
  } catch (cause) {
    throw new KaroError('not_found', 'there is no such file', { where: path, cause })
  }
}

/** How many events there are. Throws KaroError `bad_file` that names the lines that are wrong. */
async function check(path: string, live: LiveLine): Promise<number> {
  const bad: string[] = []
  let wrong = 0
  let events = 0
  for await (const read of readTransfer(textOf(path))) {
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
      where: path,
      hint: `${bad.join('\n')}${more}`,
    },
  )
}

const sizeOf = (event: TransferEvent): number => Buffer.byteLength(JSON.stringify(event))

async function* batchesOf(path: string): AsyncGenerator<readonly TransferEvent[], void> {
  let batch: TransferEvent[] = []
  let bytes = 0
  for await (const read of readTransfer(textOf(path))) {
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

async function* textOf(path: string): AsyncGenerator<string, void> {
  try {
    yield* createReadStream(path, { encoding: 'utf8' }) as AsyncIterable<string>
  } catch (cause) {
    throw new KaroError('bad_file', `the file cannot be read: ${(cause as Error).message}`, {
      where: path,
      cause,
    })
  }
}
