// Expands a parsed word to what the command would get: quotes, tilde, variables, braces, substitutions, splitting.
import type { ParsedScript, SyntaxNode, Word, WordPart } from 'unbash'
import { MAX_LISTED } from '../carriers/listings.ts'
import { MAX_WORD_LENGTH } from '../limits.ts'
import {
  type Arg,
  type Args,
  fromOf,
  type Output,
  type Scope,
  SOMETHING,
  type Span,
  said,
  TAINT,
  taintOf,
  textsOf,
  UNKNOWN,
  type Value,
} from '../model.ts'
import { expandBraces } from './braces.ts'
import { isUnresolved } from './paths.ts'
import { parseSafely } from './script.ts'
import { asBash } from './spellings.ts'
import { bounded, isList, parameter, variable } from './variables.ts'

/** Functions that expansion needs from the code that walks scripts. */
export interface WordHost {
  /** Walks a substituted script and returns what it prints. `moved`: its offsets are not those of the line. */
  substitute(script: ParsedScript | undefined, span: Span, scope: Scope, moved?: boolean): Output
  /** Walks the scripts inside an arithmetic expression. */
  sweep(node: SyntaxNode): void
  /**
   * Reads a text that the shell expands a second time: a prompt, or a number, in which names stand for their values.
   */
  again(text: string, what: 'prompt' | 'number', span: Span, scope: Scope): void
  /** Place of a node in the command as given. */
  at(node: { readonly pos: number; readonly end: number }): Span
}

interface Piece extends Value {
  /** Whether blanks split this piece into fields: true for unquoted expansions. */
  readonly split: boolean
}

/** The fields that one word becomes: none for an empty unquoted expansion, several for braces or splitting. */
export function expandWord(word: Word, scope: Scope, host: WordHost): Arg[] {
  const { own, listed } = expanded(word, scope, host)
  return listed.length === 0 ? own : [...own, ...listed]
}

interface Expanded {
  readonly own: Arg[]
  readonly listed: Args
}

function expanded(word: Word, scope: Scope, host: WordHost): Expanded {
  const text = asBash(word.text, scope)
  const read = text === word.text ? undefined : wordOf(text)
  if (read === undefined) return expandedWord(word, scope, host)
  return expandedWord(read, scope, inPlaceOf(host.at(word), host))
}

/**
 * Expands a word. `own` has its fields; `listed` has the word once for each file name that an unknown part may stand
 * for.
 */
function expandedWord(word: Word, scope: Scope, host: WordHost): Expanded {
  const span = host.at(word)
  const parts = word.parts
  const only = parts?.length === 1 ? parts[0] : undefined
  if (only?.type === 'ProcessSubstitution') {
    const output = host.substitute(only.script, host.at(only), scope)
    const feeds = only.operator === '>' && only.script !== undefined && { feeds: only.script }
    return alone([{ text: `/dev/fd/${SOMETHING}`, span, taint: output.taint, output, ...feeds }])
  }
  if (parts === undefined) return alone([{ text: bounded(unescaped(word, scope)), span, taint: TAINT.none }])
  const held = only?.type === 'SimpleExpansion' ? scope.variables.get(only.text.slice(1)) : undefined
  if (held?.output !== undefined) return alone([{ ...held, span }])
  if (parts.some((part) => part.type === 'BraceExpansion')) return alone(expandBraceWord(word, scope, host))
  const pieces: Piece[] = []
  parts.forEach((part, i) => {
    const before = parts[i - 1]
    const rest = before === undefined ? undefined : subscript(before, part, scope)
    if (rest === undefined) expandPart(part, i === 0, scope, host, pieces)
    else if (rest !== '') pieces.push({ text: rest, split: false, taint: TAINT.none })
  })
  return { own: fields(pieces, span, parts.some(isQuoted), blanks(scope)), listed: listings(pieces, span) }
}

const alone = (own: Arg[]) => ({ own, listed: [] })

