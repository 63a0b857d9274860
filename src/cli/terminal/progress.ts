// How far something is, as one line: a bar, the share, how fast, and how long it will take.

import { duration } from '../../base/format.ts'
import type { CommandIo } from '../command.ts'
import type { LiveLine } from './live-line.ts'

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
