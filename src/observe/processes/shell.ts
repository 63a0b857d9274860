// The shells that are watched: what is known of each, and whether a spool file's name tells of a shell at all.
import type { Clock } from '../../base/clock.ts'
import { type HookedShell, isShell, type RanLine } from '../record/index.ts'
import type { Line, Member } from './member.ts'
import type { Proc } from './proc.ts'
import { createSilence, type Silence } from './silence.ts'

/** Shells at the same time; of more the oldest are watched. */
export const SHELLS_MAX = 256

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
