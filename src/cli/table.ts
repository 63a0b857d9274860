// Aligned columns for people: safe for a terminal, coloured only where colour is on, never wider than the screen.
import { styleText } from 'node:util'
import { printable } from './format.ts'

type Style = Parameters<typeof styleText>[0]

export interface Column<Row> {
  /** Heading; an empty one in every column leaves the heading line out. */
  readonly title: string
  /** The cell's text; escapes and control characters in it are made visible. */
  readonly value: (row: Row) => string
  readonly align?: 'left' | 'right'
  /** Colour of a cell, used only when colour is on. */
  readonly style?: (row: Row) => Style | undefined
  /** May be cut with … when the screen is too narrow; the widest such column is cut first. */
  readonly shrink?: boolean
}

interface Screen {
  readonly colour: boolean
  /** Infinity = no limit. */
  readonly columns: number
}

const GAP = '  '
/** A column is never cut below this many cells. */
const LEAST = 8

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
const ZERO = /[\p{Mn}\p{Me}]/u

/** Terminal cells a text takes: wide characters (CJK, emoji) two, combining marks none. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const c of text) width += ZERO.test(c) ? 0 : WIDE.test(c) ? 2 : 1
  return width
}

function cut(text: string, width: number): string {
  if (textWidth(text) <= width) return text
  let out = ''
  let used = 0
  for (const c of text) {
    const w = textWidth(c)
    if (used + w > width - 1) break
    out += c
    used += w
  }
  return `${out}…`
}

/** Lines of aligned columns, each ended by a newline; `screen` is a command's `io`. No rows: only the heading. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  screen: Screen = { colour: false, columns: Number.POSITIVE_INFINITY },
): string {
  const cells = rows.map((row) => columns.map((column) => printable(column.value(row))))
  const widths = columns.map((column, i) =>
    cells.reduce((most, line) => Math.max(most, textWidth(line[i]!)), textWidth(column.title)),
  )
  let excess = widths.reduce((sum, w) => sum + w, GAP.length * (columns.length - 1)) - screen.columns
  while (excess > 0) {
    const candidates = columns.map((column, i) => (column.shrink && widths[i]! > LEAST ? widths[i]! : 0))
    const widest = Math.max(...candidates)
    if (widest === 0) break
    const second = Math.max(LEAST, ...candidates.filter((w) => w < widest))
    const at = candidates.indexOf(widest)
    const step = Math.min(excess, Math.max(1, widest - second))
    widths[at] = widest - step
    excess -= step
  }

  const line = (texts: readonly string[], style: (i: number) => Style | undefined): string => {
    const parts = texts.map((raw, i) => {
      const text = cut(raw, widths[i]!)
      const space = ' '.repeat(widths[i]! - textWidth(text))
      const wanted = screen.colour ? style(i) : undefined
      const shown = wanted && text !== '' ? styleText(wanted, text, { validateStream: false }) : text
      if (columns[i]!.align === 'right') return space + shown
      // No trailing blanks: they make copied lines and diffs ugly.
      return i === texts.length - 1 ? shown : shown + space
    })
    return `${parts.join(GAP).trimEnd()}\n`
  }

  const titles = columns.map((column) => column.title)
  const heading = titles.some((title) => title !== '') ? line(titles, () => 'dim') : ''
  return heading + rows.map((row, r) => line(cells[r]!, (i) => columns[i]!.style?.(row))).join('')
}
