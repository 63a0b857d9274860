// Builtins that evaluate their words: names with subscripts, numbers, and variables whose value is run as a command.

import { names } from '../lookup.ts'
import { type Args, type Assignment, matching, type SimpleCommand, said, says, TAINT } from '../model.ts'
import { contentOf } from '../writes/written.ts'
import { readAgain, readArithmetic } from './again.ts'
import { cloneScope, type Frame, type Walk } from './frame.ts'
import { readNested } from './nested.ts'
import { isUnresolved } from './paths.ts'
import { HOLDS_COMMAND } from './variables.ts'

/** Builtins that take names of variables, which may have a subscript. */
const TAKES_NAMES = names(
  'read unset wait getopts mapfile readarray declare typeset local export readonly integer float private exec vared',
)
/** zsh builtins that evaluate the number which follows them. */
const TAKES_NUMBERS = names('shift return exit break continue repeat printf print')
const COMPARES = /^-(?:v|eq|ne|lt|gt|le|ge)$/
const DECLARES = names('declare typeset local export readonly integer float private')

/** Names for which readWordsAgain does anything. */
export const READ_AGAIN = names(
  `let test [ printf print shift return exit break continue repeat hash read unset wait getopts mapfile readarray declare typeset local
  export readonly integer float private exec vared`,
)

/** Walks what a builtin evaluates in its words: subscripts, arithmetic, prompts. */
export function readWordsAgain(walk: Walk, command: SimpleCommand, frame: Frame): void {
  const { name, args, scope } = command
  const host = walk.hostOf(frame)
  const numbers = (words: Args) => {
    const [first] = words
    // An unquoted value with blanks has become several words.
    if (first !== undefined) readArithmetic(said({ args: words }), first.span, scope, host)
  }
  if (name === 'let') {
    numbers(args)
    return
  }
  if (name === 'test' || name === '[') {
    if (says({ args }, COMPARES)) numbers(args)
    return
  }
  if (scope.shell === 'zsh') {
    if (TAKES_NUMBERS.has(name)) if (says({ args }, /[[`$]/)) numbers(args)
    if (name === 'print' && says({ args }, /^-[a-zA-Z]*P/))
      for (const arg of args) readAgain(arg.text, arg.span, scope, host)
  }
  if (name === 'printf') {
    const target = /^-v(.*)$/.exec(args[0]?.text ?? '')
    const word = target?.[1] ? args[0] : args[1]
    if (target !== null && word !== undefined) readAgain(word.text, word.span, scope, host)
    return
  }
  if (name === 'hash') {
    // Both forms make a name run that program from now on: bash's `hash -p program name`, zsh's `hash name=program`.
    const at = args.findIndex((arg) => arg.text === '-p')
    const [program, ...given] = at < 0 ? [] : args.slice(at + 1)
    for (const { text } of given)
      if (program !== undefined) walk.aliases.set(text, program.text.replace(/^[^/]+$/, './$&'))
    for (const { text } of args) {
      const set = scope.shell === 'zsh' ? /^([\w.-]+)=(.+)$/.exec(text) : null
      if (set !== null) walk.aliases.set(set[1]!, set[2]!)
    }
    return
  }
  if (!TAKES_NAMES.has(name)) return
  const flags = DECLARES.has(name)
    ? matching(args, /^[-+][A-Za-z]/)
        .map((arg) => arg.text)
        .join('')
    : ''
  const isNumber = /i|[EF]/.test(flags) || name === 'integer' || name === 'float'
  for (const arg of args) {
    // Finds the equals sign of the assignment, not one inside the subscript.
    const equals = (/^\w*(?:\[[\s\S]*\])?\+?(?==)/.exec(arg.text)?.[0].length ?? -1) as number
    const variable = equals < 0 ? arg.text : arg.text.slice(0, equals)
    const value = equals < 0 ? undefined : arg.text.slice(equals + 1)
    if (variable.includes('[')) readAgain(variable, arg.span, scope, host)
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
