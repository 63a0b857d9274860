// The guard as loadGuard gives it, without the code that reads TOML where no file sets anything of it.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DEFAULTS, type Guard } from './guard.ts'
import type { GuardSources } from './load.ts'

/**
 * Rules that hold for everybody on this machine: beside the service's configuration, written out because that code is
 * not to be loaded here. Without the environment: a person must not be able to put another file in its place.
 */
export const MACHINE_RULES = '/etc/karo/guard.toml'

/** Never rejects; see loadGuard. */
export async function quickGuard(from: GuardSources): Promise<Guard> {
  const { machineFile = MACHINE_RULES, now = Date.now } = from
  const own = join(from.home, 'guard.toml')
  if (setsAny(from) || existsSync(own) || existsSync(machineFile))
    return (await import('./load.ts')).loadGuard(from)
  return {
    ...DEFAULTS,
    rules: [],
    files: [
      { path: machineFile, whose: 'machine' },
      { path: own, whose: 'own' },
    ],
    warnings: [],
    now,
  }
}

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
