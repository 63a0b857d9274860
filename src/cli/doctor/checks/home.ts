// Checks of the node's own files: directory, owners, key.

import { createPrivateKey } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { KaroError } from '../../../base/errors.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { isKeyLost } from '../../../config/paths.ts'
import { readPublicIdentity } from '../../../trust/identity/index.ts'
import { isOwn, makeOwnDirectory, setOwnMode } from '../own.ts'
import { type Finding, fail, ok, type SafeFix, skipped, warn } from '../result.ts'
import { quote } from '../shell-words.ts'
import type { World } from '../world.ts'
import { nextStart } from './passphrase.ts'
import { refusedAt, remountOf } from './store.ts'

const GROUP_OR_OTHERS = 0o077
export const GROUP_OR_OTHERS_WRITE = 0o022
const KEY_MODE = 0o600
/** Most files to check; a home has hundreds, and a sample of more is enough. */
const MOST_FILES = 20_000

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, '0')

/** The uid that a node's files have to have: for root that of the directory, for other people their own. */
function expectedOwner(world: Pick<World, 'uid' | 'service'>, home: Pick<Stats, 'uid'>): number {
  return world.uid === 0 || world.service ? home.uid : world.uid
}

/** Why files inside the home cannot be checked; undefined if they can. */
function unseen(world: World): Finding | undefined {
  const home = world.stat(world.paths.home, 'follow')
  if (home === 'missing') return skipped(`there is no directory ${world.paths.home}`)
  if (home === 'denied' || (world.uid !== 0 && home.uid !== world.uid && (home.mode & 0o005) === 0)) {
    return skipped(`only root may read ${world.paths.home}: sudo karo doctor`)
  }
  return undefined
}

/** The prefix that runs a command as the owner of a file, because root would follow a link that the owner put there. */
export const as = (world: Pick<World, 'uid'>, { uid }: Pick<Stats, 'uid'>): string =>
  uid === world.uid ? '' : uid === 0 ? 'sudo ' : `sudo setpriv --reuid=${uid} --clear-groups `

/** A directory of the node with another owner than the node. For a link there is no chown, because root would follow it. */
export function ofSomebodyElse(
  world: Pick<World, 'stat'>,
  path: string,
  { uid }: Pick<Stats, 'uid'>,
  owner: number,
): Finding {
  const stat = world.stat(path)
  if (typeof stat === 'object' && stat.isSymbolicLink()) {
    return fail(
      `${path} leads to a directory of uid ${uid}, but the node belongs to uid ${owner}`,
      `ls -l ${quote(path)}`,
    )
  }
  return fail(
    `${path} belongs to uid ${uid}, but the node belongs to uid ${owner}`,
    `sudo chown -R ${owner} ${quote(path)}`,
  )
}

/** A chmod of a file that belongs to this user, as do all directories on its way; undefined for other files. */
export function narrowed(
  { uid }: World,
  path: string,
  stat: Pick<Stats, 'uid'>,
  mode: number,
): SafeFix | undefined {
  if (stat.uid !== uid || !isOwn(path, uid)) return undefined
  return { says: `set the mode of ${path} to ${octal(mode)}`, apply: () => setOwnMode(path, uid, mode) }
}

