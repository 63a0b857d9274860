// Checks of how commands come in: hooks in start files, the shell at hand, the spool between shells and daemon.
import { accessSync, constants, existsSync, readdirSync, type Stats } from 'node:fs'
import { bytes } from '../../../base/format.ts'
import { isOwn, makeOwnDirectory, setOwnMode } from '../own.ts'
import { type Finding, fail, ok, type SafeFix, skipped, warn } from '../result.ts'
import { quote } from '../shell-words.ts'
import { readSystem, type StartFileLook, type World } from '../world.ts'
import { as, ofSomebodyElse } from './home.ts'

const SHELLS = new Set(['bash', 'zsh', 'fish', 'dash', 'sh'])
/** What shells write while the daemon takes over what they wrote before. */
const WAITING_MUCH = 1024 * 1024
/** The service's spool: everybody may make files, nobody may list them; sticky, and files are of its group. */
const SERVICE_SPOOL = 0o3733
/** As systemd/tmpfiles.d and sysusers.d have it: only the service is in it, and reads what all users leave. */
const SERVICE_GROUP = 'karo-spool'
const SERVICE_USER = 'karo'
const TMPFILES = 'sudo systemd-tmpfiles --create karo.conf'

export async function shellHooks(world: World): Promise<readonly Finding[]> {
  const looks = world.startFiles()
  if (looks.length === 0)
    return [skipped('Karo has no hook for the shell in $SHELL; karo shell install bash, zsh, fish or sh')]
  const found = looks.flatMap((look) => {
    const finding = judgeHook(look, world.homeFlag, existsSync)
    if (finding?.safe === undefined || isOwn(look.file, world.uid)) return finding ?? []
    // Root with the HOME of somebody else.
    const { safe: _, ...shown } = finding
    return shown
  })
  return found.length > 0 ? found : [ok('your login shell needs none')]
}

/** Undefined: not this person's shell, and it has no hook either. */
export function judgeHook(
  look: StartFileLook,
  homeFlag: string,
  exists: (path: string) => boolean,
): Finding | undefined {
  const { shell, file, login, marked, byHand, expected, refresh } = look
  const install = `karo shell install ${shell}${homeFlag}`
  const safe: SafeFix = { says: `rewrite the line in ${file}`, apply: refresh }
  const [line] = marked
  if (line === undefined) {
    if (byHand) return ok(`${shell}: a line of your own in ${file}`)
    return login ? warn(`${shell} is your shell, and ${file} does not load the hook`, install) : undefined
  }
  if (marked.length > 1) return warn(`${file} loads the hook ${marked.length} times`, install, safe)
  if (line === expected) return ok(`${shell}: ${file}`)
  const gone = pathsIn(line).filter((path) => !exists(path))
  if (gone.length > 0)
    return warn(`the line in ${file} names ${gone[0]}, which does not exist`, install, safe)
  // Of several nodes of one person the hook writes to one.
  if (homeOf(line) !== homeOf(expected)) return ok(`${shell}: ${file} records for another node`)
  return ok(`${shell}: ${file}`)
}

