// Reads the words, assignments and redirections of a simple command as the shell would before running it.
import type { Command, Redirection as RedirectionNode } from 'unbash'
import { taintOfFile } from '../carriers/secrets.ts'
import { MAX_WORDS, spend } from '../limits.ts'
import {
  type Arg,
  type Assignment,
  NO_OUTPUT,
  type Output,
  type Redirection,
  type SimpleCommand,
  type Span,
  said,
  TAINT,
  taintOf,
} from '../model.ts'
import { contentOf, noteContent } from '../writes/written.ts'
import { readArithmetic } from './again.ts'
import { readValue } from './builtins.ts'
import type { Frame, Walk } from './frame.ts'
import { isSocket, resolvePath } from './paths.ts'
import { run } from './run.ts'
import { assign } from './state.ts'
import { expandOne, expandText, expandWord } from './words.ts'

/** Expands a command's words, assignments and redirections and runs it; returns what it prints. */
export function simple(walk: Walk, command: Command, frame: Frame): Output {
  const host = walk.hostOf(frame)
  const { scope } = frame
  const span = frame.at(command)
  const assignments: Assignment[] = []
  for (const prefix of command.prefix) {
    if (prefix.type !== 'Assignment') continue
    if (prefix.value.type === 'ArrayValue') {
      const all = prefix.value.elements.flatMap((word) => expandWord(word, scope, host))
      const text = said({ args: all })
      assignments.push({ name: prefix.name, value: { text, span: frame.at(prefix), taint: taintOf(all) } })
    } else assignments.push({ name: prefix.name, value: expandOne(prefix.value, scope, host) })
    if (prefix.index !== undefined) {
      const { text: subscript, span: at } = expandOne(prefix.index, scope, host)
      readArithmetic(subscript, at, scope, host)
      assignments.push({ ...assignments.pop()!, subscript })
    }
    if (command.name === undefined) assign(scope, assignments.at(-1)!, prefix.append)
  }
  const words: Arg[] = command.name === undefined ? [] : expandWord(command.name, scope, host)
  for (const word of command.args) {
    if (words.length >= MAX_WORDS || !spend(walk.budget, 'words')) {
      walk.findings.fact('too-deep', span)
      break
    }
    if (word.type === 'Word') words.push(...expandWord(word, scope, host))
    else if (word.value.type === 'Word') {
      const value = expandOne(word.value, scope, host)
      words.push({ ...value, text: `${word.name}=${value.text}`, span: frame.at(word) })
    } else {
      const all = word.value.elements.flatMap((element) => expandWord(element, scope, host))
      const text = `${word.name}=${said({ args: all })}`
      words.push({ text, span: frame.at(word), taint: taintOf(all) })
    }
  }
  const { list, input } = redirections(walk, [...command.redirects], frame)
  for (const set of assignments) readValue(walk, set, frame)
  // In zsh, redirections without a command run the program named by READNULLCMD or NULLCMD.
  const alone = words.length === 0 && assignments.length === 0 && command.redirects.length > 0
  const program =
    alone && scope.shell === 'zsh' && (scope.variables.get('READNULLCMD') ?? scope.variables.get('NULLCMD'))
  if (program) words.push({ ...program, span })
  if (words.length === 0) {
    if (assignments.length > 0 || list.length > 0) walk.findings.command(bare(list, assignments, span, frame))
    return input === frame.input ? NO_OUTPUT : input
  }
  return run(
    walk,
    { words, assignments, redirections: list, input, privileged: frame.privileged, span },
    frame,
    0,
  )
}

/** A command without words, which has only redirections and assignments. */
export function bare(
  list: readonly Redirection[],
  assignments: SimpleCommand['assignments'],
  span: Span,
  frame: Frame,
) {
  const { scope, privileged } = frame
  return {
    name: '',
    path: '',
    known: true,
    args: [],
    assignments,
    redirections: list,
    input: NO_OUTPUT,
    privileged,
    span,
    scope,
  }
}

/** Reads redirections: the list, and the standard input that they give. */
export function redirections(walk: Walk, nodes: readonly RedirectionNode[], frame: Frame) {
  const host = walk.hostOf(frame)
  const list: Redirection[] = []
  let input = frame.input === NO_OUTPUT ? (contentOf('/dev/fd/0', frame.scope) ?? NO_OUTPUT) : frame.input
  for (const it of nodes) {
    if (it.type === 'HereDoc') {
      const parts = it.delimiter?.quoted === true ? undefined : it.body.parts
      const span = frame.at(it.body)
      const body = parts === undefined ? undefined : expandText(parts, span, frame.scope, host)
      input = { text: body?.text ?? it.body.text, taint: body?.taint ?? TAINT.none, from: body?.from }
    } else if (it.target !== undefined) {
      const target = expandOne(it.target, frame.scope, host)
      const number = it.descriptor !== undefined && 'value' in it.descriptor ? it.descriptor.value : 0
      const note = (given: Output): void => {
        if (number === 0) input = given
        else noteContent(`/dev/fd/${number}`, given, frame.scope)
      }
      if (it.type === 'HereString') note({ text: target.text, taint: target.taint, from: target.from })
      else {
        const descriptor =
          it.descriptor !== undefined && 'value' in it.descriptor ? String(it.descriptor.value) : undefined
        list.push({ operator: it.operator, target, ...(descriptor !== undefined && { descriptor }) })
        // zsh writes to each word that braces make; bash refuses such a target.
        if (frame.scope.shell === 'zsh' && it.target.text.includes('{'))
          for (const each of expandWord(it.target, frame.scope, host))
            list.push({ operator: it.operator, target: each })
        if (it.operator === '<&') {
          if (frame.scope.sockets?.has(target.text))
            input = { text: undefined, taint: TAINT.network | TAINT.dialogue }
          else input = contentOf(`/dev/fd/${target.text}`, frame.scope) ?? input
        }
        if (it.operator === '<')
          note(target.output ?? contentOf(target.text, frame.scope) ?? readFrom(target, frame))
      }
    }
  }
  return { list, input }
}

/** The content of a file is unknown; only its kind can be told from its name. */
function readFrom(target: Arg, { scope }: Frame): Output {
  const kind = isSocket(target.text) ? TAINT.network : TAINT.file
  const secret = taintOfFile(target.text, scope)
  const from = [{ ...target, text: resolvePath(target.text, scope) }]
  return { text: undefined, taint: target.taint | kind | secret, from }
}
