// Aligned columns for people: safe for a terminal, coloured only where colour is on, never wider than the screen.
import { styleText } from 'node:util'
import { localTime, printable } from '../../base/format.ts'
import { cut, fitted, textWidth, wrap } from './text.ts'

export type Style = Parameters<typeof styleText>[0]

/** A cell makes escapes and control characters visible. A list is shown as its entries, and nothing as –. */
type Cell = string | number | readonly string[] | null | undefined
/** What a cell shows: a member of the row, or what is made of the row. */
type Value<Row> =
  | { [K in keyof Row & string]-?: Row[K] extends Cell ? K : never }[keyof Row & string]
  | ((row: Row) => Cell)

interface Column<Row> {
  readonly value: Value<Row>
  /** Absent: numbers stand at the right. */
  readonly align?: 'right'
  /** Colour of a cell, used only when colour is on. */
  readonly style?: (row: Row) => Style | undefined
  /** May be cut with … when the screen is too narrow: `first` before all others, then the widest such column. */
  readonly shrink?: boolean | 'first'
  /** What is kept of a cell that is cut; default: its start. */
  readonly keep?: 'end'
  /** Only of the last column: broken into lines instead of cut, below the row where beside it is too little room. */
  readonly wrap?: boolean
}

/** What a view has to know of the terminal: a command's `io` has it. */
export interface Screen {
  readonly colour: boolean
  /** Infinity = no limit. */
  readonly columns: number
}

/** No colour, and nothing is cut. */
export const UNBOUNDED: Screen = { colour: false, columns: Number.POSITIVE_INFINITY }

/** Columns by their headings; one of blanks is empty, and one that is false is left out. */
export type Columns<Row> = Readonly<Record<string, Value<Row> | Column<Row> | false>>

/** When something ends, in words; null: never. */
export const until = (time: string | null): string => (time === null ? 'for good' : localTime(time))

/** The text in this style, where the screen has colours. */
export const paint = (style: Style | undefined, text: string, { colour }: Pick<Screen, 'colour'>): string =>
  colour && style !== undefined && text !== '' ? styleText(style, text, { validateStream: false }) : text

/** What is known of a thing, by names; what is empty, null or false is left out. A list has a line for each. */
type Known = Readonly<Record<string, string | readonly string[] | null | undefined | false>>

/** Subjects, and beside each what is said of it. */
export const pairs = (screen: Screen, known: Known, style?: Style): string =>
  table(screen, told(known), {
    '': { value: ([subject]) => subject, style: () => style },
    ' ': { value: ([, says]) => says, wrap: true },
  })

const told = (known: Known) =>
  Object.entries(known).flatMap(([name, says]) =>
    [says || []].flat().map((one, i) => [i === 0 ? name : '', one] as const),
  )

const GAP = '  '
/** A column is never cut below this many cells. */
const LEAST = 8

/** A column of wrapped text that would be narrower than this stands below its row instead. */
const LEAST_TEXT = 40
const INDENT = '    '

