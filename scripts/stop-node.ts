// Ends the daemon that a script has started in a home of its own.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** By the pid in its lock file; nothing happens where none runs. `home` is the node's directory. */
export function stopNode(home: string): void {
  try {
    process.kill(
      (JSON.parse(readFileSync(join(home, 'karo.lock'), 'utf8')) as { pid: number }).pid,
      'SIGTERM',
    )
  } catch {
    // It never started, or has ended.
  }
}
