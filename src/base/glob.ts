// Matches a text against a wildcard pattern, going back to at most one star.

/** One piece of a pattern: a star, or one character that has to satisfy `matches`. */
export interface GlobToken {
  readonly star: boolean
  /** Index of the pattern behind this piece. */
  readonly end: number
  matches(char: string): boolean
}

/**
 * Whether the whole of `text` matches a pattern of `length` characters, whose pieces `tokenAt` reads. On a mismatch the
 * algorithm goes back only to the last star, so it takes at most O(pattern × text) steps. `text` is a list of characters:
 * UTF-16 units of a string, or code points.
 */
export function matchesGlob(
  text: ArrayLike<string>,
  length: number,
  tokenAt: (at: number) => GlobToken | undefined,
): boolean {
  let p = 0
  let n = 0
  let star: GlobToken | undefined
  let mark = 0
  while (n < text.length) {
    const token = tokenAt(p)
    if (token?.star) {
      star = token
      mark = n
      p = token.end
    } else if (token?.matches(text[n] as string)) {
      p = token.end
      n++
    } else if (star !== undefined) {
      p = star.end
      n = ++mark
    } else return false
  }
  for (let token = tokenAt(p); token?.star; token = tokenAt(p)) p = token.end
  return p === length
}
