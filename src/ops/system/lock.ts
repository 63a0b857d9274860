// The file that names the daemon of a home, so that a second daemon is refused with the pid of the first.
import { mkdir, readFile, rename, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KaroError } from '../../base/errors.ts'
import { orElse } from '../../base/run/or-else.ts'
import { partsOfStat } from '../../base/run/proc-stat.ts'
import type { Room } from '../../base/run/room.ts'
import { DAEMON_NAME } from '../process-name.ts'

/** A pid alone may have been reused; together with its start time it is one process. */
interface Holder {
  readonly pid: number
  /** `<boot id>:<clock ticks from boot to start>`, or empty where the system does not tell. */
  readonly started: string
}

/**
 * Throws `conflict` naming the pid when the holder written at `path` lives. What a dead daemon left (kill -9,
 * power loss, its pid since reused) counts as nothing, and so does what came here with a copy of another home. `service`: the home is the machine's own, so systemd runs it.
 */
export async function refuseSecond(path: string, service = false): Promise<void> {
  const holder = await readHolder(path)
  if (!holder?.alive) return
  throw new KaroError('conflict', `karo already runs here, with pid ${holder.pid}`, {
    where: path,
    hint: await howToStop(holder.pid, service),
  })
}

/** The command that ends the daemon for good; a service manager would start a daemon again that only a signal ended. */
export async function howToStop(pid: number, service: boolean): Promise<string> {
  const manager = service ? 'system' : await managerOf(pid)
  if (manager === 'system') return 'Stop it first: sudo systemctl stop karo'
  if (manager === 'user') return 'Stop it first: systemctl --user stop karo'
  return 'Stop it first: karo stop; or give this one another home with --home.'
}

/** Whose unit karo.service the process belongs to (cgroups(7)); undefined for one that a person started. */
export async function managerOf(pid: number): Promise<'system' | 'user' | undefined> {
  return managerIn((await readOrNothing(`/proc/${pid}/cgroup`).catch(() => undefined)) ?? '')
}

/** `groups`: lines of /proc/<pid>/cgroup. */
export function managerIn(groups: string): 'system' | 'user' | undefined {
  const unit = groups.split('\n').find((line) => /\/karo\.service(\/|$)/.test(line))
  if (unit === undefined) return undefined
  return /\/user@\d+\.service\//.test(unit) ? 'user' : 'system'
}

/**
 * Writes the name at `start`, removes it at `stop`. It names, it does not exclude: that is the database's kernel
 * lock, which ends with its process and cannot be raced. So start this room after the store.
 */
export function createLock(path: string): Room {
  let own: string | undefined
  return {
    name: 'lock',
    async start() {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      own = `${JSON.stringify({ ...(await describe(process.pid)), home: await homeOf(path) })}\n`
      // Readers see the old file or the new one, never half of it.
      await writeFile(`${path}.new`, own, { mode: 0o600 })
      await rename(`${path}.new`, path)
    },
    async stop() {
      if (own && (await readOrNothing(path)) === own) await unlink(path)
      own = undefined
    },
  }
}

/** The process that the file names, and whether it lives; undefined where no file names a process. */
export async function readHolder(path: string) {
  const text = await readOrNothing(path)
  const holder = text && parseHolder(text, await homeOf(path))
  return holder ? { pid: holder.pid, alive: await isAlive(holder) } : undefined
}

async function isAlive({ pid, started }: Holder): Promise<boolean> {
  const now = (await describe(pid)).started
  if (now === '') return started === '' && pid !== process.pid && answersSignal(pid)
  return now === started || (ticksOf(now) === ticksOf(started) && (await isOtherDaemon(pid)))
}

const ticksOf = (started: string): string => started.slice(started.lastIndexOf(':') + 1)

/**
 * In a container the boot id depends on who reads it: a unit with mounts of its own sees the kernel's, a shell beside it
 * one that was made up for the container. So the same pid, started at the same moment after another boot, is the holder
 * still when the system lists it under the daemon's name. After a real reboot that would take another daemon with
 * the same pid, started in the same hundredth of a second, before it has written its own lock.
 */
async function isOtherDaemon(pid: number): Promise<boolean> {
  if (pid === process.pid) return false
  return (await readOrNothing(`/proc/${pid}/comm`))?.trim() === DAEMON_NAME
}

/** Start time from /proc (proc_pid_stat(5), field 22); a zombie counts as gone. */
async function describe(pid: number): Promise<Holder> {
  const stat = await readOrNothing(`/proc/${pid}/stat`)
  const boot = await readOrNothing('/proc/sys/kernel/random/boot_id')
  const { fields } = partsOfStat(stat ?? '')
  const [state] = fields
  const ticks = fields[19]
  if (ticks === undefined || state === 'Z' || state === 'X') return { pid, started: '' }
  return { pid, started: `${boot?.trim() ?? ''}:${ticks}` }
}

/** True also where the process belongs to somebody else. */
export function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** The inode of the directory, which tells a home from its copy. */
const homeOf = async (path: string): Promise<number> => (await stat(dirname(path))).ino

/** Undefined also for the daemon of another home. Earlier builds wrote no `home`. */
function parseHolder(text: string, here: number): Holder | undefined {
  const { pid, started, home = here } = orElse(() => Object(JSON.parse(text)), {})
  return Number.isSafeInteger(pid) && pid >= 1 && typeof started === 'string' && home === here
    ? { pid, started }
    : undefined
}

async function readOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    // ESRCH: a process that ended while its /proc entry was read.
    if (code === 'ENOENT' || code === 'ESRCH') return undefined
    throw error
  }
}
