// Hides secrets wherever an agent repeats them: plain, escaped for JSON or URLs, in base64 and in hex, and one of these in another.

interface Secret {
  readonly name: string
  readonly bytes: Uint8Array
}

export interface Mask {
  text(words: string): string
  /** Every text, number and name of a member in a value of JSON. */
  value<T>(value: T): T
}

/** Characters of a secret, or of a line of one, that is looked for: what is shorter stands in many words by chance. */
const LEAST_CHARS = 4
const LEAST_LINE = 12
/** A longer secret is looked for in pieces of so many characters, so that a part of it is found too. */
const MOST_CHARS = /[\s\S]{1,600}/gu
const PIECE_BYTES = 600
/** Characters of base64 or hex. */
const LEAST_CODED = 6

interface Needle {
  readonly name: string
  /** As each of `READINGS` has it; empty where that is too short. */
  readonly plain: readonly string[]
  readonly base64: readonly string[]
  readonly hex: string
}

/** `later` is asked each time for what is hidden besides. */
export function maskOf(secrets: readonly Secret[], later: () => Mask | undefined = () => undefined): Mask {
  const needles = needlesOf(secrets)
  const text = (words: string): string => {
    const own = needles.length === 0 ? words : hide(words, needles)
    return later()?.text(own) ?? own
  }
  const masked = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (typeof value === 'number') return text(String(value)) === String(value) ? value : text(String(value))
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(masked)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [text(name), masked(one)]))
  }
  return {
    text,
    value: (value) =>
      needles.length === 0 && later() === undefined ? value : (masked(value) as typeof value),
  }
}

function needlesOf(secrets: readonly Secret[]): readonly Needle[] {
  return secrets.flatMap(({ name, bytes }) => {
    const raw = Buffer.from(bytes)
    const whole = raw.toString('utf8').trim()
    if (whole.includes('\ufffd'))
      return Array.from({ length: Math.ceil(raw.length / PIECE_BYTES) }, (_, i) => ({
        name,
        plain: [],
        ...coded(raw.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES)),
      }))
    const parts = [whole, ...whole.split(/\r?\n/).filter((line) => line.length >= LEAST_LINE)]
      .flatMap((part) => part.match(MOST_CHARS) ?? [])
      .filter((part) => part.length >= LEAST_CHARS)
    return [...new Set(parts)].map((part) => {
      const plain = READINGS.map((pattern) => readAll(part, pattern).plain)
      return {
        name,
        plain: plain.map((read) => (read.length < LEAST_CHARS ? '' : read)),
        ...coded(Buffer.from(part)),
      }
    })
  })
}

function hide(words: string, needles: readonly Needle[]): string {
  const found: { readonly name: string; readonly from: number; readonly to: number }[] = []
  for (const [which, pattern] of READINGS.entries()) {
    const { plain, from, to, code, at } = readAll(words, pattern)
    const codeOfHex = code.toLowerCase()
    for (const { name, plain: read, base64, hex } of needles) {
      const look = (text: string, needle: string | undefined, place: (i: number) => number): void => {
        if (!needle) return
        for (let i = text.indexOf(needle); i >= 0; i = text.indexOf(needle, i + needle.length)) {
          const [first, last] = [place(i), place(i + needle.length - 1)]
          found.push({ name, from: from[first] as number, to: to[last] as number })
        }
      }
      look(plain, read[which], (i) => i)
      for (const one of base64) look(code, one, (i) => at[i] as number)
      look(codeOfHex, hex, (i) => at[i] as number)
    }
  }
  let masked = ''
  let done = 0
  for (const one of found.sort((a, b) => a.from - b.from || b.to - a.to)) {
    // What only begins inside of another one is hidden with it.
    if (one.from >= done) masked += `${words.slice(done, one.from)}[secret ${one.name}]`
    done = Math.max(done, one.to)
  }
  return masked + words.slice(done)
}

/** Escapes of JSON and URLs, each at any depth: two code units of one character, one, a control character, nothing but backslashes, or a byte. */
const BACKSLASH = String.raw`(?:\\|%(?:25)*5[cC])+`
const ESCAPE = new RegExp(
  `${BACKSLASH}(?:u([dD][89abAB][\\da-fA-F]{2})${BACKSLASH}u([dD][c-fC-F][\\da-fA-F]{2})|u([\\da-fA-F]{4})|([bfnrt]))?|%(?:25)*([\\da-fA-F]{2})`,
  'y',
)
/** With escapes, and without: what stands before a secret may look like the beginning of one. */
const READINGS = [ESCAPE, undefined]
const CONTROL: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/**
 * The words without the escapes of the pattern, a byte for each character of `plain`, with where it stands in them; a plus is a space, as in forms. Backslashes are left out: they
 * are the same at any depth then. `code`: of these what base64 and hex are made of, in one alphabet and without white space; anything else is a 0.
 */
function readAll(words: string, pattern: RegExp | undefined) {
  const size = Buffer.byteLength(words)
  const [plain, code] = [Buffer.alloc(size), Buffer.alloc(size)]
  const [from, to, at] = [new Uint32Array(size), new Uint32Array(size), new Uint32Array(size)]
  let [bytes, codes] = [0, 0]
  const add = (byte: number, first: number, end: number): void => {
    const alike = byte === 0x2d ? 0x2b : byte === 0x5f ? 0x2f : byte
    if (byte !== 0x20 && (byte < 9 || byte > 13)) {
      code[codes] = isCode(alike) ? alike : 0
      at[codes++] = bytes
    }
    plain[bytes] = byte === 0x2b ? 0x20 : byte
    from[bytes] = first
    to[bytes++] = end
  }
  for (let i = 0; i < words.length; ) {
    const unit = words.charCodeAt(i)
    if (pattern) pattern.lastIndex = i
    const read = unit === 0x5c || unit === 0x25 ? (pattern?.exec(words) ?? null) : null
    if (read === null && unit < 0x80) {
      add(unit, i, ++i)
      continue
    }
    const [whole, high, low, single, control, byte] = read ?? [
      String.fromCodePoint(words.codePointAt(i) ?? 0),
    ]
    const end = i + whole.length
    if (byte !== undefined) add(Number.parseInt(byte, 16), i, end)
    else {
      const units = [high, low, single].flatMap((hex) =>
        hex === undefined ? [] : [Number.parseInt(hex, 16)],
      )
      const text =
        read === null
          ? whole
          : control === undefined
            ? String.fromCharCode(...units)
            : (CONTROL[control] ?? '')
      for (const one of Buffer.from(text)) add(one, i, end)
    }
    i = end
  }
  return { plain: plain.toString('latin1', 0, bytes), from, to, code: code.toString('latin1', 0, codes), at }
}

const isCode = (byte: number): boolean =>
  (byte >= 0x61 && byte <= 0x7a) ||
  (byte >= 0x41 && byte <= 0x5a) ||
  (byte >= 0x2f && byte <= 0x39) ||
  byte === 0x2b

/** Hex, and base64 of it behind any number of other bytes; what of the first and last character is not the secret's own stays. */
function coded(bytes: Buffer): Pick<Needle, 'base64' | 'hex'> {
  const ofBase64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const isWhole = (before + bytes.length) % 3 === 0
    return text.slice([0, 2, 3][before], isWhole ? undefined : -1)
  })
  const hex = bytes.toString('hex')
  return {
    base64: ofBase64.filter((text) => text.length >= LEAST_CODED),
    hex: hex.length >= LEAST_CODED ? hex : '',
  }
}
