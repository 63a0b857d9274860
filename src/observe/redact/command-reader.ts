// Reads a command line into the words of its simple commands, in time linear in its length for any text.
import { plainWord, type SimpleCommand, type Word } from './word.ts'
import { ENDS_WORD, WordReader } from './word-reader.ts'

export interface Reading {
  /** The commands of the line, of each comment and of each substitution, in one list each. */
  readonly lists: SimpleCommand[][]
  /** All words, also those of redirections and inputs. */
  readonly words: Word[]
}

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

class CommandReader extends WordReader {
  private readonly reading: Reading
  private awaited: AwaitedDocument[] = []

  constructor(text: string, offset: number, reading: Reading) {
    super(text, offset, reading.words)
    this.reading = reading
  }

  read(depth = 0, inComment = false): void {
    while (this.i < this.text.length) this.list('', depth, inComment)
  }

  /** Reads commands up to `end`, and skips it. */
  protected list(end: '' | ')' | '`', depth: number, inComment: boolean): readonly SimpleCommand[] {
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
}
