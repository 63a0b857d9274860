// Tells random tokens from names, paths and hashes by the letters they are made of.

const LEAST_LENGTH = 20
/** Shannon entropy of English identifiers of this length stays below; of random base 62 it is about 4. */
const LEAST_BITS = 3.6
/** Names joined by signs have shorter runs than a token that happens to hold one. */
const LEAST_RUN = 16
const HEX = /^[0-9a-f-]+$/i

/** Bits per character of the text's own letter frequencies (Shannon, 1948). */
function shannonBits(text: string): number {
  const counts = new Map<string, number>()
  for (const c of text) counts.set(c, (counts.get(c) ?? 0) + 1)
  let bits = 0
  for (const n of counts.values()) bits -= (n / text.length) * Math.log2(n / text.length)
  return bits
}

/**
 * True for tokens of at least 20 letters, digits and `+ _ -` that mix upper and lower case with several groups of
 * digits. Hexadecimal (git, digests, UUIDs), paths, versions, and words joined by signs are not.
 */
export function looksRandom(token: string): boolean {
  if (token.length < LEAST_LENGTH || HEX.test(token)) return false
  const run = token
    .split(/[-_+]/)
    .reduce((longest, part) => (part.length > longest.length ? part : longest), '')
  if (run.length < LEAST_RUN) return false
  const groups = (pattern: RegExp): number => run.match(pattern)?.length ?? 0
  return (
    groups(/\d+/g) >= 2 && groups(/[A-Z]/g) >= 2 && groups(/[a-z]/g) >= 2 && shannonBits(token) >= LEAST_BITS
  )
}
