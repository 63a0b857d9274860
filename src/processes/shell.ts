// One shell that is watched: what is known of it, and whether a spool file's name tells of a shell at all.
import { type HookedShell, isShell, type RanLine } from '../observe/index.ts'
import type { Line, Member } from './member.ts'
import type { Proc } from './proc.ts'
import { createSilence, type Silence } from './silence.ts'

/** Clocks of kernel and hook differ, and a shell may load its hook within its first moments. */
const BORN_SLACK_MS = 2_000

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

/** Undefined when it is no shell, not that person's, or not the one that loaded the hook; `uptime` as /proc counts. */
export function recognise(
  { uid, pid, born, written, paused }: HookedShell,
  { proc, now, uptime }: { readonly proc: Proc; readonly now: number; readonly uptime: number },
): Shell | undefined {
  const stat = proc.stat(pid)
  if (stat === undefined || !isShell(stat.name)) return undefined
  // A number that is used again: what has it now began after the hook was loaded.
  if (now - (uptime - stat.startedMs) > born / 1000 + BORN_SLACK_MS) return undefined
  // Anybody may give a file any name: nobody is told what somebody else's shell runs.
  if (proc.userOf(pid) !== uid) return undefined
  return {
    ...{ uid, pid, written, paused, startedMs: stat.startedMs, name: stat.name },
    ...{ over: false, kids: new Set(), live: 0, waiting: [], lines: [] },
    silence: createSilence(written, now),
  }
}
