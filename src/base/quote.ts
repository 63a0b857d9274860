// Text as it may stand in shell code, and the one dialect of globs, for the shell and for the daemon.
import { type GlobToken, matchesGlob } from './glob.ts'

/** One word that the shell reads as exactly this text. */
export function quoteShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** One word that fish reads as exactly this text. */
export function quoteFish(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

type GlobPart = { readonly kind: 'any' | 'one' } | { readonly kind: 'text'; readonly text: string }

/** `*` is any text, `?` one character, a backslash makes the next character plain; all others are plain. */
function parseGlob(glob: string): readonly GlobPart[] {
  const parts: GlobPart[] = []
  for (const [token] of glob.matchAll(/\*+|\?|\\[\s\S]|[^*?\\]+|\\$/gu)) {
    if (token.startsWith('*')) parts.push({ kind: 'any' })
    else if (token === '?') parts.push({ kind: 'one' })
    else parts.push({ kind: 'text', text: token.length > 1 && token[0] === '\\' ? token.slice(1) : token })
  }
  return parts
}

/** A pattern for the whole of a text, in shell code; whatever is plain is quoted, so that no glob becomes code. */
export function toShellPattern(glob: string): string {
  if (glob === '') return "''"
  return parseGlob(glob)
    .map((part) => (part.kind === 'text' ? quoteShell(part.text) : part.kind === 'any' ? '*' : '?'))
    .join('')
}

/**
 * The same as bash and zsh take it from a variable, `@($patterns)` and `(${~patterns})`: whatever they would not take as it
 * is has a backslash. No other sign has one, because zsh would take that backslash as it is.
 */
export function toPattern(glob: string): string {
  return parseGlob(glob)
    .map((part) =>
      part.kind === 'text'
        ? part.text.replace(/[\\*?[\]()|<>^#~]/g, '\\$&')
        : part.kind === 'any'
          ? '*'
          : '?',
    )
    .join('')
}

/** The same as the source of a regular expression (PCRE2) for the whole of a text, its end left open. */
export function toRegExpSource(glob: string): string {
  return parseGlob(glob)
    .map((part) => (part.kind === 'text' ? quoteRegExp(part.text) : part.kind === 'any' ? '.*' : '.'))
    .join('')
}

const quoteRegExp = (text: string): string => text.replace(/[^A-Za-z0-9\u0080-\u{10ffff}]/gu, '\\$&')

/** The same glob for the daemon: true where it matches the whole of a text, newlines included; never backtracks. */
export function globMatcher(glob: string): (text: string) => boolean {
  const pieces = parseGlob(glob).flatMap((part): Omit<GlobToken, 'end'>[] => {
    if (part.kind === 'text')
      return [...part.text].map((char) => ({ star: false, matches: (other) => other === char }))
    return [part.kind === 'any' ? { star: true, matches: () => false } : { star: false, matches: () => true }]
  })
  const tokens = pieces.map((piece, at): GlobToken => ({ ...piece, end: at + 1 }))
  // By code points, as bash counts in a UTF-8 locale.
  return (text) => matchesGlob([...text], tokens.length, (at) => tokens[at])
}
