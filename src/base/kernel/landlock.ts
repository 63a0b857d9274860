// Landlock, by which a process limits itself and its children for good (landlock(7)): what of it this kernel has.
import { loadLibc } from './libc.ts'

/** landlock_create_ruleset, the same number on every machine. */
const CREATE_RULESET = 444
/** Asks for the version instead of making a ruleset. */
const VERSION = 1

/** The version of the kernel's Landlock; 0 where there is none, or it is switched off. */
export async function landlockVersion(): Promise<number> {
  const { libc } = await loadLibc()
  const syscall = libc.func('long syscall(long number, void *rules, size_t size, uint32_t flags)') as (
    ...args: readonly unknown[]
  ) => number
  return Math.max(0, Number(syscall(CREATE_RULESET, null, 0, VERSION)))
}
