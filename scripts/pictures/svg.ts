// Draws a screen as an SVG picture: text in a system font, no script, nothing from elsewhere.
import type { Row } from './screen.ts'

const [CELL, LINE, EDGE, TOP] = [8.4, 18, 16, 34] as const
const PAPER = '#1d2021'
const INK = '#e6e1cf'
/** The eight colours of ECMA-48. */
const COLOURS = ['#7c7c7c', '#f4725c', '#a9c779', '#f0c674', '#7fb2e5', '#cf9ad8', '#7fd1c4', INK] as const

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** `title` says to those who do not see the picture what it shows. */
export function svgOf(rows: readonly Row[], columns: number, title: string): string {
  const width = Math.ceil(columns * CELL + 2 * EDGE)
  const height = TOP + rows.length * LINE + EDGE
  const dots = [0, 1, 2]
    .map((i) => `<circle cx="${EDGE + 5 + i * 18}" cy="16" r="5" fill="#50494a"/>`)
    .join('')
  const lines = rows.map((row, y) => lineOf(row, TOP + y * LINE + 13)).join('')
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}">
<title>${escaped(title)}</title>
<rect width="${width}" height="${height}" rx="8" fill="${PAPER}"/>${dots}
<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" fill="${INK}" xml:space="preserve">${lines}</g>
</svg>
`
}

/** One element for each run of cells that look the same, at its own column, so that no font can shift what follows. */
function lineOf(row: Row, y: number): string {
  const runs: { x: number; text: string; look: string }[] = []
  for (let x = 0; x < row.length; x++) {
    const cell = row[x]
    const { colour, bold, dim, inverse } = cell?.style ?? {
      colour: undefined,
      bold: false,
      dim: false,
      inverse: false,
    }
    const look = `${colour === undefined ? '' : ` fill="${COLOURS[colour]}"`}${bold || inverse ? ' font-weight="bold"' : ''}${dim ? ' opacity="0.65"' : ''}`
    const last = runs.at(-1)
    if (last !== undefined && last.look === look) last.text += cell?.char ?? ' '
    else runs.push({ x, text: cell?.char ?? ' ', look })
  }
  return runs
    .filter(({ text }) => text.trim() !== '')
    .map(
      ({ x, text, look }) =>
        `\n<text x="${(EDGE + x * CELL).toFixed(1)}" y="${y}" textLength="${([...text].length * CELL).toFixed(1)}"${look}>${escaped(text)}</text>`,
    )
    .join('')
}
