// What the parser saw in a command line, as a tree of parts with their places: for explaining, not for judging.
import {
  type Assignment,
  type Command,
  type CommandNode,
  forEachChild,
  type ParsedScript,
  type Redirection,
  type SyntaxNode,
  type Word,
  type WordPart,
} from 'unbash'
import type { Shell } from '../../base/words/risk-levels.ts'
import { unwrapLayer } from './carriers/unwrap.ts'
import { MAX_COMMAND_LENGTH, MAX_DEPTH, MAX_NESTING, MAX_WORDS } from './limits.ts'
import { nestBlocks } from './line/fish-blocks.ts'
import { splitPieces } from './line/pieces.ts'
import { parseSafely, parseScript } from './line/script.ts'
import { type Arg, NO_OUTPUT, type Span, TAINT } from './model.ts'
import { type Description, headerPart, nested, type Part, type PartKind, within } from './parts.ts'

/** Parts of one description; more than anybody reads. */
const MAX_PARTS = 3_000

/** Maps offsets of the text being read to offsets of the whole line. */
type Place = (start: number, end: number) => Span

/**
 * Describes any string; never throws; the work is bounded. Beyond 65 536 UTF-16 units it gives no parts and
 * `truncated`.
 */
export function describe(command: string, shell: Shell): Description {
  if (command.length > MAX_COMMAND_LENGTH) return { parts: [], parsed: false, truncated: true }
  // The rules read a carriage return as a blank and drop NUL. Here NUL is a blank too, so that places stay.
  const line = command.replace(/[\r\0]/g, ' ')
  const whole: Whole = { line, shell, parsed: true, truncated: false, left: MAX_PARTS, nesting: 0 }
  const parts = new Reader(whole, line, (start, end) => [start, end], 0).script()
  return { parts: within(parts, 0, line.length), parsed: whole.parsed, truncated: whole.truncated }
}

/** Words that begin a header, which splitPieces turns into the command `:` because a header runs nothing. */
const HEADER = /^(\s*)(for|foreach|select|switch|case|function)(?=\s)/

/** The line as a whole, and what became of it so far. */
interface Whole {
  readonly line: string
  readonly shell: Shell
  parsed: boolean
  truncated: boolean
  left: number
  nesting: number
}

/** Reads one text: the line, or a command line inside one of its words. */
class Reader {
  private readonly whole: Whole
  private readonly text: string
  private readonly at: Place
  private readonly depth: number

  constructor(whole: Whole, text: string, at: Place, depth: number) {
    this.whole = whole
    this.text = text
    this.at = at
    this.depth = depth
  }

  script(): Part[] {
    if (this.depth > MAX_DEPTH) {
      this.whole.truncated = true
      return []
    }
    if (this.whole.shell !== 'fish') {
      const script = parseScript(this.text)
      if ((script.errors?.length ?? 0) === 0) return this.statements(script.commands)
    }
    return this.pieces()
  }

  /**
   * Reads fish, and text that is no valid bash, statement by statement. Words around the statements become keywords.
   */
  private pieces(): Part[] {
    const { text } = this
    const found: Part[] = []
    const covered = new Uint8Array(text.length)
    for (const piece of splitPieces(text)) {
      const script = parseSafely(piece.text)
      const end = piece.start + piece.text.length
      for (let i = piece.start; i < end; i++) if (/\S/.test(piece.text[i - piece.start]!)) covered[i] = 1
      const place: Place = (a, b) => this.at(piece.start + a, piece.start + b)
      if ((script.errors?.length ?? 0) > 0) {
        this.whole.parsed = false
        const lead = piece.text.length - piece.text.trimStart().length
        found.push(this.part('unreadable', place(lead, piece.text.trimEnd().length), piece.text.trim()))
      } else {
        const statements = new Reader(this.whole, piece.text, place, this.depth).statements(script.commands)
        const header = HEADER.exec(text.slice(piece.start, end))
        const [first] = statements
        if (header === null || first?.kind !== 'command') found.push(...statements)
        else {
          const begin = piece.start + header[1]!.length
          const word = header[2]!
          covered.fill(1, begin, begin + word.length)
          const keyword = this.part('keyword', this.at(begin, begin + word.length), word)
          found.push(headerPart(keyword, first), ...statements.slice(1))
        }
      }
    }
    for (const word of text.matchAll(/[^\s;&|()]+|[;&|]+|[()]/g)) {
      const [value] = word
      const start = word.index
      if (covered[start] === 1 || value === '(' || value === ')') continue
      if (value.startsWith('#')) continue
      const kind = /^[;&|\n]/.test(value) ? 'operator' : 'keyword'
      if (this.spend()) found.push(this.part(kind, this.at(start, start + value.length), value))
    }
    const parts = nested(found.sort((a, b) => a.span[0] - b.span[0] || b.span[1] - a.span[1]))
    return this.whole.shell === 'fish' ? nestBlocks(parts) : this.qualified(parts)
  }

