// One shell that is watched: what is known of it, and whether a spool file's name tells of a shell at all.
import { type HookedShell, isShell, type RanLine } from '../record/index.ts'
import type { Line, Member } from './member.ts'
import type { Proc } from './proc.ts'
import { createSilence, type Silence } from './silence.ts'

export interface Shell {
  readonly uid: number
  readonly pid: number
  readonly name: string
  readonly startedMs: number
  written: number
  paused: boolean
  over: boolean
  kids: ReadonlySet<number>
  live: number
  /** Ended, and their line has not been told of. */
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
export function recognise(
  { uid, pid, written, paused }: HookedShell,
  { proc, now }: { readonly proc: Proc; readonly now: number },
): Shell | undefined {
  const stat = proc.stat(pid)
  if (stat === undefined || !isShell(stat.name)) return undefined
  // Anybody may give a file any name: nobody is told what somebody else's shell runs.
  if (proc.userOf(pid) !== uid) return undefined
  return {
    ...{ uid, pid, written, paused, startedMs: stat.startedMs, name: stat.name },
    ...{ over: false, kids: new Set(), live: 0, waiting: [], lines: [] },
    silence: createSilence(written, now),
  }
}
