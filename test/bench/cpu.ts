// How much processor time other processes have used so far.
import { readdirSync, readFileSync } from 'node:fs'

/** Milliseconds of all threads; the scheduler's account is finer than the ticks of utime and stime. */
export function cpuMs(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((thread) => Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ', 1)[0]))
    .reduce((sum, ns) => sum + ns / 1e6, 0)
}

export const cpuOfAll = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuMs(pid), 0)
