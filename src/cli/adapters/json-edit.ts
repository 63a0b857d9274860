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

/** Comments as in JavaScript and blanks, the bytes of a byte order mark among them; or one sign, string, number or word. */
const TOKEN = /(\/\/[^\n]*|\/\*[\s\S]*?\*\/)|[ \t\r\n\xEF\xBB\xBF]+|"(?:[^"\\\n]|\\.)*"|[-+.\w]+|[\s\S]/g

export const hasComments = (text: string): boolean =>
  [...text.matchAll(TOKEN)].some(([, comment]) => comment !== undefined)

/** The text's value with its places; comments are passed over. Throws NotEditable. */
export function parseNode(text: string): Node {
  const tokens = [...text.matchAll(TOKEN)].filter(
    ([word, comment]) => comment === undefined && !/^[ \t\r\n\xEF]/.test(word),
  )
  let at = 0
  const wrong = (): NotEditable => {
    const lines = text.slice(0, tokens[at]?.index).split('\n')
    const column = (lines.at(-1) as string).length + 1
    return new NotEditable(`it is not JSON from line ${lines.length}, column ${column} on`)
  }
  const is = (word: string): boolean => {
    const found = tokens[at]?.[0] === word
    if (found) at++
    return found
  }
  const need = (word: string): void => {
    if (!is(word)) throw wrong()
  }
  /** A string, number or word, as JSON has it. */
  const scalar = (): Json => {
    try {
      const json = JSON.parse(tokens[at]?.[0] ?? '') as Json
      at++
      return json
    } catch {
      throw wrong()
    }
  }
  const here = (): number => tokens[at]?.index ?? text.length
  const behind = (): number => tokens[at - 1]!.index + tokens[at - 1]![0].length
  const value = (depth: number): Node => {
    if (depth > MOST_DEPTH) throw new NotEditable('it is nested too deeply')
    const start = here()
    const kind = is('[') ? 'list' : is('{') ? 'members' : 'scalar'
    if (kind === 'scalar') return { kind, start, json: scalar(), end: behind(), elements: [] }
    const close = kind === 'list' ? ']' : '}'
    const elements: Element[] = []
    if (!is(close)) {
      do {
        const from = here()
        let key = ''
        if (kind === 'members') {
          if (tokens[at]?.[0][0] !== '"') throw wrong()
          key = scalar() as string
          if (elements.some((one) => one.key === key))
            throw new NotEditable(`it has the member "${key}" twice`)
          need(':')
        }
        elements.push({ key, start: from, value: value(depth + 1), end: behind() })
      } while (is(','))
      need(close)
    }
    const all = elements.map((one) => [one.key, one.value.json] as const)
    const json = kind === 'list' ? all.map(([, one]) => one) : Object.fromEntries(all)
    return { kind, start, end: behind(), json, elements }
  }
  const root = value(0)
  if (at < tokens.length) throw wrong()
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
  const line = text.lastIndexOf('\n', into.start - 1) + 1
  const [outer] = /^[ \t]*/.exec(text.slice(line))!
  if (last === undefined) {
    const inner = outer + unitOf(text)
    const written = `${newline}${inner}${name}${laidOut(added, inner, text)}${newline}${outer}`
    // A comment may be all that stands there; it stays in front.
    const comment = text.slice(into.start + 1, into.end - 1).trimEnd()
    return splice(text, into.start + 1, into.end - 1, comment + written)
  }
  const first = elements[0]!
  const between = text.slice(into.start + 1, first.start)
  if (!between.includes('\n')) return splice(text, last.end, last.end, `, ${name}${JSON.stringify(added)}`)
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

/** One step of indentation: that of the first indented line, else two blanks. */
const unitOf = (text: string): string => /\n([ \t]+)\S/.exec(text)?.[1] ?? '  '
