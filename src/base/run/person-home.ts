// The home directory of the person whose process this is.
import { userInfo } from 'node:os'
import { isAbsolute } from 'node:path'
import { KaroError } from '../errors.ts'

type Env = Readonly<Record<string, string | undefined>>

/**
 * HOME, else the directory in the user database (POSIX.1-2017, XCU 2.6.1); undefined if there is neither. An empty or relative
 * HOME is none: everything in it would depend on the directory in which a command was typed.
 */
export function personHome(env: Env = process.env): string | undefined {
  if (env.HOME !== undefined && isAbsolute(env.HOME)) return env.HOME
  try {
    const { homedir } = userInfo()
    return isAbsolute(homedir) ? homedir : undefined
  } catch {
    // The user database has no entry, as in a container that runs under a number.
    return undefined
  }
}

/** As personHome. Throws KaroError `bad_request` if there is none. */
export function neededHome(env: Env): string {
  const home = personHome(env)
  if (home !== undefined) return home
  throw new KaroError('bad_request', 'this user has no home directory', {
    where: 'HOME',
    hint: 'Set HOME, or set KARO_HOME to the directory of the node.',
  })
}

/** Root for somebody who typed sudo, whose own shells are not those of root. */
export const isThroughSudo = ({ SUDO_USER = 'root' }: Env) => process.getuid?.() === 0 && SUDO_USER !== 'root'
