// The environment that a shell's hook may go by: after su or sudo it may name directories of the person who was before.
import { existsSync, lstatSync, readFileSync, realpathSync } from 'node:fs'
import { userInfo } from 'node:os'
import { dirname, join, sep } from 'node:path'
import { orElse } from '../../base/run/or-else.ts'
import { type Env, homePaths } from '../../config/paths.ts'
import { type CommandIo, KaroError } from '../kit.ts'

const OTHERS_WRITE = 0o022
const STICKY = 0o1000
/** The owner that a user namespace shows for every account outside it (user_namespaces(7)). */
const OUTSIDE = 65_534

/**
 * `env`, without the home that it names where that home is another user's: who owns the directory could put links in the
 * place of the files into which the hook writes, and the rules by which it judges. Then it is the home of the account.
 * `su`, `su -m` and `sudo -E` keep KARO_HOME or HOME.
 */
export function envOfUser(env: Env, uid = process.geteuid?.()): Env {
  if (uid === undefined || !isForeign(homePaths(env).home, uid)) return env
  const { KARO_HOME: _, ...rest } = env
  return isForeign(homePaths(rest).home, uid)
    ? { ...rest, HOME: orElse(() => userInfo().homedir, rest.HOME) }
    : rest
}

/** The same with no home of another user. */
export function ofUser(io: CommandIo): CommandIo {
  const env = envOfUser(io.env)
  if (env === io.env) return io
  return Object.create(io, { env: { value: env }, home: { value: homePaths(env).home } }) as CommandIo
}

/**
 * Throws KaroError `refused` for root in the home of another user, which HOME names after `su -m` and `sudo -E`: what root makes there
 * would keep that user's own node and shells from their files. Throws `bad_request` for a name that is not UTF-8: Node.js reads such bytes as
 * U+FFFD, so that files would be made in another directory.
 */
export function refuseOthersHome(home: string): void {
  if (home.includes('\uFFFD'))
    throw new KaroError(
      'bad_request',
      'the name of this directory is not UTF-8, so Karo can keep no files there',
      {
        where: home,
        hint: 'Set HOME, or KARO_HOME, to a directory whose name is UTF-8.',
      },
    )
  const owner = process.geteuid?.() === 0 && lstatSync(existingOf(home)).uid
  if (owner)
    throw new KaroError('refused', 'another user owns this home', {
      where: home,
      hint: `As that user: sudo -u '#${owner}' karo … As root with its own: sudo -H karo …`,
    })
}

/** The last directory on the way that is there. */
const existingOf = (path: string): string => (existsSync(path) ? path : existingOf(dirname(path)))

/**
 * True where another user than `uid` and root owns the directory, or, if it is missing, the last one on the way to it. For
 * root also where another user could change a step of the way.
 */
function isForeign(home: string, uid: number): boolean {
  try {
    const existing = existingOf(home)
    const real = realpathSync(existing)
    const { uid: owner } = lstatSync(real)
    // What stands in a namespace as everybody's outside may be anybody's, so only the steps before it may.
    if (uid === 0) return owner !== 0 || mayOthersChange(existing) || mayOthersChange(real)
    return owner !== uid && owner !== 0
  } catch {
    return true
  }
}

/** True where another user than root could put something else in the place of `path`, or turn a link on the way to it. */
export function mayOthersChange(path: string): boolean {
  const owners = inNamespace() ? [0, OUTSIDE] : [0]
  let at = '/'
  for (const step of ['', ...path.split(sep).filter((name) => name !== '')]) {
    at = join(at, step)
    const stat = lstatSync(at)
    // The mode of a link means nothing.
    const shared = !stat.isSymbolicLink() && (stat.mode & OTHERS_WRITE) !== 0 && (stat.mode & STICKY) === 0
    if (!owners.includes(stat.uid) || shared) return true
  }
  return false
}

/** True where uid 0 is not the machine's root. */
function inNamespace(): boolean {
  return orElse(() => !/^\s*0\s+0\s+4294967295\s*$/.test(readFileSync('/proc/self/uid_map', 'latin1')), false)
}
