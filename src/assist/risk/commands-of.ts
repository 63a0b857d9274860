// Every simple command that a line runs, as words: what an owner's own rules are matched against.

import { newBudget } from './limits.ts'
import { walkLine } from './line/walk.ts'
import { type Scope, SOME_HOME, SOMETHING, type Span, UNKNOWN } from './model.ts'
import type { CheckOptions } from './types.ts'

/** One simple command; of `sudo kubectl delete ns x` both the whole and `kubectl delete ns x` are one. */
export interface RunCommand {
  /** Words after quote removal and expansion, joined by blanks; the first without its path. Unknown parts are left out. */
  readonly text: string
  /** Where it runs, after `cd` in the line; what is not known stays as it was. */
  readonly cwd: string
  /** UTF-16 offsets [start, end) into the line. */
  readonly span: Span
}

const NOT_KNOWN = new RegExp(`[${UNKNOWN}${SOMETHING}]`, 'g')

/** In the order the line runs them. Never throws; the work is bounded as a check's. */
export function commandsOf(
  line: string,
  {
    shell = 'bash',
    cwd = '.',
    home = SOME_HOME,
    karoHome,
  }: Pick<CheckOptions, 'shell' | 'cwd' | 'home' | 'karoHome'>,
): readonly RunCommand[] {
  const found: RunCommand[] = []
  const scope: Scope = {
    shell,
    home,
    cwd,
    variables: new Map(),
    parameters: undefined,
    ...(karoHome !== undefined && { karoHome }),
  }
  const note = ({ name, args, span, scope: { cwd: there } }: Parameters<Collect>[0]): void => {
    if (name === '') return
    const text = [name, ...args.map((arg) => arg.text)].join(' ').replace(NOT_KNOWN, '')
    found.push({ text, cwd: there.replace(NOT_KNOWN, ''), span })
  }
  walkLine(
    line.replaceAll('\r', ' '),
    scope,
    { command: note, fact: () => {}, isKnownTool: () => false },
    newBudget(),
  )
  return found
}

type Collect = Parameters<typeof walkLine>[2]['command']
