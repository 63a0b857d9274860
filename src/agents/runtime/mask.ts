// Hides the secrets that an agent was given wherever it repeats them: plain, escaped for JSON or URLs, in base64 and in hex.

export interface Mask {
  text(words: string): string
  /** Every text, number and name of a member in a value of JSON. */
  value<T>(value: T): T
}

/** Characters of a secret, or of a line of one, that is looked for: what is shorter stands in many words by chance. */
const LEAST_CHARS = 4
const LEAST_LINE = 12
/** A longer secret is looked for in pieces of so many characters: what is made of one is some fifty times as long. */
const MOST_CHARS = /[\s\S]{1,600}/gu
const PIECE_BYTES = 600
/** Characters of base64 or hex. */
const LEAST_CODED = 6

export function maskOf(secrets: readonly { readonly name: string; readonly bytes: Uint8Array }[]): Mask {
  const hidden = secrets.flatMap(({ name, bytes }) => {
    const raw = Buffer.from(bytes)
    const whole = raw.toString('utf8').trim()
    const isText = !whole.includes('\ufffd')
    const parts = [whole, ...whole.split(/\r?\n/).filter((line) => line.length >= LEAST_LINE)]
      .flatMap((part) => part.match(MOST_CHARS) ?? [])
      .filter((part) => part.length >= LEAST_CHARS)
    const forms: (readonly string[])[] = [...new Set(parts)].map((part) => [
      spelled(part),
      ...coded(Buffer.from(part)),
    ])
    for (let at = 0; !isText && at < raw.length; at += PIECE_BYTES)
      forms.push(coded(raw.subarray(at, at + PIECE_BYTES)))
    return forms
      .filter(({ length }) => length > 0)
      .map((some) => ({ name, forms: new RegExp(some.join('|'), 'g') }))
  })
  const text = (words: string): string =>
    hidden.reduce((left, { name, forms }) => left.replace(forms, () => `[secret ${name}]`), words)
  const masked = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value)
    if (typeof value === 'number') return text(String(value)) === String(value) ? value : text(String(value))
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map(masked)
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [text(name), masked(one)]))
  }
  return { text, value: (value) => (hidden.length === 0 ? value : (masked(value) as typeof value)) }
}

const SHORT: Readonly<Record<string, string>> = {
  '\n': 'n',
  '\r': 'r',
  '\t': 't',
  '"': '"',
  '\\': '\\',
  '/': '/',
}
const escaped = (words: string): string => words.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
/** Hex digits of either case. */
const anyCase = (hex: string): string => hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)

/** Sources of regular expressions, which no text makes invalid: the error would tell the secret. Each character as it is, or as JSON or a URL writes it. */
function spelled(words: string): string {
  return Array.from(words, (char) => {
    const units = Array.from({ length: char.length }, (_, i) =>
      char.charCodeAt(i).toString(16).padStart(4, '0'),
    )
    const bytes = [...Buffer.from(char)].map((byte) => `%${anyCase(byte.toString(16).padStart(2, '0'))}`)
    const short = SHORT[char]
    return `(?:${[
      units.map((unit) => `\\\\u${anyCase(unit)}`).join(''),
      bytes.join(''),
      ...(short === undefined ? [] : [`\\\\${escaped(short)}`]),
      ...(char === ' ' ? ['\\+'] : []),
      escaped(char),
    ].join('|')})`
  }).join('')
}

/** Hex, and base64 of it behind any number of other bytes; what of the first and last character is not the secret's own stays. */
function coded(bytes: Buffer): readonly string[] {
  const ofBase64 = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    const isWhole = (before + bytes.length) % 3 === 0
    return text.slice([0, 2, 3][before], isWhole ? undefined : -1)
  })
  return [
    ...ofBase64
      .filter((text) => text.length >= LEAST_CODED)
      .map((text) =>
        Array.from(text, (char) => (char === '+' ? '[+\\-]' : char === '/' ? '[\\/_]' : char)).join('\\s*'),
      ),
    ...(bytes.length * 2 >= LEAST_CODED ? [anyCase(bytes.toString('hex'))] : []),
  ]
}
