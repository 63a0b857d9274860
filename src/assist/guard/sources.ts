// Where the guard's files are, and whether they or the environment set anything of it, without the code that reads TOML.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Env } from '../../config/paths.ts'

/** Where the files of the guard are. */
export interface GuardSources {
  /** Directory of the node, with config.toml and guard.toml. */
  readonly home: string
  readonly env: Env
  /** Rules that hold for everybody on this machine. */
  readonly machineFile?: string
  readonly now?: () => number
}

/**
 * Rules that hold for everybody on this machine: beside the service's configuration, written out because that code is
 * not to be loaded here. Without the environment: a person must not be able to put another file in its place.
 */
export const MACHINE_RULES = '/etc/karo/guard.toml'

/** Whether configuration or environment say anything of the guard; what else is wrong in them is not about it. */
export function setsAny({ home, env }: GuardSources): boolean {
  if (Object.keys(env).some((name) => name.startsWith('KARO_GUARD_') && env[name])) return true
  try {
    return setsGuard(readFileSync(join(home, 'config.toml'), 'utf8'))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code !== 'ENOENT' && code !== 'ENOTDIR'
  }
}

/** False only if no key of [guard] is set, wrong ones included: the bare section of the sample sets none. */
function setsGuard(toml: string): boolean {
  // A line of a multi-line string may look like these too, but sets nothing either.
  const withoutComments = toml.replace(/^[ \t]*#.*$/gm, '')
  const said = withoutComments.replace(/^\[guard\](?!\s*[^\s[])/m, '')
  // Escapes could spell the word otherwise in a quoted key, `"gu\u0061rd"`.
  return /guard|\\[ux]/i.test(said)
}
