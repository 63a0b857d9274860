// Values of variables and parameter expansions, as far as the line itself says them.
import type { ParameterExpansionPart, Word, WordPart } from 'unbash'
import { MAX_WORD_LENGTH } from '../limits.ts'
import {
  type Arg,
  type Scope,
  SECRET_NAME,
  SOMETHING,
  said,
  TAINT,
  taintOf,
  UNKNOWN,
  type Value,
} from '../model.ts'
import { modified, zshBraced } from './spellings.ts'

/** Variables whose value some program runs: before a prompt, for a connection, to show or edit a text. */
export const HOLDS_COMMAND =
  /^(?:PROMPT_COMMAND|PS[0-4]|PROMPT[0-4]?|R?PROMPT[2]?|RPS[12]|SPROMPT|(?:READ)?NULLCMD|(?:SUDO_|SVN_|HG|GH_|KUBE_|SYSTEMD_|GIT_|GIT_SEQUENCE_)?EDITOR|VISUAL|FCEDIT|SELECTED_EDITOR|(?:GIT_|MAN|SYSTEMD_|PSQL_|BAT_|AWS_|GH_|DELTA_)?PAGER|GIT_SSH(?:_COMMAND)?|GIT_EXTERNAL_DIFF|GIT_ASKPASS|SSH_ASKPASS|SUDO_ASKPASS|GIT_PROXY_COMMAND|RSYNC_RSH|RSYNC_CONNECT_PROG|CVS_RSH|SVN_SSH|BORG_RSH|\w+_(?:PASSCOMMAND|PASSWORD_COMMAND)|FZF_\w+_COMMAND|BROWSER|LESSOPEN|LESSCLOSE|BASH_ENV|ENV)$/

const unknown: Value = { text: UNKNOWN, taint: TAINT.opaque }
const something: Value = { text: SOMETHING, taint: TAINT.opaque }
const known = (text: string): Value => ({ text, taint: TAINT.none })

export function bounded(text: string): string {
  return text.length > MAX_WORD_LENGTH ? UNKNOWN : text
}

/** What a variable usually holds, so that `$EDITOR file` is not reported; `~` is the home. */
const USUAL: Readonly<Record<string, string>> = {
  SHELL: '/bin/sh', BASH: '/bin/bash', 0: '/bin/sh', EDITOR: 'vi', VISUAL: 'vi', PAGER: 'less', BROWSER: 'xdg-open',
  MAKE: 'make', CC: 'cc', CXX: 'c++', PYTHON: 'python',
  PATH: '/usr/local/bin:/usr/bin:/bin', IFS: ' ', TMPDIR: '/tmp',
  NODE_OPTIONS: '', PYTHONPATH: '', RUBYOPT: '', RUBYLIB: '', PERL5OPT: '', PERL5LIB: '', LD_PRELOAD: '', JAVA_TOOL_OPTIONS: '',
  HOME: '~', XDG_CONFIG_HOME: '~/.config', XDG_DATA_HOME: '~/.local/share', XDG_CACHE_HOME: '~/.cache',
} // biome-ignore format: a compact table
const NEVER_EMPTY = new Set(
  '$ ? # ! - _ USER LOGNAME UID EUID PPID HOSTNAME RANDOM SECONDS LINENO OSTYPE HOSTTYPE MACHTYPE EPOCHSECONDS EPOCHREALTIME TERM LANG'.split(
    ' ',
  ),
)

export function variable(name: string, scope: Scope): Value {
  const set = scope.variables.get(name)
  if (set?.refersTo !== undefined && set.refersTo !== name) {
    const other = scope.variables.get(set.refersTo)
    // A reference to another reference is not followed.
    return other?.refersTo === undefined ? (other ?? unknown) : unknown
  }
  if (set !== undefined) return set
  if (/^[1-9]$/.test(name) && scope.parameters !== undefined)
    return scope.parameters[Number(name) - 1] ?? known('')
  if ((name === '@' || name === '*' || name === 'argv') && scope.parameters !== undefined) {
    const all = scope.parameters
    return { text: said({ args: all }), taint: taintOf(all) }
  }
  if (name === 'PWD') return known(scope.cwd)
  if (name === 'path' && scope.shell === 'zsh') return variable('PATH', scope)
  if (name === 'KARO_HOME') return known(scope.karoHome ?? `${scope.home}/.local/share/karo`)
  if (NEVER_EMPTY.has(name)) return something
  if (Object.hasOwn(USUAL, name)) return known(USUAL[name]!.replace('~', scope.home))
  return SECRET_NAME.test(name) ? { ...unknown, taint: unknown.taint | TAINT.credential } : unknown
}