function listings(pieces: readonly Piece[], span: Span): Args {
  const at = pieces.findIndex((piece) => piece.under !== undefined)
  if (at < 0) return []
  const taint = taintOf(pieces)
  return (pieces[at]?.under ?? []).slice(0, MAX_LISTED).map((name) => ({
    text: bounded(pieces.map((piece, i) => (i === at ? name : piece.text)).join('')),
    span,
    taint,
  }))
}

/**
 * In zsh and fish `$x[1]` is a part of `$x`: returns the text behind the subscript; undefined if there is no subscript.
 */
function subscript(before: WordPart, part: WordPart, { shell }: Scope): string | undefined {
  if ((shell !== 'zsh' && shell !== 'fish') || before.type !== 'SimpleExpansion') return undefined
  if (part.type !== 'Literal' && part.type !== 'Glob') return undefined
  return /^\[[^\]]*\]([\s\S]*)$/.exec(part.text)?.[1]
}

/**
 * Characters that split unquoted expansions: blanks, and those of IFS. Blanks always count, so that an odd IFS hides
 * nothing.
 */
function blanks(scope: Scope): RegExp {
  const ifs = scope.variables.get('IFS')?.text ?? ''
  return ifs.trim() === '' ? BLANKS : new RegExp(`[ \\t\\n${ifs.replace(/[\\\]^-]/g, '\\$&')}]`)
}
const BLANKS = /[ \t\n]/

/** The word as one field, because assignments and redirection targets are not split. */
export function expandOne(word: Word, scope: Scope, host: WordHost): Arg {
  const { own: all, listed } = expanded(word, scope, host)
  const under = listed.length === 0 ? undefined : textsOf(listed)
  if (all.length === 1) return { ...all[0]!, under }
  return {
    text: bounded(said({ args: all })),
    span: host.at(word),
    taint: taintOf(all),
    from: fromOf(all),
    under,
  }
}

/** Expands the body of a here-document, which is never split. */
export function expandText(parts: readonly WordPart[], span: Span, scope: Scope, host: WordHost): Arg {
  const pieces: Piece[] = []
  for (const part of parts) expandPart(part, false, scope, host, pieces)
  const text = pieces.map((piece) => piece.text).join('')
  return { text, span, taint: taintOf(pieces), from: fromOf(pieces) }
}

function isQuoted(part: WordPart): boolean {
  return part.type === 'DoubleQuoted' || part.type === 'SingleQuoted' || part.type === 'AnsiCQuoted'
}

function unescaped(word: Word, scope: Scope): string {
  const text = scope.shell === 'zsh' && /^=[\w]/.test(word.text) ? word.value.slice(1) : word.value
  return word.text.startsWith('~') ? tilde(text, scope) : text
}

function tilde(text: string, scope: Scope): string {
  const slash = text.indexOf('/')
  const user = text.slice(1, slash < 0 ? undefined : slash)
  const rest = slash < 0 ? '' : text.slice(slash)
  if (user === '') return scope.home + rest
  if (user === '+') return scope.cwd + rest
  if (user === '-' || /\d/.test(user[0]!)) return UNKNOWN + rest
  return (user === 'root' ? '/root' : `/home/${user}`) + rest
}

function wordOf(text: string): Word | undefined {
  const statement = parseSafely(`: ${text}`).commands[0]?.command
  const [word, more] = statement?.type === 'Command' ? statement.args : []
  return word?.type === 'Word' && more === undefined ? word : undefined
}

/** A host for text in another spelling: its offsets are not those of the line, so every place is `span`. */
export function inPlaceOf(span: Span, host: WordHost): WordHost {
  return {
    substitute: (script, _at, inner) => host.substitute(script, span, inner, true),
    sweep: host.sweep,
    again: host.again,
    at: () => span,
  }
}

