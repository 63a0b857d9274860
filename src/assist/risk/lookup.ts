// Long lists of names as they are written: searched as text, because a short command asks for few of their hundreds of names, and an
// index costs more than these searches. A daemon asks for the same names again and again, so each answer is kept.

import { type SimpleCommand, said } from './model.ts'

/** Answers that are kept of one list; a daemon hears fewer names than this in a day. */
const MOST = 1_000

/** Answers by `search`, which a name needs only once. */
export function remembered<T>(search: (name: string) => T): (name: string) => T {
  const known = new Map<string, { readonly found: T }>()
  return (name) => {
    const before = known.get(name)
    if (before !== undefined) return before.found
    if (known.size >= MOST) known.clear()
    const found = search(name)
    known.set(name, { found })
    return found
  }
}

/** The words of a text. */
export const words = (text: string): readonly string[] => text.match(/\S+/g) ?? []

/** Names, which have no blanks in them. */
export interface Names extends Iterable<string> {
  has(name: string): boolean
}

/** Reads names between blanks and line breaks. */
export const names = (text: string): Names => ({
  has: remembered((name) => places(text, name).next().done === false),
  [Symbol.iterator]: () => words(text).values(),
})

/** What rows of a text say about names. */
export interface Rows<T> {
  readonly of: (name: string) => T | undefined
  /** All names, each once, in their order. */
  readonly names: () => readonly string[]
}

/**
 * Reads rows, one a line, of names between blanks, then `end`, then something about these names. `read` gets this of each row that
 * has the name, in their order.
 */
export function rows<T>(text: string, end: string, read: (found: readonly string[]) => T): Rows<T> {
  const lines = (): readonly string[] => text.split('\n').filter((line) => line.includes(end))
  const namesIn = (line: string): readonly string[] => words(line.slice(0, line.indexOf(end)))
  const search = (name: string): T | undefined => {
    const found: string[] = []
    for (const at of places(text, name, end)) {
      const close = text.indexOf(end, text.lastIndexOf('\n', at) + 1)
      const stop = text.indexOf('\n', at)
      const last = stop < 0 ? text.length : stop
      if (close >= at + name.length && close < last) found.push(text.slice(close + end.length, last).trim())
    }
    return found.length === 0 ? undefined : read(found)
  }
  return { of: remembered(search), names: () => [...new Set(lines().flatMap(namesIn))] }
}

/** Reads lines of `tools: words`; each of the tools gets the words of all its lines. */
export const table = (text: string): Rows<readonly string[]> =>
  rows(text, ':', (found) => found.flatMap(words))

/** For each tool, a pattern of its words, joined by blanks; read from lines of `tools: pattern`. */
export function patterns(text: string): Rows<RegExp> & { readonly fits: (c: SimpleCommand) => boolean } {
  const table = rows(text, ': ', (found) => new RegExp(found.at(-1)!))
  const fits = (c: SimpleCommand): boolean => table.of(c.name)?.test(said(c)) === true
  return { ...table, fits }
}

/** Where the name stands in the text as a word of its own: between blanks, line breaks, the ends of the text and, behind it, `end`. */
function* places(text: string, name: string, end?: string): Generator<number, void> {
  if (name === '' || /\s/.test(name)) return
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    const after = at + name.length
    if (isBlank(text, at - 1) && (isBlank(text, after) || (end !== undefined && text.startsWith(end, after))))
      yield at
  }
}

/** Whether a blank or a line break stands there, or nothing. */
const isBlank = (text: string, at: number): boolean => !(text.charCodeAt(at) > 32)
