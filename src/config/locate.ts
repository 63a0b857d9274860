// Finds the line of each key in a TOML document, because the parser does not tell it.
// Works only for documents that the parser has accepted: it follows the grammar (TOML 1.1) and checks nothing.

export type Path = readonly (string | number)[]

/** Where a key with its value, or the header of a table, stands in the text: [from, to). */
export interface Span {
  readonly path: Path
  readonly from: number
  readonly to: number
  /** A member of a table in braces. */
  readonly inline: boolean
}

const keyOf = (path: Path): string => JSON.stringify(path.map(String))

const ESCAPES: Readonly<Record<string, string>> = { b: '\b', e: '\x1b', f: '\f', n: '\n', r: '\r', t: '\t' }

class Scanner {
  readonly lines = new Map<string, number>()
  readonly spans: Span[] = []
  readonly #text: string
  #at = 0
  #line = 1
  /** Number of tables so far in each array of tables (`[[a]]`). */
  readonly #tables = new Map<string, number>()

  constructor(text: string) {
    this.#text = text
  }

  #step(count = 1): void {
    for (let i = 0; i < count; i++) if (this.#text[this.#at++] === '\n') this.#line++
  }

  #startsWith(what: string): boolean {
    return this.#text.startsWith(what, this.#at)
  }

  /** Steps over blanks, line ends and comments. */
  #void(): void {
    while (this.#at < this.#text.length) {
      const c = this.#text[this.#at]!
      if (c === '#') while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#step()
      else if (c === ' ' || c === '\t' || c === '\n' || c === '\r' || c === '\ufeff') this.#step()
      else return
    }
  }

  #blanks(): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '\t') this.#step()
  }

  /** Reads a quoted key or one-line string, and returns its value. */
  #quotedKey(): string {
    const quote = this.#text[this.#at]!
    this.#step()
    let value = ''
    while (this.#at < this.#text.length && this.#text[this.#at] !== quote) {
      if (quote === '"' && this.#text[this.#at] === '\\') value += this.#escape()
      else {
        value += this.#text[this.#at]
        this.#step()
      }
    }
    this.#step()
    return value
  }

  #escape(): string {
    const kind = this.#text[this.#at + 1]!
    const digits = { x: 2, u: 4, U: 8 }[kind]
    if (digits === undefined) {
      this.#step(2)
      return ESCAPES[kind] ?? kind
    }
    const hex = this.#text.slice(this.#at + 2, this.#at + 2 + digits)
    this.#step(2 + digits)
    return String.fromCodePoint(Number.parseInt(hex, 16))
  }

  /** Reads a dotted key up to `=` or `]`, and returns its parts. */
  #key(): string[] {
    const parts: string[] = []
    for (;;) {
      this.#blanks()
      const c = this.#text[this.#at]
      if (c === '"' || c === "'") parts.push(this.#quotedKey())
      else {
        const start = this.#at
        while (/[A-Za-z0-9_-]/.test(this.#text[this.#at] ?? '')) this.#step()
        parts.push(this.#text.slice(start, this.#at))
      }
      this.#blanks()
      if (this.#text[this.#at] !== '.') return parts
      this.#step()
    }
  }

  #string(): void {
    const quote = this.#text[this.#at]!
    const long = quote.repeat(3)
    if (!this.#startsWith(long)) {
      this.#quotedKey()
      return
    }
    this.#step(3)
    while (this.#at < this.#text.length && !this.#startsWith(long)) {
      this.#step(quote === '"' && this.#text[this.#at] === '\\' ? 2 : 1)
    }
    this.#step(3)
    // Up to two quotes may stand right before the closing three.
    while (this.#text[this.#at] === quote) this.#step()
  }

  #value(path: Path): void {
    const c = this.#text[this.#at]
    if (c === '"' || c === "'") this.#string()
    else if (c === '[') this.#array(path)
    else if (c === '{') this.#inlineTable(path)
    else while (this.#at < this.#text.length && !/[,\]}#\r\n]/.test(this.#text[this.#at]!)) this.#step()
  }

  #array(path: Path): void {
    this.#step()
    for (let i = 0; this.#at < this.#text.length; i++) {
      this.#void()
      if (this.#text[this.#at] === ']') break
      const before = this.#at
      this.#note([...path, i])
      this.#value([...path, i])
      this.#void()
      // Where nothing was read the text is not TOML; the step makes the loop end all the same.
      if (this.#text[this.#at] === ',' || this.#at === before) this.#step()
    }
    this.#step()
  }

  #inlineTable(path: Path): void {
    this.#step()
    while (this.#at < this.#text.length) {
      this.#void()
      if (this.#text[this.#at] === '}') break
      this.#assignment(path, true)
      this.#void()
      if (this.#text[this.#at] === ',') this.#step()
    }
    this.#step()
  }

  #assignment(table: Path, inline = false): void {
    const line = this.#line
    const from = this.#at
    const path = [...table, ...this.#key()]
    for (let n = table.length + 1; n <= path.length; n++) this.#note(path.slice(0, n), line)
    this.#step()
    this.#blanks()
    this.#value(path)
    this.spans.push({ path, from, to: this.#at, inline })
  }

  #note(path: Path, line = this.#line): void {
    const key = keyOf(path)
    if (!this.lines.has(key)) this.lines.set(key, line)
  }

  /** Reads `[a.b]` or `[[a.b]]`. The name of an array of tables stands for its newest table. */
  #header(): Path {
    const isArray = this.#startsWith('[[')
    const line = this.#line
    const from = this.#at
    this.#step(isArray ? 2 : 1)
    const names = this.#key()
    this.#step(isArray ? 2 : 1)
    let path: Path = []
    names.forEach((name, i) => {
      path = [...path, name]
      this.#note(path, line)
      const count = this.#tables.get(keyOf(path))
      if (isArray && i === names.length - 1) {
        this.#tables.set(keyOf(path), (count ?? 0) + 1)
        path = [...path, count ?? 0]
        this.#note(path, line)
      } else if (count !== undefined) path = [...path, count - 1]
    })
    this.spans.push({ path, from, to: this.#at, inline: false })
    return path
  }

  run(): void {
    let table: Path = []
    for (this.#void(); this.#at < this.#text.length; this.#void()) {
      const before = this.#at
      if (this.#text[this.#at] === '[') table = this.#header()
      else this.#assignment(table)
      if (this.#at === before) this.#step()
    }
  }
}

/** Every key and header of a valid TOML document, in order. */
export function spansOf(text: string): readonly Span[] {
  const scanner = new Scanner(text)
  scanner.run()
  return scanner.spans
}

/**
 * Returns a function that tells the line, counted from 1, of a key or array element in a valid TOML document. For a
 * path without a line of its own it is the line of the nearest table around it, else 1.
 */
export function locateKeys(text: string): (path: Path) => number {
  const scanner = new Scanner(text)
  scanner.run()
  return (path) => {
    for (let n = path.length; n > 0; n--) {
      const line = scanner.lines.get(keyOf(path.slice(0, n)))
      if (line !== undefined) return line
    }
    return 1
  }
}
