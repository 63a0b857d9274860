// Brings what karo export wrote into the daemon; all of the file is read before any of it is stored.
import { pipe } from 'it-pipe'
import { importHistory } from '../../api/contract/operations/export.ts'
import { readEventId } from '../../base/words/event-id.ts'
import { batches } from '../../observe/imports/batches.ts'
import { possibleDuration } from '../../observe/imports/entry.ts'
import { looksOf } from '../../observe/imports/looks.ts'
import { MOST, type Read, readTransfer, type TransferEvent } from '../../ops/care/transfer.ts'
import { type CommandIo, EXIT, type ExitCode, KaroError, show } from '../kit.ts'
import { watchInterrupt } from '../terminal/interrupt.ts'
import { createLiveLine, type LiveLine } from '../terminal/live-line.ts'
import { countedCommands } from '../views/import.ts'
import { wrongKind } from './foreign-history.ts'
import { createProgress, withImport } from './session.ts'
import { type ImportSource, openSource } from './source.ts'

/** A request that is answered soon. */
const BATCH = { items: MOST.events, bytes: 96 * 1024 }
/** Below what the daemon takes as one request; a hook records far less of a line. */
const EVENT_BYTES = 240 * 1024
/** Lines that are named; of the others only the number is. */
const SHOWN = 20
/** Lines that are wrong, before the rest is not looked at. */
const MOST_WRONG = 1_000
const EVERY = 10_000

/** Adds what karo export wrote, from `name` or, for `-`, standard input. Throws KaroError `bad_file`, `conflict`. */
export async function importExport(io: CommandIo, name: string, dryRun: boolean): Promise<ExitCode> {
  const source = await openSource(name, process.stdin)
  using interrupt = watchInterrupt()
  using live = createLiveLine(io)
  const progress = createProgress(live, io)
  try {
    const before = await source.look()
    // Another program's history comes in by another command, which the error names.
    const looks = looksOf(await source.beginning())
    if (looks !== 'karo' && looks !== 'lines') throw wrongKind('karo', looks, source.where)
    const total = await check(source, live, interrupt.signal)
    const about = { source: 'karo' as const, file: source.where, dry_run: dryRun }
    // `odd_durations`: commands with a duration that is impossible, which is taken as unknown.
    const sum = { added: 0, known: 0, too_old: 0, odd_durations: 0 }
    const now_us = Date.now() * 1000
    const id = await withImport(io, live, about, sum, async (key) => {
      let done = 0
      for await (const batch of pipe(source.text(), readTransfer, eventsOf, batches(BATCH, sizeOf))) {
        if (interrupt.signal.aborted) break
        const events = batch.map((event) => withPossibleDuration(event, now_us))
        sum.odd_durations += events.filter(
          ({ duration_us }, i) => duration_us !== batch[i]!.duration_us,
        ).length
        const body = { events, dry_run: dryRun, key }
        const one = await io.call(importHistory, { body })
        sum.added += one.added
        sum.known += one.known
        sum.too_old += one.too_old
        done += batch.length
        progress.show({ share: done / total, commands: done })
      }
      if (before !== (await source.look()))
        throw new KaroError('conflict', 'the file changed while it was read', {
          where: source.where,
          hint: 'Run it again: existing commands are skipped.',
        })
    })
    live.end()
    const interrupted = interrupt.signal.aborted
    show(io, { ...sum, id, dry_run: dryRun, interrupted }, ({ added, known, too_old, odd_durations }) => {
      const old = too_old > 0 ? ` Left out, because older than retention.events_days: ${too_old}.` : ''
      const odd =
        odd_durations > 0 ? ` ${odd_durations} had an impossible duration, which was taken as unknown.` : ''
      const undo = id === null ? '' : ` karo import undo ${id} removes them again.`
      const stopped = interrupted ? ' It was interrupted; the same import again adds the rest.' : ''
      return `${countedCommands(added)} ${dryRun ? 'would be' : added === 1 ? 'was' : 'were'} added, ${known} known before.${old}${odd}${undo}${stopped}\n`
    })
    return interrupted ? EXIT.failed : EXIT.done
  } finally {
    await source.close()
  }
}

/** How many events there are. Throws KaroError `bad_file` that names the lines that are wrong. */
async function check(source: ImportSource, live: LiveLine, signal: AbortSignal): Promise<number> {
  const bad: string[] = []
  let wrong = 0
  let events = 0
  for await (const read of readTransfer(source.text())) {
    if (signal.aborted) return events
    if ('event' in read) {
      const tooLong = sizeOf(read.event) > EVENT_BYTES
      if (++events % EVERY === 0) live.show(`checking: ${countedCommands(events)}`)
      if (!tooLong) continue
    }
    wrong++
    if (wrong === MOST_WRONG) break
    if (bad.length < SHOWN) bad.push(`line ${read.line} ${'problem' in read ? read.problem : 'is too long'}`)
  }
  if (wrong === 0) return events
  const least = wrong === MOST_WRONG ? 'at least ' : ''
  const more = wrong > bad.length ? `\nand ${least}${wrong - bad.length} more` : ''
  throw new KaroError(
    'bad_file',
    `nothing was imported, because ${wrong === 1 ? 'a line' : `${least}${wrong} lines`} cannot be read`,
    {
      where: source.where,
      hint: `${bad.join('\n')}${more}`,
    },
  )
}

const withPossibleDuration = (event: TransferEvent, now_us: number): TransferEvent => ({
  ...event,
  duration_us: possibleDuration(
    event.duration_us,
    event.untimed === true ? null : readEventId(event.id).start_us,
    now_us,
  ),
})

const sizeOf = (event: TransferEvent): number => Buffer.byteLength(JSON.stringify(event))

async function* eventsOf(all: AsyncIterable<Read>): AsyncGenerator<TransferEvent, void> {
  for await (const read of all) if ('event' in read) yield read.event
}
