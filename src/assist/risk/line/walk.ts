// Walks the statements of a line, and of every script inside it, in the order the shell would run them.
import { forEachChild, type ParsedScript, type SyntaxNode } from 'unbash'
import { mayCarry } from '../carriers/carried.ts'
import { isForkBomb, isSpawnLoop } from '../carriers/fork-bomb.ts'
import { MAX_LISTED } from '../carriers/listings.ts'
import { type Budget, MAX_DEPTH, MAX_LOOP_ROUNDS, MAX_NESTING, spend } from '../limits.ts'
import {
  type Arg,
  type Args,
  baseName,
  fromOf,
  linesIn,
  NO_OUTPUT,
  type Output,
  type Scope,
  SOMETHING,
  type Span,
  said,
  TAINT,
  taintOf,
  UNKNOWN,
} from '../model.ts'
import { MAX_TEXT, readAgain, readArithmetic } from './again.ts'
import { cloneScope, type Findings, type Frame, inPipe, type Walk } from './frame.ts'
import { isGlob } from './glob.ts'
import { type Piece, splitPieces } from './pieces.ts'
import { parseSafely, parseScript } from './script.ts'
import { bare, redirections, simple } from './simple-command.ts'
import { qualifierCode, withBashSigns, withFishPipes } from './spellings.ts'
import { expandOne, expandText, expandWord, type WordHost } from './words.ts'

/** Headers of loops and functions whose values are followed, in a text that is no valid bash. */
const MAX_HEADS = 16

/**
 * Walks the line and reports to `findings`. Never throws, whatever the string; `budget` bounds the work. `begin` reads the
 * line in another way than as text of a shell.
 */
