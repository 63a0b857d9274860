// Brings one foreign history into the daemon: batch after batch, one on its way while the next is read.
import { pipe } from 'it-pipe'
import { IMPORT_BATCH } from '../../api/contract/constants.ts'
import { importEntries } from '../../api/contract/operations/import.ts'
import type { ImportedShape } from '../../api/contract/shapes.ts'
import { KaroError } from '../../base/errors.ts'
import { batches } from '../../observe/imports/batches.ts'
import { type ForeignEntry, type Item, possibleDuration } from '../../observe/imports/entry.ts'
import { UNENDED } from '../../observe/imports/lines.ts'
import { createTimeline, type Placed } from '../../observe/imports/timeline.ts'
import type { CommandIo } from '../command.ts'
import { createLiveLine } from '../terminal/live-line.ts'
import type { ImportSummary } from '../views/import.ts'
import type { ForeignHistory } from './foreign-history.ts'
import { createProgress, withImport } from './session.ts'

/** Small enough that a request is answered soon even if other clients use the daemon. */
const BATCH = { items: IMPORT_BATCH.entries, bytes: 192 * 1024 }
/** The daemon may be busy with others. */
const DEADLINE_MS = 60_000
const BAD_SHOWN = 20
/** What is running now its hook will record when it is done: the import itself, for one. */
const RECENT_US = 2_000_000

type Sent = Placed & Omit<ForeignEntry, 'start_us'>
const sizeOf = ({ command, cwd }: Sent): number => command.length + cwd.length + 160

export async function runImport(
  io: CommandIo,
  history: ForeignHistory,
  { dryRun, signal }: { readonly dryRun: boolean; readonly signal: AbortSignal },
): Promise<ImportSummary> {
  const begun = performance.now()
  const now_us = Date.now() * 1000
  using live = createLiveLine(io)
  const progress = createProgress(live, io)
  const counts = { read: 0, cut: 0, untimed: 0, recent: 0, odd_durations: 0, bad: 0 }
  const sum = { added: 0, known: 0, ignored: 0, redacted: 0, too_old: 0 }
  const bad_lines: { line: number; problem: string }[] = []
  const about = { source: history.source, file: history.where, dry_run: dryRun }
  const id = await withImport(io, live, about, sum, async (key) => {
    const place = createTimeline(await history.survey(), history.end_us)
    async function* placed(items: AsyncIterable<Item>): AsyncGenerator<Sent, void> {
      for await (const item of items) {
        if (signal.aborted) return
        if (!('entry' in item)) {
          counts.bad++
          if (bad_lines.length < BAD_SHOWN) bad_lines.push({ line: item.line, problem: item.problem })
          continue
        }
        counts.read++
        if (item.cut) counts.cut++
        const found = place(item.entry)
        if (found.untimed) counts.untimed++
        else if (found.start_us > now_us - RECENT_US) {
          counts.recent++
          continue
        }
        const start_us = found.untimed ? null : found.start_us
        const duration_us = possibleDuration(item.entry.duration_us, start_us, now_us)
        if (duration_us !== item.entry.duration_us) counts.odd_durations++
        yield { ...item.entry, duration_us, ...found }
      }
    }
    async function send(entries: readonly Sent[]): Promise<void> {
      const told = await io.call(importEntries, {
        body: { key, entries },
        deadlineMs: DEADLINE_MS,
      })
      for (const name of Object.keys(sum) as (keyof ImportedShape)[]) sum[name] += told[name]
      progress.show({ share: history.done() / history.total, commands: counts.read })
    }
    let under = Promise.resolve()
    for await (const entries of pipe(history.items(), placed, batches(BATCH, sizeOf))) {
      await under
      under = send(entries)
      // It is waited for before the next, or at the end: until then it is nobody's failure.
      under.catch(() => {})
    }
    await under
    // One that is being written has a line without an end, and may have no other yet.
    const [first] = bad_lines.filter(({ problem }) => problem !== UNENDED)
    if (counts.read === 0 && first !== undefined && !signal.aborted) {
      throw new KaroError('bad_file', `there is no command in it: line ${first.line} ${first.problem}`, {
        where: history.where,
      })
    }
  })
  return {
    source: history.source,
    file: history.where,
    id,
    dry_run: dryRun,
    interrupted: signal.aborted,
    ...counts,
    ...sum,
    bad_lines,
    elapsed_ms: Math.round(performance.now() - begun),
  }
}
