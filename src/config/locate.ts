// Finds where each key stands in a TOML document, because the parser does not tell it.
// Works only for documents that the parser has accepted: it follows the grammar (TOML 1.1) and checks nothing.
import { parse } from 'smol-toml'
import { orElse } from '../base/run/or-else.ts'

export type Path = readonly (string | number)[]

/** Where a key with its value, or the header of a table, stands in the text: [from, to). */
export interface Span {
  readonly path: Path
  readonly from: number
  readonly to: number
  /** A member of a table in braces. */
  readonly inline: boolean
}

const keyOf = (path: Path): string => JSON.stringify(path.map(String))

/** Blanks, line ends and comments. */
const VOID = /(?:[ \t\r\n\ufeff]|#[^\n]*)*/y
const BLANKS = /[ \t]*/y
/** A part of a dotted key, with the dot behind it. */
const PART = /[ \t]*(?<name>"(?:[^"\\]|\\[\s\S])*"|'[^']*'|[\w-]*)[ \t]*(?<dot>\.?)/y
/** Up to two quotes may stand right before the closing three of a long string. */
const SCALAR =
  /"""(?:[^"\\]+|\\[\s\S]|"(?!""))*"{0,5}|'''(?:[^']+|'(?!''))*'{0,5}|"(?:[^"\\]+|\\[\s\S])*"?|'[^']*'?|[^,\]}#\r\n]*/y

/** The spans of all keys and headers, and where each key or element stands for the first time. */
function scan(text: string): { readonly spans: readonly Span[]; readonly starts: Map<string, number> } {
  const spans: Span[] = []
  const starts = new Map<string, number>()
  /** Number of tables so far in each array of tables (`[[a]]`). */
  const tables = new Map<string, number>()
  let at = 0

  function take(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = at
    const taken = pattern.exec(text)
    at += taken?.[0].length ?? 0
    return taken
  }

  function note(path: Path, from = at): void {
    const key = keyOf(path)
    if (!starts.has(key)) starts.set(key, from)
  }

  function dottedKey(): readonly string[] {
    const { name = '', dot } = take(PART)?.groups ?? {}
    const plain = name.replace(/^(["'])(.*)\1$/, '$2')
    const own = orElse(() => (plain.includes('\\') ? Object.keys(parse(`${name} = 0`)) : [plain]), [plain])
    return dot ? [...own, ...dottedKey()] : own
  }

  function members(end: string, member: (i: number) => void): void {
    at++
    for (let i = 0; at < text.length; i++) {
      take(VOID)
      if (text[at] === end) break
      const before = at
      member(i)
      take(VOID)
      // Where nothing was read the text is not TOML; the step makes the loop end all the same.
      if (text[at] === ',' || at === before) at++
    }
    at++
  }

  function value(path: Path): void {
    if (text[at] === '{') members('}', () => assignment(path, true))
    else if (text[at] !== '[') take(SCALAR)
    else
      members(']', (i) => {
        note([...path, i])
        value([...path, i])
      })
  }

  function assignment(table: Path, inline = false): void {
    const from = at
    const path = [...table, ...dottedKey()]
    for (let n = table.length + 1; n <= path.length; n++) note(path.slice(0, n), from)
    at++
    take(BLANKS)
    value(path)
    spans.push({ path, from, to: at, inline })
  }

  /** Reads `[a.b]` or `[[a.b]]`. The name of an array of tables stands for its newest table. */
  function header(): Path {
    const from = at
    const brackets = text[at + 1] === '[' ? 2 : 1
    at += brackets
    const names = dottedKey()
    at += brackets
    let path: Path = []
    names.forEach((name, i) => {
      path = [...path, name]
      note(path, from)
      const key = keyOf(path)
      const count = tables.get(key)
      if (brackets === 2 && i === names.length - 1) {
        tables.set(key, (count ?? 0) + 1)
        path = [...path, count ?? 0]
        note(path, from)
      } else if (count !== undefined) path = [...path, count - 1]
    })
    spans.push({ path, from, to: at, inline: false })
    return path
  }

  let table: Path = []
  for (take(VOID); at < text.length; take(VOID)) {
    if (text[at] === '[') table = header()
    else assignment(table)
  }
  return { spans, starts }
}

/** Every key and header of a valid TOML document, in order. */
export const spansOf = (text: string): readonly Span[] => scan(text).spans

/**
 * Returns a function that tells the line, counted from 1, of a key or array element in a valid TOML document. For a
 * path without a line of its own it is the line of the nearest table around it, else 1.
 */
export function locateKeys(text: string): (path: Path) => number {
  const { starts } = scan(text)
  const ends = [...text.matchAll(/\n/g)].map(({ index }) => index)
  return (path) => {
    for (let n = path.length; n > 0; n--) {
      const start = starts.get(keyOf(path.slice(0, n)))
      if (start !== undefined) return 1 + ends.filter((end) => end < start).length
    }
    return 1
  }
}
