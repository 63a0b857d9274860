// Expands a parsed word to what the command would get: quotes, tilde, variables, braces, substitutions, splitting.
import type { ParameterExpansionPart, ParsedScript, SyntaxNode, Word, WordPart } from 'unbash'
import { parse } from 'unbash'
import { expandBraces } from './braces.ts'
import { MAX_WORD_LENGTH } from './limits.ts'
import { type Arg, type Output, type Scope, SOMETHING, type Span, TAINT, UNKNOWN } from './model.ts'

/** What the expansion needs from the layer that walks scripts. */
export interface WordHost {
  /** Looks at a substituted script and says what it prints; `moved` when its offsets are not those of the text. */
  substitute(script: ParsedScript | undefined, span: Span, scope: Scope, moved?: boolean): Output
  /** Looks at the scripts inside an arithmetic expression. */
  sweep(node: SyntaxNode): void
  /** Where a node of the text being read stands in the command as given. */
  at(node: { readonly pos: number; readonly end: number }): Span
}

interface Piece {
  readonly text: string
  /** Unquoted expansions are split at blanks. */
  readonly split: boolean
  readonly taint: number
}

/** The fields one word becomes: none for an empty unquoted expansion, several for braces or splitting. */
export function expandWord(word: Word, scope: Scope, host: WordHost): Arg[] {
  const span = host.at(word)
  const parts = word.parts
  const only = parts?.length === 1 ? parts[0] : undefined
  if (only?.type === 'ProcessSubstitution') {
    const output = host.substitute(only.script, host.at(only), scope)
    return [{ text: `/dev/fd/${SOMETHING}`, span, taint: output.taint, output }]
  }
  if (parts === undefined) return [{ text: bounded(unescaped(word, scope)), span, taint: TAINT.none }]
  if (parts.some((part) => part.type === 'BraceExpansion')) return expandBraceWord(word, scope, host)
  const pieces: Piece[] = []
  parts.forEach((part, i) => {
    expandPart(part, i === 0, scope, host, pieces)
  })
  return fields(pieces, span, parts.some(isQuoted))
}

/** The word as one field: assignments and redirection targets are not split. */
export function expandOne(word: Word, scope: Scope, host: WordHost): Arg {
  const all = expandWord(word, scope, host)
  if (all.length === 1) return all[0] as Arg
  const taint = all.reduce((sum, arg) => sum | arg.taint, 0)
  return { text: bounded(all.map((arg) => arg.text).join(' ')), span: host.at(word), taint }
}

/** A here-document's body: expanded, never split. */
export function expandText(parts: readonly WordPart[], span: Span, scope: Scope, host: WordHost): Arg {
  const pieces: Piece[] = []
  for (const part of parts) expandPart(part, false, scope, host, pieces)
  const taint = pieces.reduce((sum, piece) => sum | piece.taint, 0)
  return { text: pieces.map((piece) => piece.text).join(''), span, taint }
}

function isQuoted(part: WordPart): boolean {
  return part.type === 'DoubleQuoted' || part.type === 'SingleQuoted' || part.type === 'AnsiCQuoted'
}

/** `"$@"` and `"${x[@]}"` remain several words inside quotes. */
function isList(part: WordPart): boolean {
  if (part.type === 'SimpleExpansion') return part.text === '$@'
  return part.type === 'ParameterExpansion' && (part.parameter === '@' || part.index?.value === '@')
}

function bounded(text: string): string {
  return text.length > MAX_WORD_LENGTH ? UNKNOWN : text
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
  if (user === '-' || /\d/.test(user[0] as string)) return UNKNOWN + rest
  return (user === 'root' ? '/root' : `/home/${user}`) + rest
}

