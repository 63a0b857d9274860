// Remembers what the line itself writes into files and descriptors, so that later commands of it can run or read that.

import { copying, readOptions } from '../line/options.ts'
import { resolvePath } from '../line/paths.ts'
import { type Arg, baseName, fromOf, type Output, type Scope, type SimpleCommand, TAINT } from '../model.ts'

/** Files of one line that are remembered; more are ignored. */
const MAX_FILES = 64
const DESCRIPTOR = /^\/(?:dev\/fd|proc\/(?:self|thread-self|\d+)\/fd)\/(\d+)$/

const keyOf = (path: string, scope: Scope): string => {
  const descriptor = DESCRIPTOR.exec(path)?.[1]
  return descriptor === undefined ? resolvePath(path, scope) : `/dev/fd/${descriptor}`
}

/** The content of the file, if this line has written it, or has made a directory that it is in as a copy of another one. */
export function contentOf(path: string, scope: Scope): Output | undefined {
  const { written } = scope
  if (written === undefined || written.size === 0) return undefined
  const key = keyOf(path, scope)
  const own = written.get(key)
  if (own !== undefined) return own
  for (let end = key.lastIndexOf('/'); end > 0; end = key.lastIndexOf('/', end - 1)) {
    const directory = written.get(key.slice(0, end))
    const [from] = directory?.from ?? []
    if (directory !== undefined && from !== undefined && directory.text === undefined)
      return { ...directory, from: [{ ...from, text: from.text + key.slice(end) }] }
  }
  return undefined
}

export function noteContent(path: string, content: Output, scope: Scope): void {
  if (scope.written !== undefined && scope.written.size < MAX_FILES)
    scope.written.set(keyOf(path, scope), content)
}

/** Remembers what output redirections, `tee` and copies of the command leave in files. */
export function noteContents(command: SimpleCommand, output: Output): void {
  const { name, args, scope, redirections } = command
  for (const { operator, target, descriptor } of redirections) {
    if (!/^&?>/.test(operator) || descriptor === '2' || target.text === '/dev/null') continue
    const before = operator.endsWith('>>') ? contentOf(target.text, scope) : undefined
    const text = output.text === undefined ? undefined : `${before?.text ?? ''}${output.text}`
    const taint = output.taint | (before?.taint ?? TAINT.none)
    noteContent(target.text, { text, taint, from: fromOf(before ? [before, output] : [output]) }, scope)
  }
  if (name === 'tee')
    for (const file of readOptions('tee', args).operands) noteContent(file.text, command.input, scope)
  for (const [from, to] of copies(command)) {
    const file = { ...from, text: resolvePath(from.text, scope) }
    const unseen = { text: undefined, taint: from.taint | TAINT.file, from: [file] }
    noteContent(to, contentOf(from.text, scope) ?? unseen, scope)
  }
}

/** What the command copies, with the paths that then hold it. A target that nobody knows for a directory may become one. */
function copies({ name, args, scope }: SimpleCommand): readonly (readonly [Arg, string])[] {
  if (name === 'dd') {
    const [from, to] = ['if=', 'of='].map((key) => args.findLast(({ text }) => text.startsWith(key)))
    return from === undefined || to === undefined
      ? []
      : [[{ ...from, text: from.text.slice(3) }, to.text.slice(3)]]
  }
  if (!/^(?:cp|mv|ln|install)$/.test(name)) return []
  const options = readOptions(name, args)
  const { sources, into: to } = copying(options)
  if (to === undefined) return []
  const inside = sources.map((from) => [from, `${to.text}/${baseName(from.text)}`] as const)
  const isDirectory =
    !options.operands.includes(to) ||
    /(?:^|\/)\.{0,2}$/.test(to.text) ||
    (scope.machine?.names?.(resolvePath(to.text, scope)).length ?? 0) > 0
  return isDirectory ? inside : [...sources.map((from) => [from, to.text] as const), ...inside]
}
