// Processes as /proc shows them: whether one is still there, and what it does.
import { readFileSync } from 'node:fs'
import { orElse } from '../../base/run/or-else.ts'
import { partsOfStat } from '../../base/run/proc-stat.ts'

/** A process by its pid and the moment it began, because a pid may be used again. */
export interface Process {
  readonly pid: number
  readonly begun: string | undefined
}

export const processOf = (pid: number): Process => ({ pid, begun: begunOf(pid) })
export const isThere = ({ pid, begun }: Process): boolean => begun !== undefined && begunOf(pid) === begun

/** Start time in /proc (proc_pid_stat(5), field 22); undefined for a process that is gone, or dead and not asked about yet. */
function begunOf(pid: number): string | undefined {
  const fields = statOf(pid)
  return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
}

export const stateOf = (pid: number): string | undefined => statOf(pid)[0]

/** Fields of /proc/<pid>/stat from the third on; none for a process that is gone. */
const statOf = (pid: number): string[] =>
  orElse(() => partsOfStat(readFileSync(`/proc/${pid}/stat`, 'utf8')).fields, [])
