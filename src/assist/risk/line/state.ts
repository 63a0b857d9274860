// What builtins change for the rest of the line: directory, variables, parameters. Also finds the files a line
// downloads.

import { printf } from '../carriers/output.ts'
import { names } from '../lookup.ts'
import {
  type Arg,
  type Args,
  type Assignment,
  baseName,
  fromOf,
  matching,
  NO_OUTPUT,
  type Scope,
  type SimpleCommand,
  said,
  says,
  TAINT,
  taintOf,
  UNKNOWN,
  withoutOptions,
} from '../model.ts'
import { valuesOf } from '../writes/option-values.ts'
import { noteContent } from '../writes/written.ts'
import type { Walk } from './frame.ts'
import { readOptions } from './options.ts'
import { isSocket, resolvePath } from './paths.ts'
import { variable } from './variables.ts'

const DECLARES = names('export declare typeset local readonly')

export function assign(
  scope: Scope,
  set: { readonly name: string; readonly value: Pick<Arg, 'text' | 'taint' | 'from' | 'under'> },
  append: boolean | undefined,
): void {
  const ofZsh = scope.shell === 'zsh' && set.name === 'path' ? 'PATH' : undefined
  const name = ofZsh ?? scope.variables.get(set.name)?.refersTo ?? set.name
  const before = append === true ? variable(name, scope) : undefined
  const text = ((before?.text ?? '') + (ofZsh ? `:${set.value.text}` : set.value.text)).slice(0, 8192)
  scope.variables.set(name, {
    text,
    taint: set.value.taint | (before?.taint ?? 0),
    from: fromOf(before ? [before, set.value] : [set.value]),
    under: set.value.under ?? before?.under,
  })
}

/** Applies the changes of a builtin to the scope; returns the variables it has set. */
export function applyBuiltin(command: SimpleCommand, walk: Pick<Walk, 'aliases'>): readonly Assignment[] {
  const { name, args, scope } = command
  let given: readonly Assignment[] = []
  if (name === 'cd' || name === 'pushd') {
    const target = args.find((arg) => !/^-(?:[LPe@n]+|-)$/.test(arg.text))
    const before = scope.cwd
    scope.cwd =
      target === undefined
        ? heldIn('HOME', scope.home, scope)
        : target.text === '-'
          ? heldIn('OLDPWD', UNKNOWN, scope)
          : resolvePath(target.text, scope)
    scope.variables.set('OLDPWD', { text: before, taint: TAINT.none })
    if (name === 'pushd') scope.left = [...(scope.left ?? []).slice(-MOST_LEFT), before]
  } else if (name === 'popd') {
    scope.cwd = scope.left?.at(-1) ?? UNKNOWN
    scope.left = scope.left?.slice(0, -1)
  } else if (DECLARES.has(name)) {
    given = args.flatMap((arg) => assignWord(scope, arg) ?? [])
  } else if (name === 'unset') {
    for (const arg of args) scope.variables.set(arg.text, { text: '', taint: TAINT.none })
  } else if (name === 'read' || name === 'mapfile' || name === 'readarray') {
    given = readVariables(command).map((variable) => held(variable, command))
  } else if (name === 'printf' && args[0]?.text === '-v' && args[1] !== undefined) {
    const made = printf(args.slice(2))
    scope.variables.set(args[1].text, { text: made.text ?? UNKNOWN, taint: made.taint })
    given = [held(args[1].text, command)]
  } else if (name === 'alias') {
    defineAliases(args, walk)
  } else if (name === 'exec') {
    for (const { descriptor, target } of command.redirections)
      if (descriptor !== undefined && isSocket(target.text)) scope.sockets?.add(descriptor)
    // Without a program, the input is that of all that follows.
    if (args.length === 0 && command.input !== NO_OUTPUT) noteContent('/dev/fd/0', command.input, scope)
  } else if (name === 'ztcp') {
    // zsh's ztcp stores the descriptor of the connection in REPLY.
    scope.sockets?.add('REPLY')
    scope.variables.set('REPLY', { text: 'REPLY', taint: TAINT.none })
  } else if (name === 'set' && args[0]?.text === '--') {
    scope.parameters = args.slice(1)
  } else if (name === 'set' && scope.shell === 'fish') {
    const from = args.findIndex((arg) => !arg.text.startsWith('-'))
    const [first, ...values] = from < 0 ? [] : args.slice(from)
    if (first !== undefined) {
      scope.variables.set(first.text, { text: said({ args: values }), taint: taintOf(values) })
      given = [held(first.text, command)]
    }
  } else if (name === 'fish_add_path') {
    const all = withoutOptions(args)
    scope.variables.set('PATH', { text: said({ args: all }), taint: taintOf(all) })
  }
  return given
}

