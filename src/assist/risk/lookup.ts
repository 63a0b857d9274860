// Long lists of names as they are written: searched as text at first, because a short command asks for few of their hundreds of
// names, and by an index once they are asked often, as in a daemon.

/** Questions that searching answers before the index is made: more than one command line asks, and fewer than an index costs. */
const OFTEN = 48

/** Answers by `search`, and from the 49th question on by what `index` makes. Both have to give the same answers. */
export function indexedLater<T>(
  search: (name: string) => T,
  index: () => (name: string) => T,
): (name: string) => T {
  let asked = 0
  let indexed: ((name: string) => T) | undefined
  return (name) => {
    if (indexed === undefined && ++asked > OFTEN) indexed = index()
    return (indexed ?? search)(name)
  }
}

/** Names, which have no blanks in them. */
export interface Names extends Iterable<string> {
  has(name: string): boolean
}

/** Reads names between blanks and line breaks. */
export function names(text: string): Names {
  const all = (): readonly string[] => text.match(/\S+/g) ?? []
  const has = indexedLater(
    (name) => places(text, name).next().done === false,
    () => {
      const set = new Set(all())
      return (name) => set.has(name)
    },
  )
  return { has, [Symbol.iterator]: () => all().values() }
}

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
  const namesIn = (line: string): readonly string[] => line.slice(0, line.indexOf(end)).match(/\S+/g) ?? []
  const all = (): ReadonlyMap<string, readonly string[]> => {
    const found = new Map<string, string[]>()
    for (const line of lines()) {
      const about = line.slice(line.indexOf(end) + end.length).trim()
      for (const name of namesIn(line)) {
        const before = found.get(name)
        if (before === undefined) found.set(name, [about])
        else before.push(about)
      }
    }
    return found
  }
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
  const index = (): ((name: string) => T | undefined) => {
    const known = new Map([...all()].map(([name, found]) => [name, read(found)]))
    return (name) => known.get(name)
  }
  return { of: indexedLater(search, index), names: () => [...new Set(lines().flatMap(namesIn))] }
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
