// The risk gate: the exact words of a command, and commands in a tool's arguments, by the same rules as a person's lines.
import {
  checkArgv,
  checkCommand,
  isCore,
  type Machine,
  type RiskLevel,
  type RiskVerdict,
} from '../../assist/risk/index.ts'
import { endpointOf } from '../../base/words/loopback-endpoint.ts'
import { EXEC, kindOf, SHELL_ARGUMENTS } from '../classes.ts'
import type { Action, ActionClass } from '../types.ts'
import type { Ruling } from './gate.ts'

export interface RiskFindings {
  readonly risk: RiskLevel
  /** A sentence each, at most 8. */
  readonly risks: readonly string[]
  /** A rule of the catastrophic core: nobody can approve it. */
  readonly core: string | undefined
}

const RISKS_MAX = 8
const LEVELS: readonly RiskLevel[] = ['safe', 'moderate', 'high', 'critical']
const CLASS_OF: Readonly<Record<RiskLevel, ActionClass>> = {
  safe: 'green',
  moderate: 'medium',
  high: 'high',
  critical: 'critical',
}
const INPUT_MAX = 65_536

/** A server outside of jails has no command, so a tool of that name gets what it does with its input. */
export const isCommand = ({ tool, argv }: Action): boolean => tool === EXEC && endpointOf(argv) === undefined

/**
 * Judges argv, its environment and what a command reads on standard input; with `machine` also the files that it runs. `home` is the
 * person's, absolute.
 */
export function findRisk(action: Action, home: string, karoHome: string, machine?: Machine): RiskFindings {
  const { argv, cwd, env, input } = action
  const where = { cwd, home, karoHome, caller: 'tool', ...(machine && { machine }) } as const
  const runs = isCommand(action)
  const verdicts: RiskVerdict[] = [
    checkArgv(argv, { ...where, env, ...(runs && input !== '' ? { input } : {}) }),
    ...(runs ? [] : commandsIn(input).map((text) => checkCommand(text, where))),
  ]
  const matches = verdicts.flatMap((verdict) => verdict.matches)
  const worst = Math.max(...verdicts.map(({ risk_level }) => LEVELS.indexOf(risk_level)))
  return {
    risk: LEVELS[worst] ?? 'critical',
    risks: [...new Set(matches.map(({ why }) => why))].slice(0, RISKS_MAX),
    core: matches.find(({ rule }) => isCore(rule))?.rule,
  }
}

/** Texts in a tool's arguments that a shell may get, at whatever depth up to 4. */
function commandsIn(input: string): readonly string[] {
  let value: unknown
  try {
    value = JSON.parse(input)
  } catch {
    return []
  }
  const found: string[] = []
  const look = (of: unknown, depth: number): void => {
    if (typeof of !== 'object' || of === null || depth > 4 || found.length >= 16) return
    for (const [name, member] of Object.entries(of)) {
      if (typeof member === 'string' && SHELL_ARGUMENTS.includes(name))
        found.push(member.slice(0, INPUT_MAX + 1))
      else look(member, depth + 1)
    }
  }
  look(value, 0)
  return found
}

/** `findings` as a ruling: the core is denied, and risk makes an action redder than its name. */
export function rule({ risk, risks, core }: RiskFindings): Ruling {
  if (core !== undefined)
    return {
      outcome: 'deny',
      reason: `risk rule ${core} is of the catastrophic core, which nobody can approve`,
    }
  return { outcome: 'pass', least: CLASS_OF[risk], reason: risks.length === 0 ? '' : `risk ${risk}` }
}

/** The class of the action by its name. Green is for one's own node: what another machine gets to read leaves this one. */
export const ownClass = ({ tool, readOnly, requester, target }: Action, granted: boolean): ActionClass =>
  kindOf(tool, readOnly && (requester.node === target || granted)).class
