// Reads one word of a command line with its quotes, escapes and expansions.
import { plainWord, type Quote, type SimpleCommand, type Word, WordParts } from './word.ts'

/** Depth of substitutions; a deeper one is read as if it stood outside. */
const MAX_DEPTH = 24

const BARE = /[^ \t\r\n;&|()<>\\'"$`]+/y
export const ENDS_WORD = /[ \t\r\n;&|()<>]/
const IN_DOUBLE = /[^"\\$`]+/y
const IN_DOCUMENT = /[^\\$`]+/y
const IN_BRACES = /[^\\'"$`}]+/y
const IN_ANSI = /[^'\\]+/y
const PARAMETER = /\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/y
const BRACED = /\$\{[!#]?(?:\w{1,200}|[@*#?$!-])(?:\[[^\]\n]{0,200}\])?/y
/** Signs of an expansion with a text that the shell may use instead. */
const ALTERNATIVE = /::=|:?[-=+]/y

/** A place in the text with the words read so far; a subclass reads the commands of substitutions. */
export abstract class WordReader {
  protected readonly text: string
  /** Offset of `text` in the whole line. */
  protected readonly offset: number
  protected i = 0
  private readonly words: Word[]

  constructor(text: string, offset: number, words: Word[]) {
    this.text = text
    this.offset = offset
    this.words = words
  }

  /** Reads commands up to `end`, and skips it. */
  protected abstract list(end: ')' | '`', depth: number, inComment: boolean): readonly SimpleCommand[]

  /** Reads the text as the body of a here-document whose delimiter is not quoted. */
  document(depth: number): Word {
    const parts = new WordParts()
    while (this.i < this.text.length) this.inQuotes(parts, IN_DOCUMENT, '$`\\', undefined, depth)
    return parts.word(this.offset, this.offset + this.text.length, true)
  }

  protected word(end: string, depth: number): Word {
    const { text } = this
    const start = this.i
    const value = this.take(BARE)
    let word: Word
    if (value !== undefined && (this.i >= text.length || ENDS_WORD.test(text[this.i]!))) {
      word = plainWord(this.offset + start, value, false)
    } else {
      const parts = new WordParts()
      parts.plain(this.offset + start, value ?? '', undefined)
      if (value === undefined && ENDS_WORD.test(text[start]!)) {
        // `<(` and `>(` stand for a file name.
        this.substitution(parts, 2, ')', undefined, depth)
      }
      while (this.i < text.length && !ENDS_WORD.test(text[this.i]!)) {
        if (text[this.i] === '`' && end === '`') break
        this.bare(parts, BARE, undefined, depth)
      }
      word = parts.word(this.offset + start, this.offset + this.i, false)
    }
    this.words.push(word)
    return word
  }

  /** Reads the next part of a word outside of quotes. */
  private bare(parts: WordParts, plain: RegExp, quote: Quote | undefined, depth: number): void {
    const { text } = this
    const from = this.i
    const c = text[from]!
    if (c === "'" && quote === undefined) {
      const close = text.indexOf("'", from + 1)
      if (close < 0) {
        // An apostrophe inside a word.
        this.literal(parts, quote)
        return
      }
      const single = parts.openQuote("'", this.offset + from)
      parts.plain(this.offset + from + 1, text.slice(from + 1, close), single)
      this.i = close + 1
      parts.closeQuote(single, this.offset + this.i)
    } else if (c === '"') {
      this.double(parts, from, depth)
    } else if (c === '$' && quote === undefined && text[from + 1] === '"') {
      this.i++
      this.double(parts, from, depth)
    } else if (c === '$' && quote === undefined && text[from + 1] === "'") {
      this.ansi(parts)
    } else {
      this.inQuotes(parts, plain, undefined, quote, depth)
    }
  }

  /** Reads `"…"`; an open one ends with the text. */
  private double(parts: WordParts, from: number, depth: number): void {
    const quote = parts.openQuote('"', this.offset + from)
    this.i++
    while (this.i < this.text.length && this.text[this.i] !== '"') {
      this.inQuotes(parts, IN_DOUBLE, '$`"\\', quote, depth)
    }
    if (this.i < this.text.length) this.i++
    parts.closeQuote(quote, this.offset + this.i)
  }

  /** Reads `$'…'`; of its escapes only those of blanks matter here. */
  private ansi(parts: WordParts): void {
    const { text } = this
    const quote = parts.openQuote("$'", this.offset + this.i)
    this.i += 2
    while (this.i < text.length && text[this.i] !== "'") {
      const from = this.offset + this.i
      const plain = this.take(IN_ANSI)
      if (plain !== undefined) {
        parts.plain(from, plain, quote)
        continue
      }
      const c = text[this.i + 1]
      this.i = Math.min(this.i + 2, text.length)
      parts.escape(from, this.offset + this.i, c === 'n' ? '\n' : c === 't' ? '\t' : (c ?? '\\'), quote)
    }
    if (this.i < text.length) this.i++
    parts.closeQuote(quote, this.offset + this.i)
  }

  /** Reads a character that is special even inside double quotes. A backslash only escapes `escapable`, if given. */
  private inQuotes(
    parts: WordParts,
    plain: RegExp,
    escapable: string | undefined,
    quote: Quote | undefined,
    depth: number,
  ): void {
    const { text } = this
    const from = this.i
    const c = text[from]!
    const following = text[from + 1]
    if (c === '\\' && following !== undefined) {
      const lineEnd = following === '\n' ? 2 : following === '\r' && text[from + 2] === '\n' ? 3 : 0
      if (lineEnd > 0) {
        this.i += lineEnd
      } else if (escapable === undefined || escapable.includes(following)) {
        this.i += 2
        parts.escape(this.offset + from, this.offset + this.i, following, quote)
      } else this.literal(parts, quote)
    } else if (c === '$' && following === '(') {
      this.substitution(parts, 2, ')', quote, depth)
    } else if (c === '$' && following === '{') {
      this.braced(parts, quote, depth)
    } else if (c === '$') {
      if (this.take(PARAMETER) === undefined) this.literal(parts, quote)
      else parts.expansion(this.offset + from, this.offset + this.i, quote)
    } else if (c === '`') {
      this.substitution(parts, 1, '`', quote, depth)
    } else {
      const value = this.take(plain)
      if (value === undefined) this.literal(parts, quote)
      else parts.plain(this.offset + from, value, quote)
    }
  }

  private substitution(
    parts: WordParts,
    opening: number,
    end: ')' | '`',
    quote: Quote | undefined,
    depth: number,
  ): void {
    if (depth >= MAX_DEPTH) {
      this.literal(parts, quote)
      return
    }
    const from = this.i
    this.i += opening
    const commands = this.list(end, depth + 1, false)
    parts.expansion(this.offset + from, this.offset + this.i, quote, commands)
  }

  /** Reads `${NAME}`. The text in `${NAME:-text}` counts as typed, and the name that it stands for is noted. */
  private braced(parts: WordParts, quote: Quote | undefined, depth: number): void {
    const from = this.i
    const opening = depth >= MAX_DEPTH ? undefined : this.take(BRACED)
    if (opening === undefined) {
      this.literal(parts, quote)
      return
    }
    const alternative = this.take(ALTERNATIVE)
    const hasAlternative = alternative !== undefined
    if (hasAlternative) parts.expansion(this.offset + from, this.offset + this.i, quote)
    const inner = hasAlternative ? parts : new WordParts()
    const begin = parts.length
    while (this.i < this.text.length && this.text[this.i] !== '}')
      this.bare(inner, IN_BRACES, quote, depth + 1)
    const close = this.i
    // The text in `${NAME:+text}` replaces the value and is not the value itself.
    const isDefault = hasAlternative && !alternative.endsWith('+') && begin < parts.length
    if (isDefault) parts.default(/\w+/.exec(opening)?.[0] ?? '', begin)
    if (close < this.text.length) this.i++
    if (!hasAlternative) parts.expansion(this.offset + from, this.offset + this.i, quote)
    else if (close < this.i) parts.expansion(this.offset + close, this.offset + this.i, quote)
  }

  /** Reads one ordinary character. */
  private literal(parts: WordParts, quote: Quote | undefined): void {
    parts.plain(this.offset + this.i, this.text[this.i]!, quote)
    this.i++
  }

  protected take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.i
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.i += found.length
    return found
  }
}