function expandBraceWord(word: Word, scope: Scope, host: WordHost): Arg[] {
  const raw = expandBraces(word.text)
  const span = host.at(word)
  if (raw === undefined) return [{ text: UNKNOWN, span, taint: TAINT.opaque }]
  const still: WordHost = {
    substitute: (script, _at, inner) => host.substitute(script, span, inner, true),
    sweep: host.sweep,
    at: () => span,
  }
  return raw.flatMap((text) => {
    const statement = parse(`: ${text}`).commands[0]?.command
    if (statement?.type !== 'Command') return [{ text, span, taint: TAINT.none }]
    return statement.suffix.flatMap((part) => {
      if (part.type !== 'Word') return []
      const pieces: Piece[] = []
      const parts = part.parts
      if (parts === undefined) return [{ text: unescaped(part, scope), span, taint: TAINT.none }]
      // A brace left over here is literal (`{}`), so it cannot recurse.
      parts.forEach((inner, i) => {
        expandPart(inner, i === 0, scope, still, pieces)
      })
      return fields(pieces, span, parts.some(isQuoted))
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
    case 'Glob':
      plain(part.value)
      return
    case 'ExtendedGlob':
    case 'BraceExpansion':
      plain(part.text)
      return
    case 'DoubleQuoted':
    case 'LocaleString':
      for (const child of part.parts) {
        const inner: Piece[] = []
        expandPart(child, false, scope, host, inner)
        const several = isList(child)
        for (const piece of inner) out.push({ ...piece, split: several && piece.split })
      }
      return
    case 'SimpleExpansion':
      out.push({ ...variable(part.text.slice(1), scope), split: true })
      return
    case 'ParameterExpansion':
      out.push({ ...parameter(part, scope, host), split: true })
      return
    case 'CommandExpansion': {
      const output = host.substitute(part.script, host.at(part), scope)
      // $(…) drops trailing newlines.
      const text = output.text?.replace(/\n+$/, '')
      out.push({ text: text ?? UNKNOWN, split: true, taint: output.taint })
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

function fields(pieces: readonly Piece[], span: Span, quoted: boolean): Arg[] {
  const out: Arg[] = []
  let text = ''
  let taint: number = TAINT.none
  let open = quoted
  const close = () => {
    if (open || text !== '') out.push({ text: bounded(text), span, taint })
    text = ''
    taint = TAINT.none
    open = false
  }
  for (const piece of pieces) {
    if (!piece.split || !/[ \t\n]/.test(piece.text)) {
      text = text.length > MAX_WORD_LENGTH ? text : text + piece.text
      taint |= piece.taint
      continue
    }
    piece.text.split(/[ \t\n]/).forEach((field, i) => {
      if (i > 0) close()
      text += field
      taint |= piece.taint
    })
  }
  close()
  return out
}

type Value = { readonly text: string; readonly taint: number }
const unknown: Value = { text: UNKNOWN, taint: TAINT.opaque }
const something: Value = { text: SOMETHING, taint: TAINT.opaque }
const known = (text: string): Value => ({ text, taint: TAINT.none })

/** Variables that name a program the person chose; taken as an ordinary one so that `$EDITOR file` stays quiet. */
const PROGRAMS: Readonly<Record<string, string>> = {
  SHELL: '/bin/sh', BASH: '/bin/bash', 0: '/bin/sh', EDITOR: 'vi', VISUAL: 'vi', PAGER: 'less', BROWSER: 'xdg-open',
  MAKE: 'make', CC: 'cc', CXX: 'c++', PYTHON: 'python',
} // biome-ignore format: a compact table
const NEVER_EMPTY = new Set(
  '$ ? # ! - _ USER LOGNAME UID EUID PPID HOSTNAME RANDOM SECONDS LINENO OSTYPE HOSTTYPE MACHTYPE EPOCHSECONDS EPOCHREALTIME TERM LANG'.split(
    ' ',
  ),
)

function variable(name: string, scope: Scope): Value {
  const set = scope.variables.get(name)
  if (set !== undefined) return set
  if (/^[1-9]$/.test(name) && scope.parameters !== undefined)
    return scope.parameters[Number(name) - 1] ?? known('')
  if ((name === '@' || name === '*') && scope.parameters !== undefined) {
    const all = scope.parameters
    return { text: all.map((arg) => arg.text).join(' '), taint: all.reduce((sum, arg) => sum | arg.taint, 0) }
  }
  if (name === 'HOME') return known(scope.home)
  if (name === 'PWD') return known(scope.cwd)
  if (name === 'IFS') return known(' ')
  if (name === 'TMPDIR') return known('/tmp')
  if (name === 'XDG_CONFIG_HOME') return known(`${scope.home}/.config`)
  if (name === 'XDG_DATA_HOME') return known(`${scope.home}/.local/share`)
  if (name === 'XDG_CACHE_HOME') return known(`${scope.home}/.cache`)
  if (NEVER_EMPTY.has(name)) return something
  if (Object.hasOwn(PROGRAMS, name)) return known(PROGRAMS[name] as string)
  return unknown
}

function parameter(part: ParameterExpansionPart, scope: Scope, host: WordHost): Value {
  if (part.prefix === '#') return something
  let value = variable(part.parameter, scope)
  if (part.prefix === '!') value = value.text === UNKNOWN ? unknown : variable(value.text, scope)
  if (part.index !== undefined && /^\d+$/.test(part.index.value))
    value = { ...value, text: value.text.split(' ')[Number(part.index.value)] ?? '' }
  const operation = part.operation
  if (operation === undefined) return value
  const isKnown = value.text !== UNKNOWN && value.text !== ''
  switch (operation.type) {
    case 'Default': {
      if (operation.operator.endsWith('?')) return isKnown ? value : something
      const operand = expandOne(operation.operand, scope, host)
      if (operation.operator.endsWith('+')) return operand
      return isKnown ? value : operand
    }
    case 'CaseModification': {
      const change = operation.operator[0] === '^' ? 'toUpperCase' : 'toLowerCase'
      const whole = operation.operator.length === 2
      const text = whole ? value.text[change]() : value.text.charAt(0)[change]() + value.text.slice(1)
      return { text, taint: value.taint }
    }
    case 'Slice': {
      const offset = Number(operation.offset.value)
      const length = operation.length === undefined ? undefined : Number(operation.length.value)
      if (!isKnown || !Number.isInteger(offset) || (length !== undefined && !Number.isInteger(length)))
        return unknown
      const start = offset < 0 ? value.text.length + offset : offset
      return {
        text: value.text.slice(
          start,
          length === undefined ? undefined : length < 0 ? length : start + length,
        ),
        taint: value.taint,
      }
    }
    case 'Replace': {
      const pattern = expandOne(operation.pattern, scope, host).text
      const replacement = expandOne(operation.replacement, scope, host).text
      if (!isKnown || pattern === '' || /[*?[]/.test(pattern)) return unknown
      const text =
        operation.operator === '//'
          ? value.text.replaceAll(pattern, () => replacement)
          : value.text.replace(pattern, () => replacement)
      return { text: bounded(text), taint: value.taint }
    }
    case 'Remove': {
      const pattern = expandOne(operation.operand, scope, host).text
      if (!isKnown || /[*?[]/.test(pattern)) return unknown
      const text = operation.operator.startsWith('#')
        ? value.text.startsWith(pattern)
          ? value.text.slice(pattern.length)
          : value.text
        : value.text.endsWith(pattern)
          ? value.text.slice(0, value.text.length - pattern.length)
          : value.text
      return { text, taint: value.taint }
    }
    case 'Transform':
    case 'Names':
    case 'Unknown':
      return unknown
  }
}
