// The owner of a home: in another account's home root acts with that account's rights, never with its own.
import { existsSync, lstatSync, realpathSync, statSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { KaroError } from '../../base/errors.ts'

const OTHERS_WRITE = 0o022
const STICKY = 0o1000
/** Group of files that may not have root's. They are their owner's alone in any case. */
const NOGROUP = 65_534

interface Owner {
  readonly uid: number
  readonly gid: number
}

/**
 * Where `home` really is, and whose: of the last directory on the way to it that exists. Besides root only that owner
 * can change a step of the way; throws KaroError `refused` where others could, who would say where root goes.
 */
function ownerOfWay(home: string): { readonly path: string; readonly owner: Owner } {
  let existing = home
  while (!existsSync(existing) && existing !== dirname(existing)) existing = dirname(existing)
  const real = realpathSync(existing)
  let owner: Owner = { uid: 0, gid: 0 }
  let at = ''
  /** The path went through a directory like /tmp, in which anybody may have made the next part of it. */
  let shared = false
  for (const step of ['/', ...real.split(sep).filter((name) => name !== '')]) {
    at = join(at, step)
    const stat = lstatSync(at)
    const others = owner.uid === 0 ? shared && stat.uid !== 0 : stat.uid !== owner.uid
    shared = stat.uid === 0 && (stat.mode & OTHERS_WRITE) !== 0
    if (others || !stat.isDirectory() || (shared && (stat.mode & STICKY) === 0)) {
      throw new KaroError(
        'refused',
        'another user can change what this path leads to, so root does not write there',
        {
          where: at,
          hint: 'Run it as the user whose home it is.',
        },
      )
    }
    owner = stat
  }
  return { path: join(real, relative(existing, home)), owner }
}

/**
 * For root alone: this process is from now on, and for good, the one whose `home` is. Whatever stands in it, a link for
 * instance, then leads nowhere that its owner could not go. Resolves with where the home really is.
 */
export function becomeOwner(home: string): string {
  if (process.geteuid?.() !== 0) return home
  const { path, owner } = ownerOfWay(home)
  if (owner.uid === 0) return path
  try {
    process.setgroups?.([])
    process.setgid?.(owner.gid === 0 ? NOGROUP : owner.gid)
    process.setuid?.(owner.uid)
  } catch (cause) {
    throw new KaroError('refused', `root cannot act as uid ${owner.uid}: ${(cause as Error).message}`, {
      where: path,
      hint: 'Run it as that user.',
      cause,
    })
  }
  return path
}

/** As becomeOwner. Throws KaroError `refused` for anybody but root and the owner of `home`, whose daemon has to read what is made there. */
export function actAsOwner(home: string): void {
  becomeOwner(home)
  const owner = statSync(home, { throwIfNoEntry: false })?.uid
  if (owner !== undefined && owner !== process.geteuid!())
    throw new KaroError('refused', `the directory belongs to uid ${owner}`, {
      where: home,
      hint: 'Run it with sudo, or as that user.',
    })
}
