// Finds random tokens by what names are not: letter pairs that no language uses, and digits strewn among letters.

/** Shorter tokens say too little to be told from names. */
const LEAST_LENGTH = 20
/** Fewer neighbours than this say nothing either, however they look. */
const LEAST_PAIRS = 8
/** Twenty random characters hold 17 different ones on average and never as few as this; rulers and fillers do. */
const LEAST_DIFFERENT = 8
/** Random letters and digits have 0.6 of their neighbours odd (standard deviation 0.12 at 20), names below 0.3. */
const ODD_SHARE = 0.36
/** Without any digit a word of another language is likelier than chance (3 % of random tokens of 20). */
const ODD_SHARE_OF_LETTERS = 0.46
/** Hexadecimal pieces name things: commits, digests, UUIDs. */
const HEX_PIECE = /^[0-9a-fA-F]{8,}$/
const ALL_HEX = /^[0-9a-fA-F-]+$/

/** Runs of characters that base 64, base 64url and base 62 tokens are made of; blanks, dots and colons end them. */
const RUN = /[A-Za-z0-9_+/-]{20,}(?:={1,2}(?![A-Za-z0-9]))?/g
/** Quick test for a whole line, which may break a token with quotes. */
export const MAY_BE_RANDOM = /[A-Za-z0-9_+/'"\\-]{20}/

/** For each letter those that often follow it: 97 % of the pairs in identifiers and file names, 47 % of all pairs. */
const FOLLOWERS: readonly string[] =
  'abcdfgiklmnprstuvwy acdeilorsuy acdefhiklmoprstuvy abcdefilorsuy abcdefgiklmnpqrstvwxy acefilnorsu aceghilnorsuy aeiortuy abcdefgklmnoprstvxz aeosu aeiosyz acdeilmopstuvy abdeilmopsuy acdefgikmnopstuvy abcdfgiklmnoprstuvwxy acdehilmnoprstuy u acdegiklmnoprstuvy acehiklmopqrstuvwxy acefhilmoprstuwxyz abcdegiklmnprstx aceilmoqrst aehinorsy aceimpt acdeimnopst aeioz'.split(
    ' ',
  )
const COMMON: ReadonlySet<number> = new Set(
  FOLLOWERS.flatMap((letters, first) => [...letters].map((letter) => first * 26 + letter.charCodeAt(0) - 97)),
)

/**
 * True for random tokens of 20 characters or more, of letters, digits and `+ / _ -`. Not for names and words joined in
 * any way, nor for hexadecimal. Measured on 20 random characters of base 62, 64 and 64url: 98 % are found.
 */
export function looksRandom(token: string): boolean {
  if (token.length < LEAST_LENGTH || ALL_HEX.test(token) || new Set(token).size < LEAST_DIFFERENT)
    return false
  // Names joined by signs, `web-7d9f8b6c5d-x2x4z`, are lower case; 20 random letters hardly ever are.
  if (/[_+/-]/.test(token) && !(/[a-z]/.test(token) && /[A-Z]/.test(token))) return false
  let pairs = 0
  let odd = 0
  let digits = 0
  for (const piece of token.split(/[_+/=-]+/)) {
    if (HEX_PIECE.test(piece)) continue
    let before = kindAt(piece, 0)
    if (before === DIGIT) digits++
    for (let i = 1; i < piece.length; i++) {
      const kind = kindAt(piece, i)
      if (kind === DIGIT) digits++
      // A capital after a small letter begins a word: what stood before says nothing about it.
      if (!(before === SMALL && kind === CAPITAL)) {
        pairs++
        if (before === DIGIT || kind === DIGIT ? before !== kind : isUncommon(piece, i)) odd++
      }
      before = kind
    }
  }
  return pairs >= LEAST_PAIRS && odd >= pairs * (digits > 0 ? ODD_SHARE : ODD_SHARE_OF_LETTERS)
}

const DIGIT = 0
const CAPITAL = 1
const SMALL = 2

function kindAt(text: string, i: number): number {
  const code = text.charCodeAt(i)
  return code < 58 ? DIGIT : code < 91 ? CAPITAL : SMALL
}

/** `| 32` makes letters of ASCII small. */
function isUncommon(text: string, i: number): boolean {
  return !COMMON.has(((text.charCodeAt(i - 1) | 32) - 97) * 26 + (text.charCodeAt(i) | 32) - 97)
}

/** Where random tokens stand in a text: `[from, to)` pairs in order, none overlapping. Linear in the text's length. */
export function randomTokens(text: string): [from: number, to: number][] {
  const found: [number, number][] = []
  if (text.length < LEAST_LENGTH) return found
  for (const { 0: run, index } of text.matchAll(RUN)) {
    // A token as a whole, as a part of a path, as a part of a name.
    if (isToken(run, text[index - 1])) found.push([index, index + run.length])
    else for (const [from, to] of parts(run, /[^/]+/g)) found.push([index + from, index + to])
  }
  return found
}

/** A run with slashes is a path when one stands in front, or something that leads to one, or when it has no digit. */
function isToken(run: string, before: string | undefined): boolean {
  const isPath = run.lastIndexOf('/') > 0 && (run[0] === '/' || /[.~]/.test(before ?? '') || !/\d/.test(run))
  return !isPath && looksRandom(run)
}

function parts(run: string, separator: RegExp): [number, number][] {
  const found: [number, number][] = []
  for (const { 0: part, index } of run.matchAll(separator)) {
    if (part.length < LEAST_LENGTH) continue
    if (looksRandom(part)) found.push([index, index + part.length])
    else if (/[_+-]/.test(part)) {
      for (const { 0: piece, index: at } of part.matchAll(/[A-Za-z0-9]{20,}/g)) {
        if (looksRandom(piece)) found.push([index + at, index + at + piece.length])
      }
    }
  }
  return found
}