/** Functions that a parameter expansion needs from the code that expands words. */
interface ParameterHost {
  expand(word: Word): Pick<Arg, 'text' | 'taint'>
  /** Reads a text that the shell expands a second time. */
  again(text: string, what: 'prompt' | 'number'): void
}

export function parameter(part: ParameterExpansionPart, scope: Scope, host: ParameterHost): Value {
  const value = expandedParameter(part, scope, host)
  const each = variable(part.parameter, scope).each === true && isBeside(part)
  return each === (value.each === true) ? value : { ...value, each }
}

/** Whether the operation leaves the directory of a path as it is. */
function isBeside({ prefix, index, operation }: ParameterExpansionPart): boolean {
  if (prefix !== undefined || index !== undefined) return false
  if (operation === undefined || operation.type === 'CaseModification') return true
  if (operation.type === 'Remove')
    return operation.operator.startsWith('%') && !/[/$`]/.test(operation.operand.text)
  return (
    operation.type === 'Replace' && !/[/$`]/.test(`${operation.pattern.text} ${operation.replacement.text}`)
  )
}

function expandedParameter(part: ParameterExpansionPart, scope: Scope, host: ParameterHost): Value {
  const { expand, again } = host
  const { index } = part
  if (index !== undefined && !/^(?:\d+|[@*])$/.test(index.text)) again(expand(index).text, 'number')
  if (part.prefix === '#') return something
  const flagged = scope.shell === 'zsh' ? withFlags(part.text, scope, again) : undefined
  if (flagged !== undefined) return flagged
  const ofZsh = scope.shell === 'zsh' ? zshBraced(part.text) : undefined
  if (ofZsh !== undefined) return modified(variable(ofZsh[0], scope), ofZsh[1], unknown)
  let value = variable(part.parameter, scope)
  if (part.prefix === '!') {
    if (value.text.includes('[')) again(value.text, 'number')
    value = value.text === UNKNOWN ? unknown : variable(value.text, scope)
  }
  if (part.index !== undefined && /^\d+$/.test(part.index.value))
    value = { ...value, text: value.text.split(' ')[Number(part.index.value)] ?? '' }
  const operation = part.operation
  if (operation === undefined) return value
  const isKnown = isSet(value)
  switch (operation.type) {
    case 'Default': {
      const operand = expand(operation.operand)
      if (operation.operator.endsWith('?')) return isKnown ? value : something
      if (operation.operator.endsWith('=') && !isKnown) {
        scope.variables.set(part.parameter, { text: operand.text, taint: operand.taint })
        if (HOLDS_COMMAND.test(part.parameter)) again(`$(${operand.text})`, 'prompt')
      }
      if (operation.operator.endsWith('+')) return operand
      return isKnown ? value : operand
    }
    case 'CaseModification': {
      if (operation.operand !== undefined) expand(operation.operand)
      const change = operation.operator[0] === '^' ? 'toUpperCase' : 'toLowerCase'
      const whole = operation.operator.length === 2
      const text = whole ? value.text[change]() : value.text.charAt(0)[change]() + value.text.slice(1)
      return { text, taint: value.taint }
    }
    case 'Slice':
      return sliced(part, operation, value, host)
    case 'Replace':
      return replaced(part, operation, value, host)
    case 'Remove': {
      const pattern = expand(operation.operand).text
      return isKnown ? withoutPattern(value, operation.operator, pattern) : unknown
    }
    case 'Transform': {
      const kind = operation.operand.value
      if (kind === 'P') again(part.parameter === '' ? UNKNOWN : value.text, 'prompt')
      return kind === 'U' || kind === 'L'
        ? { ...value, text: kind === 'U' ? value.text.toUpperCase() : value.text.toLowerCase() }
        : value
    }
    case 'Names':
      return unknown
    case 'Unknown':
      // Grammar of another shell: its substitutions are walked, its value is unknown.
      again(part.text.slice(2, -1), 'prompt')
      return unknown
  }
}

const isSet = ({ text }: Value): boolean => text !== UNKNOWN && text !== ''

type Operation<Type extends string> = Extract<ParameterExpansionPart['operation'], { type: Type }>

