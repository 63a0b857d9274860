// Whether a shell runs commands of which none comes to be recorded: counted in rounds from the prompt to the prompt.
import type { ProcStat } from './proc.ts'

/** So many commands, from first to last over so long, and not one record. */
export const SILENT_ROUNDS = 5
export const SILENT_MS = 600_000

export interface Silence {
  /** The shell's data in /proc, the bytes that it has written so far, and the time: monotonic ms, and of day. */
  look(shell: ProcStat, written: number, at: number, now: number): void
  /** Since when (ms since the epoch) nothing was recorded, although commands were run; undefined: all is well. */
  since(at: number): number | undefined
}

/**
 * A command has run when the terminal was another process group's and is the shell's again, which waits. A line that
 * takes long, also one that runs many programs one after the other, is no round until it ends.
 */
export function createSilence(written: number, now: number): Silence {
  let known = written
  let quietSince = now
  let rounds = 0
  let firstAt = 0
  let busy = false

  return {
    look({ state, group, foreground }, size, at, wall) {
      if (size !== known) {
        known = size
        quietSince = wall
        rounds = 0
      }
      if (foreground > 0 && foreground !== group) busy = true
      else if (busy && foreground === group && state === 'S') {
        busy = false
        if (rounds++ === 0) firstAt = at
      }
    },
    since: (at) => (rounds >= SILENT_ROUNDS && at - firstAt >= SILENT_MS ? quietSince : undefined),
  }
}
