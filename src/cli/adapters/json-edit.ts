// Adds to and takes from the text of a JSON file, leaving every other byte of it as it is.
// jsonc-parser 3.3 is no way to do this: its edits lay out anew the lines that they touch, so taking out what was added gives
// another text than before where a list or an object stood on one line.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The text is not what can be edited: no JSON, or not of the form that was expected. */
export class NotEditable extends Error {
  override readonly name = 'NotEditable'
}

/** A value and where it stands in the text: UTF-16 offsets [start, end). */
export interface Node {
  readonly kind: 'scalar' | 'list' | 'members'
  readonly start: number
  readonly end: number
  readonly json: Json
  /** A member begins at its key and ends with its value; in a list each has an empty key. */
  readonly elements: readonly Element[]
}
interface Element {
  readonly key: string
  readonly start: number
  readonly end: number
  readonly value: Node
}

/** Deeper is no file of settings. */
const MOST_DEPTH = 64

const STRING = /"(?:[^"\\\n]|\\.)*"/y
/** What a value begins with: one of several parts, a string, or what JSON.parse takes for a number or word. */
const BEGINNING = /[[{]|"(?:[^"\\\n]|\\.)*"|[-+.\w]+/y
const COMMENTS_AND_BLANKS = /(?:[ \t\r\n]+|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y
const [COLON, COMMA, END] = [/:/y, /,/y, /$/y]

/** A string, or a comment as in JavaScript; a string may have the signs of a comment in it. */
const STRING_OR_COMMENT = /"(?:[^"\\\n]|\\.)*"|\/\/|\/\*/g

export const hasComments = (text: string): boolean =>
  text.match(STRING_OR_COMMENT)?.some((found) => found.startsWith('/')) ?? false

/** The text's value with its places; comments are passed over. Throws NotEditable. */
export function parseNode(text: string): Node {
  let at = 0
  const wrong = (place: number): NotEditable => {
    const lines = text.slice(0, place).split('\n')
    const column = (lines.at(-1) as string).length + 1
    return new NotEditable(`it is not JSON from line ${lines.length}, column ${column} on`)
  }
  const read = (what: RegExp): string | undefined => {
    what.lastIndex = at
    const found = what.exec(text)?.[0]
    at += found?.length ?? 0
    return found
  }
  const take = (what: RegExp): string | undefined => {
    read(COMMENTS_AND_BLANKS)
    return read(what)
  }
  const need = (what: RegExp): string => {
    const found = take(what)
    if (found === undefined) throw wrong(at)
    return found
  }
  const parsed = (written: string): Json => {
    try {
      return JSON.parse(written) as Json
    } catch {
      throw wrong(at - written.length)
    }
  }
  const listed = (close: RegExp, element: () => Omit<Element, 'end'>): readonly Element[] => {
    const all: Element[] = []
    if (take(close) !== undefined) return all
    do {
      const one = element()
      all.push({ ...one, end: one.value.end })
    } while (take(COMMA) !== undefined)
    need(close)
    return all
  }
  const value = (depth: number): Node => {
    if (depth > MOST_DEPTH) throw new NotEditable('it is nested too deeply')
    const first = need(BEGINNING)
    const start = at - first.length
    if (first === '[') {
      const elements = listed(/]/y, () => {
        const item = value(depth + 1)
        return { key: '', start: item.start, value: item }
      })
      return { kind: 'list', start, end: at, json: elements.map((one) => one.value.json), elements }
    }
    if (first !== '{') return { kind: 'scalar', start, end: at, json: parsed(first), elements: [] }
    const keys = new Set<string>()
    const elements = listed(/}/y, () => {
      const written = need(STRING)
      const key = parsed(written) as string
      if (keys.has(key)) throw new NotEditable(`it has the member "${key}" twice`)
      keys.add(key)
      const from = at - written.length
      need(COLON)
      return { key, start: from, value: value(depth + 1) }
    })
    const json = Object.fromEntries(elements.map((one) => [one.key, one.value.json]))
    return { kind: 'members', start, end: at, json, elements }
  }
  const root = value(0)
  need(END)
  return root
}

/** The member's value, where `node` is an object that has it. */
export function memberOf(node: Node, key: string): Node | undefined {
  return node.kind === 'members' ? node.elements.find((one) => one.key === key)?.value : undefined
}

/** The text with one more element at the end of the list, or one more member (with `key`) at the end of the object. */
export function withAdded(text: string, into: Node, added: Json, key?: string): string {
  const { elements } = into
  const name = key === undefined ? '' : `${JSON.stringify(key)}: `
  const last = elements.at(-1)
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  const outer = indentationAt(text, into.start)
  if (last === undefined) {
    const inner = outer + unitOf(text)
    const written = `${newline}${inner}${name}${laidOut(added, inner, text)}${newline}${outer}`
    // A comment may be all that stands there; it stays in front.
    const comment = text.slice(into.start + 1, into.end - 1).trimEnd()
    return splice(text, into.start + 1, into.end - 1, comment + written)
  }
  const first = elements[0]!
  const between = text.slice(into.start + 1, first.start)
  if (!between.includes('\n')) {
    return splice(text, last.end, last.end, `, ${name}${JSON.stringify(added)}`)
  }
  const inner = /^[ \t]*/.exec(between.slice(between.lastIndexOf('\n') + 1))![0]
  return splice(text, last.end, last.end, `,${newline}${inner}${name}${laidOut(added, inner, text)}`)
}

/** The text without the element or member of that number. */
export function withoutElement(text: string, from: Node, index: number): string {
  const { elements } = from
  const gone = elements[index]!
  const next = elements[index + 1]
  if (next !== undefined) return splice(text, gone.start, next.start, '')
  const previous = elements[index - 1]
  if (previous !== undefined) return splice(text, previous.end, gone.end, '')
  return !hasComments(text.slice(from.start, from.end))
    ? splice(text, from.start + 1, from.end - 1, '')
    : splice(text, gone.start, gone.end, '')
}

const splice = (text: string, start: number, end: number, put: string): string =>
  text.slice(0, start) + put + text.slice(end)

/** A value over several lines, all but its first behind `inner`. */
function laidOut(value: Json, inner: string, text: string): string {
  const newline = text.includes('\r\n') ? '\r\n' : '\n'
  return JSON.stringify(value, null, unitOf(text)).replaceAll('\n', newline + inner)
}

/** What stands in front of the line that holds `at`. */
function indentationAt(text: string, at: number): string {
  return /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', at - 1) + 1))![0]
}

/** One step of indentation: that of the first indented line, else two blanks. */
const unitOf = (text: string): string => /\n([ \t]+)\S/.exec(text)?.[1] ?? '  '
