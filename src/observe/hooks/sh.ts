// The POSIX sh hook: the text that `karo shell init sh` prints, with the spool directory and the ignore globs built in.
import type { HookOptions } from './hook.ts'
import { quoteShell } from './quote.ts'

/** Marks the directory and records nothing. */
export function shHook({ spoolDirectory }: HookOptions): string {
  return `# Karo's hook for POSIX sh.\n: ${quoteShell(spoolDirectory)}\n`
}
