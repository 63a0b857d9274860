// Starts the rooms; if another daemon runs here already, the error names its process.
import { homeTrouble } from '../base/disk-trouble.ts'
import { KaroError } from '../base/errors.ts'
import { startAll } from '../base/run/lifecycle.ts'
import type { Log } from '../base/run/log.ts'
import type { Room } from '../base/run/room.ts'
import { refuseSecond } from '../ops/system/lock.ts'
import type { DaemonOptions } from './foundation.ts'

/** The database's lock excludes a second daemon; the lock file says which process the first one is. */
export async function startRooms(
  { paths, service }: DaemonOptions,
  rooms: readonly Room[],
  signal: AbortSignal,
  log: Log,
): Promise<void> {
  await refuseSecond(paths.lock, service)
  try {
    await startAll(rooms, signal, log)
  } catch (error) {
    if (error instanceof KaroError && error.code === 'conflict') await refuseSecond(paths.lock, service)
    // Of a disk that takes nothing more the system's words alone would be no advice.
    throw /\bE(NOSPC|DQUOT|IO)\b/.test(String(error)) ? homeTrouble(paths.lock, error) : error
  }
}
