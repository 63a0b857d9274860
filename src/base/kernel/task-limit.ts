// How many tasks a user may have for all that one process begins (RLIMIT_NPROC), set for another process: prlimit(2).
import { loadLibc } from './libc.ts'

/** asm-generic/resource.h. */
export const TASK_LIMIT = 6

/**
 * Sets the soft limit of the process `pid`, at most to its hard one. Nothing happens for a process that is gone, or that is another
 * user's, for which it takes CAP_SYS_RESOURCE.
 */
export type SetTaskLimit = (pid: number, most: number) => void

/** Rejects where koffi has no binary for this system. */
export async function openTaskLimit(): Promise<SetTaskLimit> {
  const { libc } = await loadLibc()
  const prlimit = libc.func('int prlimit(int32_t pid, int which, uint64_t *fresh, _Out_ uint64_t *old)') as (
    ...args: readonly unknown[]
  ) => number
  return (pid, most) => {
    const limits = new BigUint64Array(2)
    if (prlimit(pid, TASK_LIMIT, null, limits) !== 0) return
    const [, hard = 0n] = limits
    const soft = BigInt(most) < hard ? BigInt(most) : hard
    prlimit(pid, TASK_LIMIT, new BigUint64Array([soft, hard]), null)
  }
}
