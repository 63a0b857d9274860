// Quotes text for shell code, and translates the one dialect of globs for the shell and for the daemon.
import { type GlobToken, matchesGlob } from './glob.ts'

/** Quotes the text as one word for bash, zsh and sh. */
export function quoteShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** The same, but as it is where none of them would touch it. */
export const shellWord = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : quoteShell(text))

/** Quotes the text as one word for fish. */
export function quoteFish(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`
}

type GlobPart = { readonly kind: 'any' | 'one' } | { readonly kind: 'text'; readonly text: string }

/**
 * Reads a glob: `*` is any text, `?` one character, a backslash makes the next character plain; all others are plain.
 */
const parseGlob = (glob: string): readonly GlobPart[] =>
  (glob.match(/\*+|\?|\\[\s\S]|[^*?\\]+|\\$/gu) ?? []).map((token) => {
    if (token.startsWith('*')) return { kind: 'any' }
    if (token === '?') return { kind: 'one' }
    return { kind: 'text', text: token.replace(/^\\(?=.)/s, '') }
  })

/** The glob with its plain texts, `*` and `?` in another dialect. */
function translated(glob: string, text: (text: string) => string, any: string, one: string): string {
  return parseGlob(glob)
    .map((part) => (part.kind === 'text' ? text(part.text) : part.kind === 'any' ? any : one))
    .join('')
}

/** The glob as a shell pattern for a whole text. Plain text is quoted, so that no glob becomes code. */
export const toShellPattern = (glob: string): string =>
  glob === '' ? "''" : translated(glob, quoteShell, '*', '?')

/**
 * The glob as bash and zsh read it from a variable, in `@($patterns)` and `(${~patterns})`. Only characters that are special
 * there get a backslash, because zsh would read a backslash before any other character as part of the text.
 */
export const toPattern = (glob: string): string =>
  translated(glob, (text) => text.replace(/[\\*?[\]()|<>^#~]/g, '\\$&'), '*', '?')

/** The glob as the source of a regular expression (PCRE2) for a whole text, without an anchor at its end. */
export const toRegExpSource = (glob: string): string => translated(glob, quoteRegExp, '.*', '.')

const quoteRegExp = (text: string): string => text.replace(/[^A-Za-z0-9\u0080-\u{10ffff}]/gu, '\\$&')

/** The glob for the daemon: tells whether it matches a whole text, newlines included, without backtracking. */
export function globMatcher(glob: string): (text: string) => boolean {
  const pieces = parseGlob(glob).flatMap((part): Omit<GlobToken, 'end'>[] => {
    if (part.kind === 'text')
      return [...part.text].map((char) => ({ star: false, matches: (other) => other === char }))
    return [{ star: part.kind === 'any', matches: () => part.kind === 'one' }]
  })
  const tokens = pieces.map((piece, at): GlobToken => ({ ...piece, end: at + 1 }))
  // Counts code points, as bash does in a UTF-8 locale.
  return (text) => matchesGlob([...text], tokens.length, (at) => tokens[at])
}
