// Parses a line; keeps the last tree, since the risk rules and first-tool read the same line one after the other.
import { type ParsedScript, parse } from 'unbash'

/**
 * The parser takes quadratic time for here-documents and expansions, so a long text may not have more than a person
 * types.
 */
const LONG = 4_000
const MAX_HERE_DOCUMENTS = 200
const MAX_EXPANSIONS = 2_000

/** Parses without throwing: text that is nested deeper than the stack, or too costly, gives a script with an error. */
export function parseSafely(text: string): ParsedScript {
  try {
    if (text.length > LONG && (count(text, '<<') > MAX_HERE_DOCUMENTS || count(text, '${') > MAX_EXPANSIONS))
      throw new RangeError('more than is read')
    return parse(text)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { ...parse(''), errors: [{ message: error.message, pos: 0 }] }
  }
}

let last: { readonly text: string; readonly script: ParsedScript } | undefined

/** Gives the newest tree again for the same text: the parser keeps no state and nobody changes its trees. */
export function parseScript(text: string): ParsedScript {
  if (last?.text !== text) last = { text, script: parseSafely(text) }
  return last.script
}

function count(text: string, part: string): number {
  let found = 0
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found++
  return found
}
