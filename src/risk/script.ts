// Parses a line once for everybody who asks about it in turn: the risk rules, then the name of its tool.
import { type ParsedScript, parse } from 'unbash'

/** Like the parser's own, but text nested deeper than the stack is a script with an error, not an exception. */
export function parseSafely(text: string): ParsedScript {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return { ...parse(''), errors: [{ message: 'nested too deep', pos: 0 }] }
  }
}

let last: { readonly text: string; readonly script: ParsedScript } | undefined

/** The parser keeps no state and nobody changes its trees, so the newest one may be handed out again. */
export function parseScript(text: string): ParsedScript {
  if (last?.text !== text) last = { text, script: parseSafely(text) }
  return last.script
}
