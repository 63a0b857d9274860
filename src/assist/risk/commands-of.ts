// Every simple command that a line runs, as words, for matching an owner's own rules.

import { newBudget } from './limits.ts'
import type { Findings } from './line/frame.ts'
import { walkLine } from './line/walk.ts'
import { type Scope, SOME_HOME, SOMETHING, type Span, textsOf, UNKNOWN } from './model.ts'
import type { CheckOptions } from './types.ts'

/** One simple command. `sudo kubectl delete ns x` gives two: the whole, and `kubectl delete ns x`. */
export interface RunCommand {
  /** The words after quote removal and expansion, joined by blanks, the first without its path. Unknown parts are missing. */
  readonly text: string
  /** The directory in which it runs, after each `cd` of the line. Unknown parts are missing. */
  readonly cwd: string
  /** UTF-16 offsets [start, end) into the line. */
  readonly span: Span
}

const NOT_KNOWN = new RegExp(`[${UNKNOWN}${SOMETHING}]`, 'g')

/** The commands in the order in which the line runs them. Never throws; the work is bounded as a check's. */
export function commandsOf(
  line: string,
  {
    shell = 'bash',
    cwd = '.',
    home = SOME_HOME,
    karoHome,
    gitAlias,
  }: Pick<CheckOptions, 'shell' | 'cwd' | 'home' | 'karoHome' | 'gitAlias'>,
): readonly RunCommand[] {
  const found: RunCommand[] = []
  const scope: Scope = {
    shell,
    home,
    cwd,
    variables: new Map(),
    parameters: undefined,
    ...(karoHome !== undefined && { karoHome }),
    ...(gitAlias !== undefined && { gitAlias }),
  }
  const findings: Findings = {
    command({ name, args, span, scope: { cwd: there } }) {
      if (name === '') return
      const text = [name, ...textsOf(args)].join(' ').replace(NOT_KNOWN, '')
      found.push({ text, cwd: there.replace(NOT_KNOWN, ''), span })
    },
    fact: () => {},
    isKnownTool: () => false,
  }
  walkLine(line.replaceAll('\r', ' '), scope, findings, newBudget())
  return found
}