  /** In zsh, parentheses that touch a word belong to its pattern, `*(.om[1])` or `(a|b)*`, and run nothing. */
  private qualified(parts: readonly Part[]): Part[] {
    return parts.map((part) =>
      part.kind === 'substitution' &&
      this.whole.line[part.span[0]] === '(' &&
      /\S/.test(this.whole.line[part.span[0] - 1] ?? ' ')
        ? { ...part, kind: 'glob', parts: [] }
        : { ...part, parts: this.qualified(part.parts) },
    )
  }

  /** The parts of the nodes, and the operators and keywords between them: from and up to these places of the text, if they are given. */
  statements(nodes: readonly SyntaxNode[], from?: number, to?: number): Part[] {
    const found: Part[] = []
    let end = from
    for (const node of nodes) {
      if (end !== undefined) found.push(...this.between(end, node.pos))
      found.push(...this.node(node))
      end = Math.max(end ?? 0, node.end)
    }
    if (end !== undefined && to !== undefined) found.push(...this.between(end, to))
    return found
  }

  /** Operators and keywords that stand between two nodes. */
  private between(from: number, to: number): Part[] {
    const found: Part[] = []
    const gap = this.text
      .slice(from, Math.max(from, to))
      .replace(/(^|\s)#[^\n]*/g, (comment) => ' '.repeat(comment.length))
    for (const match of gap.matchAll(/\|\||&&|;;&|;&|;;|\|&|[;&|()]|[{}!]|[a-z]+|\[\[|\]\]/g)) {
      if (!this.spend()) break
      const [value] = match
      const kind = /^[a-z{}!]/.test(value) ? 'keyword' : 'operator'
      const start = from + match.index
      found.push(this.part(kind, this.at(start, start + value.length), value))
    }
    return found
  }

  private node(node: SyntaxNode): Part[] {
    if (!this.spend()) return []
    if (this.whole.nesting >= MAX_NESTING) {
      this.whole.truncated = true
      return []
    }
    this.whole.nesting++
    const parts = this.nodeParts(node)
    this.whole.nesting--
    return parts
  }

  private nodeParts(node: SyntaxNode): Part[] {
    const span = this.at(node.pos, node.end)
    const holding = (kind: PartKind, value: string, nodes: readonly SyntaxNode[]): Part[] => [
      this.part(kind, span, value, this.filled(node, nodes)),
    ]
    switch (node.type) {
      case 'Statement': {
        const parts = this.node(node.command)
        if (node.background !== true) return parts
        const sign = this.text.indexOf('&', node.command.end)
        return sign < 0 ? parts : [...parts, this.part('operator', this.at(sign, sign + 1), '&')]
      }
      case 'Script':
      case 'CompoundList':
        return this.statements(node.commands)
      case 'AndOr':
        return holding('list', node.operators.join(' '), node.commands)
      case 'Pipeline':
        return node.commands.length === 1 && node.prefixes.length === 0
          ? this.node(node.commands[0] as CommandNode)
          : holding(
              'pipeline',
              node.prefixes.some(({ type }) => type === 'Negation') ? '!' : '',
              node.commands,
            )
      case 'Command':
        return [this.command(node)]
      case 'Subshell':
        return holding('subshell', '', [node.body])
      case 'BraceGroup':
        return holding('group', '', [node.body])
      case 'Coproc':
        return holding('coprocess', '', [node.body])
      case 'If':
        return holding('if', '', [node.clause, node.then, ...node.elif, ...(node.else ? [node.else] : [])])
      case 'Elif':
        return this.filled(node, [node.clause, node.then])
      case 'While':
        return holding('loop', node.kind, [node.clause, node.body])
      case 'For':
      case 'Select': {
        const words = [node.name, ...(node.wordlist ?? [])]
        return holding('loop', node.type === 'For' ? 'for' : 'select', [...words, node.body])
      }
      case 'ArithmeticFor':
        return holding('loop', 'for ((', [node.body])
      case 'Case':
        return holding('case', '', [node.word, ...node.items])
      case 'CaseItem':
        return this.filled(node, [...node.pattern, node.body])
      case 'Function':
        return holding('function', node.name.value, [node.body])
      case 'TestCommand':
        return [this.part('test', span, this.text.slice(node.pos, node.end), this.wordsIn(node.expression))]
      case 'ArithmeticCommand':
        return [this.part('arithmetic', span, node.body)]
      case 'Redirected':
        return [...this.node(node.command), ...node.redirects.map((redirect) => this.redirection(redirect))]
      case 'Word':
        return [this.word(node)]
      default:
        return []
    }
  }

  /** The parts of `nodes`, and of the compound command `whole` around them. */
  private filled({ type, pos, end }: SyntaxNode, nodes: readonly SyntaxNode[]): Part[] {
    return this.statements(nodes, pos, type === 'AndOr' || type === 'Pipeline' ? undefined : end)
  }

  /** Words and operators of a `[[ … ]]` test, in order. */
  private wordsIn(node: SyntaxNode): Part[] {
    if (node.type === 'Word') return [this.word(node)]
    const found: Part[] = []
    if (this.whole.nesting >= MAX_NESTING || !this.spend()) return found
    this.whole.nesting++
    let end = node.pos
    const sign = (to: number): void => {
      const value = this.text.slice(end, to).trim()
      const start = this.text.indexOf(value, end)
      if (/^[^\s()]{1,4}$/.test(value))
        found.push(this.part('operator', this.at(start, start + value.length), value))
    }
    forEachChild(node, (child) => {
      sign(child.pos)
      found.push(...this.wordsIn(child))
      end = child.end
    })
    this.whole.nesting--
    return found
  }

  private part(kind: PartKind, span: Span, value = '', parts: readonly Part[] = []): Part {
    return { kind, span, value, parts }
  }

  private spend(): boolean {
    const isLeft = --this.whole.left >= 0
    if (!isLeft) this.whole.truncated = true
    return isLeft
  }

  private command(command: Command): Part {
    const before: Part[] = []
    for (const prefix of command.prefix) {
      before.push(prefix.type === 'Assignment' ? this.assignment(prefix) : this.redirection(prefix))
    }
    const words: Part[] = command.name === undefined ? [] : [{ ...this.word(command.name), kind: 'name' }]
    const others: Part[] = []
    for (const part of command.suffix) {
      if (words.length >= MAX_WORDS || !this.spend()) {
        this.whole.truncated = true
        break
      }
      if (part.type === 'Word') words.push(this.word(part))
      else if (part.type === 'Assignment') {
        const [start, end] = this.at(part.pos, part.end)
        // The value as the command gets it: `alias ll="ls -l"` without its quotes.
        const value = part.value.type === 'ArrayValue' ? undefined : part.value
        const text = value === undefined ? part.text : part.text.slice(0, value.pos - part.pos) + value.value
        words.push(this.part('word', [start, end], text, this.assignment(part).parts))
      } else others.push(this.redirection(part))
    }
    const inner = words.length === 0 ? [] : this.unwrapped(words)
    const parts = [...before, ...inner, ...others].sort((a, b) => a.span[0] - b.span[0])
    return this.part('command', this.at(command.pos, command.end), words[0]?.value ?? '', parts)
  }

  /**
   * The command's words; words that are a command of their own (behind sudo, find -exec, xargs, bash -c) become one
   * part.
   */
  private unwrapped(words: readonly Part[], depth = this.depth): Part[] {
    if (depth >= MAX_DEPTH) return [...words]
    const args = words.map((word): Arg => ({ text: word.value, span: word.span, taint: TAINT.none }))
    const layer = unwrapLayer(args, NO_OUTPUT)
    const found: Part[] = [...words]
    for (const { words: inner } of layer.commands) {
      const [first] = inner
      const from = found.findIndex(({ span }) => span[0] === first?.span[0])
      if (first === undefined || from < 1) continue
      // find's {} is replaced by file names, so the words up to the end of -exec belong to the inner command.
      const ends = found.findIndex(({ value }, i) => i > from && /^[;+]$/.test(value))
      const to = found.findLastIndex(({ span }) => inner.some((word) => word.span[1] === span[1]))
      const own = found.slice(from, words[0]?.value.endsWith('find') && ends > 0 ? ends : to + 1)
      const last = own.at(-1)
      if (last === undefined) continue
      if (own.some(({ kind }) => kind !== 'word')) continue
      const [name, ...rest] = own as [Part, ...Part[]]
      const parts = this.unwrapped([{ ...name, kind: 'name' }, ...rest], depth + 1)
      const span: Span = [first.span[0], last.span[1]]
      found.splice(from, own.length, this.part('command', span, name.value, parts))
    }
    for (const script of layer.scripts) {
      const from = found.findIndex(({ span, kind }) => kind === 'word' && span[0] === script.span[0])
      const to = found.findIndex(({ span }) => span[1] === script.span[1])
      if (from < 0 || to < from) continue
      const [start, end] = script.span
      const exact = this.whole.line.slice(start, end).indexOf(script.text)
      // A script joined from several words has exact places only if one blank stood between each two of them.
      const place: Place = exact < 0 ? () => script.span : (a, b) => [start + exact + a, start + exact + b]
      const parts = new Reader(this.whole, script.text, place, depth + 1).script()
      if (parts.length === 0) continue
      if (from === to)
        found[from] = { ...(found[from] as Part), parts: [this.part('script', script.span, '', parts)] }
      else if (exact >= 0) found.splice(from, to - from + 1, this.part('script', script.span, '', parts))
    }
    return found
  }

  private assignment(node: Assignment): Part {
    const words = node.value.type === 'ArrayValue' ? node.value.elements : [node.value]
    const parts = words.flatMap((word) => this.inside(word))
    return this.part('assignment', this.at(node.pos, node.end), node.text, parts)
  }

  private redirection(node: Redirection): Part {
    const span = this.at(node.pos, node.end)
    if (node.type === 'HereDoc') {
      const body = node.body.parts?.flatMap((part) => this.wordPart(part, false)) ?? []
      return this.part('heredoc', span, node.delimiter?.value ?? '', body)
    }
    const target = node.target === undefined ? [] : [this.word(node.target)]
    const descriptor =
      node.descriptor === undefined
        ? ''
        : 'value' in node.descriptor
          ? String(node.descriptor.value)
          : `{${node.descriptor.name}}`
    return this.part('redirection', span, `${descriptor}${node.operator}`, target)
  }

  private word(word: Word): Part {
    return this.part('word', this.at(word.pos, word.end), word.value, this.inside(word))
  }

  /** The parts of a word that the shell replaces: tilde, variables, substitutions, patterns. */
  private inside(word: Word): Part[] {
    const tilde = /^~[\w+-]*(?=\/|$)/.exec(word.text)?.[0]
    const first =
      tilde === undefined ? [] : [this.part('tilde', this.at(word.pos, word.pos + tilde.length), tilde)]
    return [...first, ...(word.parts ?? []).flatMap((part) => this.wordPart(part, true))]
  }

  private wordPart(part: WordPart, unquoted: boolean): Part[] {
    if (!this.spend()) return []
    const span = this.at(part.pos, part.end)
    switch (part.type) {
      case 'Literal':
      case 'SingleQuoted':
      case 'AnsiCQuoted':
        return []
      case 'DoubleQuoted':
      case 'LocaleString':
        return part.parts.flatMap((child) => this.wordPart(child, false))
      case 'Glob':
      case 'ExtendedGlob':
        return unquoted ? [this.part('glob', span, part.text)] : []
      case 'BraceExpansion':
        return unquoted ? [this.part('brace', span, part.text)] : []
      case 'SimpleExpansion':
      case 'ParameterExpansion':
        // splitPieces puts a variable in the place of a fish substitution, which it reads as a statement of its own.
        if (this.whole.line[span[0]] === '(')
          return [this.part('substitution', span, this.whole.line.slice(...span))]
        return [this.part('variable', span, part.text)]
      case 'ArithmeticExpansion':
        return [this.part('arithmetic', span, part.text)]
      case 'CommandExpansion':
        return [this.part('substitution', span, part.text, this.substituted(part.script, span))]
      case 'ProcessSubstitution': {
        const inner = this.substituted(part.script, span)
        return [this.part('process-substitution', span, part.operator, inner)]
      }
    }
  }

  private substituted(script: ParsedScript | undefined, span: Span): Part[] {
    if (script === undefined || this.depth >= MAX_DEPTH) return []
    if ((script.errors?.length ?? 0) > 0) this.whole.parsed = false
    // `at` maps offsets of the line from where the text begins. Escaped backticks are parsed from a decoded copy, whose offsets are others.
    const [text, place]: [string, Place] =
      script.source === undefined
        ? [this.whole.line.slice(this.at(0, 0)[0]), this.at]
        : [script.source, () => span]
    return new Reader(this.whole, text, place, this.depth + 1).statements(script.commands)
  }
}