/** What the line tests for (`[ -x … ]`, `[ -r … ]`). */
function pathsIn(line: string): string[] {
  return [...line.matchAll(/\[ -[xr] (?:'([^']+)'|(\S+)) \]/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  )
}

export const homeOf = (line: string): string =>
  /--home (?:'([^']*)'|([^\s)]+))/.exec(line)?.slice(1).join('') ?? ''

export async function shellRecorded(world: World): Promise<Finding> {
  const shell = terminalShell(process.ppid)
  if (shell === undefined) return skipped('this command was not run in a shell at a terminal')
  let names: string[]
  try {
    names = readdirSync(world.paths.spool)
  } catch {
    return skipped('only root may list the spool of the service')
  }
  const mine = names.some((name) => name.startsWith(`${world.uid}-${shell.pid}-`) && name.endsWith('.spool'))
  if (mine) return ok(`${shell.command}, pid ${shell.pid}`)
  const load =
    shell.command === 'fish' ? 'karo shell init fish | source' : `eval "$(karo shell init ${shell.command})"`
  return warn(`this ${shell.command} is not recorded`, load)
}

/** The shell that leads the session of that process, if it has a terminal (proc_pid_stat(5)). */
function terminalShell(pid: number): { readonly pid: number; readonly command: string } | undefined {
  const fields = (of: number): string[] | undefined => {
    const stat = readSystem(`/proc/${of}/stat`)
    return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  }
  const [, , , session, terminal] = fields(pid) ?? []
  if (session === undefined || terminal === undefined || terminal === '0') return undefined
  const command = readSystem(`/proc/${session}/comm`)?.trim()
  return command !== undefined && SHELLS.has(command) ? { pid: Number(session), command } : undefined
}

export async function spoolDirectory(world: World): Promise<Finding> {
  const { paths, service } = world
  const facts = await world.facts()
  const check = facts?.checks.find(({ name }) => name === 'observe.spool')
  const found = judgeSpool(world, world.stat(paths.spool, 'follow'), world.stat(paths.home) === 'missing')
  if (found.outcome !== 'ok') return found
  if (check?.ok === false) return fail(check.detail, service ? TMPFILES : undefined)
  const spool = world.stat(paths.spool, 'follow')
  if (!service || typeof spool === 'string') return found
  const home = world.stat(paths.home)
  const ran = await world.run('getent', 'group', SERVICE_GROUP)
  // getent(1): 2 is a name that is not there.
  const group = ran.kind !== 'ran' ? 'unknown' : ran.code === 2 ? 'missing' : readGroup(ran.stdout)
  return judgeServiceSpool(paths.spool, spool, typeof home === 'string' ? undefined : home.uid, group)
}

function judgeSpool(world: World, stat: Stats | 'missing' | 'denied', homeless: boolean): Finding {
  const { paths, service, uid } = world
  const path = paths.spool
  if (stat === 'denied') return skipped(`only root may read ${path}: sudo karo doctor`)
  if (stat === 'missing') {
    if (homeless) return skipped(`there is no directory ${paths.home}`)
    if (service) return fail(`there is no directory ${path}`, TMPFILES)
    const make: SafeFix = { says: `make ${path}`, apply: () => makeOwnDirectory(path, uid) }
    const fix = `mkdir -m 700 ${quote(path)}`
    return fail(`there is no directory ${path}`, fix, isOwn(path, uid) ? make : undefined)
  }
  if (!stat.isDirectory())
    return fail(`${path} is not a directory`, `mv ${quote(path)} ${quote(`${path}.old`)}`)
  const mode = stat.mode & 0o7777
  if (service) {
    return mode === SERVICE_SPOOL
      ? ok(path)
      : fail(
          `the mode of ${path} is ${mode.toString(8)}, and has to be ${SERVICE_SPOOL.toString(8)}`,
          TMPFILES,
        )
  }
  const home = world.stat(paths.home, 'follow')
  const owner = uid === 0 && typeof home === 'object' ? home.uid : uid
  if (stat.uid !== owner) return ofSomebodyElse(world, path, stat, owner)
  const safe: SafeFix | undefined =
    stat.uid === uid && isOwn(path, uid)
      ? { says: `set the mode of ${path} to 0700`, apply: () => setOwnMode(path, uid, 0o700) }
      : undefined
  const fix = `${as(world, stat)}chmod 700 ${quote(path)}`
  if ((mode & 0o700) !== 0o700)
    return fail(`the mode of ${path} is ${mode.toString(8)}: its owner cannot use it`, fix, safe)
  if ((mode & 0o077) !== 0)
    return warn(`the mode of ${path} is ${mode.toString(8)}: others may see what you type`, fix, safe)
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    return fail(
      `${path} cannot be written (${(error as NodeJS.ErrnoException).code})`,
      `mount | grep -F "$(df --output=target ${quote(path)} | tail -1)"`,
    )
  }
  return ok(path)
}

interface Group {
  readonly gid: number
  readonly members: readonly string[]
}

/** A line of group(5). */
export function readGroup(line: string): Group | 'unknown' {
  const [, gid, members] = /^[^:]*:[^:]*:(\d+):([^:\n]*)$/m.exec(line) ?? []
  if (gid === undefined) return 'unknown'
  return { gid: Number(gid), members: (members ?? '').split(',').filter((name) => name !== '') }
}

/** `owner`: whom the node's directory belongs to; undefined when that cannot be told. */
export function judgeServiceSpool(
  path: string,
  spool: Pick<Stats, 'uid' | 'gid'>,
  owner: number | undefined,
  group: Group | 'missing' | 'unknown',
): Finding {
  if (group === 'missing')
    return fail(`there is no group ${SERVICE_GROUP}`, `sudo systemd-sysusers karo.conf\n${TMPFILES}`)
  if (owner !== undefined && spool.uid !== owner)
    return fail(`${path} belongs to uid ${spool.uid}, and the daemon runs as uid ${owner}`, TMPFILES)
  if (group === 'unknown') return ok(path)
  if (spool.gid !== group.gid)
    return fail(
      `${path} belongs to group ${spool.gid}, but has to belong to ${SERVICE_GROUP} (${group.gid})`,
      TMPFILES,
    )
  const readers = group.members.filter((name) => name !== SERVICE_USER)
  if (readers.length > 0) {
    return fail(
      `${readers.join(', ')} may read the commands of everybody, as members of the group ${SERVICE_GROUP}`,
      readers.map((name) => `sudo gpasswd -d ${quote(name)} ${SERVICE_GROUP}`).join('\n'),
    )
  }
  return group.members.includes(SERVICE_USER)
    ? ok(path)
    : fail(
        `${SERVICE_USER} is not in the group ${SERVICE_GROUP}`,
        'sudo systemd-sysusers karo.conf\nsudo systemctl restart karo',
      )
}

export function judgeWaiting(spool: {
  readonly pending_bytes: number
  readonly dropped: number
}): readonly Finding[] {
  const found: Finding[] = []
  if (spool.pending_bytes > WAITING_MUCH)
    found.push(warn(`${bytes(spool.pending_bytes)} of commands are not in the history yet`))
  if (spool.dropped > 0) {
    found.push(
      warn(
        `${spool.dropped} commands were lost before they reached the daemon`,
        'They cannot be recovered. Check the disk space: karo doctor --only store.disk',
      ),
    )
  }
  return found.length > 0
    ? found
    : [
        ok(
          spool.pending_bytes === 0
            ? 'everything is in the history'
            : `${bytes(spool.pending_bytes)} are being read`,
        ),
      ]
}
