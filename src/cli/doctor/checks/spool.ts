// Checks of what lies between shells and daemon: the spool, whose files are followed, whose data is held, and what the kernel protects.
import { accessSync, constants, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { bytes } from '../../../base/format.ts'
import { shellWord } from '../../../base/quote.ts'
import { type Checks, type Finding, fail, ok, onlyRoot, skipped, troubleOf, warn } from '../check.ts'
import { made, narrowed, OTHERS_WRITE } from '../own.ts'
import { readSystem, type World } from '../world.ts'
import { as, noDirectory, ofSomebodyElse } from './home.ts'

/** What shells write while the daemon takes over what they wrote before. */
const WAITING_MUCH = 1024 * 1024
/** The service's spool: everybody may make files, nobody may list them; sticky, and files are of its group. */
const SERVICE_SPOOL = 0o3733
/** As systemd/tmpfiles.d and sysusers.d have it: only the service is in it, and reads what all users leave. */
const SERVICE_GROUP = 'karo-spool'
const SERVICE_USER = 'karo'
const TMPFILES = 'sudo systemd-tmpfiles --create karo.conf'
/** proc(5), /proc/sys/fs; 1 is the least that protects, and 2 what also covers directories of a group. */
const PROTECTIONS = [
  'protected_regular',
  'protected_fifos',
  'protected_hardlinks',
  'protected_symlinks',
] as const
type Protections = Readonly<Record<(typeof PROTECTIONS)[number], number | undefined>>

export const spool = {
  'spool.directory': {
    title: 'spool',
    what: 'The spool directory exists with the right mode and owner, and the daemon can read and empty it. For the service its group is karo-spool, and only the user karo is in that group.',
    why: "If a hook cannot write there, commands are lost silently. A member of the service's group could read the commands of everybody.",
    severity: 'fail',
    fix: 'mkdir -m 700 <directory> or chmod 700 <directory>; for the service: sudo systemd-tmpfiles --create karo.conf; sudo gpasswd -d <user> karo-spool',
    safeFix: 'makes the directory, or sets its mode if it is yours',
    async look(world) {
      const { paths, service } = world
      const trouble = troubleOf(await world.facts(), 'observe.spool')
      const spool = world.stat(paths.spool, 'follow')
      const found = judgeSpool(world, spool)
      if (found.outcome !== 'ok') return found
      if (trouble !== undefined) return fail(trouble, service ? TMPFILES : undefined)
      if (!service || typeof spool === 'string') return found
      const home = world.stat(paths.home)
      const ran = await world.run('getent', 'group', SERVICE_GROUP)
      // getent(1): 2 is a name that is not there.
      const group = ran.kind !== 'ran' ? 'unknown' : ran.code === 2 ? 'missing' : readGroup(ran.stdout)
      return judgeServiceSpool(paths.spool, spool, typeof home === 'string' ? undefined : home.uid, group)
    },
  },
  'spool.waiting': {
    title: 'spool contents',
    what: 'Commands that shells wrote are in the history at once, and none was lost.',
    why: 'Commands that wait are not in the history yet; commands that were lost never will be.',
    severity: 'warn',
    looksAt: 'daemon',
    fix: 'karo doctor --only store.database and --only store.disk show why commands wait.',
    look({ spool: { pending_bytes: waits, dropped } }) {
      const found = []
      if (waits > WAITING_MUCH) found.push(warn(`${bytes(waits)} of commands are not in the history yet`))
      if (dropped > 0)
        found.push(
          warn(
            `${dropped} commands were lost before they reached the daemon`,
            'They cannot be recovered. Check the disk space: karo doctor --only store.disk',
          ),
        )
      return [...found, ok(waits === 0 ? 'everything is in the history' : `${bytes(waits)} are being read`)]
    },
  },
  'spool.followed': {
    title: 'followed shells',
    what: 'The daemon follows the spool files of all shells: at most 1024 of one person and 4096 in all, shared fairly.',
    why: 'Commands in a file that is not followed are recorded only after other shells have ended. Administrators see the owners of such files, other people only their own.',
    severity: 'fail',
    looksAt: 'daemon',
    fix: 'ps -u <uid> -o pid,tty,lstart,comm shows the shells of that person; end unused ones.',
    // A person who asks is shown only their own files.
    look: ({ spool }, { uid }) => [
      ...(spool.unfollowed ?? []).map(({ uid: owner, files }) =>
        fail(
          `${files} ${owner === uid ? 'of your files' : `files of uid ${owner}`} are not followed: too many shells are open`,
          `ps -u ${owner} -o pid,tty,lstart,comm`,
        ),
      ),
      ok('those of every shell'),
    ],
  },
  'people.held': {
    title: 'people',
    what: 'The data of every person belongs to an account with the same name and uid on this machine.',
    why: 'Data without such an account is shown to nobody, because a new account with a used uid would see the commands of another person. It is held back until root gives it to an account or removes it.',
    severity: 'warn',
    looksAt: 'admin',
    fix: 'sudo karo people list shows the person and the reason; sudo karo people map <person> <user>, or sudo karo people remove <person>',
    look({ people_held: held }, { homeFlag }) {
      if (held === undefined) return
      if (held === 0) return ok('all data belongs to existing accounts')
      const whose = held === 1 ? 'one person' : `${held} people`
      return warn(`data of ${whose} is held back, and shown to nobody`, `sudo karo people list${homeFlag}`)
    },
  },
  'spool.shared': {
    title: 'shared directories',
    what: 'For the service: the kernel protects regular files, pipes, hard links and symbolic links in sticky directories that everybody may write (fs.protected_regular, protected_fifos, protected_hardlinks, protected_symlinks). For every node: no directory above the spool lets others replace the spool.',
    why: 'Hooks make new files with names that nobody can guess, and write only to their own. Other programs in shared directories need this protection.',
    severity: 'warn',
    fix: 'sudo sysctl -w fs.protected_regular=1 fs.protected_fifos=1 fs.protected_hardlinks=1 fs.protected_symlinks=1, and in /etc/sysctl.d/ for the next start; sudo chmod +t <directory>',
    look({ paths, stat, service }) {
      const open: string[] = []
      for (let path = paths.spool; path !== dirname(path); ) {
        path = dirname(path)
        const above = stat(path, 'follow')
        // Everybody who may write the directory may rename and replace other people's files in it.
        if (typeof above === 'object' && (above.mode & OTHERS_WRITE) !== 0 && (above.mode & 0o1000) === 0)
          open.push(path)
      }
      const found = PROTECTIONS.map((name) => {
        const said = readSystem(`/proc/sys/fs/${name}`)?.trim() ?? ''
        return [name, /^\d+$/.test(said) ? Number(said) : undefined]
      })
      return judgeShared(Object.fromEntries(found) as Protections, open, service)
    },
  },
} satisfies Checks

function judgeSpool(world: World, stat: Stats | 'missing' | 'denied'): Finding {
  const { paths, service, uid } = world
  const path = paths.spool
  if (stat === 'denied') return onlyRoot(path)
  if (stat === 'missing') {
    if (world.stat(paths.home) === 'missing') return skipped(`there is no directory ${paths.home}`)
    return fail(
      `there is no directory ${path}`,
      service ? TMPFILES : `mkdir -m 700 ${shellWord(path)}`,
      service ? undefined : made(world, path),
    )
  }
  if (!stat.isDirectory()) return noDirectory(path)
  const mode = stat.mode & 0o7777
  const said = `the mode of ${path} is ${mode.toString(8)}`
  if (service)
    return mode === SERVICE_SPOOL
      ? ok(path)
      : fail(`${said}, and has to be ${SERVICE_SPOOL.toString(8)}`, TMPFILES)
  const home = world.stat(paths.home, 'follow')
  const owner = uid === 0 && typeof home === 'object' ? home.uid : uid
  if (stat.uid !== owner) return ofSomebodyElse(world, path, stat, owner)
  const fix = `${as(world, stat)}chmod 700 ${shellWord(path)}`
  const safe = narrowed(world, path, stat, 0o700)
  if ((mode & 0o700) !== 0o700) return fail(`${said}: its owner cannot use it`, fix, safe)
  if ((mode & 0o077) !== 0) return warn(`${said}: others may see what you type`, fix, safe)
  try {
    accessSync(path, constants.R_OK | constants.W_OK | constants.X_OK)
    return ok(path)
  } catch (error) {
    return fail(
      `${path} cannot be written (${(error as NodeJS.ErrnoException).code})`,
      `mount | grep -F "$(df --output=target ${shellWord(path)} | tail -1)"`,
    )
  }
}

interface Group {
  readonly gid: number
  readonly members: readonly string[]
}

/** A line of group(5). */
export function readGroup(line: string): Group | 'unknown' {
  const [, gid, members = ''] = /^[^:]*:[^:]*:(\d+):([^:\n]*)$/m.exec(line) ?? []
  if (gid === undefined) return 'unknown'
  return { gid: Number(gid), members: members.split(',').filter((name) => name !== '') }
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
  if (readers.length > 0)
    return fail(
      `${readers.join(', ')} may read the commands of everybody, as members of the group ${SERVICE_GROUP}`,
      readers.map((name) => `sudo gpasswd -d ${shellWord(name)} ${SERVICE_GROUP}`).join('\n'),
    )
  return group.members.includes(SERVICE_USER)
    ? ok(path)
    : fail(
        `${SERVICE_USER} is not in the group ${SERVICE_GROUP}`,
        'sudo systemd-sysusers karo.conf\nsudo systemctl restart karo',
      )
}

/** `open`: directories above the spool that others may write, without the sticky bit. `shared`: so is the spool itself. */
export function judgeShared(
  protections: Protections,
  open: readonly string[],
  shared: boolean,
): readonly Finding[] {
  const found = open.map((path) =>
    warn(
      `${path} may be written by others and is not sticky: they can put another directory in place of the spool`,
      `sudo chmod +t ${shellWord(path)}`,
    ),
  )
  if (!shared) return [...found, ok('only you use the spool')]
  const off = PROTECTIONS.filter((name) => protections[name] === 0)
  if (off.length > 0)
    found.push(
      warn(
        `the kernel does not protect files in shared directories: ${off.map((name) => `fs.${name} is 0`).join(', ')}`,
        `printf '%s\\n' ${off.map((name) => shellWord(`fs.${name} = 1`)).join(' ')} | sudo tee /etc/sysctl.d/60-protected.conf\nsudo sysctl --system`,
      ),
    )
  const isUnknown = PROTECTIONS.every((name) => protections[name] === undefined)
  return [
    ...found,
    isUnknown
      ? skipped('the protections of the kernel cannot be read')
      : ok(PROTECTIONS.map((name) => `fs.${name} ${protections[name] ?? 'unknown'}`).join(', ')),
  ]
}
