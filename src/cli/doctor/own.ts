// The changes of --fix: only files of the person who runs it, opened by a path that nobody else can redirect, even
// during the run.
import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readlinkSync,
  rmSync,
  type Stats,
} from 'node:fs'
import { basename, dirname, isAbsolute, join } from 'node:path'
import type { SafeFix } from './check.ts'

/** For the group or for others. */
export const OTHERS_WRITE = 0o022
const STICKY = 0o1000
/** As many as the kernel follows (path_resolution(7)). */
const MOST_LINKS = 40
/** open(2): a handle of what has this name, which needs no right to read it. Node has no name for it. */
const O_PATH = 0o10000000

/** Errors of this file: what was found, for a person. */
const refusal = (path: string, what: string): Error => new Error(`${path} ${what}`)

/**
 * Where `path` leads. Throws unless every step of the way, symbolic links included, belongs to `uid` or root, and none
 * lies where everybody may exchange it. For root that is: nobody else had a hand in it.
 */
function wayOf(path: string, uid: number): string {
  let at = '/'
  let shared = false
  let links = 0
  const steps = split(path)
  for (let step = steps.shift(); step !== undefined; step = steps.shift()) {
    if (shared) throw refusal(at, 'can be written by others')
    const next = join(at, step)
    const stat = lstatSync(next)
    if (stat.uid !== 0 && stat.uid !== uid) throw refusal(next, `belongs to uid ${stat.uid}`)
    if (stat.isSymbolicLink()) {
      if (++links > MOST_LINKS) throw refusal(path, 'has too many symbolic links')
      const target = readlinkSync(next)
      if (isAbsolute(target)) at = '/'
      steps.unshift(...split(target))
      continue
    }
    shared = stat.uid === 0 && (stat.mode & OTHERS_WRITE) !== 0 && (stat.mode & STICKY) === 0
    at = next
  }
  return at
}

const split = (path: string): string[] => path.split('/').filter((step) => step !== '' && step !== '.')

/** Whether --fix may touch what is at `path`, or make it where it is missing. */
export function isOwn(path: string, uid: number): boolean {
  try {
    const missing = lstatSync(path, { throwIfNoEntry: false }) === undefined
    return lstatSync(wayOf(missing ? dirname(path) : path, uid)).uid === uid
  } catch {
    return false
  }
}

export const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0')

/** A chmod of a file that belongs to this user, as do all directories on its way; undefined for other files. */
export const narrowed = (
  { uid }: { readonly uid: number },
  path: string,
  stat: Stats,
  mode: number,
): SafeFix | undefined =>
  stat.uid === uid && isOwn(path, uid)
    ? { says: `set the mode of ${path} to ${octal(mode)}`, apply: () => setOwnMode(path, uid, mode) }
    : undefined

/** Makes a missing directory; undefined where it would be in somebody else's. */
export const made = ({ uid }: { readonly uid: number }, path: string): SafeFix | undefined =>
  isOwn(path, uid) ? { says: `make ${path}`, apply: () => makeOwnDirectory(path, uid) } : undefined

/** Sets the mode of a directory, or of a file that has this one name. Throws an Error that says why not. */
export function setOwnMode(path: string, uid: number, mode: number): void {
  const handle = openSync(wayOf(path, uid), O_PATH | constants.O_NOFOLLOW)
  try {
    const stat = fstatSync(handle)
    if (stat.uid !== uid) throw refusal(path, `belongs to uid ${stat.uid}`)
    if (!stat.isDirectory() && !(stat.isFile() && stat.nlink === 1))
      throw refusal(path, 'is neither a directory nor a file with one name')
    // fchmod(2) needs a handle that was opened for reading, which the owner's own mode may forbid.
    chmodSync(`/proc/self/fd/${handle}`, mode)
  } finally {
    closeSync(handle)
  }
}

/** Makes a directory of mode 0700 in one of this user's. Throws an Error that says why not. */
export function makeOwnDirectory(path: string, uid: number): void {
  mkdirSync(join(ownDirectoryOf(path, uid), basename(path)), { mode: 0o700 })
}

/** Removes a file if it is still the one that was looked at. Throws an Error that says why not. */
export function removeOwn(path: string, uid: number, seen: Stats): void {
  const file = join(ownDirectoryOf(path, uid), basename(path))
  const now = lstatSync(file, { throwIfNoEntry: false })
  // A daemon that has started meanwhile put its own there.
  if (now?.ino === seen.ino && now.dev === seen.dev) rmSync(file)
}

function ownDirectoryOf(path: string, uid: number): string {
  const directory = wayOf(dirname(path), uid)
  const { uid: owner } = lstatSync(directory)
  if (owner !== uid) throw refusal(directory, `belongs to uid ${owner}`)
  return directory
}