/** Directories that `pushd` keeps for `popd`; the oldest ones beyond this number are forgotten. */
const MOST_LEFT = 32

/** The directory in a variable that the line has set; `otherwise` if it has not. */
function heldIn(name: string, otherwise: string, scope: Scope): string {
  const text = scope.variables.get(name)?.text
  return text === undefined || text === '' ? otherwise : resolvePath(text, scope)
}

/** The present value of a variable, with the place of the command that has set it. */
function held(name: string, { scope, span }: SimpleCommand): Assignment {
  const { text, taint } = scope.variables.get(name) ?? { text: UNKNOWN, taint: TAINT.opaque }
  return { name, value: { text, taint, span } }
}

/** Sets the variables of `read` from the first line of its input, those of `mapfile` and `read -a` from all of it. */
function readVariables(command: SimpleCommand): readonly string[] {
  const { name, args, scope, input } = command
  const taint = input.taint | (input.text === undefined ? TAINT.opaque : TAINT.none)
  const names = matching(args, /^[A-Za-z_]\w*$/).map(({ text }) => text)
  if (names.length === 0 && name === 'read') names.push('REPLY')
  const whole = name !== 'read' || says({ args }, /^-[A-Za-z]*[aAd]/)
  const line = whole ? input.text?.trim() : input.text?.split('\n')[0]
  const own = command.assignments.find((set) => set.name === 'IFS')?.value.text
  const ifs = own ?? scope.variables.get('IFS')?.text ?? ' \t'
  const fields = line === undefined ? [] : splitAt(line, ifs, whole ? 1 : names.length)
  names.forEach((variable, i) => {
    scope.variables.set(
      variable,
      line === undefined
        ? { text: UNKNOWN, taint, from: input.from, under: input.under }
        : { text: fields[i] ?? '', taint },
    )
  })
  return names
}

/** At most `count` fields; the last one keeps the rest. */
function splitAt(line: string, separators: string, count: number): readonly string[] {
  const rest = line.trim()
  const at = count > 1 ? [...rest].findIndex((char) => separators.includes(char)) : -1
  return at < 0 ? [rest] : [rest.slice(0, at), ...splitAt(rest.slice(at + 1), separators, count - 1)]
}

function defineAliases(args: Args, walk: Pick<Walk, 'aliases'>): void {
  const global = says({ args }, /^-[a-z]*g/)
  for (const [i, arg] of args.entries()) {
    const match = /^([^=]+)=([\s\S]*)$/.exec(arg.text)
    const [name, text] = match === null ? [arg.text, args[i + 1]?.text] : [match[1]!, match[2]]
    if (!name.startsWith('-') && text !== undefined) walk.aliases.set(global ? `-g ${name}` : name, text)
    if (match === null && !name.startsWith('-')) break
  }
}

function assignWord(scope: Scope, arg: Arg): Assignment | undefined {
  const [, name, text = ''] = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(arg.text) ?? []
  if (name === undefined) return undefined
  const set = { name, value: { ...arg, text } }
  assign(scope, set, false)
  return set
}

/** The file that curl or wget writes, as typed. */
export function downloadedFile(command: SimpleCommand): string | undefined {
  const { name, args } = command
  if (name === 'tftp' || name === 'ftpget' || name === 'lwp-download') {
    const { operands } = readOptions(name, args)
    const local = name === 'tftp' ? valuesOf(args, ['r', 'l']).at(-1) : operands.at(-1)
    return local && baseName(local.text)
  }
  if (name !== 'curl' && name !== 'wget') return undefined
  const redirected = command.redirections.find(({ operator }) => /^>[|>]?$/.test(operator))
  if (redirected !== undefined) return redirected.target.text
  const options = readOptions(name, args)
  const named = name === 'curl' ? options.value('o', 'output') : options.value('O', 'output-document')
  if (named !== undefined) return named.text === '-' ? undefined : named.text
  if (name === 'curl' && options.flag('O', 'remote-name') === undefined) return undefined
  const url = options.operands.find((arg) => arg.text.includes('/'))
  if (url === undefined) return undefined
  const into = options.value('P', 'directory-prefix', 'output-dir')
  const file = baseName(url.text.replace(/[?#].*$/, ''))
  return into === undefined ? file : `${into.text}/${file}`
}
