// Reads the beginning of a JSON text that does not come whole: what is complete in it, and nothing else.

/**
 * The value with every member and element that is whole, and those objects and lists as far as they come in which it
 * breaks off; a text or number that may go on is left out. Undefined for what does not begin as JSON.
 */
export function readBeginning(text: string): unknown {
  const closing: string[] = []
  let quoted = false
  /** Up to here it is JSON once what is open is closed: nothing has been opened or closed since. */
  let whole = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (quoted) {
      if (character === '\\') i++
      else quoted = character !== '"'
    } else if (character === '"') quoted = true
    else if (character === ',') whole = i
    else if (character in CLOSING) {
      closing.push(CLOSING[character as keyof typeof CLOSING])
      whole = i + 1
    } else if (character === closing.at(-1)) {
      closing.pop()
      whole = i + 1
      if (closing.length === 0) break
    }
  }
  try {
    return JSON.parse(text.slice(0, whole) + closing.reverse().join(''))
  } catch {
    return undefined
  }
}

const CLOSING = { '{': '}', '[': ']' } as const