function expandBraceWord(word: Word, scope: Scope, host: WordHost): Arg[] {
  const raw = expandBraces(word.text)
  const span = host.at(word)
  if (raw === undefined) return [{ text: UNKNOWN, span, taint: TAINT.opaque }]
  const still = inPlaceOf(span, host)
  return raw.flatMap((text) => {
    const statement = parseSafely(`: ${text}`).commands[0]?.command
    if (statement?.type !== 'Command') return [{ text, span, taint: TAINT.none }]
    return statement.suffix.flatMap((part) => {
      if (part.type !== 'Word') return []
      const pieces: Piece[] = []
      const parts = part.parts
      if (parts === undefined) return [{ text: unescaped(part, scope), span, taint: TAINT.none }]
      // Braces that are left here are literal (`{}`), so this cannot recurse.
      parts.forEach((inner, i) => {
        expandPart(inner, i === 0, scope, still, pieces)
      })
      return fields(pieces, span, parts.some(isQuoted), blanks(scope))
    })
  })
}

function expandPart(part: WordPart, first: boolean, scope: Scope, host: WordHost, out: Piece[]): void {
  const plain = (text: string) => out.push({ text, split: false, taint: TAINT.none })
  switch (part.type) {
    case 'Literal':
      plain(first && part.text.startsWith('~') ? tilde(part.value, scope) : part.value)
      return
    case 'SingleQuoted':
    case 'AnsiCQuoted':
      plain(part.value)
      return
    case 'Glob':
    case 'ExtendedGlob':
      // A substitution inside a pattern runs too: [$(command)].
      for (const child of part.parts ?? []) expandPart(child, false, scope, host, [])
      plain(part.type === 'Glob' ? part.value : part.text)
      return
    case 'BraceExpansion':
      plain(part.text)
      return
    case 'DoubleQuoted':
    case 'LocaleString':
      for (const child of part.parts) {
        const inner: Piece[] = []
        expandPart(child, false, scope, host, inner)
        // zsh splits ${=x} between quotes too.
        const several =
          isList(child) || (scope.shell === 'zsh' && /^\$\{(?:[~^]*=|\([^)]*[zsf@])/.test(child.text))
        for (const piece of inner) out.push({ ...piece, split: several && piece.split })
      }
      return
    case 'SimpleExpansion':
      out.push({ ...variable(part.text.slice(1), scope), split: true })
      return
    case 'ParameterExpansion':
      out.push({
        ...parameter(part, scope, {
          expand: (word) => expandOne(word, scope, host),
          again: (text, what) => host.again(text, what, host.at(part), scope),
        }),
        split: true,
      })
      return
    case 'CommandExpansion': {
      const output = host.substitute(part.script, host.at(part), scope)
      // $(…) drops trailing newlines.
      const text = output.text?.replace(/\n+$/, '')
      const { taint, from, under } = output
      out.push({ text: text ?? UNKNOWN, split: true, taint, from, under })
      return
    }
    case 'ArithmeticExpansion':
      host.sweep(part)
      plain(SOMETHING)
      return
    case 'ProcessSubstitution': {
      const output = host.substitute(part.script, host.at(part), scope)
      out.push({ text: `/dev/fd/${SOMETHING}`, split: false, taint: output.taint })
      return
    }
  }
}

function fields(pieces: readonly Piece[], span: Span, quoted: boolean, split: RegExp): Arg[] {
  const out: Arg[] = []
  let text = ''
  let taint: number = TAINT.none
  // A loop's pattern stands for its files only if nothing else in the word is unknown, since that might lead anywhere.
  const known = pieces.every((piece) => piece.each === true || !isUnresolved(piece.text))
  let each = false
  let open = quoted
  const from = fromOf(pieces)
  const close = () => {
    if (open || text !== '')
      out.push({ text: bounded(text), span, taint, from, ...(each && known && { each }) })
    text = ''
    taint = TAINT.none
    each = false
    open = false
  }
  for (const piece of pieces) {
    if (!piece.split || !split.test(piece.text)) {
      text = text.length > MAX_WORD_LENGTH ? text : text + piece.text
      taint |= piece.taint
      each ||= piece.each === true
      continue
    }
    piece.text.split(split).forEach((field, i) => {
      if (i > 0) close()
      text += field
      taint |= piece.taint
    })
  }
  close()
  return out
}