/** `${x:1:2}`; offset and length are arithmetic, which is read where it is no plain number. */
function sliced(
  part: ParameterExpansionPart,
  operation: Operation<'Slice'>,
  value: Value,
  { expand, again }: ParameterHost,
): Value {
  for (const number of [operation.offset, operation.length])
    if (number !== undefined && /[^\d\s-]/.test(number.text)) again(expand(number).text, 'number')
  if (isList(part)) return { ...value, text: slicedList(value.text, part, operation) }
  const offset = Number(operation.offset.value)
  const length = operation.length === undefined ? undefined : Number(operation.length.value)
  if (!isSet(value) || !Number.isInteger(offset) || (length !== undefined && !Number.isInteger(length)))
    return unknown
  const start = offset < 0 ? value.text.length + offset : offset
  const end = length === undefined ? undefined : length < 0 ? length : start + length
  return { text: value.text.slice(start, end), taint: value.taint }
}

/** `${x/a/b}` and `${x//a/b}`; unknown if the pattern has wildcards. */
function replaced(
  part: ParameterExpansionPart,
  operation: Operation<'Replace'>,
  value: Value,
  { expand, again }: ParameterHost,
): Value {
  // The parser ends the pattern at the first slash, also at one inside a substitution, so the whole text is read again.
  if (/[$`]/.test(operation.pattern.text)) again(part.text.slice(2, -1), 'prompt')
  const pattern = expand(operation.pattern).text
  const replacement = expand(operation.replacement).text
  if (!isSet(value) || pattern === '' || /[*?[]/.test(pattern)) return unknown
  const text =
    operation.operator === '//'
      ? value.text.replaceAll(pattern, () => replacement)
      : value.text.replace(pattern, () => replacement)
  return { text: bounded(text), taint: value.taint }
}

/** `${x%pattern}` and `${x#pattern}`; unknown if the pattern has wildcards, except for the two forms about paths. */
function withoutPattern(value: Value, operator: string, pattern: string): Value {
  const { text } = value
  // `${x%/*}` is the directory of a path, `${x##*/}` its last name.
  const slash = text.lastIndexOf('/')
  if (operator === '%' && pattern === '/*')
    return slash < 0 ? value : { ...value, text: text.slice(0, slash) }
  if (operator === '##' && pattern === '*/') return { ...value, text: text.slice(slash + 1) }
  if (/[*?[]/.test(pattern)) return unknown
  const rest = operator.startsWith('#')
    ? text.startsWith(pattern) && text.slice(pattern.length)
    : text.endsWith(pattern) && text.slice(0, text.length - pattern.length)
  return { text: rest === false ? text : rest, taint: value.taint }
}

/** Whether the part gives several words even inside quotes: `"$@"` and `"${x[@]}"`. */
export function isList(part: WordPart): boolean {
  if (part.type === 'SimpleExpansion') return part.text === '$@'
  return (
    part.type === 'ParameterExpansion' &&
    (/^[@*]$/.test(part.parameter) || /^[@*]$/.test(part.index?.value ?? ''))
  )
}

/** Words of `${@:2}`, counted from 1 for parameters and from 0 for arrays. */
function slicedList(text: string, part: ParameterExpansionPart, operation: Operation<'Slice'>): string {
  const from = Number(operation.offset.value) - (part.index === undefined ? 1 : 0)
  const length = operation.length === undefined ? undefined : Number(operation.length.value)
  if (!Number.isInteger(from) || (length !== undefined && !Number.isInteger(length))) return UNKNOWN
  const words = text.split(' ')
  const start = from < 0 && part.index !== undefined ? Math.max(0, words.length + from) : Math.max(0, from)
  return words.slice(start, length === undefined ? undefined : start + length).join(' ')
}

const FLAGS = /^\$\{(?:\(([^)]*)\)|(?=[=~^]))[=~^]*(?:([A-Za-z_]\w*|\d|[@*])|:-|[A-Za-z_]\w*::=)([\s\S]*)\}$/

/**
 * zsh's flags: `${(e)x}` expands what x holds, `${(P)x}` is the variable that x names, `${(z)x}` splits it into words.
 */
function withFlags(text: string, scope: Scope, again: ParameterHost['again']): Value | undefined {
  const match = /^\$\{[(=~^]/.test(text) ? FLAGS.exec(text) : null
  if (match === null) return undefined
  const [, flags = '', name, rest = ''] = match
  let value =
    name === undefined
      ? known(rest.replace(/^(["'])([\s\S]*)\1$/, '$2').replaceAll('\\$', '$'))
      : variable(name, scope)
  if (flags.includes('P')) value = variable(value.text, scope)
  if (/e|%/.test(flags)) again(value.text, 'prompt')
  return rest === '' || name === undefined || /^\[[@*]\]$/.test(rest) ? value : undefined
}
