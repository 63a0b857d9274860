// Finds the policies in a Cedar file and where each begins, and refuses what nests too deep for the engine to read.

export interface Piece {
  /** From its first annotation or keyword to its semicolon. */
  readonly text: string
  /** In characters, from the start of the file. */
  readonly start: number
}

export interface Broken {
  readonly at: number
  readonly message: string
}

/** Brackets and `if` inside one another. The engine's stack ends above 130 of them and takes the engine with it. */
const NESTING_MAX = 64
/** Of one policy: a chain of operators nests inside the engine too, without any brackets. */
const TOKENS_MAX = 2_000

const TOKEN = /\s+|\/\/[^\n]*|"(?:[^"\\]|\\.)*"|[\p{L}_][\p{L}\p{N}_]*|\d+|[^\s]/suy

/**
 * The policies of a file, in its order; text behind the last semicolon is a piece too, for the engine to complain about.
 * Checks no grammar besides nesting.
 */
export function splitPolicies(text: string): readonly Piece[] | Broken {
  const pieces: Piece[] = []
  let start: number | undefined
  let depth = 0
  let ifs = 0
  let tokens = 0
  TOKEN.lastIndex = 0
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const token = TOKEN.exec(text)?.[0]
    if (token === undefined) return { at, message: 'this cannot be read' }
    if (/^\s/.test(token) || token.startsWith('//')) continue
    start ??= at
    tokens++
    if (token === '(' || token === '{' || token === '[') depth++
    else if (token === ')' || token === '}' || token === ']') depth--
    else if (token === 'if') ifs++
    if (depth + ifs > NESTING_MAX) return { at, message: `nests deeper than ${NESTING_MAX} levels` }
    if (tokens > TOKENS_MAX) return { at, message: `one policy has more than ${TOKENS_MAX} words and signs` }
    if (token !== ';' || depth > 0) continue
    pieces.push({ text: text.slice(start, at + 1), start })
    start = undefined
    depth = 0
    ifs = 0
    tokens = 0
  }
  if (start !== undefined) pieces.push({ text: text.slice(start), start })
  return pieces
}
