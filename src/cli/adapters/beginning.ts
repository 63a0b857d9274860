// Reads the complete parts at the beginning of an incomplete JSON text.
import { orElse } from '../../base/run/or-else.ts'

/**
 * The value with every complete member and element. Objects and lists in which the text ends have the complete parts; a
 * text or number that may continue is left out. Undefined if the text does not begin as JSON.
 */
export function readBeginning(text: string): unknown {
  const closing: string[] = []
  let quoted = false
  /** The text up to here is JSON if all open objects and lists are closed. */
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
  return orElse(() => JSON.parse(text.slice(0, whole) + closing.reverse().join('')), undefined)
}

const CLOSING = { '{': '}', '[': ']' } as const
