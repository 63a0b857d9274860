// A small terminal: what stands on the screen after the text that a program printed (ECMA-48, as far as Karo and bash use it).

interface Style {
  readonly colour: number | undefined
  readonly bold: boolean
  readonly dim: boolean
  readonly inverse: boolean
}
interface Cell {
  readonly char: string
  readonly style: Style
}
export type Row = readonly (Cell | undefined)[]

const PLAIN: Style = { colour: undefined, bold: false, dim: false, inverse: false }
const PIECE =
  /\x1b\[([?>=]?)([\d;]*)([@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b.|[\r\n\b\t\x07]|[^\x1b\r\n\b\t\x07]/gu

/** The rows after `text`, at most `height`, without empty ones at the end. Wide characters are not known. */
export function screenOf(text: string, columns: number, height: number): readonly Row[] {
  let rows: (Cell | undefined)[][] = [[]]
  let other: typeof rows = [[]]
  let [x, y] = [0, 0]
  let style = PLAIN
  const down = (): void => {
    y++
    while (rows.length <= y) rows.push([])
    if (rows.length > height) {
      rows = rows.slice(rows.length - height)
      y = height - 1
    }
  }
  for (const [piece, mark, numbers = '', final] of text.matchAll(PIECE)) {
    if (piece === '\r') x = 0
    else if (piece === '\n') down()
    else if (piece === '\b') x = Math.max(0, x - 1)
    else if (final !== undefined) {
      const values = numbers.split(';').map((value) => (value === '' ? undefined : Number(value)))
      const [first] = values
      if (mark === '?' && first === 1049) {
        ;[rows, other, x, y] =
          final === 'h' ? [[[]], rows, 0, 0] : [other, [[]], 0, Math.max(0, other.length - 1)]
      } else if (final === 'm')
        style = styled(
          style,
          values.map((value) => value ?? 0),
        )
      else if (final === 'H') {
        ;[y, x] = [(first ?? 1) - 1, (values[1] ?? 1) - 1]
        while (rows.length <= y) rows.push([])
      } else if (final === 'G') x = (first ?? 1) - 1
      else if (final === 'A') y = Math.max(0, y - (first ?? 1))
      else if (final === 'B') y = Math.min(height - 1, y + (first ?? 1))
      else if (final === 'C') x += first ?? 1
      else if (final === 'D') x = Math.max(0, x - (first ?? 1))
      else if (final === 'K') rows[y] = first === undefined || first === 0 ? rows[y]!.slice(0, x) : []
      else if (final === 'J') rows = first === 2 ? [[]] : [...rows.slice(0, y), rows[y]!.slice(0, x)]
    } else if (!piece.startsWith('\x1b') && piece !== '\x07' && piece !== '\t') {
      if (x >= columns) {
        x = 0
        down()
      }
      rows[y]![x++] = { char: piece, style }
    }
    while (rows.length <= y) rows.push([])
  }
  const last = rows.findLastIndex((row) => row.some((cell) => cell !== undefined && cell.char !== ' '))
  return rows.slice(0, last + 1)
}

function styled(style: Style, values: readonly number[]): Style {
  let { colour, bold, dim, inverse } = style
  for (const value of values) {
    if (value === 0) ({ colour, bold, dim, inverse } = PLAIN)
    else if (value === 1) bold = true
    else if (value === 2) dim = true
    else if (value === 22) bold = dim = false
    else if (value === 7 || value === 27) inverse = value === 7
    else if (value === 39) colour = undefined
    else if (value >= 30 && value <= 37) colour = value - 30
    else if (value >= 90 && value <= 97) colour = value - 90
  }
  return { colour, bold, dim, inverse }
}
