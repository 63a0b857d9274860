// Walks a line, and every script inside it, in the order the shell would run it; hands each simple command to the rules.
import {
  type Command,
  type Function as FunctionNode,
  forEachChild,
  type ParsedScript,
  parse,
  type Redirection as RedirectionNode,
  type SyntaxNode,
} from 'unbash'
import { isForkBomb } from './fork-bomb.ts'
import { foreignCode } from './interpreters.ts'
import type { InnerScript, Layer } from './layers.ts'
import { type Budget, MAX_DEPTH, MAX_LOOP_ROUNDS, MAX_NESTING, MAX_WORDS, spend } from './limits.ts'
import {
  type Arg,
  baseName,
  type LineFact,
  NO_OUTPUT,
  type Output,
  type Redirection,
  type Scope,
  type SimpleCommand,
  SOMETHING,
  type Span,
  TAINT,
} from './model.ts'
import { outputOf } from './output.ts'
import { emptyReading, isUnresolved, resolvePath } from './paths.ts'
import { splitPieces } from './pieces.ts'
import { parseScript } from './script.ts'
import { applyBuiltin, assign, downloadedFile } from './state.ts'
import { unwrapLayer } from './unwrap.ts'
import { expandOne, expandText, expandWord, type WordHost } from './words.ts'

export interface Findings {
  command(command: SimpleCommand): void
  fact(fact: LineFact, span: Span): void
  /** Whether a word, in text the grammar does not accept, names a tool some rule knows. */
  isKnownTool(name: string): boolean
}

/** Where and how a script is being read. */
interface Frame {
  readonly depth: number
  readonly scope: Scope
  readonly input: Output
  readonly privileged: boolean
  /** Functions whose bodies are being walked: a recursive call adds nothing. */
  readonly calling: readonly string[]
  /** What a script's text was made of, when it reached a shell as data; undefined for typed text. */
  readonly payload: number | undefined
  /** Maps offsets of the script's text to the command as given. */
  readonly at: (node: { readonly pos: number; readonly end: number }) => Span
}

interface Running {
  readonly words: readonly Arg[]
  readonly assignments: SimpleCommand['assignments']
  readonly redirections: readonly Redirection[]
  readonly input: Output
  /** Standard input is a file on this machine. */
  readonly fromFile: boolean
  readonly privileged: boolean
  readonly span: Span
}

