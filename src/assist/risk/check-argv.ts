// Judges a command given as its exact words: no expansion, no splitting, no grammar of a shell.
import { shellWord } from '../../base/quote.ts'
import { DEFAULT_PROFILE, findAll, matchOf } from './check.ts'
import { decide, worst } from './decide.ts'
import { MAX_COMMAND_LENGTH, MAX_WORDS, newBudget, spend } from './limits.ts'
import { readValue } from './line/builtins.ts'
import type { Frame, Walk } from './line/frame.ts'
import { run } from './line/run.ts'
import { assign } from './line/state.ts'
import { type Arg, NO_OUTPUT, type SimpleCommand, TAINT } from './model.ts'
import type { CheckOptions, RiskVerdict } from './types.ts'

interface ArgvOptions extends Omit<CheckOptions, 'shell'> {
  /** What the command gets on standard input; absent: nothing. A shell reads it as code. */
  readonly input?: string
  /** Variables that are set for the command alone. Some name programs or files of code, such as `GIT_SSH_COMMAND`. */
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Judges what `execve` would get. A metacharacter in a word is text, and never syntax; a word that a program reads as code
 * (`sh -c TEXT`, `python -c TEXT`, `find -exec`) is judged as that code. `command` of the verdict is the same command as a
 * line for bash, in which findings have their places. An empty list is unparsed, and one that no kernel would take is
 * judged by its words as far as they were read, and never Safe. Never throws; the work is bounded as a check's.
 */
export function checkArgv(argv: readonly string[], options: ArgvOptions = {}): RiskVerdict {
  const { input, env = {}, ...rest } = options
  const line = argv.map(shellWord).join(' ')
  const budget = newBudget()
  const tooLong = (input?.length ?? 0) > MAX_COMMAND_LENGTH
  const findings = findAll(line, { ...rest, shell: 'bash' }, budget, (walk, top) => {
    if (argv.length === 0) walk.findings.fact('unparsed', [0, 0])
    else if (tooLong || argv.length > MAX_WORDS || !spend(budget, 'words', argv.length))
      walk.findings.fact('too-long', [0, line.length])
    else runWords(walk, top, argv, env, input)
  })
  const risk_level = worst(findings.map(({ rule }) => rule.level))
  return {
    command: line,
    risk_level,
    decision: decide(options.profile ?? DEFAULT_PROFILE, risk_level, line.length),
    matches: findings.map(matchOf),
  }
}

function runWords(
  walk: Walk,
  top: Frame,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
  input: string | undefined,
): void {
  let at = 0
  const words = argv.map((text): Arg => {
    const start = at
    at += shellWord(text).length + 1
    return { text, span: [start, at - 1], taint: TAINT.none }
  })
  const whole = [0, Math.max(0, at - 1)] as const
  const assignments: SimpleCommand['assignments'] = Object.entries(env).map(([name, text]) => ({
    name,
    value: { text, span: whole, taint: TAINT.none },
  }))
  for (const set of assignments) {
    assign(top.scope, set, false)
    readValue(walk, set, top)
  }
  const given = input === undefined ? NO_OUTPUT : { text: input, taint: TAINT.none }
  run(
    walk,
    {
      words,
      assignments,
      redirections: [],
      input: given,
      privileged: false,
      span: whole,
    },
    top,
    0,
  )
}