export async function homeDirectory(world: World): Promise<readonly Finding[]> {
  const { paths, service, homeFlag } = world
  const home = world.stat(paths.home, 'follow')
  if (home === 'missing') {
    return [
      fail(
        `there is no directory ${paths.home}`,
        service ? 'sudo systemctl start karo' : `karo init${homeFlag}`,
      ),
    ]
  }
  if (home === 'denied') return [skipped(`only root may read ${paths.home}: sudo karo doctor`)]
  if (!home.isDirectory())
    return [fail(`${paths.home} is not a directory`, `mv ${quote(paths.home)} ${quote(`${paths.home}.old`)}`)]
  const found = judgeDirectory(world, paths.home, home)
  const hidden = unseen(world)
  const db = hidden === undefined ? world.stat(paths.db, 'follow') : 'denied'
  if (db === 'missing') {
    const own = isOwn(paths.db, world.uid)
    const make: SafeFix = {
      says: `make ${paths.db}`,
      apply: () => makeOwnDirectory(paths.db, world.uid),
    }
    found.push(
      warn(
        `there is no directory ${paths.db} yet`,
        `mkdir -m 700 ${quote(paths.db)}`,
        own ? make : undefined,
      ),
    )
  } else if (db !== 'denied' && db.uid !== home.uid) {
    found.push(ofSomebodyElse(world, paths.db, db, home.uid))
  } else if (db !== 'denied') found.push(...judgeDirectory(world, paths.db, db))
  if (refusedAt(paths.home) !== undefined) {
    found.push(fail(`${paths.home} cannot be written: its file system is read-only`, remountOf(paths.home)))
  }
  if (hidden === undefined) found.push(...asideIn(paths.home))
  return found.length > 0
    ? found
    : [ok(home.uid === world.uid ? paths.home : `${paths.home}, of uid ${home.uid}`)]
}

function namesIn(directory: string): readonly string[] {
  return orElse(() => readdirSync(directory), [])
}

/** Nodes that restores moved aside; each still has a key and a whole history. */
function asideIn(home: string): readonly Finding[] {
  const kept = namesIn(home).filter((name) => name.startsWith('before-restore-'))
  if (kept.length === 0) return []
  const what =
    kept.length === 1
      ? 'the old node from before a restore, with'
      : `the old nodes from before ${kept.length} restores, each with`
  return [
    warn(
      `${home} keeps ${what} its key and its history`,
      `If the restored node works: rm -r ${kept.map((name) => quote(join(home, name))).join(' ')}`,
    ),
  ]
}

function judgeDirectory(world: World, path: string, stat: Stats): Finding[] {
  const found: Finding[] = []
  const owner = expectedOwner(world, stat)
  if (stat.uid !== owner && stat.uid !== 0) {
    found.push(
      fail(
        `${path} belongs to uid ${stat.uid}, and you are uid ${world.uid}`,
        `sudo chown -R ${owner} ${quote(path)}`,
      ),
    )
  }
  if ((stat.mode & GROUP_OR_OTHERS) !== 0) {
    const writable = (stat.mode & GROUP_OR_OTHERS_WRITE) !== 0
    const says = `the mode of ${path} is ${octal(stat.mode)}: others may ${writable ? 'write' : 'read'} it`
    const fix = `${as(world, stat)}chmod 700 ${quote(path)}`
    found.push((writable ? fail : warn)(says, fix, narrowed(world, path, stat, 0o700)))
  }
  return found
}

/** `uidOf` each file below `home`, links not followed. */
function filesBelow(home: string): readonly { readonly path: string; readonly uid: number }[] {
  const files: { path: string; uid: number }[] = []
  const waiting = [home]
  for (let next = waiting.pop(); next !== undefined && files.length < MOST_FILES; next = waiting.pop()) {
    let names: string[]
    try {
      names = readdirSync(next)
    } catch {
      continue
    }
    for (const name of names) {
      const path = join(next, name)
      const stat = lstatSync(path, { throwIfNoEntry: false })
      if (stat === undefined) continue
      files.push({ path, uid: stat.uid })
      if (stat.isDirectory()) waiting.push(path)
    }
  }
  return files
}

export async function homeOwner(world: World): Promise<Finding> {
  const { home, key } = world.paths
  const hidden = unseen(world)
  if (hidden !== undefined) return hidden
  const stat = world.stat(home, 'follow')
  if (stat === 'missing' || stat === 'denied') return skipped(`${home} cannot be read`)
  // home.key checks the key.
  const files = filesBelow(home).filter(({ path }) => path !== key)
  return judgeOwners(home, stat.uid, files)
}

