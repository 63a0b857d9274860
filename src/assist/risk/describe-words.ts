// Describes the words of a simple command: assignments, redirections, expansions, and commands inside its words.
import type { Assignment, Command, ParsedScript, Redirection, SyntaxNode, Word, WordPart } from 'unbash'
import { unwrapLayer } from './carriers/unwrap.ts'
import { MAX_DEPTH, MAX_WORDS } from './limits.ts'
import { type Arg, NO_OUTPUT, type Span, TAINT } from './model.ts'
import type { Part, PartKind } from './parts.ts'

/** Parts of one description; more than anybody reads. */
const MAX_PARTS = 3_000

/** Maps offsets of the text being read to offsets of the whole line. */
export type Place = (start: number, end: number) => Span

/** The subclass describes statements, and the scripts that words hold. */
export abstract class WordDescriber {
  protected readonly line: string
  protected parsed = true
  protected truncated = false
  private left = MAX_PARTS

  constructor(line: string) {
    this.line = line
  }

  protected abstract script(text: string, at: Place, depth: number): Part[]
  protected abstract statements(nodes: readonly SyntaxNode[], text: string, at: Place, depth: number): Part[]

  protected part(kind: PartKind, span: Span, value = '', parts: readonly Part[] = []): Part {
    return { kind, span, value, parts }
  }

  protected spend(): boolean {
    this.left -= 1
    if (this.left < 0) this.truncated = true
    return this.left >= 0
  }

  protected command(command: Command, at: Place, depth: number): Part {
    const before: Part[] = []
    for (const prefix of command.prefix) {
      before.push(
        prefix.type === 'Assignment'
          ? this.assignment(prefix, at, depth)
          : this.redirection(prefix, at, depth),
      )
    }
    const words: Part[] =
      command.name === undefined ? [] : [{ ...this.word(command.name, at, depth), kind: 'name' }]
    const others: Part[] = []
    for (const part of command.suffix) {
      if (words.length >= MAX_WORDS || !this.spend()) {
        this.truncated = true
        break
      }
      if (part.type === 'Word') words.push(this.word(part, at, depth))
      else if (part.type === 'Assignment') {
        const [start, end] = at(part.pos, part.end)
        // The value as the command gets it: `alias ll="ls -l"` without its quotes.
        const value = part.value.type === 'ArrayValue' ? undefined : part.value
        const text = value === undefined ? part.text : part.text.slice(0, value.pos - part.pos) + value.value
        words.push(this.part('word', [start, end], text, this.assignment(part, at, depth).parts))
      } else others.push(this.redirection(part, at, depth))
    }
    const inner = words.length === 0 ? [] : this.unwrapped(words, depth)
    const parts = [...before, ...inner, ...others].sort((a, b) => a.span[0] - b.span[0])
    return this.part('command', at(command.pos, command.end), words[0]?.value ?? '', parts)
  }

  /**
   * The command's words; words that are a command of their own (behind sudo, find -exec, xargs, bash -c) become one
   * part.
   */
  private unwrapped(words: readonly Part[], depth: number): Part[] {
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
      const word = found[from] as Part
      const [start, end] = script.span
      const exact = this.line.slice(start, end).indexOf(script.text)
      // A script joined from several words has exact places only if one blank stood between each two of them.
      const place: Place = exact < 0 ? () => script.span : (a, b) => [start + exact + a, start + exact + b]
      const parts = this.script(script.text, place, depth + 1)
      if (parts.length === 0) continue
      if (from === to) found[from] = { ...word, parts: [this.part('script', [start, end], '', parts)] }
      else if (exact >= 0) found.splice(from, to - from + 1, this.part('script', [start, end], '', parts))
    }
    return found
  }

  private assignment(node: Assignment, at: Place, depth: number): Part {
    const words = node.value.type === 'ArrayValue' ? node.value.elements : [node.value]
    const parts = words.flatMap((word) => this.inside(word, at, depth))
    return this.part('assignment', at(node.pos, node.end), node.text, parts)
  }

  protected redirection(node: Redirection, at: Place, depth: number): Part {
    const span = at(node.pos, node.end)
    if (node.type === 'HereDoc') {
      const body = node.body.parts?.flatMap((part) => this.wordPart(part, false, at, depth)) ?? []
      return this.part('heredoc', span, node.delimiter?.value ?? '', body)
    }
    const target = node.target === undefined ? [] : [this.word(node.target, at, depth)]
    const descriptor =
      node.descriptor === undefined
        ? ''
        : 'value' in node.descriptor
          ? String(node.descriptor.value)
          : `{${node.descriptor.name}}`
    return this.part('redirection', span, `${descriptor}${node.operator}`, target)
  }

  protected word(word: Word, at: Place, depth: number): Part {
    return this.part('word', at(word.pos, word.end), word.value, this.inside(word, at, depth))
  }

  /** The parts of a word that the shell replaces: tilde, variables, substitutions, patterns. */
  private inside(word: Word, at: Place, depth: number): Part[] {
    const tilde = /^~[\w+-]*(?=\/|$)/.exec(word.text)?.[0]
    const first =
      tilde === undefined ? [] : [this.part('tilde', at(word.pos, word.pos + tilde.length), tilde)]
    return [...first, ...(word.parts ?? []).flatMap((part) => this.wordPart(part, true, at, depth))]
  }

  private wordPart(part: WordPart, unquoted: boolean, at: Place, depth: number): Part[] {
    if (!this.spend()) return []
    const span = at(part.pos, part.end)
    switch (part.type) {
      case 'Literal':
      case 'SingleQuoted':
      case 'AnsiCQuoted':
        return []
      case 'DoubleQuoted':
      case 'LocaleString':
        return part.parts.flatMap((child) => this.wordPart(child, false, at, depth))
      case 'Glob':
      case 'ExtendedGlob':
        return unquoted ? [this.part('glob', span, part.text)] : []
      case 'BraceExpansion':
        return unquoted ? [this.part('brace', span, part.text)] : []
      case 'SimpleExpansion':
      case 'ParameterExpansion':
        // splitPieces puts a variable in the place of a fish substitution, which it reads as a statement of its own.
        if (this.line[span[0]] === '(') return [this.part('substitution', span, this.line.slice(...span))]
        return [this.part('variable', span, part.text)]
      case 'ArithmeticExpansion':
        return [this.part('arithmetic', span, part.text)]
      case 'CommandExpansion':
        return [this.part('substitution', span, part.text, this.substituted(part.script, span, at, depth))]
      case 'ProcessSubstitution': {
        const inner = this.substituted(part.script, span, at, depth)
        return [this.part('process-substitution', span, part.operator, inner)]
      }
    }
  }

  private substituted(script: ParsedScript | undefined, span: Span, at: Place, depth: number): Part[] {
    if (script === undefined || depth >= MAX_DEPTH) return []
    if ((script.errors?.length ?? 0) > 0) this.parsed = false
    // Escaped backticks are parsed from a decoded copy, whose offsets are not those of the line.
    const [text, place]: [string, Place] =
      script.source === undefined ? [this.source(at), at] : [script.source, () => span]
    return this.statements(script.commands, text, place, depth + 1)
  }

  /** The text whose offsets `at` maps: the line from the place where the text being read begins. */
  private source(at: Place): string {
    return this.line.slice(at(0, 0)[0])
  }
}
