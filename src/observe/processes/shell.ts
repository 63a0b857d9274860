// The shells that are watched: what is known of each, whether a spool file's name tells of a shell at all, and whether one runs commands of which none comes to be recorded.
import type { Clock } from '../../base/clock.ts'
import { type HookedShell, isShell, type RanLine } from '../record/index.ts'
import type { Line, Member } from './member.ts'
import type { Proc, ProcStat } from './proc.ts'

/** Shells at the same time; of more the oldest are watched. */
export const SHELLS_MAX = 256
/** So many commands, from first to last over so long, and not one record. */
export const SILENT_ROUNDS = 5
export const SILENT_MS = 600_000

export interface Shell {
  /** The number of the person whose shell it is. */
  readonly uid: number
  readonly pid: number
  readonly name: string
  readonly startedMs: number
  written: number
  paused: boolean
  over: boolean
  kids: ReadonlySet<number>
  live: number
  /** Processes that have ended before their command line was recorded. */
  waiting: Member[]
  /** Newest last. */
  lines: { readonly told: RanLine; readonly line: Line }[]
  readonly silence: Silence
}

export const keyOf = ({ uid, pid, born }: HookedShell): string => `${uid}-${pid}-${born}`

/**
 * Undefined when it is no shell, or not that person's. When it began is not compared with when the hook was loaded: once
 * the clock has been set, all of them seem to have begun at another time than they did.
 */
function recognise(
  { uid, person, pid, written, paused }: HookedShell,
  { proc, now }: { readonly proc: Proc; readonly now: number },
): Shell | undefined {
  const stat = proc.stat(pid)
  if (stat === undefined || !isShell(stat.name)) return undefined
  // Anybody can give a spool file any name. Nobody may learn that way what another person's shell runs.
  if (proc.userOf(pid) !== uid) return undefined
  return {
    uid: person,
    pid,
    written,
    paused,
    startedMs: stat.startedMs,
    name: stat.name,
    over: false,
    kids: new Set(),
    live: 0,
    waiting: [],
    lines: [],
    silence: createSilence(written, now),
  }
}

/** The shells by their keys. `meet` takes in who is there now; `find` takes in one shell, and gives it where it is one. */
export function createShells({ proc, clock }: { readonly proc: Proc; readonly clock: Clock }) {
  const shells = new Map<string, Shell>()
  /** Files of what is no shell of that person. */
  let refused = new Set<string>()

  function find(hooked: HookedShell): Shell | undefined {
    const key = keyOf(hooked)
    const known = shells.get(key)
    if (known !== undefined || refused.has(key) || shells.size >= SHELLS_MAX) return known
    const shell = recognise(hooked, { proc, now: clock.now() })
    if (shell === undefined) refused.add(key)
    else shells.set(key, shell)
    return shell
  }

  function meet(hooked: readonly HookedShell[]): void {
    for (const one of hooked) {
      const shell = find(one)
      if (shell === undefined) continue
      shell.written = one.written
      shell.paused = one.paused
    }
    const here = new Set(hooked.map(keyOf))
    refused = new Set([...refused].filter((key) => here.has(key)))
    for (const [key, shell] of shells) {
      if (here.has(key)) continue
      // Nobody will tell of another line of that shell; what still runs is followed to its end.
      shell.over = true
      shell.waiting = []
      if (shell.live === 0) shells.delete(key)
    }
  }

  return { shells, find, meet }
}

type Silence = ReturnType<typeof createSilence>

/**
 * A command has run when the terminal was another process group's and is the shell's again, which waits. A line that
 * takes long, also one that runs many programs one after the other, is no round until it ends.
 */
function createSilence(written: number, now: number) {
  let known = written
  let quietSince = now
  let rounds = 0
  let firstAt = 0
  let busy = false

  return {
    /** The shell's data in /proc, the bytes that it has written so far, and the time: monotonic ms, and of day. */
    look({ state, group, foreground }: ProcStat, size: number, at: number, wall: number) {
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
    /** Since when (ms since the epoch) nothing was recorded, although commands were run; undefined: all is well. */
    since: (at: number) => (rounds >= SILENT_ROUNDS && at - firstAt >= SILENT_MS ? quietSince : undefined),
  }
}
