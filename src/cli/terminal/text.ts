// How wide text is on a terminal, and how it is made to fit: cut, or broken into lines.
import { printable } from '../../base/format.ts'

const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u
/** Select Graphic Rendition (ECMA-48, 8.3.117). */
const COLOUR = /\x1b\[[0-9;:]*m/g
const ZERO = /[\p{Mn}\p{Me}]/u
/** Lines of text are not made shorter than this, however narrow the terminal says it is. */
const LEAST_LINE = 20

/** Terminal cells a text takes: wide characters (CJK, emoji) two, combining marks and colours none. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length
  let width = 0
  for (const c of text.replace(COLOUR, '')) width += ZERO.test(c) ? 0 : WIDE.test(c) ? 2 : 1
  return width
}

/** As much of the beginning as fits into so many cells. */
function beginning(text: string, width: number): string {
  let out = ''
  let used = 0
  for (const c of text) {
    used += textWidth(c)
    if (used > width) break
    out += c
  }
  return out
}

/** At most so many cells, with … where something is left out: at the end, or where `end` is to be kept, in front. */
export function cut(text: string, width: number, keep: 'start' | 'end' = 'start'): string {
  if (textWidth(text) <= width) return text
  if (keep === 'start') return `${beginning(text, width - 1)}…`
  let out = text
  while (out !== '' && textWidth(out) >= width) out = out.slice((out.codePointAt(0) ?? 0) > 0xffff ? 2 : 1)
  return `…${out}`
}

/** Lines of at most so many cells, broken at blanks, and within a word that is longer than a line. */
export function wrap(text: string, width: number): string[] {
  const most = Math.max(width, LEAST_LINE)
  if (textWidth(text) <= most) return [text]
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && textWidth(line) + 1 + textWidth(word) > most) {
      lines.push(line)
      line = ''
    } else if (line !== '') line += ' '
    line += word
    while (textWidth(line) > most) {
      const full = beginning(line, most)
      lines.push(full)
      line = line.slice(full.length)
    }
  }
  return line === '' ? lines : [...lines, line]
}

/** Every line of a text for people wrapped at the screen's width; what continues one is indented as it is. */
export function fitted(text: string, { columns }: { readonly columns: number }): string {
  if (columns === Number.POSITIVE_INFINITY) return text
  return text
    .split('\n')
    .flatMap((line) => {
      const [indent = ''] = /^ */.exec(line) ?? []
      return wrap(line.slice(indent.length), columns - indent.length).map((part) => indent + part)
    })
    .join('\n')
}

/** Prints it, fitted. */
export const say = (
  io: { readonly columns: number; readonly out: (text: string) => void },
  text: string,
): void => io.out(fitted(text, io))

/** Tells the warnings of a configuration, or of the guard. */
export function sayWarnings(io: { readonly err: (text: string) => void }, warnings: readonly string[]): void {
  for (const warning of warnings) io.err(`warning: ${printable(warning)}\n`)
}

/** Command lines, and what each does: side by side if the width allows it for all of them, else below each other. */
export function besideEachOther(
  rows: readonly (readonly [run: string, does: string])[],
  columns: number,
): string {
  const longest = Math.max(...rows.map(([run]) => run.length))
  const fits = rows.every(([, does]) => longest + does.length + 4 <= columns)
  return rows
    .map(([run, does]) =>
      fits ? `  ${run.padEnd(longest)}  ${does}` : `  ${run}\n${fitted(`      ${does}`, { columns })}`,
    )
    .join('\n')
}

/** The parts of what is said; one that is false is left out. */
export const clauses = (...all: readonly (string | false)[]): string[] => all.filter((one) => one !== false)
