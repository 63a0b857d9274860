// Follows a command as if it ran: shows it to the rules, then reads what it wraps, calls or feeds.

import { shellWord } from '../../../base/quote.ts'
import { noteCarried } from '../carriers/carried.ts'
import { gitAliased } from '../carriers/git-carrier.ts'
import { originOfRunCode, readCode } from '../carriers/interpreters.ts'
import { type InnerScript, type Layer, NOTHING } from '../carriers/layers.ts'
import { isCopied, type NamedScript, namedScripts } from '../carriers/named-scripts.ts'
import { outputOf } from '../carriers/output.ts'
import { isProven } from '../carriers/proof.ts'
import { unwrapLayer } from '../carriers/unwrap.ts'
import { INTERPRETERS, SHELLS, wrapperOf } from '../carriers/wrappers.ts'
import { MAX_DEPTH, spend } from '../limits.ts'
import {
  type Arg,
  type Args,
  baseName,
  NO_OUTPUT,
  type Output,
  type Redirection,
  type Scope,
  type SimpleCommand,
  type Span,
  said,
  TAINT,
  taintOf,
} from '../model.ts'
import { noteWrites } from '../writes/writes.ts'
import { contentOf, noteContents } from '../writes/written.ts'
import { READERS, readValue } from './builtins.ts'
import { cloneScope, type Frame, type Walk } from './frame.ts'
import { couldMatch } from './glob.ts'
import { codeFact, readNested, readSources } from './nested.ts'
import { emptyReading, isUnresolved, resolvePath } from './paths.ts'
import { parseSafely } from './script.ts'
import { applyBuiltin, assign, downloadedFile } from './state.ts'

interface Running {
  readonly words: Args
  readonly assignments: SimpleCommand['assignments']
  readonly redirections: readonly Redirection[]
  readonly input: Output
  readonly privileged: boolean
  readonly span: Span
}

/** Runs words as a command and, layer by layer, whatever it wraps. */
export function run(walk: Walk, running: Running, frame: Frame, layers: number): Output {
  const { words, span } = running
  const { scope } = frame
  const first = words[0]!
  if (layers > MAX_DEPTH || !spend(walk.budget, 'nodes')) {
    walk.findings.fact('too-deep', span)
    return NO_OUTPUT
  }
  // An unset variable in front of other words leaves the next word as the command: `$SUDO rm x`.
  const next = words.findIndex((word) => emptyReading(word.text) !== '')
  const behind = next > 0 ? run(walk, { ...running, words: words.slice(next) }, frame, layers + 1) : undefined
  const written = emptyReading(baseName(first.text.replace(/\r$/, '')))
  const name = realName(written, first.text, scope)
  // A pattern such as /bin/r? runs the file that it matches.
  const resolved = name !== written || (!isUnresolved(baseName(first.text)) && !/[*?]|\[.+\]/.test(written))
  // Data that became code without showing even its first word is judged by where it came from.
  const unseen = !resolved && frame.payload !== undefined && !/\w/.test(name)
  if (unseen) codeFact(walk, (frame.payload as number) | first.taint, span)
  const known = resolved || unseen
  const args = words.slice(1)
  const command: SimpleCommand = {
    name,
    path: first.text,
    known,
    args,
    assignments: running.assignments,
    redirections: running.redirections,
    input: running.input,
    privileged: running.privileged,
    span: layers === 0 ? span : [first.span[0], Math.max(first.span[1], words.at(-1)!.span[1])],
    scope,
    ...(frame.isTaken && { isTaken: true }),
    ...((walk.functions.has(name) || walk.aliases.has(name)) && { isOwn: true }),
  }
  walk.findings.command(command)
  if (behind !== undefined) return behind
  for (const set of applyBuiltin(command, walk)) readValue(walk, set, frame)
  READERS.get(name)?.(command, walk.hostOf(frame), walk)
  const saved = downloadedFile(command)
  if (saved !== undefined) walk.downloads.add(resolvePath(saved, scope))
  if (first.text.includes('/')) runFile(walk, first, span, frame)
  // A substitution in the command's place is run: `BASH_ENV=<(…)` is parsed as a variable and a command.
  if (first.output !== undefined) runInput(walk, NOTHING, { ...running, input: first.output }, frame)
  if (first.from !== undefined && isUnresolved(first.text) && !readSources(walk, first, frame))
    unproven(walk, first.span, scope)
  if (args.some((arg) => arg.feeds !== undefined)) feedSubstitutions(walk, args, running.input, frame)
  const called = walk.functions.get(name)
  const body = `${name} ${called?.node.pos}`
  if (called !== undefined && !frame.calling.includes(body)) {
    const { input } = running
    const calling = [...frame.calling, body]
    walk.node(called.node.body, {
      ...called.frame,
      scope: cloneScope(scope, args),
      input,
      depth: frame.depth,
      calling,
    })
  }
  const aliased = withAliases(walk, words, name, frame) ?? withGitAlias(command, frame)
  if (aliased !== undefined)
    readNested(walk, aliased.script, { ...frame, calling: aliased.calling, input: running.input })
  const layer = unwrapLayer([{ ...first, text: name }, ...args], running.input)
  const output = runLayer(walk, layer, command, running, frame, layers)
  if (walk.findings.script !== undefined && command.isOwn !== true)
    for (const script of namedScripts(command, layer)) {
      if (script.texts.length === 0) unproven(walk, script.span, scope)
      const inside = cloneScope(scope, script.parameters)
      for (const set of running.assignments) assign(inside, set, false)
      walk.findings.script(script, inside, running.privileged)
      if (/^(?:\.|source)$/.test(name)) noteFunctions(walk, script, frame)
    }
  noteWrites(walk, command, output, frame)
  noteContents(command, output)
  if (walk.mayCarry) {
    const isShell = wrapperOf(name) !== undefined || SHELLS.has(name)
    const understood = layer.commands.length > 0 || (isShell && layer.scripts.length > 0)
    noteCarried(walk, command, frame, understood, () => ({
      script: (text, at) =>
        walk.readScript(text, { ...frame, ...apart(frame), depth: frame.depth + 1, at: () => at }),
      words: (inner) => run(walk, { ...running, words: inner }, { ...frame, ...apart(frame) }, layers + 1),
    }))
  }
  return output
}

