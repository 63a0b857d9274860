// The fish hook: the text that `karo shell init fish` prints, with the spool directory and the ignore globs built in.
import type { HookOptions } from './hook.ts'
import { quoteShell } from './quote.ts'

/** Marks the directory and records nothing. */
export function fishHook({ spoolDirectory }: HookOptions): string {
  return `# Karo's hook for fish.\n: ${quoteShell(spoolDirectory)}\n`
}
