// Checks of the node's own files: directory, owners, key, and what opens a key with a passphrase.

import { createPrivateKey } from 'node:crypto'
import { existsSync, lstatSync, readdirSync, readFileSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { KaroError } from '../../../base/errors.ts'
import { shellWord } from '../../../base/quote.ts'
import { orElse } from '../../../base/run/or-else.ts'
import { partsOfStat } from '../../../base/run/proc-stat.ts'
import { isKeyLost } from '../../../config/paths.ts'
import { openWith, readPassphraseFile, readPublicIdentity } from '../../../trust/identity/index.ts'
import { type Checks, type Finding, fail, ok, onlyRoot, skipped, Unknown, warn } from '../check.ts'
import { made, narrowed, OTHERS_WRITE, octal } from '../own.ts'
import { readSystem, type World } from '../world.ts'
import { startOf } from './daemon.ts'
import { refusedAt, remountOf } from './store.ts'

/** systemd.exec(5), LoadCredential=: the credential's name in the unit. */
const CREDENTIAL = 'karo-key-passphrase'
/** Directories in which systemd looks for a credential without a path (systemd.exec(5)). */
const STORES = ['/etc', '/run', '/usr/local/lib', '/usr/lib'].flatMap((root) =>
  ['credstore', 'credstore.encrypted'].map((store) => join(root, store, CREDENTIAL)),
)
const KEY = 'the key has a passphrase'

/** Checks a key with a passphrase. With `own` the key is this user's, so the passphrase is tried. `fine` is the text if all is well. */
async function nextStart(world: World, own: boolean, fine: string): Promise<Finding> {
  const scope = world.service ? [] : ['--user']
  const unit = await world.run('systemctl', ...scope, 'cat', 'karo.service')
  const credentials = unit.kind === 'ran' && unit.code === 0 ? credentialsOf(unit.stdout) : []
  // Only systemd can open a credential that it encrypted, so only its existence is checked.
  if (credentials.some((path) => path === undefined || existsSync(path))) return ok(fine)
  const config = world.config()
  // config.file tells about a configuration that cannot be used.
  if ('error' in config) return ok(fine)
  const file = config.loaded.config.identity.passphrase_file
  if (file !== '') return tried(world.paths.key, file, own, fine)
  if (world.service)
    return fail(
      `${KEY}, and the service has no passphrase, so it will not start again`,
      `Put the passphrase into /etc/credstore/${CREDENTIAL} (root's, mode 0600), or encrypt it: systemd-creds encrypt --name=${CREDENTIAL} - /etc/credstore.encrypted/${CREDENTIAL}`,
    )
  const daemon = await world.daemon()
  if (daemon.kind === 'up') {
    // tty_nr, the fifth field after the command's name in proc_pid_stat(5).
    const terminal = partsOfStat(readSystem(`/proc/${daemon.pid}/stat`) ?? '').fields[4] ?? '0'
    if (terminal !== '0') return ok(`${fine}, which karo up asks for`)
  }
  return warn(
    `${KEY}, and identity.passphrase_file is not set: a start without a terminal fails`,
    'Start it in a terminal, or name a file that only you can read: passphrase_file = "<file>" under [identity] in config.toml',
  )
}

function tried(key: string, file: string, own: boolean, fine: string): Finding {
  try {
    if (own) openWith(key, { file, trusted: false })
    // Root only checks that the file exists; who may read it depends on the user of the daemon.
    else readPassphraseFile(file, true).fill(0)
    return ok(fine)
  } catch (error) {
    if (!(error instanceof KaroError)) throw error
    return fail(
      `the next start fails: ${error.where ?? file}: ${error.message}`,
      error.hint?.replace(/^Run: /, '') ?? `Put the passphrase into ${file}, mode 0600.`,
    )
  }
}

/** Files from which this unit takes the passphrase; undefined for a passphrase inside the unit. */
export function credentialsOf(unit: string): readonly (string | undefined)[] {
  let found: (string | undefined)[] = []
  for (const line of unit.split('\n')) {
    const [, directive, value] = /^\s*((?:Load|Set)Credential)(?:Encrypted)?=\s*(.*?)\s*$/.exec(line) ?? []
    if (directive === undefined || value === undefined) continue
    // An empty assignment drops those before it.
    if (value === '') found = []
    const [name, path] = [value.split(':')[0], value.split(':')[1]]
    if (name !== CREDENTIAL) continue
    if (directive === 'SetCredential') found.push(undefined)
    else if (path?.startsWith('/')) found.push(path)
    else found.push(...STORES)
  }
  return found
}

const GROUP_OR_OTHERS = 0o077
const KEY_MODE = 0o600
/** Most files to check; a home has hundreds, and a sample of more is enough. */
const MOST_FILES = 20_000

export const home = {
  'home.directory': {
    title: 'directory',
    what: "The node's directory and its database directory exist, belong to the user of the daemon, and nobody else can enter or write them. Their file system is writable, and no old node from before a restore is left.",
    why: 'Others who can read the directory can read history and key. The daemon does not start if it cannot write the directory.',
    severity: 'fail',
    fix: 'karo init creates the directory; chmod 700 <directory>; rm -r <directory>/before-restore-<date> when you do not need it any more; sudo chown -R <user> <directory>.',
    safeFix: 'removes permissions of others, and makes a missing database directory',
    look(world) {
      const { paths, uid } = world
      const stat = world.stat(paths.home, 'follow')
      if (stat === 'missing')
        return fail(
          `there is no directory ${paths.home}${world.service ? '' : '; if it was moved, --home names it'}`,
          startOf(world, 'init'),
        )
      if (stat === 'denied') return onlyRoot(paths.home)
      if (!stat.isDirectory()) return noDirectory(paths.home)
      const found = judgeDirectory(world, paths.home, stat)
      const isSeen = whyUnseen(world) === undefined
      const db = isSeen ? world.stat(paths.db, 'follow') : 'denied'
      if (db === 'missing')
        found.push(
          warn(
            `there is no directory ${paths.db} yet`,
            `mkdir -m 700 ${shellWord(paths.db)}`,
            made(world, paths.db),
          ),
        )
      else if (db !== 'denied')
        found.push(
          ...(db.uid === stat.uid
            ? judgeDirectory(world, paths.db, db)
            : [ofSomebodyElse(world, paths.db, db, stat.uid)]),
        )
      if (refusedAt(paths.home))
        found.push(
          fail(`${paths.home} cannot be written: its file system is read-only`, remountOf(paths.home)),
        )
      if (isSeen) found.push(...asideIn(paths.home, stat.uid === uid ? '' : 'sudo '))
      return [...found, ok(stat.uid === uid ? paths.home : `${paths.home}, of uid ${stat.uid}`)]
    },
  },
  'home.owner': {
    title: 'owners of files',
    what: 'Every file of the node has the same owner as its directory.',
    why: 'After one start as root (sudo karo up) some files belong to root, and the daemon of the user cannot open them.',
    severity: 'fail',
    fix: 'sudo chown -R <user> <directory>',
    look(world) {
      const { home, key } = world.paths
      const stat = seen(world)
      // home.key checks the key.
      const files = []
      for (const file of filesBelow(home)) {
        if (file.path !== key) files.push(file)
        if (files.length === MOST_FILES) break
      }
      return judgeOwners(home, stat.uid, files)
    },
  },
  'home.key': {
    title: 'key',
    what: 'identity.key exists, is a regular file, belongs to the user of the daemon, has mode 0600, and contains an Ed25519 key. If the key has a passphrase, the next start will find the right one.',
    why: 'Somebody who has read the key can act as this node. The daemon does not start with a key that others can read, nor without the passphrase.',
    severity: 'fail',
    fix: 'chmod 600 <key>; sudo chown -h <user> <key>; a lost or damaged key can only be restored from a backup. Without a backup: karo identity new.',
    safeFix: 'removes permissions of others, if the key is yours',
    look(world) {
      const { paths } = world
      const owner = ownerOf(world, seen(world))
      const key = world.stat(paths.key)
      if (key === 'denied') return skipped('only root may read the key: sudo karo doctor')
      if (key === 'missing')
        return isKeyLost(paths)
          ? lostKey(world)
          : fail(`there is no key ${paths.key}`, startOf(world, 'init'))
      return judgeKey(world, paths.key, key, owner) ?? readKey(world, paths.key, key)
    },
  },
} satisfies Checks

/** The uid that a node's files have to have: for root that of the directory, for other people their own. */
const ownerOf = ({ uid, service }: World, { uid: its }: Stats): number => (uid === 0 || service ? its : uid)

/** Why files inside the home cannot be checked; undefined if they can. */
function whyUnseen({ paths, uid, stat }: World): string | undefined {
  const home = stat(paths.home, 'follow')
  if (home === 'missing') return `there is no directory ${paths.home}`
  return home === 'denied' || (uid !== 0 && home.uid !== uid && (home.mode & 0o005) === 0)
    ? onlyRoot(paths.home).detail
    : undefined
}
/** The home whose files can be checked. */
function seen(world: World): Stats {
  const why = whyUnseen(world)
  if (why !== undefined) throw new Unknown(why)
  return world.stat(world.paths.home, 'follow') as Stats
}

/** The prefix that runs a command as the owner of a file, because root would follow a link that the owner put there. */
export const as = (world: World, { uid }: Stats): string =>
  uid === world.uid ? '' : uid === 0 ? 'sudo ' : `sudo setpriv --reuid=${uid} --clear-groups `

export const noDirectory = (path: string): Finding =>
  fail(`${path} is not a directory`, `mv ${shellWord(path)} ${shellWord(`${path}.old`)}`)

/** A directory of the node with another owner than the node. For a link there is no chown, because root would follow it. */
export function ofSomebodyElse(world: World, path: string, { uid }: Stats, owner: number): Finding {
  const stat = world.stat(path)
  const isLink = typeof stat === 'object' && stat.isSymbolicLink()
  return fail(
    `${path} ${isLink ? 'leads to a directory of' : 'belongs to'} uid ${uid}, but the node belongs to uid ${owner}`,
    isLink ? `ls -l ${shellWord(path)}` : `sudo chown -R ${owner} ${shellWord(path)}`,
  )
}

/** Nodes that restores moved aside; each still has a key and a whole history. */
function asideIn(home: string, sudo: '' | 'sudo '): readonly Finding[] {
  const kept = orElse(() => readdirSync(home), []).filter((name) => name.startsWith('before-restore-'))
  if (kept.length === 0) return []
  const what =
    kept.length === 1
      ? 'the old node from before a restore, with'
      : `the old nodes from before ${kept.length} restores, each with`
  return [
    warn(
      `${home} keeps ${what} its key and its history`,
      `If the restored node works: ${sudo}rm -r ${kept.map((name) => shellWord(join(home, name))).join(' ')}`,
    ),
  ]
}

function judgeDirectory(world: World, path: string, stat: Stats): Finding[] {
  const found: Finding[] = []
  const owner = ownerOf(world, stat)
  if (stat.uid !== owner && stat.uid !== 0)
    found.push(
      fail(
        `${path} belongs to uid ${stat.uid}, and you are uid ${world.uid}`,
        `sudo chown -R ${owner} ${shellWord(path)}`,
      ),
    )
  if ((stat.mode & GROUP_OR_OTHERS) !== 0) {
    const [judged, may] = (stat.mode & OTHERS_WRITE) !== 0 ? [fail, 'write'] : [warn, 'read']
    found.push(
      judged(
        `the mode of ${path} is ${octal(stat.mode)}: others may ${may} it`,
        `${as(world, stat)}chmod 700 ${shellWord(path)}`,
        narrowed(world, path, stat, 0o700),
      ),
    )
  }
  return found
}

/** Links are not followed. */
function* filesBelow(directory: string): Generator<{ readonly path: string; readonly uid: number }> {
  for (const name of orElse(() => readdirSync(directory), [])) {
    const path = join(directory, name)
    const stat = lstatSync(path, { throwIfNoEntry: false })
    if (stat === undefined) continue
    yield { path, uid: stat.uid }
    if (stat.isDirectory()) yield* filesBelow(path)
  }
}

export function judgeOwners(
  home: string,
  owner: number,
  files: readonly { readonly path: string; readonly uid: number }[],
): Finding {
  const [first, ...others] = files.filter(({ uid }) => uid !== owner)
  if (first === undefined) return ok(`${files.length} files of uid ${owner}`)
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  return fail(
    `${first.path} belongs to uid ${first.uid}${more}, and the directory to uid ${owner}`,
    `sudo chown -R ${owner} ${shellWord(home)}`,
  )
}

function lostKey({ paths, service, homeFlag }: World): Finding {
  return fail(
    `the key ${paths.key} is gone, but the history of its node is here, so the daemon does not start`,
    `The key can only be restored from a backup: karo restore <backup> --home <an empty directory>, then cp <that directory>/identity.key ${shellWord(paths.key)}
Without a backup, make another node, which others have to trust again: ${service ? 'sudo karo identity new' : `karo identity new${homeFlag}`}`,
  )
}

/** Judges owner, type and mode of the key file; undefined if they are right. */
function judgeKey(world: World, path: string, key: Stats, owner: number): Finding | undefined {
  const name = shellWord(path)
  if (key.isSymbolicLink())
    return fail(
      `${path} is a symbolic link`,
      `${as(world, key)}cp --remove-destination "$(readlink -f ${name})" ${name}`,
    )
  if (!key.isFile()) return fail(`${path} is not a regular file`)
  if (key.uid !== owner)
    return fail(
      `the key belongs to uid ${key.uid}, the daemon runs as uid ${owner}`,
      `sudo chown -h ${owner} ${name}`,
    )
  if ((key.mode & ~KEY_MODE & 0o7777) === 0) return undefined
  return fail(
    `the key's mode is ${octal(key.mode)}: others may have read it`,
    `${as(world, key)}chmod 600 ${name}`,
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