/** Lines of aligned columns, each ended by a newline; `screen` is a command's `io`. No rows: `empty`, or only the heading. */
export function table<Row>(
  screen: Screen,
  rows: readonly Row[],
  given: Columns<Row>,
  empty?: string,
): string {
  if (rows.length === 0 && empty !== undefined) return empty
  const columns = columnsOf(rows, given)
  const cells = rows.map((row) => columns.map((column) => printable(column.value(row))))
  const natural = columns.map((column, i) =>
    cells.reduce((most, line) => Math.max(most, textWidth(line[i]!)), textWidth(column.title)),
  )
  const last = columns.length - 1
  const room = screen.columns - total(natural.slice(0, last)) - GAP.length
  const wraps = columns[last]?.wrap === true && natural[last]! > room
  const below = wraps && last > 0 && room < LEAST_TEXT
  const widths = wraps
    ? shrunk(
        columns.slice(0, last),
        natural.slice(0, last),
        below ? screen.columns : Number.POSITIVE_INFINITY,
      )
    : shrunk(columns, natural, screen.columns)
  if (wraps && !below) widths.push(last === 0 ? screen.columns : room)

  const line = (texts: readonly string[], style: (i: number) => Style | undefined): string => {
    const parts = widths.map((width, i) => {
      const text = cut(texts[i] ?? '', width, columns[i]!.keep)
      const space = ' '.repeat(width - textWidth(text))
      const shown = paint(style(i), text, screen)
      if (columns[i]!.align === 'right') return space + shown
      // No trailing blanks: they make copied lines and diffs ugly.
      return i === widths.length - 1 ? shown : shown + space
    })
    return `${parts.join(GAP).trimEnd()}\n`
  }
  const lines: typeof line = (texts, style) => {
    if (!wraps) return line(texts, style)
    const text = texts[last]!
    const before = texts.slice(0, last)
    if (below) {
      const broken = text === '' ? [] : wrap(text, screen.columns - INDENT.length)
      return (
        line(before, style) + broken.map((part) => `${INDENT}${paint(style(last), part, screen)}\n`).join('')
      )
    }
    const [first = '', ...rest] = wrap(text, widths[last]!)
    const gap = before.map(() => '')
    return line([...before, first], style) + rest.map((part) => line([...gap, part], style)).join('')
  }

  const titles = columns.map((column) => column.title)
  const heading = titles.some((title) => title !== '') ? line(titles, () => 'dim') : ''
  return heading + rows.map((row, r) => lines(cells[r]!, (i) => columns[i]!.style?.(row))).join('')
}

/** A name, and below it what is known of it. */
export function facts(screen: Pick<Screen, 'columns'>, name: string, known: Known): string {
  const rows = told(known)
  const width = Math.max(...rows.map(([label]) => label.length))
  const lines = rows.map(([label, value]) => `  ${label.padEnd(width)}  ${printable(value)}\n`)
  return fitted(`${printable(name)}\n${lines.join('')}`, screen)
}

function columnsOf<Row>([first]: readonly Row[], columns: Columns<Row>) {
  return Object.entries(columns).flatMap(([title, given]) => {
    if (given === false) return []
    const { value: of, ...more } = typeof given === 'object' ? given : ({ value: given } as Column<Row>)
    const show = typeof of === 'string' && of.endsWith('_at') ? localTime : String
    const value = (row: Row) => (typeof of === 'function' ? of(row) : (row[of] as Cell))
    const align = first !== undefined && typeof value(first) === 'number' ? 'right' : undefined
    return { title: title.trim(), align, ...more, value: (row: Row) => shown(value(row), show) }
  })
}

function shown(cell: Cell, show: (cell: string) => string): string {
  if (Array.isArray(cell)) return cell.join(', ') || '–'
  return cell == null ? '–' : show(cell as string)
}

const total = (widths: readonly number[]): number =>
  widths.reduce((sum, width) => sum + width, GAP.length * Math.max(0, widths.length - 1))

/** The widths cut to so many cells together, as far as the columns allow. */
function shrunk(
  columns: readonly Pick<Column<never>, 'shrink'>[],
  natural: readonly number[],
  most: number,
): number[] {
  const widths = [...natural]
  let excess = total(widths) - most
  for (const which of ['first', true] as const) {
    while (excess > 0) {
      const candidates = columns.map(({ shrink }, i) =>
        shrink === which && widths[i]! > LEAST ? widths[i]! : 0,
      )
      const widest = Math.max(0, ...candidates)
      if (widest === 0) break
      const second = Math.max(LEAST, ...candidates.filter((w) => w < widest))
      const at = candidates.indexOf(widest)
      const step = Math.min(excess, Math.max(1, widest - second))
      widths[at] = widest - step
      excess -= step
    }
  }
  return widths
}
