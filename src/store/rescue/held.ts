// Whether another process has a database open, because an open database may not be repaired or replaced.
import { existsSync } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { KaroError } from '../../base/errors.ts'

/**
 * Throws KaroError `conflict` with the pid while somebody has the database in `directory` open. Level's own lock is of
 * the kernel (fcntl(2)), which shows who holds it in /proc/locks, as far as they are in this PID namespace.
 */
export async function refuseOpen(
  directory: string,
  howToStop = async (pid: number) => `Stop the daemon first (kill ${pid}).`,
): Promise<void> {
  const path = join(directory, 'LOCK')
  const lock = await stat(path).catch(() => undefined)
  const locks = await readFile('/proc/locks', 'utf8').catch(() => '')
  if (lock === undefined) return
  const holders = locks.matchAll(
    new RegExp(`POSIX +ADVISORY +WRITE +(\\d+) [0-9a-f]+:[0-9a-f]+:${lock.ino} `, 'g'),
  )
  for (const [, pid] of holders) {
    if (!(await mayHold(pid as string, lock))) continue
    throw new KaroError('conflict', `the process with pid ${pid} has the database open`, {
      where: directory,
      hint: await howToStop(Number(pid)),
    })
  }
}

/**
 * False when what it has open is of another filesystem, where something else has this number. The device that
 * /proc/locks names is not the one that stat(2) does (Btrfs, overlays), so that its descriptors are looked at.
 */
async function mayHold(pid: string, lock: { dev: number; ino: number }): Promise<boolean> {
  const directory = `/proc/${pid}/fd`
  try {
    for (const fd of await readdir(directory)) {
      const open = await stat(join(directory, fd)).catch(() => undefined)
      if (open?.ino === lock.ino && open.dev === lock.dev) return true
    }
    return false
  } catch {
    // The process is another person's, so its open files cannot be read; it is taken to have the database open.
    return existsSync(`/proc/${pid}`)
  }
}
