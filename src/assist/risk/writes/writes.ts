// Follows what a command writes into files that matter later: startup files, schedules, copies of credentials.

import type { InnerScript } from '../carriers/layers.ts'
import { holdsSecrets } from '../carriers/secrets.ts'
import { cronCommands } from '../carriers/tool-carriers.ts'
import { isKnown } from '../known-files.ts'
import type { Frame, Walk } from '../line/frame.ts'
import { readNested } from '../line/nested.ts'
import { readOptions } from '../line/options.ts'
import { resolvePath } from '../line/paths.ts'
import { downloadedFile } from '../line/state.ts'
import { names, words } from '../lookup.ts'
import { type Arg, type Output, type SimpleCommand, TAINT } from '../model.ts'

/** Kinds of files that are run, or whose statements the system trusts. */
const RUN_OR_TRUSTED = words('startup schedule unit trusted')
const ARCHIVERS = names('tar zip 7z 7za gpg rar bsdtar cpio')

/** Judges text as code if it is written to a file that will be run; notes which files now hold credentials. */
export function noteWrites(walk: Walk, command: SimpleCommand, output: Output, frame: Frame): void {
  for (const { operator, target } of command.redirections)
    if (operator.startsWith('>') || operator.startsWith('&>')) noteWrite(walk, target, output, frame)
  if (command.name === 'tee')
    for (const file of readOptions('tee', command.args).operands) noteWrite(walk, file, command.input, frame)
  const saved = downloadedFile(command)
  if (saved !== undefined && command.redirections.length === 0) {
    const target = command.args.find((arg) => arg.text.endsWith(saved))
    noteWrite(
      walk,
      { text: saved, span: target?.span ?? command.span, taint: 0 },
      { text: undefined, taint: TAINT.network },
      frame,
    )
  }
  noteCopies(command)
}

function noteWrite(walk: Walk, file: Arg, content: Output, frame: Frame): void {
  const { scope } = frame
  const path = resolvePath(file.text, scope)
  if ((content.taint & TAINT.secret) !== 0) scope.secretFiles?.add(path)
  if (!RUN_OR_TRUSTED.some((kind) => isKnown(kind, path))) return
  if ((content.taint & (TAINT.network | TAINT.decoded)) !== 0) walk.findings.fact('planted-code', file.span)
  const text = content.text ?? content.partial
  if (text === undefined || isKnown('trusted', path)) return
  for (const code of codeIn(text, path)) {
    const script: InnerScript = { text: code, taint: content.taint, span: [0, walk.line.length] }
    readNested(walk, script, { ...frame, scope: { ...scope, variables: new Map(), parameters: undefined } })
  }
}

function codeIn(text: string, path: string): readonly string[] {
  if (isKnown('schedule', path)) return cronCommands(text, true)
  if (isKnown('unit', path))
    return [...text.matchAll(/(?:^|\n)Exec\w*=[-@:+!]*(.+)|RUN\+?="([^"]+)"/g)].map(
      (it) => it[1] ?? it[2] ?? '',
    )
  return [text]
}

/** Notes that a copy of a credential is one too: `cp key /tmp/x`, `tar cf x.tar ~/.ssh`. */
function noteCopies(command: SimpleCommand): void {
  const { name, args, scope } = command
  const archives = ARCHIVERS.has(name)
  if (!archives && !/^(?:cp|mv|ln|install|rsync|openssl)$/.test(name)) return
  if (!args.some((arg) => holdsSecrets(arg.text, scope))) return
  const { operands } = readOptions(name, args)
  for (const target of archives ? args : operands.slice(-1)) {
    if (target.text.startsWith('-') || holdsSecrets(target.text, scope)) continue
    const path = resolvePath(target.text, scope)
    scope.secretFiles?.add(path)
    for (const source of operands.slice(0, -1))
      scope.secretFiles?.add(`${path}/${source.text.split('/').at(-1)}`)
  }
}