export function walkLine(
  line: string,
  scope: Scope,
  findings: Findings,
  budget: Budget,
  begin: (walk: Walk, top: Frame) => void = (walk, top) => walk.readScript(line, top),
): void {
  const functions: Walk['functions'] = new Map()
  const walk: Walk = {
    line,
    findings,
    budget,
    functions,
    aliases: new Map(),
    mayCarry: mayCarry(line),
    numbers: new Set(),
    downloads: new Set(),
    readScript,
    node,
    hostOf,
  }
  let nesting = 0

  function readScript(text: string, frame: Frame): Output {
    if (frame.depth > MAX_DEPTH || !spend(budget, 'nestedText', text.length)) {
      findings.fact('too-deep', frame.at({ pos: 0, end: text.length }))
      return NO_OUTPUT
    }
    if (frame.scope.shell === 'fish') return readPieces(withFishPipes(text), frame)
    if (frame.scope.shell === 'zsh' && text.includes('(')) readQualifiers(text, frame)
    const script = parseScript(frame.scope.shell === 'zsh' ? withBashSigns(text) : text)
    const output = statements(script.commands, frame)
    if (script.errors !== undefined && script.errors.length > 0)
      readPieces(frame.scope.shell === 'zsh' ? withBashSigns(text) : text, frame)
    return output
  }

  /** zsh runs the code in a pattern's qualifier, `*(e:code:)`, once for each file. */
  function readQualifiers(text: string, frame: Frame): void {
    for (const code of qualifierCode(text)) {
      if (frame.depth >= MAX_DEPTH) {
        budget.exhausted = true
        return
      }
      readScript(code, {
        ...frame,
        depth: frame.depth + 1,
        scope: cloneScope(frame.scope),
        at: () => frame.at({ pos: 0, end: text.length }),
      })
    }
  }

  /**
   * Reads text that is no valid bash statement by statement. The result is Safe only in a shell with a grammar of its
   * own.
   */
  function readPieces(text: string, frame: Frame): Output {
    let output = NO_OUTPUT
    let clean = true
    // zsh's anonymous function gets arguments: `() { … } arguments`.
    const given = /\(\)\s*\{[^{}]*\}[ \t]+([^;&|\n]+)/.exec(text)?.[1]
    const scope = given === undefined ? frame.scope : cloneScope(frame.scope, wordsOf(given, frame))
    let heads = 0
    // What the statements of each open block of fish read.
    const inputs = [frame.input]
    let piped: Output | undefined
    for (const piece of splitPieces(text, true)) {
      for (let left = piece.opens ?? 0; left > 0; left--) inputs.push(piped ?? inputs.at(-1)!)
      const input = inputs.at(-1) as Output
      for (let left = piece.closes ?? 0; left > 0 && inputs.length > 1; left--) inputs.pop()
      piped = undefined
      if (piece.text.trim() === '') continue
      const script = parseSafely(piece.text)
      if (script.errors !== undefined && script.errors.length > 0) clean = false
      const at: Frame['at'] = (node) => frame.at({ pos: piece.start + node.pos, end: piece.start + node.end })
      output = statements(script.commands, { ...frame, scope, at, input })
      if (piece.pipes) piped = output
      if (piece.binds !== undefined) {
        const printed = output.text?.replace(/\n+$/, '') ?? UNKNOWN
        scope.variables.set(piece.binds, {
          text: printed,
          taint: output.taint,
          from: output.from,
          output: output.feeds,
          under: output.under,
        })
      }
      if (piece.heads !== undefined && heads++ < MAX_HEADS) noteHead(piece.heads, text, { ...frame, scope })
    }
    if (!clean) {
      const whole = frame.at({ pos: 0, end: text.length })
      const risky = text.split(/[\s;|&(){}<>'"`\\]+/).some((word) => findings.isKnownTool(baseName(word)))
      findings.fact(risky ? 'unparsed-tool' : 'unparsed', whole)
    } else if (frame.scope.shell === 'bash' || frame.scope.shell === 'sh') {
      // bash refuses such a text or reads it in another way than its parts; zsh and fish may accept it as it is.
      findings.fact('unparsed', frame.at({ pos: 0, end: text.length }))
    }
    const bomb = /function\s+([\w-]+)\s*[;\n]\s*\1\s*\|\s*\1\b/.exec(text)
    if (bomb !== null)
      findings.fact('fork-bomb', frame.at({ pos: bomb.index, end: bomb.index + bomb[0].length }))
    return output
  }

  function wordsOf(text: string, frame: Frame): Args {
    const command = parseSafely(`: ${text}`).commands[0]?.command
    const host = hostOf({ ...frame, at: () => [0, 0] })
    const words = command?.type === 'Command' ? command.args : []
    return words.flatMap((word) => (word.type === 'Word' ? expandWord(word, frame.scope, host) : []))
  }

  /** Sets a loop's variable to all its values in one list, or `argv` to the words of all calls of a function. */
  function noteHead(head: NonNullable<Piece['heads']>, text: string, { scope }: Frame): void {
    if ('loop' in head) {
      const values = wordsOf(head.values, { ...top, scope })
      const known = values.filter((value) => value.text !== '')
      scope.variables.set(head.loop, {
        text: known.length === 0 ? SOMETHING : said({ args: known }),
        taint: taintOf(known),
        each: known.length === 1 && isGlob(known[0]!.text),
      })
      return
    }
    const calls = new RegExp(
      `(?:^|[;&|\\n]|\\b(?:and|or|not|begin)\\b)\\s*${head.name.replaceAll('.', '\\.')}\\s+([^;&|\\n]+)`,
      'g',
    )
    const words = [...text.matchAll(calls)].map((call) => call[1]!.replace(/["'\\]/g, ''))
    if (words.length > 0) scope.variables.set('argv', { text: words.join(' '), taint: TAINT.none })
  }

  function statements(nodes: readonly SyntaxNode[], frame: Frame): Output {
    if (nodes.length === 1) return node(nodes[0] as SyntaxNode, frame)
    let text: string | undefined = ''
    let taint: number = TAINT.none
    let under: Output['under']
    let partial = ''
    const outputs = nodes.map((child) => node(child, frame))
    for (const output of outputs) {
      text = text === undefined || output.text === undefined ? undefined : text + output.text
      taint |= output.taint
      if (output.under !== undefined) under = [...(under ?? []), ...output.under].slice(0, MAX_LISTED)
      partial += output.text ?? output.partial ?? ''
    }
    if (text !== undefined) return { text, taint }
    if (partial !== '') taint |= TAINT.opaque
    return { text, taint, partial, from: fromOf(outputs), under }
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
        for (const command of it.commands)
          input = node(command, inPipe(frame, input, it.commands.at(-1) === command))
        return input
      }
      case 'Command':
        return simple(walk, it, frame)
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
        if (isSpawnLoop(it)) findings.fact('fork-bomb', frame.at(it))
        return eachLine(it, frame)
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
        const { list, input } = redirections(walk, it.redirects, frame)
        // The shell opens files before the command runs.
        const before = cloneScope(frame.scope)
        const output = node(it.command, { ...frame, input })
        const whole = bare(list, [], frame.at(it), { ...frame, scope: before })
        if (list.length > 0) findings.command({ ...whole, input: output })
        return output
      }
      case 'Function':
        functions.set(it.name.value, { node: it, frame })
        if (isForkBomb(it)) findings.fact('fork-bomb', frame.at(it))
        // The body is walked once without arguments, because defining a function gives a harmless name its meaning.
        node(it.body, {
          ...frame,
          scope: cloneScope(frame.scope),
          calling: [...frame.calling, `${it.name.value} ${it.pos}`],
        })
        return NO_OUTPUT
      default:
        sweep(it, frame)
        return NO_OUTPUT
    }
  }

  function loop(it: Extract<SyntaxNode, { type: 'For' | 'Select' }>, frame: Frame): Output {
    const host = hostOf(frame)
    const list =
      it.wordlist?.flatMap((word) => expandWord(word, frame.scope, host)) ?? frame.scope.parameters ?? []
    const rounds: Pick<Arg, 'text' | 'taint'>[] = list.slice(0, MAX_LOOP_ROUNDS)
    if (list.length === 0 || list.length > MAX_LOOP_ROUNDS)
      rounds.push({ text: SOMETHING, taint: TAINT.opaque })
    const outputs = rounds.map((value) => {
      const { text, taint } = value
      frame.scope.variables.set(it.name.value, { text, taint, each: isGlob(text) })
      return node(it.body, frame)
    })
    return {
      text: undefined,
      taint: outputs.reduce((sum, output) => sum | output.taint, TAINT.opaque as number),
    }
  }

  /** `while read x`: walks the body for each line of the input, or for each place that the lines are known to name. */
  function eachLine(it: Extract<SyntaxNode, { type: 'While' }>, frame: Frame): Output {
    const { under, taint } = frame.input
    const lines = linesIn(frame.input) ?? []
    if (lines.length < 2 && under === undefined) return statements([it.clause, it.body], frame)
    const outputs = lines
      .slice(0, MAX_LOOP_ROUNDS)
      .map((line) => statements([it.clause, it.body], { ...frame, input: { text: line, taint } }))
    return { text: undefined, taint: outputs.reduce((sum, output) => sum | output.taint, taint) }
  }

  /** Looks for substitutions in nodes that run nothing themselves: tests and arithmetic. */
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
    if (it.type === 'ArithmeticWord') {
      const { parts } = it
      const text =
        parts === undefined ? it.value : expandText(parts, frame.at(it), frame.scope, hostOf(frame)).text
      if (text.length > MAX_TEXT) budget.exhausted = true
      readArithmetic(text, frame.at(it), frame.scope, hostOf(frame))
      return
    }
    if (nesting >= MAX_NESTING) {
      budget.exhausted = true
      return
    }
    const compared =
      it.type === 'TestUnary' && it.operator === '-v'
        ? [it.operand]
        : it.type === 'TestBinary' && /^-(?:eq|ne|lt|gt|le|ge)$/.test(it.operator)
          ? [it.left, it.right]
          : []
    for (const word of compared)
      readArithmetic(
        expandOne(word, frame.scope, hostOf(frame)).text,
        frame.at(word),
        frame.scope,
        hostOf(frame),
      )
    nesting++
    forEachChild(it, (child) => sweep(child, frame))
    nesting--
  }

  function hostOf(frame: Frame): WordHost {
    return {
      at: frame.at,
      sweep: (it) => forEachChild(it, (child) => sweep(child, frame)),
      again: (text, what, span, scope) => {
        const inner: Frame = { ...frame, scope, depth: frame.depth + 1 }
        if (frame.depth >= MAX_DEPTH || text.length > MAX_TEXT) {
          budget.exhausted = true
          return
        }
        if (what === 'number') readArithmetic(text, span, scope, hostOf(inner))
        else readAgain(text, span, scope, hostOf(inner))
      },
      substitute: (script, span, scope, moved) =>
        substituted(script, { ...frame, scope, isTaken: true }, span, moved === true),
    }
  }

  function substituted(script: ParsedScript | undefined, frame: Frame, span: Span, moved: boolean): Output {
    if (script === undefined) return { text: undefined, taint: TAINT.opaque }
    if (frame.depth >= MAX_DEPTH || !spend(budget, 'nodes')) {
      findings.fact('too-deep', span)
      return { text: undefined, taint: TAINT.opaque }
    }
    if (script.errors !== undefined && script.errors.length > 0) findings.fact('unparsed', span)
    // Escaped backticks are parsed from a decoded copy, whose offsets are not those of the line.
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

  const top: Frame = {
    depth: 0,
    scope,
    input: NO_OUTPUT,
    privileged: false,
    calling: [],
    payload: undefined,
    at: (it) => [it.pos, Math.max(it.pos, it.end)],
  }
  begin(walk, top)
  if (budget.exhausted) findings.fact('too-deep', [0, line.length])
}
