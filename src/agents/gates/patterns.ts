// Named patterns of the owner's configuration that approve what they match, in place of a person.
import { KaroError } from '../../base/errors.ts'
import { globMatcher } from '../../base/quote.ts'
import { lineOf } from '../approvals/ended.ts'
import { EXEC } from '../classes.ts'
import type { Action, ActionClass } from '../types.ts'

interface Pattern {
  readonly name: string
  matches(action: Action): boolean
}

/** `NAME: AGENT TOOL GLOB`. Throws KaroError `bad_config`, though the configuration has checked it before. */
function readPattern(text: string): Pattern {
  const [, name, agent, tool, glob] = /^([\w.-]{1,32}): (\S+) (\S+) (.+)$/s.exec(text) ?? []
  if (name === undefined || agent === undefined || tool === undefined || glob === undefined)
    throw new KaroError('bad_config', `'${text.slice(0, 80)}' is no pattern`, { where: 'agents.approved' })
  const match = globMatcher(glob)
  return {
    name,
    matches: (action) =>
      action.agent === agent &&
      action.tool === tool &&
      Object.keys(action.env).length === 0 &&
      // A command has no input that nobody looked at; of a tool the input is what it is asked to do.
      (tool === EXEC ? action.input === '' && match(lineOf(action)) : match(action.input)),
  }
}

/** The name of the pattern that approves the action; never a critical one, and never for another machine. */
export function approvedBy(patterns: readonly string[], action: Action, of: ActionClass): string | undefined {
  if (of === 'critical' || action.requester.node !== action.target) return undefined
  return patterns.map(readPattern).find((pattern) => pattern.matches(action))?.name
}
