// Makes a text harmless inside HTML and SVG, in contents and in attributes with quotes.
import { printable } from '../../../base/printable.ts'

const SIGNS: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** A text as HTML shows it, on one line, with what hides or reorders made visible. */
export const text = (value: string): string =>
  printable(value).replace(/[&<>"']/g, (sign) => SIGNS[sign] ?? '')
