// Named patterns of the owner's configuration that approve what they match, in place of a person.
import { realpath } from 'node:fs/promises'
import { KaroError } from '../../base/errors.ts'
import { globMatcher, shellWord } from '../../base/quote.ts'
import { isPlainPath } from '../../base/words/plain-path.ts'
import { EXEC } from '../classes.ts'
import type { Action, ActionClass } from '../types.ts'

interface Pattern {
  readonly name: string
  matches(action: Action): Promise<boolean>
}

/** `NAME: AGENT TOOL GLOB`, or with `in PLACE` before the glob. Throws KaroError `bad_config`, though the configuration has checked it before. */
function readPattern(text: string): Pattern {
  const [, name, agent, tool, place, glob] =
    /^([\w.-]{1,32}): (\S+) (\S+) (?:in (\/\S*) )?(.+)$/s.exec(text) ?? []
  if (name === undefined || agent === undefined || tool === undefined || glob === undefined)
    throw new KaroError('bad_config', `'${text.slice(0, 80)}' is not a pattern`, { where: 'agents.approved' })
  const match = globMatcher(glob)
  return {
    name,
    matches: async (action) =>
      action.agent === agent &&
      action.tool === tool &&
      Object.keys(action.env).length === 0 &&
      // A pattern never approves a command with input, which nobody has read. For other tools the input is the request
      // itself.
      (tool === EXEC
        ? action.input === '' && match(action.argv.map(shellWord).join(' '))
        : match(action.input)) &&
      (await isThere(action, place)),
  }
}

/**
 * The same words do different things in different directories. With a place, the working directory and every writable place must
 * be in it or below. Without one, no command is approved, and nothing that may write outside of its jail. A path counts by where
 * its links lead; one that does not exist never matches.
 */
async function isThere({ tool, cwd, binds }: Action, place: string | undefined): Promise<boolean> {
  const written = binds.filter(({ write }) => write).map(({ path }) => path)
  if (place === undefined) return tool !== EXEC && written.length === 0
  if (![cwd, ...written].every(isPlainPath)) return false
  const [real, ...paths] = await Promise.all([place, cwd, ...written].map((path) => realpath(path))).catch(
    () => [],
  )
  if (real === undefined) return false
  const below = real.endsWith('/') ? real : `${real}/`
  return paths.every((path) => path === real || path.startsWith(below))
}

/** The name of the pattern that approves the action; never a critical one, and never for another machine. */
export async function approvedBy(
  patterns: readonly string[],
  action: Action,
  of: ActionClass,
): Promise<string | undefined> {
  if (of === 'critical' || action.requester.node !== action.target) return undefined
  for (const { name, matches } of patterns.map(readPattern)) if (await matches(action)) return name
  return undefined
}
