// Shell wildcards: whether a pattern could match a name, yes where only the shell knows.
import { type GlobToken, matchesGlob } from '../../../base/glob.ts'

/** Matches one path component against one name. A bracket matches any character that it could. */
export function couldMatch(pattern: string, name: string): boolean {
  return matchesGlob(name, pattern.length, (at) => tokenAt(pattern, at))
}

function tokenAt(pattern: string, at: number): GlobToken | undefined {
  const char = pattern[at]
  if (char === undefined) return undefined
  if (char === '*') return { star: true, end: at + 1, matches: () => false }
  if (char === '?') return { star: false, end: at + 1, matches: () => true }
  if (char === '[') {
    const close = pattern.indexOf(']', at + 2)
    if (close > 0) {
      const set = pattern.slice(at + 1, close)
      return { star: false, end: close + 1, matches: (c) => inBracket(set, c) }
    }
  }
  return { star: false, end: at + 1, matches: (c) => c === char }
}

function inBracket(set: string, char: string): boolean {
  const negated = set[0] === '!' || set[0] === '^'
  if (set.includes('[:')) return true
  let found = false
  for (let i = negated ? 1 : 0; i < set.length; i++) {
    const from = set[i]!
    if (set[i + 1] === '-' && i + 2 < set.length) {
      if (from <= char && char <= set[i + 2]!) found = true
      i += 2
    } else if (from === char) found = true
  }
  return found !== negated
}

/** Whether a path component has a wildcard at all. */
export function isGlob(component: string): boolean {
  return /[*?[]|[!@+]\(/.test(component)
}

/**
 * Whether a component matches (nearly) everything in its directory: `*`, `.*`, `?*`, `[!.]*`, `.[^.]*`, `**`, `*.*`,
 * `!(x)`, zsh's `*(D)` and `^x`.
 */
export function isEverything(component: string): boolean {
  return /^(?:\.?(?:\?|\[[!^][^\]]*\])?\*+|\*\.\*|\.\?\?\*|[*!]\(.*\)|\^.+|\*~.+)$/.test(component)
}
