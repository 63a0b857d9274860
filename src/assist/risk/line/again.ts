// Texts that a shell expands a second time, after quotes are gone: subscripts, arithmetic, prompts, indirect names.
import type { Scope, Span } from '../model.ts'
import { parseSafely } from './script.ts'
import { expandText, inPlaceOf, type WordHost } from './words.ts'

/** Length of such a text in UTF-16 units. */
export const MAX_TEXT = 4_000
/** Names that are followed in one expression. */
const MAX_NAMES = 16
/** Values of values: `a=b b=c c=1`. */
const MAX_DEPTH = 4

/** Expands a text as between double quotes and walks the substitutions in it; returns the expanded text. */
export function readAgain(text: string, span: Span, scope: Scope, host: WordHost): string {
  if (!/[`$]/.test(text) || text.length > MAX_TEXT) return text
  // The parser reads the text as a here-document: the rules are the same but for `"`, which is an ordinary character in
  // both.
  const command = parseSafely(`: <<KARO_END\n${text}\nKARO_END`).commands[0]?.command
  const document = command?.type === 'Command' ? command.redirects[0] : undefined
  const parts = document?.type === 'HereDoc' ? document.body.parts : undefined
  return parts === undefined ? text : expandText(parts, span, scope, inPlaceOf(span, host)).text
}

/** Walks an arithmetic expression. In it every name stands for its value, which is evaluated as an expression again. */
export function readArithmetic(text: string, span: Span, scope: Scope, host: WordHost, depth = 0): void {
  if (text.length > MAX_TEXT || /^[\s\d]*$/.test(text)) return
  const expanded = readAgain(text, span, scope, host)
  if (depth >= MAX_DEPTH) return
  // An expansion may have made new names, so the result is read again.
  if (expanded !== text) {
    readArithmetic(expanded, span, scope, host, depth + 1)
    return
  }
  let names = 0
  for (const [name] of expanded.matchAll(/[A-Za-z_]\w*/g)) {
    if (names++ >= MAX_NAMES) return
    const value = scope.variables.get(name)?.text
    if (value !== undefined && value !== text) readArithmetic(value, span, scope, host, depth + 1)
  }
}