/** A text that is only tried must not change the scope for the rest of the line. */
function apart({ scope }: Frame): Pick<Frame, 'scope' | 'trying'> {
  return { scope: cloneScope(scope), trying: true }
}

/**
 * The words with this line's aliases put in: bash replaces the first word from the next line on, zsh its global aliases
 * anywhere.
 */
function withAliases(walk: Walk, words: Args, name: string, frame: Frame) {
  const { aliases } = walk
  if (aliases.size === 0) return undefined
  const used = words.filter((word, i) => aliases.has(`-g ${word.text}`) || (i === 0 && aliases.has(name)))
  const key = `alias ${said({ args: used })}`
  if (used.length === 0 || frame.calling.includes(key)) return undefined
  const texts = words.map(
    (word, i) =>
      (i === 0 ? aliases.get(name) : undefined) ?? aliases.get(`-g ${word.text}`) ?? shellWord(word.text),
  )
  const [first, last] = [words[0]!, words.at(-1)!]
  const taint = taintOf(words)
  const script: InnerScript = {
    text: texts.join(' '),
    taint,
    span: [first.span[0], Math.max(first.span[1], last.span[1])],
  }
  return { script, calling: [...frame.calling, key] }
}

/** What an alias of git runs, which is no alias of the shell. */
function withGitAlias(command: SimpleCommand, frame: Frame) {
  const found = gitAliased(command)
  const key = `git alias ${found?.name}`
  if (found === undefined || frame.calling.includes(key)) return undefined
  return { script: found.script, calling: [...frame.calling, key] }
}

function runLayer(
  walk: Walk,
  layer: Layer,
  command: SimpleCommand,
  running: Running,
  frame: Frame,
  layers: number,
): Output {
  const outputs: Output[] = []
  const privileged = (more: boolean | undefined) => running.privileged || more === true
  for (const inner of layer.commands) {
    for (const set of inner.assignments) readValue(walk, set, frame)
    const { directory } = inner
    const scope = directory === undefined ? frame.scope : cloneScope(frame.scope)
    if (directory !== undefined) scope.cwd = resolvePath(directory.text, frame.scope)
    outputs.push(
      run(
        walk,
        {
          ...running,
          words: inner.words,
          assignments: [...running.assignments, ...inner.assignments],
          input: inner.inherits ? running.input : NO_OUTPUT,
          privileged: privileged(inner.privileged),
        },
        { ...frame, scope },
        layers + 1,
      ),
    )
  }
  for (const script of layer.scripts) {
    const own = command.name === 'eval' || command.name === 'trap'
    const scope = own ? frame.scope : cloneScope(frame.scope, script.parameters ?? frame.scope.parameters)
    for (const set of [...running.assignments, ...(script.assignments ?? [])]) assign(scope, set, false)
    outputs.push(
      readNested(walk, script, {
        ...frame,
        scope,
        input: running.input,
        privileged: privileged(script.privileged),
      }),
    )
  }
  if (layer.runsInput) runInput(walk, layer, running, frame)
  for (const code of layer.codes ?? [])
    readForeign(walk, code, layer.language, {
      ...frame,
      input: running.input,
      privileged: running.privileged,
    })
  if (layer.origin) codeFact(walk, layer.origin, command.span)
  if (layer.runsFile !== undefined) {
    const file = layer.runsFile
    if (file.output !== undefined) runInput(walk, layer, { ...running, input: file.output }, frame)
    else runFile(walk, file, running.span, frame, layer.language)
  }
  const output = outputs.at(-1) ?? outputOf(command)
  const commanded = layer.runsInput && !running.input.text && SHELLS.has(command.name)
  return commanded ? { ...output, text: undefined, taint: output.taint | TAINT.shell } : output
}

