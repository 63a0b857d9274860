// Adds to and takes from the text of a JSON file, leaving every other byte of it as it is.

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/** The text is not what can be edited: no JSON, or not of the form that was expected. */
export class NotEditable extends Error {
  override readonly name = 'NotEditable'
}

interface Scalar {
  readonly kind: 'scalar'
  readonly start: number
  readonly end: number
}
interface List {
  readonly kind: 'list'
  readonly start: number
  readonly end: number
  readonly items: readonly Node[]
}
interface Members {
  readonly kind: 'members'
  readonly start: number
  readonly end: number
  /** Begins at its key, ends with its value. */
  readonly members: readonly { readonly key: string; readonly start: number; readonly value: Node }[]
}
/** A value and where it stands in the text: UTF-16 offsets [start, end). */
export type Node = Scalar | List | Members

/** Deeper is no file of settings. */
const MOST_DEPTH = 64

/** A string, or a comment as in JavaScript; a string may have the signs of a comment in it. */
const STRING_OR_COMMENT = /"(?:[^"\\\n]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g

/** The text with a blank in place of each character of a comment, so that every place stays where it is. */
const blanked = (text: string): string =>
  text.replace(STRING_OR_COMMENT, (found) => (found.startsWith('"') ? found : found.replace(/[^\r\n]/g, ' ')))

export const hasComments = (text: string): boolean => blanked(text) !== text

/** The text's value with its places; comments are passed over. Throws NotEditable. */
export function parseNode(written: string): Node {
  const text = blanked(written)
  try {
    JSON.parse(text)
  } catch {
    throw new NotEditable('it is not JSON')
  }
  // From here on the grammar is known to hold.
  let at = 0
  const blank = (): void => {
    while (' \t\r\n'.includes(text[at]!) && at < text.length) at++
  }
  const string = (): string => {
    const start = at++
    while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
    return JSON.parse(text.slice(start, ++at)) as string
  }
  const value = (depth: number): Node => {
    if (depth > MOST_DEPTH) throw new NotEditable('it is nested too deeply')
    blank()
    const start = at
    if (text[at] === '{') {
      const members: { key: string; start: number; value: Node }[] = []
      const keys = new Set<string>()
      for (at++, blank(); text[at] !== '}'; blank()) {
        if (text[at] === ',') at++
        blank()
        const from = at
        const key = string()
        if (keys.has(key)) throw new NotEditable(`it has the member "${key}" twice`)
        keys.add(key)
        blank()
        at++
        members.push({ key, start: from, value: value(depth + 1) })
      }
      return { kind: 'members', start, end: ++at, members }
    }
    if (text[at] === '[') {
      const items: Node[] = []
      for (at++, blank(); text[at] !== ']'; blank()) {
        if (text[at] === ',') at++
        items.push(value(depth + 1))
      }
      return { kind: 'list', start, end: ++at, items }
    }
    if (text[at] === '"') string()
    else while (at < text.length && !' \t\r\n,]}'.includes(text[at]!)) at++
    return { kind: 'scalar', start, end: at }
  }
  return value(0)
}

/** The member's value, where `node` is an object that has it. */
export function memberOf(node: Node, key: string): Node | undefined {
  return node.kind === 'members' ? node.members.find((member) => member.key === key)?.value : undefined
}

export const jsonOf = (text: string, node: Node): Json =>
  JSON.parse(blanked(text.slice(node.start, node.end))) as Json

/** The text with one more element at the end of the list, or one more member (with `key`) at the end of the object. */
export function withAdded(text: string, into: List | Members, added: Json, key?: string): string {
  const elements = elementsOf(into)
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
export function withoutElement(text: string, from: List | Members, index: number): string {
  const elements = elementsOf(from)
  const gone = elements[index]!
  const next = elements[index + 1]
  if (next !== undefined) return splice(text, gone.start, next.start, '')
  const previous = elements[index - 1]
  if (previous !== undefined) return splice(text, previous.end, gone.end, '')
  return !hasComments(text.slice(from.start, from.end))
    ? splice(text, from.start + 1, from.end - 1, '')
    : splice(text, gone.start, gone.end, '')
}

function elementsOf(node: List | Members): readonly { readonly start: number; readonly end: number }[] {
  return node.kind === 'list'
    ? node.items
    : node.members.map(({ start, value }) => ({ start, end: value.end }))
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
