// Builtins that evaluate their words: names with subscripts, numbers, and variables whose value is run as a command.

import { words } from '../lookup.ts'
import {
  type Arg,
  type Assignment,
  matching,
  type SimpleCommand,
  said,
  says,
  TAINT,
  textsOf,
} from '../model.ts'
import { contentOf } from '../writes/written.ts'
import { readAgain, readArithmetic } from './again.ts'
import { cloneScope, type Frame, type Walk } from './frame.ts'
import { readNested } from './nested.ts'
import { isUnresolved } from './paths.ts'
import { HOLDS_COMMAND } from './variables.ts'
import type { WordHost } from './words.ts'

/** Walks what a builtin evaluates of its words: subscripts, arithmetic, prompts. */
type Reader = (command: SimpleCommand, host: WordHost, walk: Walk) => void

/** All words are one expression, because an unquoted value with blanks has become several. */
const readNumber = (command: SimpleCommand, host: WordHost): void => {
  const [first] = command.args
  if (first !== undefined) readArithmetic(said(command), first.span, command.scope, host)
}

const readComparison: Reader = (command, host) => {
  if (says(command, /^-(?:v|eq|ne|lt|gt|le|ge)$/)) readNumber(command, host)
}

/** zsh evaluates the number that follows some builtins. */
const readNumberOfZsh: Reader = (command, host) => {
  if (command.scope.shell === 'zsh' && says(command, /[[`$]/)) readNumber(command, host)
}

const readPrinted: Reader = (command, host, walk) => {
  readNumberOfZsh(command, host, walk)
  if (command.scope.shell !== 'zsh' || !says(command, /^-[a-zA-Z]*P/)) return
  for (const arg of command.args) readAgain(arg.text, arg.span, command.scope, host)
}

const readTarget: Reader = (command, host, walk) => {
  readNumberOfZsh(command, host, walk)
  const [option, next] = command.args
  const target = /^-v(.*)$/.exec(option?.text ?? '')
  const word = target?.[1] ? option : next
  if (target !== null && word !== undefined) readAgain(word.text, word.span, command.scope, host)
}

/** Both forms make a name run that program from now on: bash's `hash -p program name`, zsh's `hash name=program`. */
const readHashed: Reader = ({ args, scope }, _, walk) => {
  const at = args.findIndex((arg) => arg.text === '-p')
  const [program, ...given] = at < 0 ? [] : args.slice(at + 1)
  for (const { text } of given)
    if (program !== undefined) walk.aliases.set(text, program.text.replace(/^[^/]+$/, './$&'))
  for (const { text } of args) {
    const set = scope.shell === 'zsh' ? /^([\w.-]+)=(.+)$/.exec(text) : null
    if (set !== null) walk.aliases.set(set[1]!, set[2]!)
  }
}

/** A variable's name may have a subscript. */
const readNames: Reader = ({ args, scope }, host) => {
  for (const arg of args) {
    const { variable } = assignedBy(arg)
    if (variable.includes('[')) readAgain(variable, arg.span, scope, host)
  }
}

const readDeclared: Reader = (command, host, walk) => {
  const { name, args, scope } = command
  readNames(command, host, walk)
  const flags = textsOf(matching(args, /^[-+][A-Za-z]/)).join('')
  const isNumber = /i|[EF]/.test(flags) || name === 'integer' || name === 'float'
  for (const arg of args) {
    const { variable, value } = assignedBy(arg)
    if (isNumber && !variable.startsWith('-')) {
      walk.numbers.add(variable.replace(/[+[].*$/, ''))
      if (value !== undefined) readArithmetic(value, arg.span, scope, host)
    }
    if (flags.includes('n') && name !== 'export' && value !== undefined) {
      if (value.includes('[')) readAgain(value, arg.span, scope, host)
      scope.variables.set(variable, { text: '', taint: TAINT.none, refersTo: value })
    }
  }
}

function assignedBy({ text }: Arg): { readonly variable: string; readonly value: string | undefined } {
  // Finds the equals sign of the assignment, not one inside the subscript.
  const variable = /^\w*(?:\[[\s\S]*\])?\+?(?==)/.exec(text)?.[0] ?? text
  return { variable, value: variable === text ? undefined : text.slice(variable.length + 1) }
}

/** By the builtin's name. */
export const READERS: ReadonlyMap<string, Reader> = new Map(
  Object.entries({
    let: readNumber,
    'test [': readComparison,
    'shift return exit break continue repeat': readNumberOfZsh,
    print: readPrinted,
    printf: readTarget,
    hash: readHashed,
    'read unset wait getopts mapfile readarray exec vared': readNames,
    'declare typeset local export readonly integer float private': readDeclared,
  }).flatMap(([builtins, read]) => words(builtins).map((name) => [name, read])),
)

/** Tables of zsh and bash whose entries give names a meaning. */
const GIVES_MEANING =
  /^(?:functions|dis_functions|commands|aliases|galiases|saliases|BASH_ALIASES|BASH_CMDS)(?:\[|$)/
/** Variables that bash keeps as numbers. */
const ALWAYS_NUMBER = /^(?:RANDOM|SECONDS|OPTIND|HISTCMD|SRANDOM|OPTERR|LINENO)$/

/** Prompts of bash and zsh, in which the shell expands substitutions. */
const PROMPT = /^(?:PS[0-4]|R?PROMPT[0-4]?|RPS[12]|SPROMPT)$/

/** Reads the value of a variable that the shell or a program will run or evaluate. */
export function readValue(walk: Walk, set: Assignment, frame: Frame): void {
  const { scope } = frame
  const { value } = set
  const name = scope.variables.get(set.name)?.refersTo ?? set.name
  if (walk.numbers.has(name) || ALWAYS_NUMBER.test(name))
    readArithmetic(value.text, value.span, scope, walk.hostOf(frame))
  const inside = { ...frame, scope: cloneScope(scope) }
  if (GIVES_MEANING.test(name)) {
    readNested(walk, { ...value, text: value.text.replace(/^\s*[|&;]+/, '') }, inside)
    if (set.subscript !== undefined && /^(?:commands|g?aliases|BASH_ALIASES|BASH_CMDS)$/.test(name))
      walk.aliases.set(name === 'galiases' ? `-g ${set.subscript}` : set.subscript, value.text)
  }
  const exported = /^BASH_FUNC_([^%]+)%%$/.exec(name)?.[1]
  if (exported !== undefined)
    walk.readScript(`${exported} ${value.text}`, { ...inside, at: () => value.span })
  if (!HOLDS_COMMAND.test(name)) return
  const file = value.output ?? contentOf(value.text, scope)
  if (file?.text !== undefined && /ENV$/.test(name)) readNested(walk, { ...value, text: file.text }, inside)
  if (isUnresolved(value.text)) return
  // A prompt is shown and not run; only what it substitutes runs. A list of fish, and the pipe sign of LESSOPEN, stand
  // before the command.
  const text = PROMPT.test(name) ? `: <<␄\n${value.text}\n␄` : value.text.replace(/^[|\s-]+/, '')
  readNested(walk, { ...value, text }, inside)
}
