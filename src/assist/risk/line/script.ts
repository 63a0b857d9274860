// Parses a line once for everybody who asks about it in turn: the risk rules, then the name of its tool.
import { type ParsedScript, parse } from 'unbash'

/** Long text with more here-documents or parameter expansions than any person types costs the parser their square. */
const LONG = 4_000
const MAX_HERE_DOCUMENTS = 200
const MAX_EXPANSIONS = 2_000

/** Like the parser's own, but text nested deeper than the stack, or costly, is a script with an error, not an exception. */
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

/** The parser keeps no state and nobody changes its trees, so the newest one may be handed out again. */
export function parseScript(text: string): ParsedScript {
  if (last?.text !== text) last = { text, script: parseSafely(text) }
  return last.script
}

function count(text: string, part: string): number {
  let found = 0
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length)) found++
  return found
}