export function judgeOwners(
  home: string,
  owner: number,
  files: readonly { readonly path: string; readonly uid: number }[],
): Finding {
  const foreign = files.filter(({ uid }) => uid !== owner)
  if (foreign.length === 0) return ok(`${files.length} files of uid ${owner}`)
  const [first] = foreign
  const more = foreign.length === 1 ? '' : ` and ${foreign.length - 1} more`
  return fail(
    `${first?.path} belongs to uid ${first?.uid}${more}, and the directory to uid ${owner}`,
    `sudo chown -R ${owner} ${quote(home)}`,
  )
}

export async function homeKey(world: World): Promise<Finding> {
  const { paths, service, homeFlag } = world
  const hidden = unseen(world)
  if (hidden !== undefined) return hidden
  const home = world.stat(paths.home, 'follow') as Stats
  const key = world.stat(paths.key)
  if (key === 'denied') return skipped('only root may read the key: sudo karo doctor')
  if (key === 'missing') {
    if (isKeyLost(paths)) return lostKey(world)
    const fix = service ? 'sudo systemctl start karo' : `karo init${homeFlag}`
    return fail(`there is no key ${paths.key}`, fix)
  }
  const finding = judgeKey(world, paths.key, key, expectedOwner(world, home))
  return finding ?? readKey(world, paths.key, key)
}

function lostKey({ paths, service, homeFlag }: World): Finding {
  const anew = service
    ? `sudo runuser -u karo -- karo identity new --home ${quote(paths.home)}`
    : `karo identity new${homeFlag}`
  return fail(
    `the key ${paths.key} is gone, but the history of its node is here, so the daemon does not start`,
    `The key can only be restored from a backup: karo restore <backup> --home <an empty directory>, then cp <that directory>/identity.key ${quote(paths.key)}
Without a backup, make another node, which others have to trust again: ${anew}`,
  )
}

/** Judges owner, type and mode of the key file; undefined if they are right. */
function judgeKey(
  world: World,
  path: string,
  key: Pick<Stats, 'uid' | 'mode' | 'isFile' | 'isSymbolicLink'>,
  owner: number,
): Finding | undefined {
  if (key.isSymbolicLink()) {
    return fail(
      `${path} is a symbolic link`,
      `${as(world, key)}cp --remove-destination "$(readlink -f ${quote(path)})" ${quote(path)}`,
    )
  }
  if (!key.isFile()) return fail(`${path} is not a regular file`)
  if (key.uid !== owner) {
    return fail(
      `the key belongs to uid ${key.uid}, the daemon runs as uid ${owner}`,
      `sudo chown -h ${owner} ${quote(path)}`,
    )
  }
  if ((key.mode & ~KEY_MODE & 0o7777) === 0) return undefined
  return fail(
    `the key's mode is ${octal(key.mode)}: others may have read it`,
    `${as(world, key)}chmod 600 ${quote(path)}`,
    narrowed(world, path, key, KEY_MODE),
  )
}

async function readKey(world: World, path: string, key: Stats): Promise<Finding> {
  try {
    if (key.uid === world.uid) {
      const { fingerprint, isProtected } = readPublicIdentity(path)
      const says = `fingerprint ${fingerprint}`
      return isProtected ? await nextStart(world, true, `${says}, with a passphrase`) : ok(says)
    }
    // Root only checks that another user's file is a key.
    const pem = readFileSync(path, 'latin1')
    if (pem.includes('BEGIN ENCRYPTED PRIVATE KEY'))
      return await nextStart(world, false, 'mode 0600, with a passphrase')
    createPrivateKey({ key: pem, format: 'pem' })
    return ok('mode 0600, an Ed25519 key')
  } catch (error) {
    if (error instanceof KaroError) return fail(error.message, error.hint)
    return fail('the file is not an Ed25519 private key in PKCS8 PEM', 'Restore it from a backup.')
  }
}
