// Parses a line once for everybody who asks about it in turn: the risk rules, then the name of its tool.
import { type ParsedScript, parse } from 'unbash'

let last: { readonly text: string; readonly script: ParsedScript } | undefined

/** The parser keeps no state and nobody changes its trees, so the newest one may be handed out again. */
export function parseScript(text: string): ParsedScript {
  if (last?.text !== text) last = { text, script: parse(text) }
  return last.script
}
