// What builtins change for the rest of the line: directory, variables, parameters; and which files a line downloads.
import { type Arg, baseName, type Scope, type SimpleCommand, TAINT, UNKNOWN } from './model.ts'
import { readOptions } from './options.ts'
import { resolvePath } from './paths.ts'

const DECLARES = new Set(['export', 'declare', 'typeset', 'local', 'readonly'])

export function assign(
  scope: Scope,
  set: { readonly name: string; readonly value: Pick<Arg, 'text' | 'taint'> },
  append: boolean | undefined,
): void {
  const before = append === true ? scope.variables.get(set.name) : undefined
  const text = ((before?.text ?? (append === true ? UNKNOWN : '')) + set.value.text).slice(0, 8192)
  scope.variables.set(set.name, { text, taint: set.value.taint | (before?.taint ?? 0) })
}

export function applyBuiltin(command: SimpleCommand): void {
  const { name, args, scope } = command
  if (name === 'cd' || name === 'pushd') {
    const target = args.find((arg) => !/^-[LPe@]+$/.test(arg.text))
    scope.cwd =
      target === undefined ? scope.home : target.text === '-' ? UNKNOWN : resolvePath(target.text, scope)
  } else if (DECLARES.has(name)) {
    for (const arg of args) assignWord(scope, arg)
  } else if (name === 'unset') {
    for (const arg of args) scope.variables.set(arg.text, { text: '', taint: TAINT.none })
  } else if (name === 'read' || name === 'mapfile' || name === 'readarray') {
    for (const arg of args)
      if (/^[A-Za-z_]\w*$/.test(arg.text))
        scope.variables.set(arg.text, { text: UNKNOWN, taint: TAINT.opaque | command.input.taint })
  } else if (name === 'printf' && args[0]?.text === '-v' && args[1] !== undefined) {
    scope.variables.set(args[1].text, { text: UNKNOWN, taint: TAINT.opaque })
  } else if (name === 'set' && args[0]?.text === '--') {
    scope.parameters = args.slice(1)
  } else if (name === 'set' && scope.shell === 'fish') {
    const words = args.filter((arg) => !arg.text.startsWith('-'))
    if (words[0] !== undefined) {
      const values = words.slice(1)
      scope.variables.set(words[0].text, {
        text: values.map((arg) => arg.text).join(' '),
        taint: values.reduce((sum, arg) => sum | arg.taint, 0),
      })
    }
  }
}

function assignWord(scope: Scope, arg: Arg): void {
  const match = /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(arg.text)
  if (match !== null) scope.variables.set(match[1] as string, { text: match[2] as string, taint: arg.taint })
}

/** The file curl or wget writes, as typed. */
export function downloadedFile(command: SimpleCommand): string | undefined {
  const { name, args } = command
  if (name !== 'curl' && name !== 'wget') return undefined
  const redirected = command.redirections.find(({ operator }) => operator === '>' || operator === '>|')
  if (redirected !== undefined) return redirected.target.text
  const options = readOptions(name, args)
  const named = name === 'curl' ? options.value('o', 'output') : options.value('O', 'output-document')
  if (named !== undefined) return named.text === '-' ? undefined : named.text
  if (name === 'curl' && options.flag('O', 'remote-name') === undefined) return undefined
  const url = options.operands.find((arg) => arg.text.includes('/'))
  return url === undefined ? undefined : baseName(url.text.replace(/[?#].*$/, ''))
}
