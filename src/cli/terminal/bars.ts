// Counts as bars, lines of small columns, charts and shades; in block characters, or in ASCII for what shows no others.
import type { Env } from '../command.ts'

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'] as const
const LEVELS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const
const SHADES = ['░', '▒', '▓', '█'] as const
const ASCII_LEVELS = [':', '-', '=', '+', '*', 'o', '%', '#'] as const
const ASCII_SHADES = ['-', '+', '*', '#'] as const

/**
 * Whether block characters can be shown: when the locale's characters are UTF-8 (LC_ALL before LC_CTYPE before LANG, as
 * POSIX has it; with none of them it is "C"), and not on the Linux console, whose fonts lack most of them.
 */
export function showsBlocks(env: Env): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || 'C'
  return /utf-?8/i.test(locale) && env.TERM !== 'linux'
}

/** `share` 0 to 1 of `cells`, exact to an eighth of a cell; something is never nothing. */
export function bar(share: number, cells: number, blocks = true): string {
  if (!blocks) return '#'.repeat(Math.max(1, Math.round(share * cells)))
  const eighths = Math.max(1, Math.round(share * cells * 8))
  return '█'.repeat(eighths >> 3) + EIGHTHS[eighths & 7]
}

/** One character per count, the tallest for the most; nothing at all is a dot. */
export function spark(counts: readonly number[], blocks = true): string {
  const levels = blocks ? LEVELS : ASCII_LEVELS
  const most = Math.max(1, ...counts)
  return counts.map((n) => oneOf(levels, n, most, blocks)).join('')
}

/** One character, the darker the more of `most`; nothing at all is a dot. */
export function shade(count: number, most: number, blocks = true): string {
  return oneOf(blocks ? SHADES : ASCII_SHADES, count, most, blocks)
}

function oneOf(levels: readonly string[], count: number, most: number, blocks: boolean): string {
  if (count === 0) return blocks ? '·' : '.'
  return levels[Math.ceil((count / most) * levels.length) - 1] ?? ''
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
