// The name under which the system lists this process: ps -C, pgrep, systemctl status and the journal's _COMM.
import { writeFileSync } from 'node:fs'

/** The daemon's. */
export const DAEMON_NAME = 'karo'

/**
 * Names the main thread, by which the kernel names the process; Node calls it `MainThread`. Not `process.title`, which
 * writes over the arguments too, so that `ps` would not show with which options it runs. At most 15 bytes. Without
 * `/proc` the name stays as it is.
 */
export function nameProcess(name: string): void {
  try {
    writeFileSync('/proc/self/comm', name)
  } catch {
    // A name is a convenience.
  }
}
