// The formats that a report can be written in.
import { jsonText } from '../../../base/printable.ts'
import type { Report } from '../types.ts'
import { csvOf } from './csv.ts'
import { htmlOf } from './html.ts'
import { markdownOf } from './markdown.ts'

export const FORMATS = ['md', 'html', 'csv', 'json'] as const
export type Format = (typeof FORMATS)[number]

const WRITE: Readonly<Record<Format, (report: Report) => string>> = {
  md: markdownOf,
  html: htmlOf,
  csv: csvOf,
  json: (report) => `${jsonText(report)}\n`,
}

export const rendered = (report: Report, format: Format): string => WRITE[format](report)
