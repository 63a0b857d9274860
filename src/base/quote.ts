// Quotes text for shell code, and translates the one dialect of globs for the shell and for the daemon.
import { type GlobToken, matchesGlob } from './glob.ts'

/** Quotes the text as one word for bash, zsh and sh. */
export function quoteShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Quotes the text as one word for fish. */
export function quoteFish(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

type GlobPart = { readonly kind: 'any' | 'one' } | { readonly kind: 'text'; readonly text: string }

/**
 * Reads a glob: `*` is any text, `?` one character, a backslash makes the next character plain; all others are plain.
 */
function parseGlob(glob: string): readonly GlobPart[] {
  const parts: GlobPart[] = []
  for (const [token] of glob.matchAll(/\*+|\?|\\[\s\S]|[^*?\\]+|\\$/gu)) {
    if (token.startsWith('*')) parts.push({ kind: 'any' })
    else if (token === '?') parts.push({ kind: 'one' })
    else parts.push({ kind: 'text', text: token.length > 1 && token[0] === '\\' ? token.slice(1) : token })
  }
  return parts
}

/** The glob as a shell pattern for a whole text. Plain text is quoted, so that no glob becomes code. */
export function toShellPattern(glob: string): string {
  if (glob === '') return "''"
  return parseGlob(glob)
    .map((part) => (part.kind === 'text' ? quoteShell(part.text) : part.kind === 'any' ? '*' : '?'))
    .join('')
}

/**
 * The glob as bash and zsh read it from a variable, in `@($patterns)` and `(${~patterns})`. Only characters that are special
 * there get a backslash, because zsh would read a backslash before any other character as part of the text.
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

/** The glob as the source of a regular expression (PCRE2) for a whole text, without an anchor at its end. */
export function toRegExpSource(glob: string): string {
  return parseGlob(glob)
    .map((part) => (part.kind === 'text' ? quoteRegExp(part.text) : part.kind === 'any' ? '.*' : '.'))
    .join('')
}

const quoteRegExp = (text: string): string => text.replace(/[^A-Za-z0-9\u0080-\u{10ffff}]/gu, '\\$&')

/** The glob for the daemon: tells whether it matches a whole text, newlines included, without backtracking. */
export function globMatcher(glob: string): (text: string) => boolean {
  const pieces = parseGlob(glob).flatMap((part): Omit<GlobToken, 'end'>[] => {
    if (part.kind === 'text')
      return [...part.text].map((char) => ({ star: false, matches: (other) => other === char }))
    return [part.kind === 'any' ? { star: true, matches: () => false } : { star: false, matches: () => true }]
  })
  const tokens = pieces.map((piece, at): GlobToken => ({ ...piece, end: at + 1 }))
  // Counts code points, as bash does in a UTF-8 locale.
  return (text) => matchesGlob([...text], tokens.length, (at) => tokens[at])
}
