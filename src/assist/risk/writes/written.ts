// Remembers what the line itself writes into files and descriptors, so that later commands of it can run or read that.

import { readOptions } from '../line/options.ts'
import { resolvePath } from '../line/paths.ts'
import { fromOf, type Output, type Scope, type SimpleCommand, TAINT } from '../model.ts'

/** Files of one line that are remembered; more are ignored. */
const MAX_FILES = 64
const DESCRIPTOR = /^\/(?:dev\/fd|proc\/(?:self|thread-self|\d+)\/fd)\/(\d+)$/

const keyOf = (path: string, scope: Scope): string => {
  const descriptor = DESCRIPTOR.exec(path)?.[1]
  return descriptor === undefined ? resolvePath(path, scope) : `/dev/fd/${descriptor}`
}

/** The content of the file, if this line has written it. */
export function contentOf(path: string, scope: Scope): Output | undefined {
  const { written } = scope
  return written === undefined || written.size === 0 ? undefined : written.get(keyOf(path, scope))
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
  if (/^(?:cp|mv|ln|install)$/.test(name)) {
    const [from, to, more] = readOptions(name, args).operands
    if (from === undefined || to === undefined || more !== undefined) return
    const file = { ...from, text: resolvePath(from.text, scope) }
    const unseen = { text: undefined, taint: from.taint | TAINT.file, from: [file] }
    noteContent(to.text, contentOf(from.text, scope) ?? unseen, scope)
  }
}
