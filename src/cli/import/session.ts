// One import at the daemon: begun, and finished however it ends, so that what it brought can be undone at once; and how far it is.
import { beginImport, finishImport } from '../../api/contract/operations/import.ts'
import type { Source } from '../../observe/imports/entry.ts'
import { type CommandIo, duration } from '../kit.ts'
import type { LiveLine } from '../terminal/live-line.ts'
import { countedCommands } from '../views/import.ts'

interface About {
  readonly source: Source | 'karo'
  readonly file: string
  readonly dry_run: boolean
}

/**
 * `work` gets the key of the import, and adds to `sum` the commands that it has added. Resolves with the import's
 * number, null if nothing was added. If `work` throws, the person is told what was added so far, and the error is
 * thrown again.
 */
export async function withImport(
  io: CommandIo,
  live: LiveLine,
  about: About,
  sum: { readonly added: number },
  work: (key: string) => Promise<void>,
): Promise<number | null> {
  const { key } = await io.call(beginImport, { body: about })
  const finish = async (): Promise<number | null> => (await io.call(finishImport, { body: { key } })).id
  try {
    await work(key)
  } catch (error) {
    live.end()
    // If that fails, too, the daemon lets go of it by itself.
    const id = await finish().catch(() => undefined)
    const came = `${sum.added > 0 ? countedCommands(sum.added) : 'Some commands'} had been added by then`
    if (typeof id === 'number')
      io.err(`${came}: karo import undo ${id} takes them out, the same import again adds the rest.\n`)
    else if (sum.added > 0 && !about.dry_run)
      io.err(`${came}: karo import list. The same import again adds the rest.\n`)
    throw error
  }
  return finish()
}

const BAR = { least: 10, most: 30 } as const
/** Its two ends, and what parts it from the words. */
const FRAME = '[] '.length
/** What a person can follow. */
const EVERY_MS = 100
/** Before that it would be guessing. */
const PATIENCE_MS = 1_000
const LEAST_SHARE = 0.01

export function createProgress(
  live: Pick<LiveLine, 'show'>,
  { columns }: Pick<CommandIo, 'columns'>,
  monotonic: () => number = () => performance.now(),
) {
  const begun = monotonic()
  let shown = Number.NEGATIVE_INFINITY
  return {
    /** `share` of the whole, 0 to 1; `commands` so far. */
    show({ share, commands }: { readonly share: number; readonly commands: number }): void {
      const now = monotonic()
      if (now - shown < EVERY_MS) return
      shown = now
      live.show(progressLine({ share, commands, elapsed_ms: now - begun, columns }))
    },
  }
}

/** Fits into 80 columns, and into fewer without its bar. */
export function progressLine(of: {
  readonly share: number
  readonly commands: number
  readonly elapsed_ms: number
  readonly columns: number
}): string {
  const share = Math.min(1, Math.max(0, Number.isFinite(of.share) ? of.share : 1))
  const rate = of.elapsed_ms > 0 ? Math.round((of.commands / of.elapsed_ms) * 1000) : 0
  const left =
    share >= LEAST_SHARE && of.elapsed_ms > PATIENCE_MS
      ? `, ${duration(((1 - share) / share) * of.elapsed_ms)} left`
      : ''
  const words = `${Math.floor(share * 100)} % ${of.commands} commands, ${rate}/s${left}`
  // A line as wide as the terminal would wrap, and be drawn twice.
  const width = Math.min(BAR.most, of.columns - 1 - FRAME - words.length)
  if (width < BAR.least) return words
  const full = Math.floor(share * width)
  return `[${'#'.repeat(full)}${' '.repeat(width - full)}] ${words}`
}
