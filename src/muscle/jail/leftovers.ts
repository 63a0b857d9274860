// Jails that a Muscle left half built when it was killed: found by the mark of its socket, and ended by the next one there.
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'

/** The name that the gate of each jail goes by: the same for every Muscle at one socket, and for no other one. */
export const markOf = (socket: string): string =>
  `karo-gate-${createHash('sha256').update(socket).digest('hex').slice(0, 16)}`

/**
 * Kills every process of `program` that carries the mark. Bubblewrap that dies between making the first process of a jail and
 * telling it to go on leaves that process asleep for ever, with the descriptors of its secrets (seen with 0.8; it reads an eventfd
 * that nobody will write). No other program is touched, whatever its arguments. A process of another user stays.
 */
export function endLeftovers(mark: string, program: string): number {
  let ended = 0
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(mark)) continue
      if (!isProgram(pid, program)) continue
      process.kill(Number(pid), 'SIGKILL')
      ended += 1
    } catch {
      // It has ended meanwhile, or belongs to somebody else.
    }
  }
  return ended
}

/** By device and inode: a path of the same name may lead elsewhere. */
function isProgram(pid: string, program: string): boolean {
  const [one, other] = [statSync(`/proc/${pid}/exe`), statSync(program)]
  return one.dev === other.dev && one.ino === other.ino
}
