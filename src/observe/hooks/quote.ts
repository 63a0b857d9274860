// Text as it may stand in shell code, and the one dialect of globs, for the shell and for the daemon.

/** One word that the shell reads as exactly this text. */
export function quoteShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
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

/** A bash pattern for the whole of a text; whatever is plain is quoted, so that no glob becomes code. */
export function toShellPattern(glob: string): string {
  if (glob === '') return "''"
  return parseGlob(glob)
    .map((part) => (part.kind === 'text' ? quoteShell(part.text) : part.kind === 'any' ? '*' : '?'))
    .join('')
}

/** The same glob for the daemon: true where it matches the whole of a text, newlines included. */
export function globMatcher(glob: string): (text: string) => boolean {
  const source = parseGlob(glob).map((part) => {
    if (part.kind === 'text') return part.text.replace(/[\\^$.*+?()[\]{}|/]/g, (c) => `\\${c}`)
    return part.kind === 'any' ? '.*' : '.'
  })
  const pattern = new RegExp(`^${source.join('')}$`, 'su')
  return (text) => pattern.test(text)
}
