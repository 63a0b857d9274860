// Finds random tokens by features that names lack: letter pairs that no language has, and digits strewn among letters; and texts that look random and are public: public keys, certificates, fingerprints, digests.

/** Characters; shorter tokens cannot be told from names. */
const LEAST_LENGTH = 20
/** Neighbouring pairs of letters; with fewer the token cannot be judged. */
const LEAST_PAIRS = 8
/** Different characters. Random tokens of 20 have 17 on average and never this few; rulers and fillers do. */
const LEAST_DIFFERENT = 8
/**
 * Share of odd neighbours. Random letters and digits have 0.6 (standard deviation 0.12 at 20 characters), names below
 * 0.3.
 */
const ODD_SHARE = 0.36
/**
 * A token without digits is more likely a word of another language; only 3 % of random tokens of 20 characters have
 * none.
 */
const ODD_SHARE_OF_LETTERS = 0.46
/** Hexadecimal parts are names of things: commits, digests, UUIDs. */
const HEX_PIECE = /^[0-9a-fA-F]{8,}$/
const ALL_HEX = /^[0-9a-fA-F-]+$/

/** Runs of characters of base 64, base 64url and base 62; blanks, dots and colons end them. */
const RUN = /[A-Za-z0-9_+/-]{20,}(?:={1,2}(?![A-Za-z0-9]))?/g
/** Quick test for a whole line, in which quotes may interrupt a token. */
export const MAY_BE_RANDOM = /[A-Za-z0-9_+/'"\\-]{20}/

/**
 * For each letter the letters that often follow it: 97 % of the pairs in identifiers and file names, 47 % of all pairs.
 */
const FOLLOWERS: readonly string[] =
  'abcdfgiklmnprstuvwy acdeilorsuy acdefhiklmoprstuvy abcdefilorsuy abcdefgiklmnpqrstvwxy acefilnorsu aceghilnorsuy aeiortuy abcdefgklmnoprstvxz aeosu aeiosyz acdeilmopstuvy abdeilmopsuy acdefgikmnopstuvy abcdfgiklmnoprstuvwxy acdehilmnoprstuy u acdegiklmnoprstuvy acehiklmopqrstuvwxy acefhilmoprstuwxyz abcdegiklmnprstx aceilmoqrst aehinorsy aceimpt acdeimnopst aeioz'.split(
    ' ',
  )
const COMMON: ReadonlySet<number> = new Set(
  FOLLOWERS.flatMap((letters, first) => [...letters].map((letter) => first * 26 + letter.charCodeAt(0) - 97)),
)

/**
 * Whether a token of 20 characters or more, of letters, digits and `+ / _ -`, is random. False for names, for words joined
 * in any way, and for hexadecimal. Of 20 random characters of base 62, 64 or 64url, 98 % are found (measured).
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
      // A capital behind a small letter begins a new word, so the pair says nothing.
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

/** `| 32` turns ASCII letters into small letters. */
function isUncommon(text: string, i: number): boolean {
  return !COMMON.has(((text.charCodeAt(i - 1) | 32) - 97) * 26 + (text.charCodeAt(i) | 32) - 97)
}

/** Random tokens in a text as `[from, to)` pairs in order, none overlapping. Takes time linear in the text's length. */
export function randomTokens(text: string): [from: number, to: number][] {
  const found: [number, number][] = []
  if (text.length < LEAST_LENGTH) return found
  for (const { 0: run, index } of text.matchAll(RUN)) {
    // Judges the whole run, its parts between slashes, and the parts of a name.
    if (isToken(run, text[index - 1])) found.push([index, index + run.length])
    else for (const [from, to] of parts(run, /[^/]+/g)) found.push([index + from, index + to])
  }
  return found
}

/** Whether a run with slashes is a path: a slash or a known beginning stands before it, or it has no digit. */
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

/** Blocks of RFC 7468 and RFC 9580 without secrets. */
const BLOCK =
  '-----BEGIN (?:CERTIFICATE|TRUSTED CERTIFICATE|X509 CRL|CERTIFICATE REQUEST|NEW CERTIFICATE REQUEST|(?:RSA |EC |DSA )?PUBLIC KEY|PGP PUBLIC KEY BLOCK|PGP SIGNATURE|SSH SIGNATURE)-----[A-Za-z0-9+/=\\s\\\\:,.()]*-----END '
/** Public keys of OpenSSH: base 64 of a length below 256 and a name such as `ssh-ed25519`, `ecdsa-…`, `sk-…`. */
const SSH_KEY = 'AAAA(?:B3NzaC1|C3NzaC1|E2VjZHNh|GnNrL|InNrL)[A-Za-z0-9+/]*={0,2}'
/** `SHA256:…` of OpenSSH, `sha256//…` of curl, `sha512-…` of npm and of the web (Subresource Integrity). */
const DIGEST = '\\b(?:SHA|sha)(?:1|224|256|384|512)(?::|//|-)[A-Za-z0-9+/]{27,88}={0,2}'
/** Store paths of Nix and Guix. */
const STORE = '/(?:nix|gnu)/store/[a-z0-9]{32}'
/** age recipients; age's secret keys begin with capitals. */
const AGE = '\\bage1[a-z0-9]{58}(?![a-z0-9])'
/** Public keys of minisign and signify: 42 bytes behind the letters of their algorithm. */
const MINISIGN = '\\bRW[QRST][A-Za-z0-9+/]{53}(?![A-Za-z0-9+/])'
/** Public keys of WireGuard; only the words in front tell them from private keys. */
const WIREGUARD = '(?:\\bpeer\\s{1,4}|\\b[Pp]ublic[-_]?[Kk]ey\\s{0,4}[=:]?\\s{0,4})["\']?[A-Za-z0-9+/]{43}='

const PUBLIC = new RegExp([BLOCK, SSH_KEY, DIGEST, STORE, AGE, MINISIGN, WIREGUARD].join('|'), 'g')

/**
 * The public parts of a text as `[from, to)` pairs in order, none overlapping. Takes time linear in the text's length.
 */
export function publicRanges(text: string): [from: number, to: number][] {
  return Array.from(text.matchAll(PUBLIC), ({ 0: found, index }) => [index, index + found.length])
}
