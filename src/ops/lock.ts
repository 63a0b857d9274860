// One daemon per home: a lock file that names its holder, and is worthless as soon as that process is gone.
import { randomBytes } from 'node:crypto'
import { link, mkdir, readFile, rename, unlink, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KaroError } from '../base/errors.ts'
import type { Room } from '../base/room.ts'

/** Replacing a stale lock can be overtaken by another start; it then looks again, at most this often. */
const MAX_ATTEMPTS = 10

/** Whoever holds the lock: a pid alone may have been reused, its start time may not. */
interface Holder {
  readonly pid: number
  /** `<boot id>:<clock ticks from boot to start>`, or empty where the system does not tell. */
  readonly started: string
}

/**
 * `start` takes the lock or throws `conflict` naming the live holder's pid; `stop` gives it back. A lock whose
 * holder died (kill -9, power loss, pid reused since) is replaced. Two starts that both find the same stale
 * lock are told apart by atomic `link`; the database's own kernel lock stands behind this one.
 */
export function createLock(path: string): Room {
  let own: string | undefined
  return {
    name: 'lock',
    async start(signal) {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 })
      const text = `${JSON.stringify(await describe(process.pid))}\n`
      const fresh = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`
      await writeFile(fresh, text, { mode: 0o600, flag: 'wx' })
      try {
        for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
          signal.throwIfAborted()
          if (await linked(fresh, path)) {
            own = text
            return
          }
          await removeStale(path)
        }
      } finally {
        await unlink(fresh)
      }
      throw new KaroError('conflict', 'another start is fighting over this home', {
        where: path,
        hint: 'Try again.',
      })
    },
    async stop() {
      if (own === undefined) return
      if ((await readOrNothing(path)) === own) await unlink(path).catch(() => {})
      own = undefined
    },
  }
}

/** Throws `conflict` when the holder lives; otherwise the lock at `path` is gone, or another one's. */
async function removeStale(path: string): Promise<void> {
  const text = await readOrNothing(path)
  if (text === undefined) return
  const holder = parseHolder(text)
  if (holder !== undefined && (await isAlive(holder))) {
    throw new KaroError('conflict', `karo already runs here, with pid ${holder.pid}`, {
      where: path,
      hint: `Stop it first (kill ${holder.pid}), or give this one another home with --home.`,
    })
  }
  const aside = `${path}.stale.${process.pid}.${randomBytes(4).toString('hex')}`
  try {
    await rename(path, aside)
  } catch {
    return
  }
  // Somebody replaced it between reading and renaming: what was moved is a live lock, so it goes back.
  if ((await readOrNothing(aside)) !== text) await linked(aside, path)
  await unlink(aside)
}

async function isAlive(holder: Holder): Promise<boolean> {
  const now = await describe(holder.pid)
  if (now.started !== '') return now.started === holder.started
  return holder.started === '' && holder.pid !== process.pid && answersSignal(holder.pid)
}

/** Start time from /proc (proc_pid_stat(5), field 22); a zombie counts as gone. */
async function describe(pid: number): Promise<Holder> {
  const stat = await readOrNothing(`/proc/${pid}/stat`)
  const boot = await readOrNothing('/proc/sys/kernel/random/boot_id')
  // The command name is in parentheses and may hold anything, so fields are counted from the last one.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const state = fields?.[0]
  const ticks = fields?.[19]
  if (ticks === undefined || state === 'Z' || state === 'X') return { pid, started: '' }
  return { pid, started: `${boot?.trim() ?? ''}:${ticks}` }
}

function answersSignal(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return undefined
    const { pid, started } = value as Record<string, unknown>
    if (!Number.isSafeInteger(pid) || (pid as number) < 1 || typeof started !== 'string') return undefined
    return { pid: pid as number, started }
  } catch {
    return undefined
  }
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
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