/** Functions of a file that the shell reads can be called in the rest of the line. */
function noteFunctions({ functions }: Walk, { texts, span }: NamedScript, frame: Frame): void {
  for (const { command } of texts.flatMap((text) => parseSafely(text).commands))
    if (command.type === 'Function')
      functions.set(command.name.value, { node: command, frame: { ...frame, at: () => span } })
}

/** Runs a file as a script of the language, or of a shell. */
function runFile(walk: Walk, file: Arg, span: Span, frame: Frame, given?: string): void {
  const { scope } = frame
  if (walk.downloads.has(resolvePath(file.text, scope))) walk.findings.fact('downloaded-code', span)
  const content = contentOf(file.text, scope)
  if (content === undefined || isCopied(content)) return
  if (content.text === undefined) {
    if ((content.taint & (TAINT.network | TAINT.decoded)) !== 0) codeFact(walk, content.taint, file.span)
    else unproven(walk, file.span, scope)
    return
  }
  const own = { text: content.text, taint: content.taint, span: file.span }
  const language = given ?? interpreterOf(/^#!.*?([a-z]+)[\d.]*\s*$/m.exec(content.text)?.[1])
  const inside = { ...frame, scope: cloneScope(scope), input: NO_OUTPUT }
  if (language === undefined) readNested(walk, own, inside)
  else readForeign(walk, own, language, inside)
}

/** Reports code of which nobody has seen what it does. */
function unproven({ findings }: Walk, span: Span, { caller }: Scope): void {
  findings.fact(caller === 'tool' ? 'unproven-given' : 'unproven-code', span)
}

const interpreterOf = (name = ''): string | undefined => INTERPRETERS.of(name)?.language

/** Reads code of another language: what it runs and deletes by name, and whether all else in it is harmless. */
function readForeign(
  walk: Walk,
  code: Pick<Arg, 'text' | 'taint' | 'span' | 'from'>,
  language = 'other',
  frame: Frame,
): void {
  if (readSources(walk, code, frame, language)) return
  if (isUnresolved(code.text) && !/\w/.test(code.text)) codeFact(walk, code.taint, code.span)
  const { scripts, rest } = readCode(code, language)
  for (const script of scripts) readNested(walk, script, { ...frame, scope: cloneScope(frame.scope) })
  if (isProven(rest, language)) return
  unproven(walk, code.span, frame.scope)
}

/** Gives the command's input to the scripts in `tee >(sh)`, since tee passes its input on to them. */
function feedSubstitutions(walk: Walk, args: Args, input: Output, frame: Frame): void {
  for (const { feeds } of args)
    if (feeds !== undefined)
      walk.node(feeds, { ...frame, scope: cloneScope(frame.scope), depth: frame.depth + 1, input })
}

/**
 * The program behind a name: zsh/files' zf_rm, a running program by /proc, the dynamic linker, a pattern that matches
 * one.
 */
function realName(name: string, path: string, scope: Scope): string {
  if (!/[*?[]|^(?:zf_|exe$|ld)/.test(name)) return name
  if (name.startsWith('zf_')) return name.slice(3)
  if (name === 'exe' && /^\/proc\/[^/]+\/exe$/.test(path)) return scope.shell
  if (/^ld(?:-[\w.*?-]+|64|32)?\.so(?:[.\d]*|\.\*)$/.test(name)) return 'ld.so'
  if (!/[*?[]/.test(name) || !path.includes('/')) return name
  return RUNNERS.find((it) => couldMatch(name, it)) ?? name
}

/** Programs that a pattern in the command's place may stand for, the most harmful first. */
const RUNNERS =
  'rm shred dd bash sh dash zsh fish perl python3 ruby php node env sudo find xargs mv cp chmod chown'.split(
    ' ',
  )

/** Reads an input as code: of the layer's language, or of a shell. */
function runInput(walk: Walk, layer: Layer, running: Running, frame: Frame): void {
  const { input, span } = running
  const { language, parameters } = layer
  const isShell = language === undefined
  const scope = cloneScope(frame.scope, parameters)
  for (const set of running.assignments) assign(scope, set, false)
  const inside = { ...frame, scope, input: NO_OUTPUT, privileged: running.privileged }
  const isGiven = running.redirections.some(({ target }) => target.span === input.from?.[0]?.span)
  if (readSources(walk, input, inside, language, isGiven)) return
  const origin = isShell ? TAINT.none : originOfRunCode(input.text ?? '')
  if (origin !== TAINT.none) codeFact(walk, origin, span)
  if (input.text === undefined) {
    codeFact(walk, input.taint, span)
    return
  }
  if ((input.taint & (TAINT.network | TAINT.decoded)) !== 0) codeFact(walk, input.taint, span)
  const { text, taint } = input
  if (isShell) readNested(walk, { text, taint, span: [0, walk.line.length] }, inside)
  else readForeign(walk, { text, taint, span }, language, inside)
}