/** Never throws for any string; the work is bounded by `budget`. */
export function walkLine(line: string, scope: Scope, findings: Findings, budget: Budget): void {
  const functions = new Map<string, { readonly node: FunctionNode; readonly frame: Frame }>()
  const downloads = new Set<string>()
  let nesting = 0

  function readScript(text: string, frame: Frame): Output {
    if (frame.depth > MAX_DEPTH || !spend(budget, 'nestedText', text.length)) {
      findings.fact('too-deep', frame.at({ pos: 0, end: text.length }))
      return NO_OUTPUT
    }
    if (frame.scope.shell === 'fish') return readPieces(text, frame)
    const script = parseScript(text)
    const output = statements(script.commands, frame)
    if (script.errors !== undefined && script.errors.length > 0) readPieces(text, frame)
    return output
  }

  /** For text that is no bash: statement by statement, and never Safe if some statement still cannot be read. */
  function readPieces(text: string, frame: Frame): Output {
    let output = NO_OUTPUT
    let clean = true
    for (const piece of splitPieces(text)) {
      const script = parse(piece.text)
      if (script.errors !== undefined && script.errors.length > 0) clean = false
      const at: Frame['at'] = (node) => frame.at({ pos: piece.start + node.pos, end: piece.start + node.end })
      output = statements(script.commands, { ...frame, at })
    }
    if (!clean) {
      const whole = frame.at({ pos: 0, end: text.length })
      const risky = text.split(/[\s;|&(){}<>'"`\\]+/).some((word) => findings.isKnownTool(baseName(word)))
      findings.fact(risky ? 'unparsed-tool' : 'unparsed', whole)
    }
    const bomb = /function\s+([\w-]+)\s*[;\n]\s*\1\s*\|\s*\1\b/.exec(text)
    if (bomb !== null)
      findings.fact('fork-bomb', frame.at({ pos: bomb.index, end: bomb.index + bomb[0].length }))
    return output
  }

  function statements(nodes: readonly SyntaxNode[], frame: Frame): Output {
    let text: string | undefined = ''
    let taint: number = TAINT.none
    let under: readonly string[] | undefined
    for (const child of nodes) {
      const output = node(child, frame)
      text = text === undefined || output.text === undefined ? undefined : text + output.text
      taint |= output.taint
      under = output.under ?? under
    }
    return { text, taint, ...(under === undefined ? {} : { under }) }
  }

  function node(it: SyntaxNode, frame: Frame): Output {
    if (!spend(budget, 'nodes')) return NO_OUTPUT
    if (nesting >= MAX_NESTING) {
      budget.exhausted = true
      return NO_OUTPUT
    }
    nesting++
    const output = walkNode(it, frame)
    nesting--
    return output
  }

  function walkNode(it: SyntaxNode, frame: Frame): Output {
    switch (it.type) {
      case 'Statement':
        return node(it.command, frame)
      case 'Script':
      case 'AndOr':
      case 'CompoundList':
        return statements(it.commands, frame)
      case 'Pipeline': {
        let input = frame.input
        for (const command of it.commands) input = node(command, { ...frame, input })
        return input
      }
      case 'Command':
        return simple(it, frame)
      case 'Subshell':
        return node(it.body, { ...frame, scope: cloneScope(frame.scope) })
      case 'BraceGroup':
      case 'Coproc':
        return node(it.body, frame)
      case 'If':
        return statements(
          [it.clause, it.then, ...it.elif, ...(it.else === undefined ? [] : [it.else])],
          frame,
        )
      case 'Elif':
        return statements([it.clause, it.then], frame)
      case 'While':
        return statements([it.clause, it.body], frame)
      case 'For':
      case 'Select':
        return loop(it, frame)
      case 'ArithmeticFor':
        sweep(it.initialize, frame)
        sweep(it.test, frame)
        sweep(it.update, frame)
        return node(it.body, frame)
      case 'Case':
        expandOne(it.word, frame.scope, hostOf(frame))
        return statements(
          it.items.map((item) => item.body),
          frame,
        )
      case 'Redirected': {
        const { list, input, fromFile } = redirections(it.redirects, frame)
        const span = frame.at(it)
        if (list.length > 0) findings.command(bare(list, [], span, frame))
        return node(it.command, {
          ...frame,
          input: fromFile ? { text: undefined, taint: TAINT.opaque } : input,
        })
      }
      case 'Function':
        functions.set(it.name.value, { node: it, frame })
        if (isForkBomb(it)) findings.fact('fork-bomb', frame.at(it))
        // Looked at once without arguments: defining it is how a harmless-looking name gets its meaning.
        node(it.body, {
          ...frame,
          scope: cloneScope(frame.scope),
          calling: [...frame.calling, it.name.value],
        })
        return NO_OUTPUT
      default:
        sweep(it, frame)
        return NO_OUTPUT
    }
  }

  function loop(it: Extract<SyntaxNode, { type: 'For' | 'Select' }>, frame: Frame): Output {
    const host = hostOf(frame)
    const list = it.wordlist?.flatMap((word) => expandWord(word, frame.scope, host)) ?? []
    const rounds: Pick<Arg, 'text' | 'taint'>[] = list.slice(0, MAX_LOOP_ROUNDS)
    if (list.length === 0 || list.length > MAX_LOOP_ROUNDS)
      rounds.push({ text: SOMETHING, taint: TAINT.opaque })
    const outputs = rounds.map((value) => {
      frame.scope.variables.set(it.name.value, { text: value.text, taint: value.taint })
      return node(it.body, frame)
    })
    return {
      text: undefined,
      taint: outputs.reduce((sum, output) => sum | output.taint, TAINT.opaque as number),
    }
  }

  /** Looks for substitutions in nodes that run nothing themselves: tests, arithmetic. */
  function sweep(it: SyntaxNode | undefined, frame: Frame): void {
    if (it === undefined || !spend(budget, 'nodes')) return
    if (it.type === 'Word') {
      expandWord(it, frame.scope, hostOf(frame))
      return
    }
    if (it.type === 'Script') {
      statements(it.commands, { ...frame, depth: frame.depth + 1 })
      return
    }
    forEachChild(it, (child) => sweep(child, frame))
  }

  function hostOf(frame: Frame): WordHost {
    return {
      at: frame.at,
      sweep: (it) => forEachChild(it, (child) => sweep(child, frame)),
      substitute: (script, span, scope, moved) =>
        substituted(script, { ...frame, scope }, span, moved === true),
    }
  }

  function substituted(script: ParsedScript | undefined, frame: Frame, span: Span, moved: boolean): Output {
    if (script === undefined) return { text: undefined, taint: TAINT.opaque }
    if (frame.depth >= MAX_DEPTH || !spend(budget, 'nodes')) {
      findings.fact('too-deep', span)
      return { text: undefined, taint: TAINT.opaque }
    }
    if (script.errors !== undefined && script.errors.length > 0) findings.fact('unparsed', span)
    // Escaped backticks carry a decoded source of their own, whose offsets are not the line's.
    const at = moved || script.source !== undefined ? () => span : frame.at
    return statements(script.commands, {
      ...frame,
      depth: frame.depth + 1,
      scope: cloneScope(frame.scope),
      input: NO_OUTPUT,
      payload: undefined,
      at,
    })
  }

  function simple(command: Command, frame: Frame): Output {
    const host = hostOf(frame)
    const { scope } = frame
    const span = frame.at(command)
    const assignments: { name: string; value: Arg }[] = []
    for (const prefix of command.prefix) {
      if (prefix.type !== 'Assignment') continue
      if (prefix.value.type === 'ArrayValue') {
        const all = prefix.value.elements.flatMap((word) => expandWord(word, scope, host))
        const text = all.map((arg) => arg.text).join(' ')
        assignments.push({ name: prefix.name, value: { text, span: frame.at(prefix), taint: taintOf(all) } })
      } else assignments.push({ name: prefix.name, value: expandOne(prefix.value, scope, host) })
      if (command.name === undefined)
        assign(scope, assignments.at(-1) as (typeof assignments)[number], prefix.append)
    }
    const words: Arg[] = command.name === undefined ? [] : expandWord(command.name, scope, host)
    for (const word of command.args) {
      if (words.length >= MAX_WORDS || !spend(budget, 'words')) {
        findings.fact('too-deep', span)
        break
      }
      if (word.type === 'Word') words.push(...expandWord(word, scope, host))
      else if (word.value.type === 'Word') {
        const value = expandOne(word.value, scope, host)
        words.push({ text: `${word.name}=${value.text}`, span: frame.at(word), taint: value.taint })
      }
    }
    const { list, input, fromFile } = redirections([...command.redirects], frame)
    for (const set of assignments) {
      // bash runs it before every prompt.
      if (set.name === 'PROMPT_COMMAND') readNested({ ...set.value }, { ...frame, scope: cloneScope(scope) })
    }
    if (words.length === 0) {
      if (assignments.length > 0 || list.length > 0) findings.command(bare(list, assignments, span, frame))
      return input === frame.input ? NO_OUTPUT : input
    }
    return run(
      { words, assignments, redirections: list, input, fromFile, privileged: frame.privileged, span },
      frame,
      0,
    )
  }

  function bare(
    list: readonly Redirection[],
    assignments: SimpleCommand['assignments'],
    span: Span,
    frame: Frame,
  ) {
    const { scope, privileged } = frame
    return {
      name: '',
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

  function redirections(nodes: readonly RedirectionNode[], frame: Frame) {
    const host = hostOf(frame)
    const list: Redirection[] = []
    let input = frame.input
    let fromFile = false
    for (const it of nodes) {
      if (it.type === 'HereDoc') {
        const parts = it.delimiter?.quoted === true ? undefined : it.body.parts
        const span = frame.at(it.body)
        const body = parts === undefined ? undefined : expandText(parts, span, frame.scope, host)
        input = { text: body?.text ?? it.body.text, taint: body?.taint ?? TAINT.none }
      } else if (it.target !== undefined) {
        const target = expandOne(it.target, frame.scope, host)
        if (it.type === 'HereString') input = { text: target.text, taint: target.taint }
        else {
          list.push({ operator: it.operator, target })
          if (
            it.operator === '<' &&
            (it.descriptor === undefined || !('value' in it.descriptor) || it.descriptor.value === 0)
          ) {
            fromFile = target.taint === TAINT.none
            input = { text: undefined, taint: target.taint | TAINT.opaque }
          }
        }
      }
    }
    return { list, input, fromFile }
  }

  /** Runs words as a command and, layer by layer, whatever it wraps. */
  function run(running: Running, frame: Frame, layers: number): Output {
    const { words, span } = running
    const { scope } = frame
    const first = words[0] as Arg
    if (layers > MAX_DEPTH || !spend(budget, 'nodes')) {
      findings.fact('too-deep', span)
      return NO_OUTPUT
    }
    // Unset variables in front leave the next word as the command.
    const next = words.findIndex((word) => emptyReading(word.text) !== '')
    const behind = next > 0 ? run({ ...running, words: words.slice(next) }, frame, layers + 1) : undefined
    const name = emptyReading(baseName(first.text.replace(/\r$/, '')))
    // A pattern such as /bin/r? names whatever file it finds.
    const resolved = !isUnresolved(baseName(first.text)) && !/[*?]|\[.+\]/.test(first.text)
    // Data that became code without showing even its first word; judged by where it came from.
    const unseen = !resolved && frame.payload !== undefined && !/\w/.test(name)
    if (unseen) codeFact((frame.payload as number) | first.taint, span)
    const known = resolved || unseen
    const args = words.slice(1)
    const command: SimpleCommand = {
      name,
      known,
      args,
      assignments: running.assignments,
      redirections: running.redirections,
      input: running.input,
      privileged: running.privileged,
      span: layers === 0 ? span : [first.span[0], Math.max(first.span[1], (words.at(-1) as Arg).span[1])],
      scope,
    }
    findings.command(command)
    if (behind !== undefined) return behind
    applyBuiltin(command)
    const saved = downloadedFile(command)
    if (saved !== undefined) downloads.add(resolvePath(saved, scope))
    if (first.text.includes('/')) runFile(first, span, scope)
    const called = functions.get(name)
    if (called !== undefined && !frame.calling.includes(name)) {
      const { input } = running
      const calling = [...frame.calling, name]
      node(called.node.body, {
        ...called.frame,
        scope: cloneScope(scope, args),
        input,
        depth: frame.depth,
        calling,
      })
    }
    const layer = unwrapLayer([{ ...first, text: name }, ...args], running.input)
    return runLayer(layer, command, running, frame, layers)
  }

  function runLayer(
    layer: Layer,
    command: SimpleCommand,
    running: Running,
    frame: Frame,
    layers: number,
  ): Output {
    const outputs: Output[] = []
    const privileged = (more: boolean | undefined) => running.privileged || more === true
    for (const inner of layer.commands) {
      outputs.push(
        run(
          {
            ...running,
            words: inner.words,
            assignments: [...running.assignments, ...inner.assignments],
            input: inner.inherits ? running.input : NO_OUTPUT,
            privileged: privileged(inner.privileged),
          },
          frame,
          layers + 1,
        ),
      )
    }
    for (const script of layer.scripts) {
      const own = command.name === 'eval' || command.name === 'trap'
      const scope = own ? frame.scope : cloneScope(frame.scope, script.parameters ?? frame.scope.parameters)
      for (const set of [...running.assignments, ...(script.assignments ?? [])]) assign(scope, set, false)
      outputs.push(
        readNested(script, {
          ...frame,
          scope,
          input: running.input,
          privileged: privileged(script.privileged),
        }),
      )
    }
    if (layer.runsInput !== false) runInput(layer.runsInput, running, frame)
    if (layer.runsText !== undefined && isUnresolved(layer.runsText.text) && !/\w/.test(layer.runsText.text))
      codeFact(layer.runsText.taint, layer.runsText.span)
    if (layer.runsFile !== undefined) {
      const file = layer.runsFile
      if (file.output !== undefined)
        runInput('shell', { ...running, input: file.output, fromFile: false }, frame)
      else runFile(file, running.span, frame.scope)
    }
    return outputs.at(-1) ?? outputOf(command)
  }

  function runFile(file: Arg, span: Span, scope: Scope): void {
    if (downloads.has(resolvePath(file.text, scope))) findings.fact('downloaded-code', span)
  }

  /** Standard input reaches a shell or another interpreter. */
  function runInput(language: 'shell' | 'other', running: Running, frame: Frame): void {
    const { input, span } = running
    if (running.fromFile) return
    if (input.text === undefined) {
      codeFact(input.taint, span)
      return
    }
    if ((input.taint & (TAINT.network | TAINT.decoded)) !== 0) codeFact(input.taint, span)
    const scripts: readonly InnerScript[] =
      language === 'shell'
        ? [{ text: input.text, taint: input.taint, span: [0, line.length] }]
        : foreignCode({ text: input.text, taint: input.taint, span }).scripts
    const privileged = running.privileged
    for (const script of scripts)
      readNested(script, { ...frame, scope: cloneScope(frame.scope), input: NO_OUTPUT, privileged })
  }

  function readNested(script: InnerScript, frame: Frame): Output {
    const [from, to] = script.span
    // Where the script stands verbatim in the line, findings in it point at their exact place.
    if ((script.taint & TAINT.decoded) !== 0 && !isUnresolved(script.text))
      codeFact(TAINT.decoded, script.span)
    const exact = script.text.length < 4 ? -1 : line.indexOf(script.text, from)
    const at: Frame['at'] =
      exact >= 0 && exact + script.text.length <= to
        ? (it) => [exact + it.pos, exact + it.end]
        : () => script.span
    return readScript(script.text, { ...frame, depth: frame.depth + 1, payload: script.taint, at })
  }

  function codeFact(taint: number, span: Span): void {
    if ((taint & TAINT.network) !== 0) findings.fact('network-code', span)
    else if ((taint & TAINT.decoded) !== 0) findings.fact('decoded-code', span)
    else if (taint !== TAINT.generated) findings.fact('unseen-code', span)
  }

  readScript(line, {
    depth: 0,
    scope,
    input: NO_OUTPUT,
    privileged: false,
    calling: [],
    payload: undefined,
    at: (it) => [it.pos, Math.max(it.pos, it.end)],
  })
  if (budget.exhausted) findings.fact('too-deep', [0, line.length])
}

function taintOf(args: readonly Arg[]): number {
  return args.reduce((sum, arg) => sum | arg.taint, 0)
}

function cloneScope(scope: Scope, parameters: readonly Arg[] | undefined = scope.parameters): Scope {
  return { ...scope, parameters, variables: new Map(scope.variables) }
}
