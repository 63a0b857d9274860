// Counts as bars: along a line, as one line of small columns, or as a chart of several lines.

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const

/** `share` 0 to 1 of `cells`, exact to an eighth of a cell; something is never nothing. */
export function bar(share: number, cells: number): string {
  const eighths = Math.max(1, Math.round(share * cells * 8))
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]
}

/** One character per count, the tallest for the most; nothing at all is a dot. */
export function spark(counts: readonly number[]): string {
  const most = Math.max(1, ...counts)
  return counts.map((n) => (n === 0 ? '·' : LEVELS[Math.ceil((n / most) * LEVELS.length) - 1])).join('')
}

/** `lines` lines, top first, each count `width` cells wide with a gap of one; something is never nothing. */
export function chart(counts: readonly number[], lines: number, width: number): string[] {
  const most = Math.max(1, ...counts)
  const heights = counts.map((n) => (n === 0 ? 0 : Math.max(1, Math.round((n / most) * lines * 8))))
  return Array.from({ length: lines }, (_, line) => {
    const below = (lines - 1 - line) * 8
    return heights
      .map((height) => {
        const here = Math.min(8, Math.max(0, height - below))
        return (here === 0 ? ' ' : (LEVELS[here - 1] ?? ' ')).repeat(width)
      })
      .join(' ')
      .trimEnd()
  })
}
