// The zsh hook: the text that `karo shell init zsh` prints, with the spool directory and the ignore globs built in.
import type { HookOptions } from './hook.ts'
import { quoteShell } from './quote.ts'

/** Marks the directory and records nothing. */
export function zshHook({ spoolDirectory }: HookOptions): string {
  return `# Karo's hook for zsh.\n: ${quoteShell(spoolDirectory)}\n`
}
