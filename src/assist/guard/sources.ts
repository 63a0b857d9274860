// Paths of the guard's files, and a check whether anything sets the guard, without the code that reads TOML.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Env } from '../../config/paths.ts'

/** Paths and environment from which the guard is loaded. */
export interface GuardSources {
  /** Directory of the node, with config.toml and guard.toml. */
  readonly home: string
  readonly env: Env
  /** Rules for everybody on this machine; default MACHINE_RULES. */
  readonly machineFile?: string
  /** The fleet's settings for everybody on this machine; default those of the service. */
  readonly machineFleet?: string
  readonly now?: () => number
}

/**
 * Rules for everybody on this machine, beside the service's configuration. The path is written out here to keep that code
 * unloaded, and no variable changes it, because a person must not be able to put another file in its place.
 */
export const MACHINE_RULES = '/etc/karo/guard.toml'

/** Whether configuration or environment set anything of the guard. Other faults in them do not matter here. */
export function setsAny({ home, env }: GuardSources): boolean {
  if (Object.keys(env).some((name) => name.startsWith('KARO_GUARD_') && env[name])) return true
  try {
    return setsGuard(readFileSync(join(home, 'config.toml'), 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code !== 'ENOENT' && code !== 'ENOTDIR'
  }
}

/** Whether a key of [guard] may be set, rightly or not. An empty section, as in the sample, sets none. */
function setsGuard(toml: string): boolean {
  // Lines of a multi-line string may go too; they set nothing either.
  const withoutComments = toml.replace(/^[ \t]*#.*$/gm, '')
  const said = withoutComments.replace(/^\[guard\](?!\s*[^\s[])/m, '')
  // A quoted key may spell the word with escapes: `"gu\u0061rd"`.
  return /guard|\\[ux]/i.test(said)
}
