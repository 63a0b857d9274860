// Texts that a shell expands once more after quotes are gone: subscripts, arithmetic, prompts, indirect names.
import type { Scope, Span } from '../model.ts'
import { parseSafely } from './script.ts'
import { expandText, inPlaceOf, type WordHost } from './words.ts'

/** UTF-16 units of such a text, names in it that are followed, and values of values. */
export const MAX_TEXT = 4_000
const MAX_NAMES = 16
const MAX_DEPTH = 4

/** Walks the substitutions in a text that is expanded as between double quotes; what becomes of it. */
export function readAgain(text: string, span: Span, scope: Scope, host: WordHost): string {
  if (!/[`$]/.test(text) || text.length > MAX_TEXT) return text
  // A here-document is read by the same rules, but for the double quote, which is a character like any other in both.
  const command = parseSafely(`: <<KARO_END\n${text}\nKARO_END`).commands[0]?.command
  const document = command?.type === 'Command' ? command.redirects[0] : undefined
  const parts = document?.type === 'HereDoc' ? document.body.parts : undefined
  return parts === undefined ? text : expandText(parts, span, scope, inPlaceOf(span, host)).text
}

/** Walks an arithmetic expression: in it every name stands for its value, which is an expression again. */
export function readArithmetic(text: string, span: Span, scope: Scope, host: WordHost, depth = 0): void {
  if (text.length > MAX_TEXT || /^[\s\d]*$/.test(text)) return
  const expanded = readAgain(text, span, scope, host)
  if (depth >= MAX_DEPTH) return
  // What a variable put into it is an expression like the rest.
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
