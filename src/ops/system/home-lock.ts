// Lets one process at a time change a home, by flock(2) of its directory, which ends with the process.
import { closeSync, constants, openSync } from 'node:fs'
import { constants as os } from 'node:os'
import { KaroError } from '../../base/errors.ts'
import { loadLibc } from '../../base/kernel/libc.ts'
import { refuseSecond } from './lock.ts'

// sys/file.h, the same everywhere.
const LOCK_EX = 2
const LOCK_NB = 4

/**
 * Held by the daemon for as long as it runs, and by whoever replaces what it works with. Resolves with how to let go.
 * Unlike the database's lock it is there before a database is, stays when one takes another's place, and is seen from
 * every namespace. A filesystem without it (NFS), a system that koffi does not know and a home that this user cannot read do
 * without. Throws KaroError `conflict`, with the pid where a daemon holds it. `service`: systemd runs the daemon of this home.
 */
export async function holdHome(
  paths: { readonly home: string; readonly lock: string },
  service = false,
): Promise<() => void> {
  const libc = await loadLibc().catch(() => undefined)
  if (libc === undefined) return () => {}
  const flock = libc.libc.func('int flock(int fd, int operation)') as (
    fd: number,
    operation: number,
  ) => number
  let directory: number
  try {
    directory = openSync(paths.home, constants.O_RDONLY | constants.O_DIRECTORY)
  } catch {
    // The directory cannot be opened; the caller's own work in it says better what is wrong.
    return () => {}
  }
  if (flock(directory, LOCK_EX | LOCK_NB) === 0) return () => closeSync(directory)
  const errno = libc.koffi.errno()
  closeSync(directory)
  if (errno !== os.errno.EWOULDBLOCK) return () => {}
  await refuseSecond(paths.lock, service)
  throw new KaroError('conflict', 'another karo is at work in this home', {
    where: paths.home,
    hint: 'A daemon is starting, or a backup is being restored, or the database repaired. Try again when that is done.',
  })
}
