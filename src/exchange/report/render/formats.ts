// The formats that a report can be written in.
import { jsonText, printable } from '../../../base/printable.ts'
import type { Report } from '../types.ts'
import { csvOf } from './csv.ts'
import { htmlOf } from './html.ts'
import { blocksOf, headLines, type Table } from './tables.ts'

export const FORMATS = ['md', 'html', 'csv', 'json'] as const
export type Format = (typeof FORMATS)[number]

const WRITE: Readonly<Record<Format, (report: Report) => string>> = {
  md: markdownOf,
  html: htmlOf,
  csv: csvOf,
  json: (report) => `${jsonText(report)}\n`,
}

export const rendered = (report: Report, format: Format): string => WRITE[format](report)

// A report as Markdown that is also easy to read as it stands, at a terminal.

/** Signs that Markdown or the HTML within it would take for more than text. */
const SPECIAL = /[\\`*_[\]<>|#~&]/g

/** A text on one line that stays a text, whatever is in it. */
const plain = (text: string): string => printable(text).replace(SPECIAL, (sign) => `\\${sign}`)

/** Each character that takes two columns of a terminal would move the bars; the signs used here take one. */
const padded = (text: string, width: number, isNumber: boolean): string =>
  isNumber ? text.padStart(width) : text.padEnd(width)

function tableLines({ head, rows, numbers }: Table): readonly string[] {
  const cells = [head, ...rows].map((row) => row.map(plain))
  const widths = head.map((_, at) => Math.max(3, ...cells.map((row) => row[at]?.length ?? 0)))
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, at) => padded(cell, widths[at] ?? 0, numbers.includes(at))).join(' | ')} |`
  const rule = widths.map((width, at) =>
    numbers.includes(at) ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width),
  )
  const [first = [], ...others] = cells
  return [line(first), `| ${rule.join(' | ')} |`, ...others.map(line)]
}

function markdownOf(report: Report): string {
  const parts = [
    '# Karo report',
    headLines(report).map(plain).join('\n'),
    ...(report.notes.length === 0 ? [] : [report.notes.map((note) => `- ${plain(note)}`).join('\n')]),
    ...blocksOf(report).flatMap(({ title, lines, tables }) => [
      `## ${title}`,
      ...(lines.length === 0 ? [] : [lines.map(plain).join('\n')]),
      ...tables.flatMap(({ caption, table }) => [`${plain(caption)}:`, tableLines(table).join('\n')]),
    ]),
  ]
  return `${parts.join('\n\n')}\n`
}
