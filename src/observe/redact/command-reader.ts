// Reads a command line into the words of its simple commands, with their quotes, escapes and expansions, in time linear in its length for any text.
import { plainWord, type Quote, type SimpleCommand, type Word, WordParts } from './word.ts'

export interface Reading {
  /** The commands of the line, of each comment and of each substitution, in one list each. */
  readonly lists: SimpleCommand[][]
  /** All words, also those of redirections and inputs. */
  readonly words: Word[]
}

/** Depth of substitutions; a deeper one is read as if it stood outside. */
const MAX_DEPTH = 24

const BARE = /[^ \t\r\n;&|()<>\\'"$`]+/y
const ENDS_WORD = /[ \t\r\n;&|()<>]/
const IN_DOUBLE = /[^"\\$`]+/y
const IN_DOCUMENT = /[^\\$`]+/y
const IN_BRACES = /[^\\'"$`}]+/y
const IN_ANSI = /[^'\\]+/y
const PARAMETER = /\$(?:[A-Za-z_][A-Za-z0-9_]*|[0-9@*#?$!-])/y
const BRACED = /\$\{[!#]?(?:\w{1,200}|[@*#?$!-])(?:\[[^\]\n]{0,200}\])?/y
/** Signs of an expansion with a text that the shell may use instead. */
const ALTERNATIVE = /::=|:?[-=+]/y
const BLANKS = /(?:[ \t\r]|\\\r?\n)+/y
const COMMENT = /#(?:[^\n\\]|\\[\s\S])*/y
const REDIRECTION = /<<<|<<-?|<>|<&|>>|>&|>\||<|>/y
const RESERVED: ReadonlySet<string> = new Set([
  'if',
  'then',
  'else',
  'elif',
  'while',
  'until',
  'do',
  '!',
  'time',
])

/**
 * Reads bash's grammar loosely: it accepts everything, ends open constructs with the text, and reads comments as commands,
 * because people keep commands in comments. Never throws.
 */
export function readCommands(text: string): Reading {
  const reading: Reading = { lists: [], words: [] }
  new CommandReader(text, 0, reading).read()
  return reading
}

/**
 * Where a command stands: the start of its pipeline, the commands that feed it, and the array whose elements its words
 * are.
 */
interface Place {
  readonly pipeline: number
  readonly fedBy: SimpleCommand['fedBy']
  readonly array: string | undefined
}

interface AwaitedDocument {
  readonly inputs: Word[]
  readonly delimiter: string
  /** Whether the delimiter is quoted, so that nothing in the body is expanded. */
  readonly literal: boolean
  /** Whether leading tabs are dropped (`<<-`). */
  readonly tabs: boolean
}

class CommandReader {
  private readonly text: string
  /** Offset of `text` in the whole line. */
  private readonly offset: number
  private readonly reading: Reading
  private i = 0
  private awaited: AwaitedDocument[] = []

  constructor(text: string, offset: number, reading: Reading) {
    this.text = text
    this.offset = offset
    this.reading = reading
  }

  read(depth = 0, inComment = false): void {
    while (this.i < this.text.length) this.list('', depth, inComment)
  }

  /** Reads commands up to `end`, and skips it. */
  private list(end: '' | ')' | '`', depth: number, inComment: boolean): readonly SimpleCommand[] {
    const { text } = this
    const commands: SimpleCommand[] = []
    this.reading.lists.push(commands)
    const groups: Place[] = []
    let place: Place = { pipeline: 0, fedBy: undefined, array: undefined }
    let words: Word[] = []
    let inputs: Word[] = []

    const finish = (isPattern = false): void => {
      if (words.length > 0 || inputs.length > 0) {
        commands.push({ words, inputs, fedBy: place.fedBy, array: place.array, isPattern })
      }
      words = []
      inputs = []
    }
    const nextPipeline = (): void => {
      finish()
      place = { ...place, pipeline: commands.length, fedBy: groups.at(-1)?.fedBy }
    }
    const nextStage = (): void => {
      finish()
      place = { ...place, fedBy: { from: place.pipeline, to: commands.length } }
    }
    const openGroup = (array: string | undefined): void => {
      finish()
      groups.push(place)
      place = { pipeline: commands.length, fedBy: place.fedBy, array }
    }
    const closeGroup = (): void => {
      finish(groups.length === 0)
      place = groups.pop() ?? place
    }

    while (this.i < text.length) {
      this.take(BLANKS)
      const c = text[this.i]
      if (c === undefined) break
      if (c === end && (end === '`' || groups.length === 0)) {
        this.i++
        break
      }
      const following = text[this.i + 1]
      if (c === '\n') {
        this.i++
        nextPipeline()
        this.bodies(depth)
      } else if (c === ';' || (c === '&' && following !== '>')) {
        this.i++
        nextPipeline()
      } else if (c === '|') {
        this.i += following === '|' || following === '&' ? 2 : 1
        if (following === '|') nextPipeline()
        else nextStage()
      } else if (c === '(') {
        const name = words.at(-1)
        const isArray = name?.to === this.offset + this.i && name.value.endsWith('=')
        openGroup(isArray ? name.value : undefined)
        this.i++
      } else if (c === ')') {
        this.i++
        closeGroup()
      } else if ((c === '<' || c === '>') && following === '(') {
        words.push(this.word(end, depth))
      } else if (c === '&' || c === '<' || c === '>') {
        if (c === '&') this.i++
        this.redirection(words, inputs, end, depth)
      } else if (c === '#' && !inComment) {
        nextPipeline()
        this.comment(depth)
      } else {
        const word = this.word(end, depth)
        const first = words.length === 0 && word.pieces === undefined ? word.value : ''
        if (first === '{') openGroup(undefined)
        else if (first === '}') closeGroup()
        else if (!RESERVED.has(first)) words.push(word)
      }
    }
    finish()
    return commands
  }

  private redirection(words: Word[], inputs: Word[], end: string, depth: number): void {
    const descriptor = words.at(-1)
    if (descriptor?.to === this.offset + this.i && /^\d$/.test(descriptor.value)) words.pop()
    const operator = this.take(REDIRECTION)
    this.take(BLANKS)
    const c = this.text[this.i]
    const isSubstitution = operator === '<' && c === '<' && this.text[this.i + 1] === '('
    if (c === undefined || c === end || (ENDS_WORD.test(c) && !isSubstitution)) return
    const word = this.word(end, depth)
    if (operator === '<<<' || isSubstitution) inputs.push(word)
    if (operator === '<<' || operator === '<<-') {
      const literal = word.pieces !== undefined
      this.awaited.push({ inputs, delimiter: word.value, literal, tabs: operator === '<<-' })
    }
  }

  /** Reads a comment with all its lines as a command that somebody disabled but kept. */
  private comment(depth: number): void {
    const from = this.i + 1
    this.take(COMMENT)
    new CommandReader(this.text.slice(from, this.i), this.offset + from, this.reading).read(depth, true)
  }

  /** Reads the here-documents that begin behind this line. */
  private bodies(depth: number): void {
    const { awaited } = this
    this.awaited = []
    for (const { inputs, delimiter, literal, tabs } of awaited) {
      const from = this.i
      let to = from
      for (let found = false; !found && this.i < this.text.length; ) {
        to = this.i
        const end = this.text.indexOf('\n', to)
        const line = this.text.slice(to, end < 0 ? undefined : end).replace(/\r$/, '')
        this.i = end < 0 ? this.text.length : end + 1
        found = (tabs ? line.replace(/^\t+/, '') : line) === delimiter
        if (!found) to = this.i
      }
      // The body ends before the last line end.
      if (to > from + 1)
        inputs.push(this.body(from, this.text[to - 1] === '\n' ? to - 1 : to, literal, depth))
    }
  }

  private body(from: number, to: number, literal: boolean, depth: number): Word {
    const value = this.text.slice(from, to)
    const at = this.offset + from
    const word = literal
      ? plainWord(at, value, true)
      : new CommandReader(value, at, this.reading).document(depth)
    this.reading.words.push(word)
    return word
  }

  /** Reads the text as the body of a here-document whose delimiter is not quoted. */
  document(depth: number): Word {
    const parts = new WordParts()
    while (this.i < this.text.length) this.inQuotes(parts, IN_DOCUMENT, '$`\\', undefined, depth)
    return parts.word(this.offset, this.offset + this.text.length, true)
  }

  private word(end: string, depth: number): Word {
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
    this.reading.words.push(word)
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

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.i
    const found = pattern.exec(this.text)?.[0]
    if (found !== undefined) this.i += found.length
    return found
  }
}
